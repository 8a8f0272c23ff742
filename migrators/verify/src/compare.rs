//! The comparison of one request. A difference counts only when it stays: fields that the source
//! itself changes from one answer to the next are noise, and what is seen once and not again is
//! unclear, never a pass and never a mismatch.

use std::collections::BTreeSet;
use std::time::Duration;

use gateshift_sdk::model::StepError;

use crate::answer::{Answer, Difference, STATUS, differences, differing};
use crate::burst;
use crate::case::Case;
use crate::exchange::{Broken, Outcome, Pair, Stage};
use crate::ledger::Expect;
use crate::spread;

/// Before a broken exchange is repeated.
const BEFORE_REPEAT: Duration = Duration::from_millis(500);
/// Before a difference is looked at again: longer than a second, because many answers carry their
/// time in whole seconds.
const BEFORE_CONFIRMING: Duration = Duration::from_millis(1100);

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The answers agree.
    Equal,
    /// They agree in being no answer of a route, although a route should have answered.
    Unproven,
    /// They differ.
    Differs(Vec<Difference>),
    /// Nothing can be said.
    Unclear(String),
}

/// A verdict and how it was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// Fields that the source changes by itself.
    pub(crate) noise: BTreeSet<String>,
    /// The source answered.
    pub(crate) source_answered: bool,
    /// The target answered.
    pub(crate) target_answered: bool,
    /// What the source's answer tells; none when it did not answer.
    pub(crate) evidence: Option<Evidence>,
}

/// What an answer of the source tells of the things that its request is to show. Two equal answers
/// prove nothing of an effect that the source itself did not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The source did what it is known to do.
    pub(crate) is_met: bool,
    /// For each concern: the answer tells of it.
    pub(crate) proven: Vec<bool>,
}

impl Evidence {
    /// Of an answer.
    pub(crate) fn of(case: &Case, answer: &Answer) -> Self {
        let holds = |text: &String| answer.fields.values().any(|value| value.contains(text.as_str()));
        Self {
            // An answer that the route itself gives may be a 401 or 403, too.
            is_met: case.expect.is_none_or(|expect| {
                expect.is_met(answer.status) || (case.own_answer && expect == Expect::Passed)
            }),
            proven: case.concerns.iter().map(|one| one.proof.as_ref().is_none_or(holds)).collect(),
        }
    }
}

impl Judged {
    pub(crate) fn new(verdict: Verdict, noise: BTreeSet<String>) -> Self {
        Self { verdict, noise, source_answered: true, target_answered: true, evidence: None }
    }
}

/// Compares one request.
pub(crate) async fn compare(pair: &Pair<'_>, case: &Case) -> Result<Judged, StepError> {
    if let Some(times) = case.burst {
        return burst::compare(pair, case, times).await;
    }
    let (mut source, mut target) = pair.both(case).await?;
    if source.is_err() || target.is_err() {
        pair.wait(BEFORE_REPEAT).await?;
        let (first_source, first_target) = (source.is_err(), target.is_err());
        (source, target) = pair.both(case).await?;
        if (source.is_err(), target.is_err()) != (first_source, first_target)
            && (source.is_err() || target.is_err())
        {
            let verdict = Verdict::Unclear("once one gateway did not answer, and once the other".to_owned());
            return Ok(broken(verdict, &source, &target));
        }
    }
    match (source, target) {
        (Ok(source), Ok(target)) => {
            let evidence = Some(Evidence::of(case, &source));
            let judged = match case.spread {
                Some(expected) => spread::compare(pair, case, expected, source, target).await?,
                None => answers(pair, case, source, target).await?,
            };
            Ok(Judged { evidence, ..judged })
        }
        (source, target) => Ok(broken(silence(&source, &target), &source, &target)),
    }
}

fn broken(verdict: Verdict, source: &Outcome, target: &Outcome) -> Judged {
    Judged {
        verdict,
        noise: BTreeSet::new(),
        source_answered: source.is_ok(),
        target_answered: target.is_ok(),
        evidence: None,
    }
}

/// The verdict where at least one gateway did not answer twice.
fn silence(source: &Outcome, target: &Outcome) -> Verdict {
    let words = |outcome: &Outcome| match outcome {
        Ok(answer) => format!("status {}", answer.status),
        Err(Broken { stage, cause }) => match stage {
            Stage::Connect => format!("no connection: {cause}"),
            Stage::Handshake => format!("no TLS handshake: {cause}"),
            Stage::Exchange => format!("no complete answer: {cause}"),
            Stage::Unsendable => cause.clone(),
        },
    };
    let is_unsendable = |outcome: &Outcome| matches!(outcome, Err(one) if one.stage == Stage::Unsendable);
    if is_unsendable(source) || is_unsendable(target) || (source.is_err() && target.is_err()) {
        return Verdict::Unclear(format!("source: {}; target: {}", words(source), words(target)));
    }
    let field = match (source, target) {
        (Err(one), _) | (_, Err(one)) => match one.stage {
            Stage::Connect => "transport:connection",
            Stage::Handshake => "transport:handshake",
            Stage::Exchange | Stage::Unsendable => "transport:answer",
        },
        _ => "transport",
    };
    Verdict::Differs(vec![Difference {
        field: field.to_owned(),
        source: Some(words(source)),
        target: Some(words(target)),
    }])
}

async fn answers(pair: &Pair<'_>, case: &Case, source: Answer, target: Answer) -> Result<Judged, StepError> {
    let first = differing(&source.fields, &target.fields);
    if first.is_empty() || refused_alike(case, &source, &target) {
        return Ok(Judged::new(agreed(case, &source), BTreeSet::new()));
    }
    // The source is asked again only when there is a difference to explain: where both agree at
    // once, noise cannot matter.
    let mut noise = match pair.source(case).await? {
        Ok(again) => differing(&source.fields, &again.fields),
        Err(_) => return Ok(Judged::new(unsteady("the source answers only sometimes"), BTreeSet::new())),
    };
    if first.is_subset(&noise) {
        return Ok(Judged::new(agreed_but_for(case, &source, &noise), noise));
    }
    pair.wait(BEFORE_CONFIRMING).await?;
    let (Ok(later_source), Ok(later_target)) = pair.both(case).await? else {
        return Ok(Judged::new(unsteady("one gateway answers only sometimes"), noise));
    };
    noise.extend(differing(&source.fields, &later_source.fields));
    let later = differing(&later_source.fields, &later_target.fields);
    let stays: BTreeSet<String> = later.difference(&noise).cloned().collect();
    let verdict = if noise.contains(STATUS) {
        unsteady("the source answers the same request with different statuses")
    } else if !stays.is_empty() {
        Verdict::Differs(differences(&stays, &later_source.fields, &later_target.fields))
    } else if first.is_subset(&noise) {
        agreed_but_for(case, &later_source, &noise)
    } else {
        let fields: Vec<&str> = first.difference(&noise).map(String::as_str).collect();
        unsteady(&format!("the target answered differently once ({}) and then alike", fields.join(", ")))
    };
    Ok(Judged::new(verdict, noise))
}

/// Where no route fits, a list may refuse before the routes are looked at (403), or there is no route (404): the
/// caller gets nothing either way. Lists that moved from the gateway to its routes make that difference.
fn refused_alike(case: &Case, source: &Answer, target: &Answer) -> bool {
    case.winner.is_none() && source.status == 403 && target.looks_unrouted
}

fn unsteady(why: &str) -> Verdict {
    Verdict::Unclear(why.to_owned())
}

fn agreed_but_for(case: &Case, source: &Answer, noise: &BTreeSet<String>) -> Verdict {
    if noise.contains(STATUS) {
        unsteady("the source answers the same request with different statuses")
    } else {
        agreed(case, source)
    }
}

/// Equal, unless a route should have answered and what came looks as if none did.
pub(crate) fn agreed(case: &Case, source: &Answer) -> Verdict {
    if case.winner.is_some() && !case.own_answer && source.looks_unrouted {
        Verdict::Unproven
    } else {
        Verdict::Equal
    }
}
