//! Requests that several services answer by weight. One answer says little there: sets of answers are
//! compared, gathered until both gateways have shown all, within a bound.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gateshift_sdk::model::StepError;

use crate::answer::{Answer, Difference, Fields, STATUS, differing};
use crate::case::{Case, Spread};
use crate::compare::{Judged, Verdict, agreed};
use crate::exchange::Pair;
use crate::text::short;

/// Never more requests than this to each gateway for one comparison.
const MOST: usize = 300;
/// A share that is missing after `SURE / share` requests is missing for a reason (one in a million
/// by chance); after `SETTLED / share` equal sets are believed.
const SURE: f64 = 14.0;
const SETTLED: f64 = 5.0;
/// Between requests once the quick ones left a question: answers may carry their time in seconds.
const PAUSE: Duration = Duration::from_millis(200);

/// Goes on from the first answers of both.
pub(crate) async fn compare(
    pair: &Pair<'_>,
    case: &Case,
    expected: Spread,
    source: Answer,
    target: Answer,
) -> Result<Judged, StepError> {
    let rounds = |factor: f64| (factor / expected.least.max(0.001)).ceil() as usize;
    let (settled, bound) = (rounds(SETTLED).min(MOST), rounds(SURE).min(MOST));
    let verdict_of_first = agreed(case, &source);
    let (mut from_source, mut from_target) = (vec![source.fields], vec![target.fields]);
    loop {
        let noise = noise(&from_source, expected.answers);
        if noise.contains(STATUS) {
            let why = "the source answers with more statuses than it has destinations".to_owned();
            return Ok(Judged::new(Verdict::Unclear(why), noise));
        }
        let sets = (signatures(&from_source, &noise), signatures(&from_target, &noise));
        let asked = from_source.len();
        let is_enough = if expected.full {
            sets.0 == sets.1 && (sets.0.len() >= expected.answers || asked >= settled)
        } else {
            !sets.0.is_disjoint(&sets.1)
        };
        if is_enough {
            return Ok(Judged::new(verdict_of_first, noise));
        }
        if asked >= bound {
            return Ok(Judged::new(different(&sets.0, &sets.1, bound < rounds(SURE)), noise));
        }
        if asked >= settled {
            pair.wait(PAUSE).await?;
        }
        let (Ok(source), Ok(target)) = pair.both(case).await? else {
            let why = "one gateway answers only sometimes".to_owned();
            return Ok(Judged::new(Verdict::Unclear(why), noise));
        };
        from_source.push(source.fields);
        from_target.push(target.fields);
    }
}

/// Fields with more values at the source than there are destinations: they change by themselves.
fn noise(answers: &[Fields], destinations: usize) -> BTreeSet<String> {
    let mut values: BTreeMap<&str, BTreeSet<Option<&str>>> = BTreeMap::new();
    let names: BTreeSet<&str> = answers.iter().flat_map(|fields| fields.keys().map(String::as_str)).collect();
    for fields in answers {
        for name in &names {
            values.entry(name).or_default().insert(fields.get(*name).map(String::as_str));
        }
    }
    let noisy = values.into_iter().filter(|(_, values)| values.len() > destinations);
    noisy.map(|(name, _)| name.to_owned()).collect()
}

/// The different answers, without noise.
fn signatures(answers: &[Fields], noise: &BTreeSet<String>) -> BTreeSet<Fields> {
    let quiet = |fields: &Fields| {
        fields
            .iter()
            .filter(|(name, _)| !noise.contains(*name))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect()
    };
    answers.iter().map(quiet).collect()
}

fn different(source: &BTreeSet<Fields>, target: &BTreeSet<Fields>, is_short: bool) -> Verdict {
    if is_short && !source.is_disjoint(target) {
        let why = "some destinations have so small a share that they were not seen on both sides".to_owned();
        return Verdict::Unclear(why);
    }
    // The fields that tell the answers apart, with all the values of each side.
    let all: Vec<&Fields> = source.union(target).collect();
    let names: BTreeSet<String> = all.windows(2).flat_map(|two| differing(two[0], two[1])).collect();
    let values = |set: &BTreeSet<Fields>, name: &str| {
        let values: BTreeSet<&str> =
            set.iter().filter_map(|fields| fields.get(name).map(String::as_str)).collect();
        (!values.is_empty()).then(|| short(&values.into_iter().collect::<Vec<_>>().join(" | "), 200))
    };
    let differences = names.iter().map(|name| Difference {
        field: name.clone(),
        source: values(source, name),
        target: values(target, name),
    });
    let mut found: Vec<Difference> = differences.filter(|one| one.source != one.target).collect();
    if found.is_empty() {
        found.push(Difference {
            field: "answers".to_owned(),
            source: Some(format!("{} different ones", source.len())),
            target: Some(format!("{} different ones", target.len())),
        });
    }
    Verdict::Differs(found)
}
