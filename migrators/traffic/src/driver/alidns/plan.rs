//! The writes of a shift in the order in which no moment has a larger share than its stage. Weights
//! belong to single records here, so each write changes one of them. Pure.

use gateshift_sdk::model::{Finding, ObjectRef, Operation, OperationKey, Severity, Verb};
use serde_json::{Value, json};

use crate::driver::Planned;
use crate::facts::{Phase, SetFacts};
use crate::records::RecordSet;
use crate::settings::Settings;
use crate::weights::{Weights, share, weights};

/// Weight that a new record has before anybody sets one.
const BORN_WITH: u32 = 1;
/// Weight of the source's records while the target's are added.
const FULL: u32 = 100;
/// Largest weight.
const MOST: u32 = 100;

/// Every phase with its writes.
pub(super) fn plan(sets: &[SetFacts], ttl: u32, settings: &Settings, findings: &mut Vec<Finding>) -> Planned {
    let mut builder = Builder { ttl, ..Builder::default() };
    builder.lower_ttl(sets);
    builder.open(sets);
    for percent in &settings.stages {
        builder.stage(sets, *percent, settings, findings);
    }
    Planned { operations: builder.operations, phases: builder.phases }
}

/// Puts operations and phases together.
#[derive(Default)]
struct Builder {
    operations: Vec<Operation>,
    phases: Vec<Phase>,
    /// Weights of each set after the latest phase, in the order of the sets.
    current: Vec<Weights>,
    /// TTL during the shift, seconds.
    ttl: u32,
}

impl Builder {
    fn lower_ttl(&mut self, sets: &[SetFacts]) {
        let ttl = self.ttl;
        let mut keys = Vec::new();
        let mut longest = 0;
        for SetFacts { set, .. } in sets {
            for record in set.records.iter().filter(|record| record.ttl > ttl) {
                longest = longest.max(record.ttl);
                let after = json!({"set": subject(set), "record": {"id": record.id}, "value": record.value, "ttl": ttl});
                keys.push(self.push(
                    format!("ttl/{}/{}", set.label(), record.value),
                    "record-ttl",
                    set,
                    Verb::Update,
                    json!({"ttl": record.ttl}),
                    after,
                ));
            }
        }
        self.phases.push(Phase {
            name: "ttl".to_owned(),
            share: 0.0,
            operations: keys,
            stay: u64::from(longest),
            stage: false,
        });
    }

    /// Weights on, the source's records to full weight. The target is not in the set yet.
    fn open(&mut self, sets: &[SetFacts]) {
        let mut keys = Vec::new();
        for SetFacts { set, .. } in sets {
            if !set.weighted {
                let after = json!({"set": subject(set), "open": true});
                keys.push(self.push(
                    format!("weights/{}", set.label()),
                    "weights",
                    set,
                    Verb::Update,
                    json!({"open": false}),
                    after,
                ));
            }
            for record in &set.records {
                let known = if set.weighted { record.weight } else { 0 };
                if known != FULL {
                    keys.push(self.weight("open", set, &record.value, &json!({"id": record.id}), FULL));
                }
            }
            self.current.push(Weights { new_records: 0, new: 0, old: FULL });
        }
        let stay = u64::from(self.ttl.min(5));
        self.phases.push(Phase { name: "open".to_owned(), share: 0.0, operations: keys, stay, stage: false });
    }

    fn stage(&mut self, sets: &[SetFacts], percent: f64, settings: &Settings, findings: &mut Vec<Finding>) {
        let mut keys = Vec::new();
        let name = format!("stage {percent}%");
        for (index, facts) in sets.iter().enumerate() {
            let old_records = facts.set.records.len() as u32;
            let Some(wanted) = weights(MOST, old_records, facts.target_values.len() as u32, percent) else {
                findings.push(
                    Finding::new(Severity::Block, "DNS-GRANULARITY", format!("dns/{}", facts.set.label()), format!("{percent}% is below the smallest share that weights from 1 to 100 can give with {old_records} records"))
                        .with_action("begin with a larger stage"),
                );
                continue;
            };
            let now = self.current[index];
            keys.extend(self.transition(&name, facts, now, wanted));
            self.current[index] = wanted;
            debug_assert!(share(old_records, wanted) <= percent + 1e-6);
        }
        let stay = settings.hold.as_secs().max(u64::from(self.ttl));
        self.phases.push(Phase { name, share: percent, operations: keys, stay, stage: true });
    }

    /// Writes in an order in which no moment has a larger share than the stage: the source's weight up
    /// first, then the target's records, then the source's weight down.
    fn transition(
        &mut self,
        phase: &str,
        facts: &SetFacts,
        now: Weights,
        wanted: Weights,
    ) -> Vec<OperationKey> {
        let set = &facts.set;
        let mut keys = Vec::new();
        let mut old = now.old;
        let adds = wanted.new_records > now.new_records;
        let first = if adds { FULL } else { wanted.old.max(old) };
        if first != old {
            keys.extend(self.old_weight(&format!("{phase} first"), set, first));
            old = first;
        }
        for (position, value) in facts.target_values.iter().enumerate().take(wanted.new_records as usize) {
            let position = position as u32;
            let is_there = position < now.new_records;
            if !is_there {
                let after = json!({"set": subject(set), "value": value, "ttl": self.ttl});
                keys.push(self.push(record_key(set, value), "record", set, Verb::Create, Value::Null, after));
            }
            let has = if is_there { now.new } else { BORN_WITH };
            if has != wanted.new {
                let reference = json!({"key": record_key(set, value)});
                keys.push(self.weight(phase, set, value, &reference, wanted.new));
            }
        }
        if wanted.old == 0 {
            for record in &set.records {
                let after = json!({"set": subject(set), "record": {"id": record.id}, "value": record.value, "enabled": false});
                keys.push(self.push(
                    format!("{phase}/disable/{}/{}", set.label(), record.value),
                    "record-status",
                    set,
                    Verb::Update,
                    json!({"enabled": true}),
                    after,
                ));
            }
        } else if wanted.old != old {
            keys.extend(self.old_weight(phase, set, wanted.old));
        }
        keys
    }

    fn old_weight(&mut self, phase: &str, set: &RecordSet, weight: u32) -> Vec<OperationKey> {
        set.records
            .iter()
            .map(|record| self.weight(phase, set, &record.value, &json!({"id": record.id}), weight))
            .collect()
    }

    fn weight(
        &mut self,
        phase: &str,
        set: &RecordSet,
        value: &str,
        record: &Value,
        weight: u32,
    ) -> OperationKey {
        let after = json!({"set": subject(set), "record": record, "value": value, "weight": weight});
        self.push(
            format!("{phase}/weight/{}/{value}", set.label()),
            "record-weight",
            set,
            Verb::Update,
            Value::Null,
            after,
        )
    }

    fn push(
        &mut self,
        key: String,
        kind: &str,
        set: &RecordSet,
        verb: Verb,
        before: Value,
        after: Value,
    ) -> OperationKey {
        let key = OperationKey::new(key);
        let object = ObjectRef { kind: kind.to_owned(), name: set.label() };
        self.operations.push(Operation {
            key: key.clone(),
            verb,
            object,
            before: before.into(),
            after: after.into(),
            waits_for: Vec::new(),
        });
        key
    }
}

/// Key of the operation that adds a record of the target.
fn record_key(set: &RecordSet, value: &str) -> String {
    format!("record/{}/{value}", set.label())
}

fn subject(set: &RecordSet) -> Value {
    json!({"zone": set.zone, "rr": set.rr, "host": set.host, "type": set.kind, "line": set.line})
}
