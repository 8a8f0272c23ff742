//! The changes of a shift where each replaces a whole set. Pure.

use gateshift_sdk::model::{Finding, ObjectRef, Operation, OperationKey, Severity, Verb};
use serde_json::{Value, json};

use super::{Scale, same, weigh};
use crate::driver::Planned;
use crate::facts::{Phase, SetFacts};
use crate::records::{Record, RecordSet};
use crate::settings::Settings;
use crate::weights::{Weights, share};

/// Weight of the source's records while they are alone in a weighted set.
const FULL: u32 = 100;
/// Names of the two sides, where a product wants some for weighted records.
const SOURCE: &str = "gateshift-source";
const TARGET: &str = "gateshift-target";

/// Every phase with its changes: the TTL down, weights with the source alone, then the stages.
pub(super) fn plan(
    scale: Option<Scale>,
    sets: &[SetFacts],
    ttl: u32,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> Planned {
    let mut builder =
        Builder { now: sets.iter().map(|one| one.set.clone()).collect(), planned: Planned::default() };
    let longest =
        sets.iter().flat_map(|one| &one.set.records).map(|record| record.ttl).filter(|own| *own > ttl).max();
    let lowered = |one: &SetFacts, _: &RecordSet| with_ttl(&one.set, short(sets, one, ttl));
    builder.phase("ttl", 0.0, u64::from(longest.unwrap_or(0)), false, sets, lowered);
    if let Some(scale) = scale {
        let alone = Weights { new_records: 0, new: 0, old: FULL };
        let opened = |one: &SetFacts, _: &RecordSet| weighted(scale, one, alone, short(sets, one, ttl));
        builder.phase("open", 0.0, u64::from(ttl.min(5)), false, sets, opened);
    }
    let stay = settings.hold.as_secs().max(u64::from(ttl));
    for percent in &settings.stages {
        let percent = *percent;
        let refused = sets.iter().find(|one| after(scale, one, percent, ttl).is_none());
        if let Some(refused) = refused {
            findings.push(coarse(scale, &refused.set, percent));
            continue;
        }
        let next = |one: &SetFacts, now: &RecordSet| {
            after(scale, one, percent, short(sets, one, ttl)).unwrap_or_else(|| now.clone())
        };
        builder.phase(&format!("stage {percent}%"), percent, stay, true, sets, next);
    }
    builder.planned
}

/// The set of a stage, if its share can be expressed.
fn after(scale: Option<Scale>, one: &SetFacts, percent: f64, ttl: u32) -> Option<RecordSet> {
    let Some(scale) = scale else {
        return (percent >= 100.0).then(|| moved(one, ttl));
    };
    let (old, new) = sides(scale, one);
    let wanted = weigh(scale, old, new, percent)?;
    debug_assert!(share(old, wanted) <= percent + 1e-6);
    Some(weighted(scale, one, wanted, ttl))
}

/// How many weights each side has.
pub(super) fn sides(scale: Scale, one: &SetFacts) -> (u32, u32) {
    if !scale.by_side {
        return (one.set.records.len() as u32, one.target_values.len() as u32);
    }
    let mut names: Vec<&str> = one.set.records.iter().map(|record| record.id.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    (if one.set.weighted { names.len() as u32 } else { 1 }, 1)
}

fn coarse(scale: Option<Scale>, set: &RecordSet, percent: f64) -> Finding {
    let object = format!("dns/{}", set.label());
    match scale.and_then(|scale| scale.most) {
        Some(most) => Finding::new(
            Severity::Block,
            "DNS-GRANULARITY",
            object,
            format!("{percent}% is below the smallest share that weights from 1 to {most} can give here"),
        )
        .with_action("begin with a larger stage"),
        None => Finding::new(
            Severity::Block,
            "DNS-GRANULARITY",
            object,
            format!("{percent}% cannot be expressed: the zone is written by DNS updates, which know no weights, so a set leads either to the source or to the target"),
        )
        .with_action("use `stages: [100%]`, or have the hosts served by a product with weights for the time of the shift"),
    }
}

/// TTL of a set during the shift: no longer than wished, nor than any set of the same host, because some
/// products keep one TTL for all of them.
fn short(sets: &[SetFacts], one: &SetFacts, ttl: u32) -> u32 {
    let host = sets.iter().filter(|other| other.set.host == one.set.host);
    host.flat_map(|other| &other.set.records).map(|record| record.ttl).fold(ttl, u32::min)
}

fn with_ttl(set: &RecordSet, ttl: u32) -> RecordSet {
    let mut set = set.clone();
    for record in &mut set.records {
        record.ttl = ttl;
    }
    set
}

fn fresh(id: &str, value: &str, ttl: u32, weight: u32) -> Record {
    Record { id: id.to_owned(), value: value.to_owned(), ttl, enabled: weight > 0, locked: false, weight }
}

/// The set in its weighted form.
fn weighted(scale: Scale, one: &SetFacts, weights: Weights, ttl: u32) -> RecordSet {
    let old = one.set.records.iter().map(|record| {
        let id = if one.set.weighted { &record.id } else { SOURCE };
        fresh(id, &record.value, ttl, weights.old)
    });
    let used =
        if scale.by_side && weights.new_records > 0 { usize::MAX } else { weights.new_records as usize };
    let new = one.target_values.iter().take(used).map(|value| fresh(TARGET, value, ttl, weights.new));
    let records = old.chain(new).filter(|record| scale.keeps_zero || record.weight > 0).collect();
    RecordSet { weighted: true, records, raw: Value::Null, ..one.set.clone() }
}

/// The set with the target's records in place of the source's.
fn moved(one: &SetFacts, ttl: u32) -> RecordSet {
    let records = one.target_values.iter().map(|value| fresh("", value, ttl, 1)).collect();
    RecordSet { weighted: false, records, raw: Value::Null, ..one.set.clone() }
}

struct Builder {
    /// Each set after the latest phase.
    now: Vec<RecordSet>,
    planned: Planned,
}

impl Builder {
    fn phase(
        &mut self,
        name: &str,
        share: f64,
        stay: u64,
        stage: bool,
        sets: &[SetFacts],
        next: impl Fn(&SetFacts, &RecordSet) -> RecordSet,
    ) {
        let mut keys = Vec::new();
        for (now, one) in self.now.iter_mut().zip(sets) {
            let to = next(one, now);
            if same(now, &to) {
                continue;
            }
            let key = OperationKey::new(format!("{name}/set/{}", one.set.label()));
            self.planned.operations.push(Operation {
                key: key.clone(),
                verb: Verb::Update,
                object: ObjectRef { kind: "record-set".to_owned(), name: one.set.label() },
                before: json!({"whole": now}).into(),
                after: json!({"whole": to, "share": share}).into(),
                waits_for: Vec::new(),
            });
            keys.push(key);
            *now = to;
        }
        self.planned.phases.push(Phase { name: name.to_owned(), share, operations: keys, stay, stage });
    }
}
