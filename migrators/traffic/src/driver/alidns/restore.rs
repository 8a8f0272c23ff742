//! The way back: the source's records enabled at full weight first, then the target's records off; once
//! nobody is led there any more, removed.

use gateshift_sdk::api::Host;
use gateshift_sdk::model::{OperationKey, StepError};

use super::read_host;
use super::write::{delete, set_status, set_weight, set_weighted};
use crate::facts::SetFacts;
use crate::records::RecordSet;

/// Weight of the source's records after a rollback.
const FULL: u64 = 100;

/// The source's records on at full weight, the target's off. In this order: never all off.
pub(super) async fn shut(host: &dyn Host, facts: &SetFacts) -> Result<Vec<String>, StepError> {
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
pub(super) async fn clean(host: &dyn Host, facts: &SetFacts) -> Result<Vec<String>, StepError> {
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
