//! The scripts that share out answers in PowerDNS: `A "pickwrandom({{99,'192.0.2.1'},{1,'192.0.2.2'}})"`.
//! Only this form, and its brother that goes by the asker's address, is understood; anything else is
//! somebody's own program. Pure.

/// A weighted choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// Type of what is answered.
    pub(super) kind: String,
    /// Values with their weights.
    pub(super) values: Vec<(u32, String)>,
}

/// Type that the content of a script record answers, whatever the script is.
pub(super) fn kind(content: &str) -> &str {
    content.split_whitespace().next().unwrap_or_default()
}

/// Reads the content of a script record, if it is a weighted choice.
pub(super) fn parse(content: &str) -> Option<Choice> {
    let (kind, quoted) = content.trim().split_once(char::is_whitespace)?;
    let script = unquoted(quoted)?;
    let script: String = script.chars().filter(|letter| !letter.is_whitespace()).collect();
    let call = script.strip_prefix(";return").unwrap_or(&script).trim_end_matches(';');
    let list = call.strip_prefix("pickwrandom(").or_else(|| call.strip_prefix("pickwhashed("))?;
    let list = list.strip_suffix(')')?.strip_prefix('{')?.strip_suffix('}')?.trim_end_matches(',');
    let entries = list.strip_prefix('{')?.strip_suffix('}')?;
    let values: Option<Vec<(u32, String)>> = entries.split("},{").map(entry).collect();
    Some(Choice { kind: kind.to_ascii_uppercase(), values: values? })
}

fn entry(text: &str) -> Option<(u32, String)> {
    let (weight, value) = text.split_once(',')?;
    let inner = |mark: char| value.strip_prefix(mark)?.strip_suffix(mark);
    let value = inner('\'').or_else(|| inner('"'))?;
    let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-' | b'_'));
    (plain && !value.is_empty()).then_some(())?;
    let value = value.trim_end_matches('.').to_ascii_lowercase();
    Some((weight.parse().ok()?, value))
}

/// The text of one or several quoted pieces.
fn unquoted(text: &str) -> Option<String> {
    let (mut found, mut inside, mut escaped) = (String::new(), false, false);
    for letter in text.chars() {
        match letter {
            _ if escaped => {
                found.push(letter);
                escaped = false;
            }
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ if inside => found.push(letter),
            _ if letter.is_whitespace() => {}
            _ => return None,
        }
    }
    (!inside && !escaped).then_some(found)
}

/// The content of a script record for a weighted choice.
pub(super) fn print(choice: &Choice) -> String {
    let dot = if choice.kind == "CNAME" { "." } else { "" };
    let entries: Vec<String> =
        choice.values.iter().map(|(weight, value)| format!("{{{weight},'{value}{dot}'}}")).collect();
    format!("{} \"pickwrandom({{{}}})\"", choice.kind, entries.join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Choice, parse, print};

    fn choice(kind: &str, values: &[(u32, &str)]) -> Choice {
        let values = values.iter().map(|(weight, value)| (*weight, (*value).to_owned())).collect();
        Choice { kind: kind.to_owned(), values }
    }

    #[test]
    fn forms_that_are_understood() {
        let two = choice("A", &[(99, "192.0.2.1"), (1, "192.0.2.2")]);
        for content in [
            r#"A "pickwrandom({{99,'192.0.2.1'},{1,'192.0.2.2'}})""#,
            r#"a   "pickwhashed( { {99, '192.0.2.1'}, {1, '192.0.2.2'} } )""#,
            r#"A ";return pickwrandom({{99,'192.0.2.1'},{1,'192.0.2.2'},});""#,
            r#"A "pickwrandom({{99,\"192.0.2.1\"}," "{1,\"192.0.2.2\"}})""#,
        ] {
            assert_eq!(parse(content), Some(two.clone()), "{content}");
        }
        let alias = choice("CNAME", &[(1, "gw.example.net")]);
        assert_eq!(print(&alias), r#"CNAME "pickwrandom({{1,'gw.example.net.'}})""#);
        assert_eq!(parse(&print(&alias)), Some(alias));
    }

    #[test]
    fn a_program_of_somebody_is_not_understood() {
        for content in [
            "",
            "A",
            r#"A "ifportup(443, {'192.0.2.1'})""#,
            r#"A "pickwrandom({{99,'192.0.2.1'},{1,})""#,
            r#"A "pickwrandom({{99,name}})""#,
            r#"A "pickwrandom({{-1,'192.0.2.1'}})""#,
            r#"A "pickwrandom({{1,'192.0.2.1'}}) or x()""#,
            r#"A "pickwrandom({{1,'192.0.2.1'})"#,
            r#"A ";if country('CN') then return '1' end""#,
        ] {
            assert_eq!(parse(content), None, "{content}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(values in proptest::collection::vec((1_u32.., 0_u8..=255), 1..40)) {
            let values = values.into_iter().map(|(weight, last)| (weight, format!("192.0.2.{last}"))).collect();
            let written = Choice { kind: "A".to_owned(), values };
            prop_assert_eq!(parse(&print(&written)), Some(written));
        }
    }
}
