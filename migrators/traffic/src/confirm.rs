//! Whether the records are as a phase wants them: the state to expect, a check right before the
//! first write of a phase that nobody else was there, and a confirmation behind the last.

use std::collections::BTreeMap;
use std::time::Duration;

use gateshift_sdk::api::Host;
use gateshift_sdk::model::{ErrorClass, Operation, Plan, StepError};
use serde_json::Value;

use crate::driver::{Driver, driver};
use crate::facts::{Facts, SetFacts};
use crate::measure::Answers;
use crate::records::{Record, RecordSet};

/// Looks at records and servers until they agree with the plan: how often, and how far apart.
const LOOKS: u32 = 30;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// A record as it should be: (enabled, weight, TTL).
type State = (bool, u32, u32);
/// A set as it should be, by value.
type SetState = BTreeMap<String, State>;

/// Every set as it should be behind the first `phases` phases.
pub(crate) fn expected(facts: &Facts, plan: &Plan, phases: usize) -> BTreeMap<String, SetState> {
    let mut states: BTreeMap<String, SetState> =
        facts.before.iter().map(|one| (one.set.label(), state(&one.set))).collect();
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
    if let Some(whole) = whole(wanted) {
        states.insert(operation.object.name.clone(), state(&whole));
        return;
    }
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

/// The set of an operation that replaces all of it.
fn whole(wanted: &Value) -> Option<RecordSet> {
    wanted.get("whole").and_then(|set| serde_json::from_value(set.clone()).ok())
}

fn state(set: &RecordSet) -> SetState {
    let of = |record: &Record| (record.value.clone(), (record.enabled, record.weight, record.ttl));
    set.records.iter().map(of).collect()
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
    let driver = driver(&facts.driver);
    if !driver.abilities().shows_records {
        return known(host, driver, facts).await;
    }
    let (before, after) = (expected(facts, plan, phase), expected(facts, plan, phase + 1));
    for SetFacts { set, .. } in &facts.before {
        let label = set.label();
        let current = read(host, driver, set).await?;
        let (Some(before), Some(after)) = (before.get(&label), after.get(&label)) else { continue };
        if let Some(complaint) = complaint(&current, before, after, begun) {
            return Err(changed(&label, &complaint));
        }
    }
    Ok(())
}

/// Where only answers can be seen: none may lead to anything but the source and the target.
async fn known(host: &dyn Host, driver: &dyn Driver, facts: &Facts) -> Result<(), StepError> {
    for SetFacts { set, target_values } in &facts.before {
        let current = read(host, driver, set).await?;
        let strange = |value: &&String| {
            !target_values.contains(value) && !set.records.iter().any(|record| record.value == **value)
        };
        if let Some(value) = current.keys().find(strange) {
            return Err(changed(
                &set.label(),
                &format!("{value} is answered and the plan knows nothing of it"),
            ));
        }
    }
    Ok(())
}

/// Code of the error for a set that somebody else edited.
pub(crate) const CHANGED: &str = "GS-DNS-CHANGED";

/// The error for a set that somebody else edited.
pub(crate) fn changed(label: &str, complaint: &str) -> StepError {
    let message = format!("records of {label} were changed by somebody else: {complaint}");
    StepError::new(ErrorClass::NeedsOperator, CHANGED, message).with_hint(
        "find out who edits the zone; `gateshift rollback` brings the share to 0%, `gateshift resume` goes on once the records are as they were",
    )
}

/// What of a set is not as it may be.
fn complaint(current: &SetState, before: &SetState, after: &SetState, begun: bool) -> Option<String> {
    let taken = |value: &String| begun && !after.contains_key(value);
    if let Some(value) = before.keys().find(|value| !current.contains_key(*value) && !taken(value)) {
        return Some(format!("{value} is gone"));
    }
    current.iter().find_map(|(value, now)| {
        let was = before.get(value);
        // One that answers nothing and never did is nobody's concern.
        let idle = !now.0 && was.is_none() && !after.contains_key(value);
        let fits = was == Some(now)
            || idle
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
    let driver = driver(&facts.driver);
    let wanted = expected(facts, plan, phase + 1);
    let share = facts.phases.get(phase).map_or(0.0, |phase| phase.share);
    let mut reason = String::new();
    for look in 0..LOOKS {
        if look > 0 {
            host.sleep(BETWEEN_LOOKS).await?;
        }
        if let Some(difference) = difference(host, driver, facts, &wanted).await? {
            reason = difference;
            continue;
        }
        let (answers, fits) = driver.served(host, &facts.before, share).await?;
        if fits {
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
    driver: &dyn Driver,
    facts: &Facts,
    wanted: &BTreeMap<String, SetState>,
) -> Result<Option<String>, StepError> {
    if !driver.abilities().shows_records {
        return Ok(None);
    }
    for SetFacts { set, target_values } in &facts.before {
        let label = set.label();
        let current = read(host, driver, set).await?;
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
        let ours = |value: &str| {
            target_values.iter().any(|one| one == value)
                || set.records.iter().any(|record| record.value == value)
        };
        let mut left =
            current.iter().filter(|(value, now)| now.0 && ours(value) && !wanted.contains_key(*value));
        if let Some((value, _)) = left.next() {
            return Ok(Some(format!("record {value} of {label} is still there")));
        }
    }
    Ok(None)
}

/// The set's records by value.
async fn read(host: &dyn Host, driver: &dyn Driver, set: &RecordSet) -> Result<SetState, StepError> {
    Ok(driver.read(host, set).await?.map_or_else(SetState::new, |set| state(&set)))
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

    #[test]
    fn a_set_that_is_replaced_may_be_the_old_or_the_new_one() {
        let before = set(&[("a", true, 100, 60)]);
        let after = set(&[("b", true, 100, 60)]);
        for fits in [&before, &after] {
            assert_eq!(complaint(fits, &before, &after, true), None);
        }
        assert!(complaint(&after, &before, &after, false).is_some());
        let spare = set(&[("a", true, 100, 60), ("c", false, 1, 600)]);
        assert_eq!(complaint(&spare, &before, &after, false), None, "a spare record that is off stays off");
    }
}
