//! Texts that a regular expression matches, so that routes with expressions can be asked for.

use regex_syntax::Parser;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Letters that are taken from a class when it has them, because they are plain in a path, a query
/// and a header. Different variants begin at different places.
const WISHED: &str = "a7bk3zAQ0-_.~";
/// Longest text that is built.
const LONGEST: usize = 512;

/// Up to `count` different texts. They are proposals: the caller confirms each with the expression,
/// because look-arounds are not obeyed here.
pub(crate) fn samples(expression: &str, count: usize) -> Vec<String> {
    let Ok(hir) = Parser::new().parse(expression) else {
        return Vec::new();
    };
    let mut found: Vec<String> = Vec::new();
    for variant in 0..count * 4 {
        let mut text = String::new();
        if build(&hir, variant, &mut text) && !found.contains(&text) {
            found.push(text);
        }
        if found.len() == count {
            break;
        }
    }
    found
}

/// Appends a match; false when there is none or it grows too long.
fn build(hir: &Hir, variant: usize, text: &mut String) -> bool {
    if text.len() > LONGEST {
        return false;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(part) => {
                text.push_str(part);
                true
            }
            Err(_) => false,
        },
        HirKind::Class(class) => match letter(class, variant) {
            Some(letter) => {
                text.push(letter);
                true
            }
            None => false,
        },
        HirKind::Capture(capture) => build(&capture.sub, variant, text),
        HirKind::Concat(parts) => parts.iter().all(|part| build(part, variant, text)),
        HirKind::Alternation(parts) => {
            // Begin at another branch each time; take the next one when it leads nowhere.
            (0..parts.len()).any(|offset| {
                let before = text.len();
                let built = build(&parts[(variant + offset) % parts.len()], variant, text);
                if !built {
                    text.truncate(before);
                }
                built
            })
        }
        HirKind::Repetition(repetition) => {
            let least = repetition.min;
            let extra = u32::try_from(variant % 3).unwrap_or(0);
            let most = repetition.max.unwrap_or(u32::MAX);
            let times = least.saturating_add(extra).min(most);
            (0..times).all(|turn| build(&repetition.sub, variant + turn as usize, text))
        }
    }
}

fn letter(class: &Class, variant: usize) -> Option<char> {
    let has = |letter: char| match class {
        Class::Unicode(class) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&letter))
        }
        Class::Bytes(class) => u8::try_from(letter).is_ok_and(|byte| {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&byte))
        }),
    };
    let wished: Vec<char> = WISHED.chars().filter(|letter| has(*letter)).collect();
    if !wished.is_empty() {
        return Some(wished[variant % wished.len()]);
    }
    // Then any other visible letter, and only then whatever the class begins with.
    (' '..='~').find(|letter| has(*letter)).or_else(|| match class {
        Class::Unicode(class) => class.ranges().first().map(|range| range.start()),
        Class::Bytes(class) => class.ranges().first().map(|range| char::from(range.start())),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::samples;

    #[test]
    fn common_expressions_have_matches() {
        for expression in [
            "/api/v[0-9]+/.*",
            "/(orders|returns)/[a-z0-9-]{3,}",
            "/a\\.json",
            "/x(/[^/]+)?",
            "/[[:alpha:]]\\d{4}/\\w+",
            "(?i)/Shop/.*",
            "^/anchored$",
            "/a|/b|/c",
        ] {
            let regex = Regex::new(&format!("^(?:{expression})$")).unwrap();
            let texts = samples(expression, 3);
            assert!(!texts.is_empty(), "{expression}");
            for text in texts {
                assert!(regex.is_match(&text), "{expression}: {text}");
            }
        }
        assert!(samples("/a(", 3).is_empty());
        assert_eq!(samples("/a|/b|/c", 3), ["/a", "/b", "/c"]);
    }

    proptest! {
        #[test]
        fn every_sample_matches(expression in "/([a-c]{1,2}|[0-9]+|x?y*|\\(z\\|w\\)){1,4}(/\\[\\^/\\]\\+)?") {
            if let Ok(regex) = Regex::new(&format!("^(?:{expression})$")) {
                for text in samples(&expression, 4) {
                    prop_assert!(regex.is_match(&text), "{expression}: {text}");
                }
            }
        }
    }
}
