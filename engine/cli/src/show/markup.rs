//! Text inside HTML and XML.

/// Text as it may stand in HTML and in XML, in content and in attributes. What XML cannot hold at all
/// becomes a question mark.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => out.push('?'),
            _ if letter < ' ' => out.push('?'),
            _ => out.push(letter),
        }
    }
    out
}
