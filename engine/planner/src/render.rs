//! Mistakes for people: the line of the file, a mark under the place, and the fix.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Diagnostics, Level, Span};

/// Widest part of a line that is shown.
const WIDTH: usize = 110;

/// Escape sequences, or nothing.
struct Paint {
    color: bool,
}

impl Paint {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn level(level: Level) -> (&'static str, &'static str) {
        match level {
            Level::Error => ("error", "1;31"),
            Level::Warning => ("warning", "1;33"),
            Level::Note => ("note", "1;36"),
        }
    }
}

pub(crate) fn render(all: &Diagnostics, color: bool) -> String {
    let paint = Paint { color };
    let mut out = String::new();
    for one in &all.diagnostics {
        render_one(all, one, &paint, &mut out);
    }
    if all.left_out > 0 {
        let _ = writeln!(out, "... and {} more", all.left_out);
    }
    out
}

fn render_one(all: &Diagnostics, one: &Diagnostic, paint: &Paint, out: &mut String) {
    let (word, code) = Paint::level(one.severity);
    let head = paint.paint(code, &format!("{word}[{}]", one.code));
    let _ = writeln!(out, "{head}: {}", shown(&one.message));
    let related = one.related.iter().map(|other| other.span.line);
    let margin = related.chain([one.span.line]).max().unwrap_or(1).to_string().len();
    place(all, one.span, margin, paint, code, out);
    for other in &one.related {
        let _ =
            writeln!(out, "{} {}", paint.paint("1;34", &format!("{:margin$} =", "")), shown(&other.message));
        place(all, other.span, margin, paint, "1;34", out);
    }
    if let Some(fix) = &one.fix {
        let _ = writeln!(out, "{} {}", paint.paint("1;32", "fix:"), shown(fix));
    }
    out.push('\n');
}

fn place(all: &Diagnostics, span: Span, margin: usize, paint: &Paint, code: &str, out: &mut String) {
    let bar = |text: &str| paint.paint("1;34", text);
    let _ = writeln!(
        out,
        "{}{} {}:{}:{}",
        " ".repeat(margin),
        bar("-->"),
        shown(&all.file),
        span.line,
        span.column
    );
    let line = span.line.checked_sub(1).and_then(|index| all.lines.get(index)).map_or("", String::as_str);
    let skip = (span.column + 20).saturating_sub(WIDTH);
    let part: String = line.chars().skip(skip).take(WIDTH).map(visible).collect();
    let at = span.column.saturating_sub(1).saturating_sub(skip);
    let length = span.length.clamp(1, WIDTH.saturating_sub(at).max(1));
    let _ = writeln!(out, "{}", bar(&format!("{:margin$} |", "")));
    let _ = writeln!(out, "{} {}", bar(&format!("{:margin$} |", span.line)), part.trim_end());
    let mark = paint.paint(code, &"^".repeat(length));
    let _ = writeln!(out, "{} {}{mark}", bar(&format!("{:margin$} |", "")), " ".repeat(at));
}

/// Text of the file may hold control characters; the terminal must not obey them.
fn shown(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() || is_direction(c) => '\u{fffd}',
        c => c,
    }
}

/// Marks that turn the direction of writing and so can make a line look like another one.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
