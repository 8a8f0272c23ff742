//! Takes the traffic back: the source's records enabled at full weight first, then the target's
//! records off, confirmed at the control plane and at the authoritative servers, then removed.
//!
//! Needs the plan's facts and the DNS connection; looks at the records instead of trusting what the
//! run believes it did, and may be repeated (invariant **way back**).

use std::time::Duration;

use gateshift_sdk::api::{Host, StepInput, Undone};
use gateshift_sdk::model::{OperationKey, Plan, StepError};
use serde_json::json;

use crate::alidns::{delete, read_host, set_status, set_weight, set_weighted};
use crate::facts::{Facts, SetFacts};
use crate::measure::{Answers, ask};
use crate::records::RecordSet;

/// Weight of the source's records after a rollback.
const FULL: u64 = 100;
/// Looks until the authoritative servers are quiet: how often, and how far apart.
const LOOKS: u32 = 60;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// Brings the share to 0 % and removes the target's records.
pub(crate) async fn rollback(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Undone, StepError> {
    let facts = Facts::of(plan)?;
    let started = host.now();
    let mut touched = Vec::new();
    for set in &facts.before {
        touched.extend(shut(host, set).await?);
    }
    let answers = quiet(host, &facts).await?;
    let quiet_after = host.now().since(started);
    for set in &facts.before {
        touched.extend(clean(host, set).await?);
    }
    let operations =
        input.settled.keys().filter(|key| key.as_str().starts_with("record/")).cloned().collect();
    let facts = json!({
        "share": 0,
        "quietAfterMs": u64::try_from(quiet_after.as_millis()).unwrap_or(u64::MAX),
        "answersAsked": answers.all,
        "answersNamingTarget": answers.target,
        "ttl": facts.ttl,
        "cachesEmptyWithinSeconds": facts.ttl,
        "writes": touched.len(),
        "note": "records keep the short TTL; resolvers may answer with the target for one TTL more",
    });
    Ok(Undone { operations, facts, left: Vec::new() })
}

/// The source's records on at full weight, the target's off. In this order: never all off.
async fn shut(host: &dyn Host, facts: &SetFacts) -> Result<Vec<String>, StepError> {
    let mut writes = Vec::new();
    let Some(current) = current(host, &facts.set).await? else {
        return Err(StepError::needs_operator(
            "GS-DNS-CHANGED",
            format!("no record of {} is left", facts.set.label()),
        )
        .with_hint(format!("add the records of the source by hand: {}", values(facts))));
    };
    let targets: Vec<_> =
        current.records.iter().filter(|record| facts.target_values.contains(&record.value)).collect();
    let live = targets.iter().any(|record| record.enabled);
    for old in &facts.set.records {
        let Some(record) = current.records.iter().find(|record| record.value == old.value) else {
            return Err(StepError::needs_operator(
                "GS-DNS-CHANGED",
                format!("record {} of {} is gone", old.value, facts.set.label()),
            )
            .with_hint("add it again by hand, then repeat the rollback"));
        };
        if !record.enabled {
            set_status(host, &key(facts, "enable", &record.value), &record.id, true).await?;
            writes.push(format!("enable {}", record.value));
        }
        if live && u64::from(record.weight) != FULL {
            set_weight(host, &key(facts, "weight", &record.value), &record.id, FULL).await?;
            writes.push(format!("weight {}", record.value));
        }
    }
    for record in targets.into_iter().filter(|record| record.enabled) {
        set_status(host, &key(facts, "disable", &record.value), &record.id, false).await?;
        writes.push(format!("disable {}", record.value));
    }
    Ok(writes)
}

/// Removes the target's records, which are off by now, and the weights if this run switched them on.
async fn clean(host: &dyn Host, facts: &SetFacts) -> Result<Vec<String>, StepError> {
    let mut writes = Vec::new();
    let Some(current) = current(host, &facts.set).await? else { return Ok(writes) };
    for record in
        current.records.iter().filter(|record| facts.target_values.contains(&record.value) && !record.enabled)
    {
        delete(host, &key(facts, "delete", &record.value), &record.id).await?;
        writes.push(format!("delete {}", record.value));
    }
    if !facts.set.weighted {
        set_weighted(host, &key(facts, "weights", "off"), &facts.set, false).await?;
        writes.push("weights off".to_owned());
        return Ok(writes);
    }
    for old in &facts.set.records {
        if let Some(record) =
            current.records.iter().find(|record| record.value == old.value && record.weight != old.weight)
        {
            set_weight(
                host,
                &key(facts, "weight-back", &record.value),
                &record.id,
                u64::from(old.weight.max(1)),
            )
            .await?;
            writes.push(format!("weight back {}", record.value));
        }
    }
    Ok(writes)
}

/// Waits until no authoritative answer names the target.
async fn quiet(host: &dyn Host, facts: &Facts) -> Result<Answers, StepError> {
    let mut last = Answers::default();
    for look in 0..LOOKS {
        if look > 0 {
            host.sleep(BETWEEN_LOOKS).await?;
        }
        last = ask(host, &facts.before).await?;
        if last.fits(0.0) {
            return Ok(last);
        }
    }
    Err(StepError::retryable("GS-DNS-UNCONFIRMED", format!("the records are back, yet {} of {} authoritative answers still name the target and {} name neither", last.target, last.all, last.neither))
        .with_hint("repeat `gateshift rollback`; if it stays, look at the zone in the DNS console"))
}

async fn current(host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError> {
    read_host(host, &RecordSet { weighted: true, ..set.clone() }).await
}

fn key(facts: &SetFacts, what: &str, value: &str) -> OperationKey {
    OperationKey::new(format!("rollback/{what}/{}/{value}", facts.set.label()))
}

fn values(facts: &SetFacts) -> String {
    let values: Vec<_> =
        facts.set.records.iter().map(|record| format!("{} {}", facts.set.kind, record.value)).collect();
    values.join(", ")
}
