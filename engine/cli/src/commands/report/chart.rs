//! A chart over time as inline SVG: lines with gaps where nothing was measured, and marks where something
//! was decided.

use crate::show::markup::escape;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 62.0;
const BOTTOM: f64 = 22.0;
const TOP: f64 = 8.0;

/// A line of a chart.
pub(super) struct Line<'a> {
    /// What it shows.
    pub(super) name: &'a str,
    /// Class of its style: `old`, `new`, `plan`.
    pub(super) class: &'a str,
    /// Points: milliseconds since the Unix epoch, value.
    pub(super) points: Vec<(i64, Option<f64>)>,
}

/// A mark at a moment.
pub(super) struct Mark {
    /// When.
    pub(super) at: i64,
    /// Class of its style: `forward`, `hold`, `back`.
    pub(super) class: &'static str,
    /// Shown when it is pointed at.
    pub(super) text: String,
}

/// The chart with its caption.
pub(super) fn chart(title: &str, unit: &str, lines: &[Line<'_>], marks: &[Mark]) -> String {
    let times = || lines.iter().flat_map(|line| line.points.iter().map(|point| point.0));
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return String::new() };
    let span = (last - first).max(1) as f64;
    let values = lines.iter().flat_map(|line| line.points.iter().filter_map(|point| point.1));
    let top = ceiling(values.fold(0.0, f64::max));
    let x = |at: i64| LEFT + (at - first) as f64 / span * (WIDTH - LEFT - 8.0);
    let y = |value: f64| TOP + (1.0 - (value / top).clamp(0.0, 1.0)) * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<figure><figcaption>{}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
        caption(title, lines),
        escape(title)
    );
    for part in [0.0, 0.5, 1.0] {
        let value = top * part;
        svg.push_str(&format!(
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/><text x=\"{1}\" y=\"{2:.1}\" text-anchor=\"end\">{3}{4}</text>\n",
            y(value), LEFT - 6.0, y(value) + 4.0, short(value), escape(unit)
        ));
    }
    for mark in marks {
        svg.push_str(&format!(
            "<line class=\"mark {}\" x1=\"{2:.1}\" x2=\"{2:.1}\" y1=\"{TOP}\" y2=\"{3}\"><title>{1}</title></line>\n",
            mark.class, escape(&mark.text), x(mark.at), HEIGHT - BOTTOM
        ));
    }
    for line in lines {
        for run in line.points.split(|point| point.1.is_none()).filter(|run| !run.is_empty()) {
            let points: Vec<String> = run
                .iter()
                .filter_map(|(at, value)| Some(format!("{:.1},{:.1}", x(*at), y((*value)?))))
                .collect();
            // A point without neighbours would not show as a line.
            if let [only] = points.as_slice() {
                let (x, y) = only.split_once(',').unwrap_or_default();
                svg.push_str(&format!("<circle class=\"{}\" cx=\"{x}\" cy=\"{y}\" r=\"2\"/>\n", line.class));
            } else {
                svg.push_str(&format!(
                    "<polyline class=\"{}\" points=\"{}\"/>\n",
                    line.class,
                    points.join(" ")
                ));
            }
        }
    }
    for (at, anchor) in [(first, "start"), (last, "end")] {
        let text = gateshift_model::Timestamp(at);
        svg.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{text}</text>\n",
            x(at),
            HEIGHT - 6.0
        ));
    }
    svg.push_str("</svg></figure>\n");
    svg
}

fn caption(title: &str, lines: &[Line<'_>]) -> String {
    let keys: Vec<String> = lines
        .iter()
        .map(|line| format!("<span class=\"key {}\">{}</span>", line.class, escape(line.name)))
        .collect();
    format!("{} {}", escape(title), keys.join(" "))
}

/// A round number not below the largest value.
fn ceiling(largest: f64) -> f64 {
    if !(largest > 0.0 && largest.is_finite()) {
        return 1.0;
    }
    let power = 10_f64.powf(largest.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= largest)
        .unwrap_or(largest)
}

fn short(value: f64) -> String {
    if value >= 10.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::{Line, Mark, chart};

    #[test]
    fn gaps_are_gaps_and_text_stays_text() {
        let points = vec![(0, Some(1.0)), (1000, Some(2.0)), (2000, None), (3000, Some(40.0))];
        let marks = [Mark { at: 1000, class: "back", text: "<&\"'>".to_owned() }];
        let line = Line { name: "<new>", class: "new", points };
        let svg = chart("share & more", "%", &[line], &marks);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let count = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
        assert_eq!((count("polyline"), count("circle")), (1, 1), "{svg}");
        let title = document.descendants().find(|node| node.has_tag_name("title")).unwrap();
        assert_eq!(title.text(), Some("<&\"'>"));
        assert_eq!(chart("x", "", &[], &[]), "");
    }
}
