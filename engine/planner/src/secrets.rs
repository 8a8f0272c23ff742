//! Keys that hold secrets. A workflow refers to secrets and never holds one.

use crate::diagnostic::Span;
use crate::source::Source;

/// Whether a key of that name holds a secret, rather than the place of one.
pub(crate) fn looks_secret(name: &str) -> bool {
    const SECRET: [&str; 8] =
        ["secret", "password", "passwd", "token", "accesskey", "apikey", "privatekey", "bearer"];
    const PLACE: [&str; 6] = ["file", "path", "env", "url", "ref", "name"];
    let folded: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET.iter().any(|word| folded.contains(word)) && !PLACE.iter().any(|word| folded.ends_with(word))
}

/// Places in a text, after a key that holds a secret, up to the end of the line.
pub(crate) fn in_text<'s>(source: &'s Source<'_>) -> impl Iterator<Item = Span> + 's {
    source.lines().enumerate().filter_map(|(index, line)| {
        let value =
            line.match_indices(':').map(|(at, _)| at).find(|&at| looks_secret(word_before(&line[..at])))?;
        let column = line[..=value].chars().count() + 1;
        Some(Span { line: index + 1, column, length: line.chars().count() + 1 - column })
    })
}

fn word_before(text: &str) -> &str {
    let text = text.trim_end_matches(['"', '\'', ' ']);
    let start =
        text.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{in_text, looks_secret};
    use crate::source::{Source, WorkflowSource};

    #[test]
    fn secrets_are_told_from_their_places() {
        for name in [
            "accessKeySecret",
            "access_key_id",
            "password",
            "securityToken",
            "api-key",
            "bearer",
            "PRIVATE_KEY",
        ] {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["tokenFile", "passwordEnv", "region", "url", "profile", "secretName", "key"] {
            assert!(!looks_secret(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_found_without_a_tree() {
        let file = WorkflowSource::new(
            "f",
            "a: b\n  { region: x, \"accessKeySecret\" : s1, b: c }\ntokenFile: x\né: {token: s2",
        );
        let source = Source::new(&file);
        let places: Vec<_> = in_text(&source).collect();
        let lines = source.lines_without(&places);
        assert_eq!(lines[1], "  { region: x, \"accessKeySecret\" :***********");
        assert_eq!(lines[3], "é: {token:***");
        assert_eq!((lines[0].as_str(), lines[2].as_str()), ("a: b", "tokenFile: x"));
    }
}
