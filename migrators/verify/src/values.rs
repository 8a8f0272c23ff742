//! Values that fit a condition, and values that break it and nothing else. Pure; every proposal is
//! confirmed by the compiled condition before it is used.

use gateshift_gateway_model::MatchKind;

use crate::book::Condition;
use crate::pattern::samples;
use crate::text::other_case;

/// A value and what it shows of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    /// The text.
    pub(crate) text: String,
    /// What it shows.
    pub(crate) shows: &'static str,
}

fn value(text: impl Into<String>, shows: &'static str) -> Value {
    Value { text: text.into(), shows }
}

/// Expressions are asked for this many texts.
const SAMPLES: usize = 3;

/// Paths that fit, the plainest first.
pub(crate) fn paths(kind: MatchKind, wanted: &str, ignore_case: bool, condition: &Condition) -> Vec<Value> {
    let mut found = match kind {
        MatchKind::Exact => vec![value(wanted, "as written")],
        MatchKind::Prefix => {
            let slash = if wanted.ends_with('/') { "" } else { "/" };
            vec![
                value(wanted, "as written"),
                value(format!("{wanted}gs"), "longer"),
                value(format!("{wanted}{slash}gs/1"), "deeper"),
            ]
        }
        MatchKind::Regex => expression(wanted, condition),
    };
    if ignore_case
        && let Some(flipped) = other_case(&found.first().map(|one| one.text.clone()).unwrap_or_default())
    {
        found.insert(1, value(flipped, "other case"));
    }
    found.retain(|one| one.text.starts_with('/') && condition.fits(&one.text));
    found
}

/// Header or query values that fit, the most telling first.
pub(crate) fn values(kind: MatchKind, wanted: &str, condition: &Condition) -> Vec<Value> {
    let mut found = match kind {
        MatchKind::Exact => vec![value(wanted, "as written")],
        MatchKind::Prefix => vec![value(format!("{wanted}gs"), "longer"), value(wanted, "as written")],
        MatchKind::Regex => expression(wanted, condition),
    };
    found.retain(|one| condition.fits(&one.text));
    found
}

fn expression(wanted: &str, condition: &Condition) -> Vec<Value> {
    const NAMES: [&str; SAMPLES] = ["a match", "another match", "a third match"];
    let mut texts: Vec<String> = Vec::new();
    for text in samples(wanted, SAMPLES) {
        // An expression such as `.*\.json` needs no leading slash, and a path always has one.
        let rooted = format!("/{text}");
        if condition.fits(&text) {
            texts.push(text);
        }
        if condition.fits(&rooted) {
            texts.push(rooted);
        }
    }
    texts.sort_by_key(|text| !text.starts_with('/'));
    texts.dedup();
    texts.into_iter().zip(NAMES).map(|(text, name)| value(text, name)).collect()
}

/// Paths that just miss, the most telling first. `good` is a path that fits.
pub(crate) fn broken_paths(kind: MatchKind, good: &str, wanted: &str, condition: &Condition) -> Vec<Value> {
    let flipped = other_case(good).map(|text| value(text, "other case"));
    let shorter = |text: &str| text.char_indices().last().map(|(at, _)| text[..at].to_owned());
    let slashed = match good.strip_suffix('/') {
        Some(bare) if !bare.is_empty() => value(bare, "without the slash at its end"),
        _ => value(format!("{good}/"), "with a slash at its end"),
    };
    let proposals: Vec<Option<Value>> = match kind {
        MatchKind::Exact => vec![Some(slashed), flipped, Some(value(format!("{good}gs"), "longer"))],
        MatchKind::Prefix => vec![flipped, shorter(wanted).map(|text| value(text, "shorter"))],
        MatchKind::Regex => vec![
            Some(slashed),
            flipped,
            Some(value(format!("{good}~"), "longer")),
            Some(value(format!("/gs{good}"), "deeper")),
            shorter(good).map(|text| value(text, "shorter")),
        ],
    };
    let mut found: Vec<Value> = proposals.into_iter().flatten().collect();
    found.retain(|one| one.text.starts_with('/') && !condition.fits(&one.text));
    found
}

/// Header or query values that just miss, the most telling first. `good` is a value that fits.
pub(crate) fn broken_values(kind: MatchKind, good: &str, wanted: &str, condition: &Condition) -> Vec<Value> {
    let flipped = other_case(good).map(|text| value(text, "other case"));
    let shorter = wanted.char_indices().last().map(|(at, _)| value(&wanted[..at], "shorter"));
    let proposals = match kind {
        MatchKind::Exact => vec![Some(value(format!("{wanted}gs"), "longer")), flipped, shorter],
        MatchKind::Prefix => vec![Some(value(format!("gs{wanted}"), "other beginning")), flipped, shorter],
        MatchKind::Regex => vec![
            Some(value(format!("gs~{good}"), "other beginning")),
            Some(value(format!("{good}~gs"), "longer")),
            flipped,
            Some(value("~", "something else")),
        ],
    };
    let mut found: Vec<Value> = proposals.into_iter().flatten().collect();
    found.retain(|one| !condition.fits(&one.text));
    found
}
