//! Many requests at once, to reach a limit: the sets of different answers are compared, not their
//! numbers, because each node counts for itself.

use std::collections::BTreeSet;

use futures::future::{join, join_all};
use gateshift_sdk::model::StepError;

use crate::answer::{Answer, Difference, Fields, STATUS};
use crate::case::Case;
use crate::compare::{Evidence, Judged, Verdict};
use crate::exchange::Pair;

/// Sends the request so often to both and compares.
pub(crate) async fn compare(pair: &Pair<'_>, case: &Case, times: u32) -> Result<Judged, StepError> {
    let (source, target) = join(
        join_all((0..times).map(|_| pair.source(case))),
        join_all((0..times).map(|_| pair.target(case))),
    )
    .await;
    let answers = |outcomes: Vec<Result<_, StepError>>| -> Result<Vec<Answer>, StepError> {
        let all: Vec<Result<Answer, _>> = outcomes.into_iter().collect::<Result<_, _>>()?;
        Ok(all.into_iter().flatten().collect())
    };
    let (source, target) = (answers(source)?, answers(target)?);
    if source.is_empty() || target.is_empty() {
        let why = "a gateway answered none of the requests that were sent at once".to_owned();
        return Ok(Judged::new(Verdict::Unclear(why), BTreeSet::new()));
    }
    let (ours, theirs) = (refusals(&source), refusals(&target));
    let verdict = if ours == theirs {
        Verdict::Equal
    } else {
        let words = |set: &BTreeSet<Fields>| {
            let texts: Vec<String> = set.iter().map(|fields| format!("{fields:?}")).collect();
            Some(if texts.is_empty() { "no refusal".to_owned() } else { texts.join(" | ") })
        };
        Verdict::Differs(vec![Difference {
            field: "limit".to_owned(),
            source: words(&ours),
            target: words(&theirs),
        }])
    };
    let refused = source.iter().find(|answer| answer.status != 200).or(source.first());
    let mut judged = Judged::new(verdict, BTreeSet::new());
    judged.evidence = refused.map(|answer| Evidence::of(case, answer));
    Ok(judged)
}

/// The different answers that are no success: status, place of a redirect and content.
fn refusals(answers: &[Answer]) -> BTreeSet<Fields> {
    let of_interest = |name: &str| name == STATUS || name == "header:location" || name.starts_with("body");
    answers
        .iter()
        .filter(|answer| !(200..300).contains(&answer.status))
        .map(|answer| {
            answer
                .fields
                .iter()
                .filter(|(name, _)| of_interest(name))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect()
        })
        .collect()
}
