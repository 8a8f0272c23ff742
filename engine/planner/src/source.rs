//! The text of a workflow and places in it.

use crate::Span;

/// A workflow file: the name it is shown under, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowSource {
    /// Path or name, for messages only.
    pub name: String,
    /// The text.
    pub text: String,
}

impl WorkflowSource {
    /// A source from its parts.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

/// How far [`Source::find`] looks.
const MAX_SEARCH: usize = 20_000;

/// The text split into lines, for looking things up by place.
pub(crate) struct Source<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
    /// Characters in each line, counted once: lines may be very long.
    widths: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(source: &'a WorkflowSource) -> Self {
        let lines = source.text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let lines: Vec<&str> = lines.collect();
        let widths = lines.iter().map(|line| line.chars().count()).collect();
        Self { name: &source.name, lines, widths }
    }

    pub(crate) fn name(&self) -> &'a str {
        self.name
    }

    pub(crate) fn line(&self, number: usize) -> &'a str {
        number.checked_sub(1).and_then(|index| self.lines.get(index)).copied().unwrap_or_default()
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.lines.iter().copied()
    }

    fn width(&self, number: usize) -> usize {
        number.checked_sub(1).and_then(|index| self.widths.get(index)).copied().unwrap_or_default()
    }

    /// The same place, inside the file and on one line.
    pub(crate) fn clamp(&self, span: Span) -> Span {
        let line = span.line.clamp(1, self.lines.len().max(1));
        let width = self.width(line);
        let column = span.column.clamp(1, width + 1);
        let length = span.length.clamp(1, (width + 1 - column).max(1));
        Span { line, column, length }
    }

    /// The text at that place, as far as it stands on its first line.
    pub(crate) fn text(&self, span: Span) -> String {
        self.line(span.line).chars().skip(span.column.saturating_sub(1)).take(span.length).collect()
    }

    /// The `nth` (from 0) occurrence of `needle` inside a place that may go over several lines; only
    /// the first [`MAX_SEARCH`] characters are looked at.
    pub(crate) fn find(&self, within: Span, needle: &str, nth: usize) -> Option<Span> {
        let mut left = within.length.min(MAX_SEARCH);
        let mut skip = within.column.saturating_sub(1);
        let mut seen = 0;
        for number in within.line..=self.lines.len() {
            let line = self.line(number);
            let part: String = line.chars().skip(skip).take(left).collect();
            for (byte, _) in part.match_indices(needle) {
                if seen == nth {
                    let column = skip + part[..byte].chars().count() + 1;
                    return Some(Span { line: number, column, length: needle.chars().count() });
                }
                seen += 1;
            }
            left = left.saturating_sub(self.width(number).saturating_sub(skip) + 1);
            skip = 0;
            if left == 0 {
                break;
            }
        }
        None
    }

    /// The lines, with the given places blotted out.
    pub(crate) fn lines_without(&self, secrets: &[Span]) -> Vec<String> {
        let mut lines: Vec<String> = self.lines.iter().map(|line| (*line).to_owned()).collect();
        for secret in secrets {
            let mut left = secret.length;
            let mut skip = secret.column.saturating_sub(1);
            for line in lines.iter_mut().skip(secret.line.saturating_sub(1)) {
                let count = line.chars().count();
                let blot = |(at, c)| if at >= skip && at < skip.saturating_add(left) { '*' } else { c };
                *line = line.chars().enumerate().map(blot).collect();
                left = left.saturating_sub(count.saturating_sub(skip) + 1);
                skip = 0;
                if left == 0 {
                    break;
                }
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, WorkflowSource};
    use crate::Span;

    #[test]
    fn places_are_found_over_lines() {
        let file = WorkflowSource::new("f", "a: é${{ x\n  b ${{ y }}\nend");
        let source = Source::new(&file);
        let all = Span { line: 1, column: 4, length: 99 };
        assert_eq!(source.find(all, "${{", 0), Some(Span { line: 1, column: 5, length: 3 }));
        assert_eq!(source.find(all, "${{", 1), Some(Span { line: 2, column: 5, length: 3 }));
        assert_eq!(source.find(all, "${{", 2), None);
        assert_eq!(source.find(Span { length: 6, ..all }, "${{", 1), None);
        assert_eq!(
            source.lines_without(&[Span { line: 1, column: 4, length: 9 }]),
            ["a: ******", "**b ${{ y }}", "end"]
        );
    }

    #[test]
    fn every_place_is_brought_into_the_file() {
        let file = WorkflowSource::new("f", "abc\n");
        let source = Source::new(&file);
        for line in 0..5 {
            for column in 0..9 {
                for length in 0..9 {
                    let span = source.clamp(Span { line, column, length });
                    let width = source.line(span.line).len();
                    assert!((1..=2).contains(&span.line) && span.length >= 1);
                    assert!(
                        span.column >= 1
                            && span.column <= width + 1
                            && span.column + span.length <= width.max(1) + 2
                    );
                }
            }
        }
    }
}
