//! `retry`, `timeout` and `onFailure` of a step.

use std::time::Duration;

use gateshift_model::{Backoff, OnFailure, RetryPolicy};

use crate::codes;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::expand::Expander;
use crate::fields::{Allowed, Fields};
use crate::suggest;
use crate::tree::{Key, Kind, Node};
use gateshift_model::parse_duration;

const KEYS: Allowed = &["attempts", "backoff", "initial", "max"];
const MAX_ATTEMPTS: u64 = 1000;

/// The values of `onFailure`.
pub(crate) const ON_FAILURE: [&str; 4] = ["hold", "rollback", "undo", "continue"];
/// The values of `retry.backoff`.
pub(crate) const BACKOFF: [&str; 2] = ["fixed", "exponential"];

/// The retry policy of a step; the usual one where nothing is said.
pub(crate) fn policy(
    entry: Option<(&Key, &Node)>,
    expander: &Expander<'_>,
    report: &mut Report,
) -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    let Some((key, node)) = entry else { return policy };
    let Some(node) = expander.expand(node, report) else { return policy };
    let Some(fields) = Fields::read(&node, key.span, "`retry`", KEYS, report) else { return policy };
    if let Some((_, node)) = fields.get("attempts") {
        policy.attempts = attempts(node, report).unwrap_or(policy.attempts);
    }
    match fields.text("backoff", report) {
        Some(("fixed", _)) => policy.backoff = Backoff::Fixed,
        Some(("exponential", _)) | None => {}
        Some((other, span)) => report.push(no_such(other, "backoff", span, &BACKOFF, report)),
    }
    let initial = fields.get("initial").and_then(|(_, node)| duration(node, report));
    let max = fields.get("max").and_then(|(_, node)| duration(node, report));
    policy.max = max.unwrap_or(policy.max.max(initial.unwrap_or_default()));
    policy.initial = initial.unwrap_or(policy.initial.min(policy.max));
    if policy.initial > policy.max
        && let Some((key, _)) = fields.get("initial")
    {
        let message = "the first wait `initial` is longer than the longest wait `max`";
        report.push(
            Diagnostic::error(codes::VALUE, key.span, message)
                .fix("make `max` at least as long as `initial`".to_owned()),
        );
    }
    policy
}

fn attempts(node: &Node, report: &mut Report) -> Option<u32> {
    match &node.kind {
        Kind::Number(number) if number.as_u64().is_some_and(|n| (1..=MAX_ATTEMPTS).contains(&n)) => {
            number.as_u64().and_then(|number| u32::try_from(number).ok())
        }
        Kind::Unknown => None,
        _ => {
            let message = format!("`attempts` has to be a whole number from 1 to {MAX_ATTEMPTS}");
            let fix = "write `attempts: 5`: five tries in all, the first included".to_owned();
            report.push(Diagnostic::error(codes::VALUE, node.span, message).fix(fix));
            None
        }
    }
}

/// The limit of a step.
pub(crate) fn timeout(
    entry: Option<(&Key, &Node)>,
    expander: &Expander<'_>,
    report: &mut Report,
) -> Option<Duration> {
    let (_, node) = entry?;
    let node = expander.expand(node, report)?;
    let limit = duration(&node, report)?;
    if limit.is_zero() {
        let fix = "write a longer one, or leave `timeout` out for no limit".to_owned();
        report.push(
            Diagnostic::error(codes::VALUE, node.span, "a timeout of nothing ends the step at once").fix(fix),
        );
    }
    Some(limit)
}

/// What to do when the step has failed for good.
pub(crate) fn on_failure(given: Option<(&str, Span)>, report: &mut Report) -> OnFailure {
    match given {
        None | Some(("hold", _)) => OnFailure::Hold,
        Some(("rollback", _)) => OnFailure::Rollback,
        Some(("undo", _)) => OnFailure::Undo,
        Some(("continue", _)) => OnFailure::Continue,
        Some((other, span)) => {
            report.push(no_such(other, "onFailure", span, &ON_FAILURE, report));
            OnFailure::Hold
        }
    }
}

fn no_such(value: &str, key: &str, span: Span, values: &[&str], report: &Report) -> Diagnostic {
    let fix = suggest::fix(value, values, report);
    Diagnostic::error(codes::VALUE, span, format!("`{key}` cannot be `{value}`")).fix(fix)
}

fn duration(node: &Node, report: &mut Report) -> Option<Duration> {
    let text = match &node.kind {
        Kind::Text(text) => text.clone(),
        Kind::Number(number) => number.to_string(),
        Kind::Unknown => return None,
        _ => {
            let message = format!("a duration is due here, not {}", node.describe());
            report.push(
                Diagnostic::error(codes::TYPE, node.span, message)
                    .fix("write a duration such as `30m`".to_owned()),
            );
            return None;
        }
    };
    parse_duration(&text)
        .map_err(|mistake| {
            report.push(Diagnostic::error(codes::UNIT, node.span, mistake.message).fix(mistake.fix))
        })
        .ok()
}
