//! Whether the records are as a phase wants them: the state to expect, a check right before the
//! first write of a phase that nobody else was there, and a confirmation behind the last.

use std::collections::BTreeMap;
use std::time::Duration;

use gateshift_sdk::api::Host;
use gateshift_sdk::model::{ErrorClass, Operation, Plan, StepError};
use serde_json::Value;

use crate::alidns::read_host;
use crate::facts::{Facts, SetFacts};
use crate::measure::{Answers, ask};
use crate::records::RecordSet;

/// Looks at records and servers until they agree with the plan: how often, and how far apart.
const LOOKS: u32 = 30;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// A record as it should be: (enabled, weight, TTL).
type State = (bool, u32, u32);
/// A set as it should be, by value.
type SetState = BTreeMap<String, State>;

/// Every set as it should be behind the first `phases` phases.
pub(crate) fn expected(facts: &Facts, plan: &Plan, phases: usize) -> BTreeMap<String, SetState> {
    let mut states: BTreeMap<String, SetState> = facts
        .before
        .iter()
        .map(|one| {
            (
                one.set.label(),
                one.set
                    .records
                    .iter()
                    .map(|record| (record.value.clone(), (record.enabled, record.weight, record.ttl)))
                    .collect(),
            )
        })
        .collect();
    let by_key: BTreeMap<_, _> =
        plan.operations.iter().map(|operation| (&operation.key, operation)).collect();
    for key in facts.phases.iter().take(phases).flat_map(|phase| &phase.operations) {
        if let Some(operation) = by_key.get(key) {
            step(&mut states, operation);
        }
    }
    states
}

fn step(states: &mut BTreeMap<String, SetState>, operation: &Operation) {
    let wanted = &operation.after.value();
    let Some(set) = states.get_mut(&operation.object.name).filter(|_| operation.object.kind != "weights")
    else {
        return;
    };
    let value = wanted["value"].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| wanted[name].as_u64().unwrap_or(0) as u32;
    let state = set.entry(value).or_insert((true, 1, number("ttl")));
    match operation.object.kind.as_str() {
        "record-ttl" => state.2 = number("ttl"),
        "record-weight" => state.1 = number("weight"),
        "record-status" => state.0 = wanted["enabled"] == Value::Bool(true),
        _ => {}
    }
}

/// Stops when somebody else edited a set. A phase that has not begun must find every record exactly as
/// the phase before it left it; one that was broken off may find each record before or behind its own
/// writes, and nothing else.
pub(crate) async fn untouched(
    host: &dyn Host,
    facts: &Facts,
    plan: &Plan,
    phase: usize,
    begun: bool,
) -> Result<(), StepError> {
    let (before, after) = (expected(facts, plan, phase), expected(facts, plan, phase + 1));
    for SetFacts { set, .. } in &facts.before {
        let label = set.label();
        let current = read(host, set).await?;
        let (Some(before), Some(after)) = (before.get(&label), after.get(&label)) else { continue };
        if let Some(complaint) = complaint(&current, before, after, begun) {
            let message = format!("records of {label} were changed by somebody else: {complaint}");
            return Err(StepError::new(ErrorClass::NeedsOperator, "GS-DNS-CHANGED", message).with_hint(
                "find out who edits the zone; `gateshift rollback` brings the share to 0%, `gateshift resume` goes on once the records are as they were",
            ));
        }
    }
    Ok(())
}

/// What of a set is not as it may be.
fn complaint(current: &SetState, before: &SetState, after: &SetState, begun: bool) -> Option<String> {
    if let Some(value) = before.keys().find(|value| !current.contains_key(*value)) {
        return Some(format!("{value} is gone"));
    }
    current.iter().find_map(|(value, now)| {
        let was = before.get(value);
        let fits = was == Some(now)
            || begun && {
                let known = [was, after.get(value)];
                let any = |same: &dyn Fn(&State) -> bool| known.iter().flatten().any(|state| same(state));
                any(&|state| state.0 == now.0) && any(&|state| state.2 == now.2)
            };
        let (enabled, weight, ttl) = now;
        (!fits).then(|| match was {
            None => format!("{value} is there and the plan knows nothing of it"),
            Some(was) => format!("{value} is (enabled {enabled}, weight {weight}, TTL {ttl}), it was (enabled {}, weight {}, TTL {})", was.0, was.1, was.2),
        })
    })
}

/// Waits until the control plane shows the phase's records and the authoritative servers answer with
/// its share. Both are needed: a control plane may say yes and serve something else.
pub(crate) async fn confirmed(
    host: &dyn Host,
    facts: &Facts,
    plan: &Plan,
    phase: usize,
) -> Result<Answers, StepError> {
    let wanted = expected(facts, plan, phase + 1);
    let share = facts.phases.get(phase).map_or(0.0, |phase| phase.share);
    let mut reason = String::new();
    for look in 0..LOOKS {
        if look > 0 {
            host.sleep(BETWEEN_LOOKS).await?;
        }
        if let Some(difference) = difference(host, facts, &wanted).await? {
            reason = difference;
            continue;
        }
        let answers = ask(host, &facts.before).await?;
        if answers.fits(share) {
            return Ok(answers);
        }
        reason = format!(
            "authoritative servers name the target in {} of {} answers and something else in {}, {share}% is planned",
            answers.target, answers.all, answers.neither
        );
    }
    Err(StepError::retryable("GS-DNS-UNCONFIRMED", reason)
        .with_hint("the records were written; if this stays, `gateshift rollback` takes the traffic back"))
}

async fn difference(
    host: &dyn Host,
    facts: &Facts,
    wanted: &BTreeMap<String, SetState>,
) -> Result<Option<String>, StepError> {
    for SetFacts { set, .. } in &facts.before {
        let label = set.label();
        let current = read(host, set).await?;
        let Some(wanted) = wanted.get(&label) else { continue };
        for (value, (enabled, weight, ttl)) in wanted {
            let fits = current
                .get(value)
                .is_some_and(|now| now.0 == *enabled && now.2 == *ttl && (now.1 == *weight || !*enabled));
            if !fits {
                return Ok(Some(format!(
                    "record {value} of {label} reads back as {:?}, wanted is (enabled {enabled}, weight {weight}, TTL {ttl})",
                    current.get(value)
                )));
            }
        }
    }
    Ok(None)
}

/// The set's records by value.
async fn read(host: &dyn Host, set: &RecordSet) -> Result<SetState, StepError> {
    let named = RecordSet { weighted: true, ..set.clone() };
    let current = read_host(host, &named).await?;
    Ok(current
        .into_iter()
        .flat_map(|set| set.records)
        .map(|record| (record.value, (record.enabled, record.weight, record.ttl)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{SetState, complaint};

    fn set(records: &[(&str, bool, u32, u32)]) -> SetState {
        records
            .iter()
            .map(|(value, enabled, weight, ttl)| ((*value).to_owned(), (*enabled, *weight, *ttl)))
            .collect()
    }

    #[test]
    fn a_phase_that_has_not_begun_wants_the_records_exactly() {
        let before = set(&[("a", true, 99, 60), ("b", true, 1, 60)]);
        let after = set(&[("a", true, 95, 60), ("b", true, 5, 60)]);
        assert_eq!(complaint(&before, &before, &after, false), None);
        for changed in [
            set(&[("a", true, 98, 60), ("b", true, 1, 60)]),
            set(&[("a", false, 99, 60), ("b", true, 1, 60)]),
            set(&[("a", true, 99, 300), ("b", true, 1, 60)]),
            set(&[("a", true, 99, 60)]),
            set(&[("a", true, 99, 60), ("b", true, 1, 60), ("c", true, 1, 60)]),
        ] {
            assert!(complaint(&changed, &before, &after, false).is_some(), "{changed:?}");
        }
    }

    #[test]
    fn a_phase_that_was_broken_off_may_be_half_done_and_nothing_else() {
        let before = set(&[("a", true, 1, 600)]);
        let after = set(&[("a", true, 100, 60), ("b", true, 1, 60)]);
        for half in [set(&[("a", true, 100, 600)]), set(&[("a", true, 100, 60), ("b", true, 1, 60)])] {
            assert_eq!(complaint(&half, &before, &after, true), None, "{half:?}");
        }
        for changed in [
            set(&[("a", true, 1, 300)]),
            set(&[("a", false, 1, 600)]),
            set(&[("a", true, 1, 600), ("c", true, 1, 60)]),
            set(&[]),
        ] {
            assert!(complaint(&changed, &before, &after, true).is_some(), "{changed:?}");
        }
    }
}
