//! Zones that only people can change: the plan says exactly what to set for each stage, the run waits for
//! the person, and what counts is what the authoritative servers answer.

use std::collections::BTreeSet;

use futures::StreamExt;
use gateshift_sdk::api::{DnsQuestion, Host, LogLevel};
use gateshift_sdk::async_trait;
use gateshift_sdk::model::{
    CHECKPOINT_MANUAL, Document, ErrorClass, Finding, ObjectRef, Operation, OperationKey, Severity,
    StepError, Verb,
};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written};
use serde_json::{Value, json};

use super::{Abilities, Driver, Planned, delegation};
use crate::facts::{Facts, Phase, SetFacts};
use crate::measure::Answers;
use crate::records::{Observed, Record, RecordSet, Zone};
use crate::settings::Settings;
use crate::weights::exact;

/// Kind of the connection.
const KIND: &str = "dns/manual";
/// Questions by which the records of a host are found.
const LOOKS: usize = 12;
/// Fewest and most questions by which a share is judged.
const FEWEST: f64 = 200.0;
const MOST: f64 = 6_400.0;
/// Questions under way at once.
const SIDE_BY_SIDE: usize = 8;

/// Somebody's hands.
pub(super) struct ByHand;

/// The values of one answer, and its TTL.
async fn answer(host: &dyn Host, name: &str, kind: &str) -> Result<Vec<(String, u32)>, StepError> {
    let question = DnsQuestion { name: name.to_owned(), kind: kind.to_owned(), server: None };
    let reply = host.resolve(question).await?;
    let own = reply.answers.into_iter().filter(|one| one.kind == kind && one.name == name);
    Ok(own.map(|one| (one.value, one.ttl)).collect())
}

/// Everything that is answered for a host in a number of questions.
async fn seen(host: &dyn Host, zone: &str, name: &str, kind: &str) -> Result<Option<RecordSet>, StepError> {
    let mut records: Vec<Record> = Vec::new();
    for _ in 0..LOOKS {
        for (value, ttl) in answer(host, name, kind).await? {
            match records.iter_mut().find(|record| record.value == value) {
                Some(record) => record.ttl = record.ttl.max(ttl),
                None => records.push(Record {
                    id: String::new(),
                    value,
                    ttl,
                    enabled: true,
                    locked: false,
                    weight: 1,
                }),
            }
        }
        if records.is_empty() {
            return Ok(None);
        }
    }
    records.sort_by(|one, other| one.value.cmp(&other.value));
    Ok(Some(RecordSet {
        zone: zone.to_owned(),
        rr: name.to_owned(),
        host: name.to_owned(),
        kind: kind.to_owned(),
        line: "default".to_owned(),
        weighted: false,
        records,
        raw: Value::Null,
    }))
}

/// Questions that tell a share from one half of it, or of what is left to the source.
fn questions(percent: f64) -> usize {
    let rare = percent.min(100.0 - percent) / 100.0;
    if rare <= 0.0 { FEWEST as usize } else { (64.0 * (1.0 - rare) / rare).clamp(FEWEST, MOST) as usize }
}

/// Whether answers come from weights of this share and from no other stage's: exact at the ends, within
/// half of the smaller side between them.
fn fits(answers: Answers, percent: f64) -> bool {
    let Some(share) = answers.share().filter(|_| answers.neither == 0) else { return false };
    let rare = percent.min(100.0 - percent);
    if rare <= 0.0 { (share - percent).abs() < f64::EPSILON } else { (share - percent).abs() <= rare / 2.0 }
}

#[async_trait]
impl Driver for ByHand {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn actions(&self) -> (&'static [&'static str], &'static [&'static str]) {
        (&[], &[])
    }

    fn abilities(&self) -> Abilities {
        Abilities { opens_weights: false, shows_records: false }
    }

    async fn observe(&self, host: &dyn Host, domains: &BTreeSet<String>) -> Result<Observed, StepError> {
        let mut observed = Observed { kind: KIND, ..Observed::default() };
        for domain in domains.iter().filter(|domain| domain.contains('.') && !domain.starts_with('*')) {
            // Nothing is written to a zone, so the name itself stands for it.
            for kind in ["CNAME", "A", "AAAA"] {
                observed.sets.extend(seen(host, domain, domain, kind).await?);
            }
            let servers = delegation(host, domain).await;
            observed.zones.push(Zone {
                name: domain.clone(),
                min_ttl: 1,
                max_records: usize::MAX,
                blocked: false,
                // The servers that are asked are those that everybody is led to.
                servers: vec!["asked".to_owned()],
                delegated_to: servers.map(|_| vec!["asked".to_owned()]),
            });
        }
        Ok(observed)
    }

    fn plan(&self, sets: &[SetFacts], ttl: u32, settings: &Settings, findings: &mut Vec<Finding>) -> Planned {
        let longest =
            sets.iter().flat_map(|one| &one.set.records).map(|record| record.ttl).max().unwrap_or(0);
        let mut planned = Planned::default();
        let stay = settings.hold.as_secs().max(u64::from(ttl));
        let mut phases = Vec::new();
        if longest > ttl {
            phases.push(("ttl".to_owned(), 0.0, u64::from(longest), false));
        }
        phases.extend(
            settings.stages.iter().map(|percent| (format!("stage {percent}%"), *percent, stay, true)),
        );
        for (name, share, stay, stage) in phases {
            let key = OperationKey::new(format!("{name}/by-hand"));
            let text = task(sets, share, ttl);
            if !sets.is_empty() {
                findings.push(
                    Finding::new(Severity::Manual, "DNS-BY-HAND", format!("dns/{name}"), text.clone())
                        .with_action("nothing yet: the run waits at this point and asks for it"),
                );
            }
            planned.operations.push(Operation {
                key: key.clone(),
                verb: Verb::Update,
                object: ObjectRef { kind: "records".to_owned(), name: name.clone() },
                before: Document::default(),
                after: json!({"task": text, "share": share, "ttl": ttl, "sets": sets}).into(),
                waits_for: Vec::new(),
            });
            planned.phases.push(Phase { name, share, operations: vec![key], stay, stage });
        }
        planned
    }

    async fn read(&self, host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError> {
        seen(host, &set.zone, &set.host, &set.kind).await
    }

    async fn served(
        &self,
        host: &dyn Host,
        sets: &[SetFacts],
        percent: f64,
    ) -> Result<(Answers, bool), StepError> {
        let (mut all, mut every) = (Answers::default(), true);
        for one in sets {
            let answers = counted(host, one, questions(percent)).await?;
            // Each host by itself: one that nobody has set yet must not hide behind the others.
            every &= fits(answers, percent);
            all.target += answers.target;
            all.all += answers.all;
            all.neither += answers.neither;
        }
        Ok((all, every && !sets.is_empty()))
    }

    async fn shut(&self, host: &dyn Host, facts: &SetFacts, ttl: u32) -> Result<Vec<String>, StepError> {
        let answers = counted(host, facts, FEWEST as usize).await?;
        if answers.target > 0 {
            let text = task(std::slice::from_ref(facts), 0.0, ttl);
            host.log(LogLevel::Warn, &format!("to do by hand, now: {text}"));
        }
        Ok(Vec::new())
    }

    async fn clean(&self, _: &dyn Host, _: &SetFacts) -> Result<Vec<String>, StepError> {
        Ok(Vec::new())
    }

    fn by_hand(&self, facts: &Facts) -> Option<String> {
        Some(format!("to do by hand: {}", task(&facts.before, 0.0, facts.ttl)))
    }
}

/// Asks for one set many times.
async fn counted(host: &dyn Host, one: &SetFacts, times: usize) -> Result<Answers, StepError> {
    let SetFacts { set, target_values } = one;
    let asked = futures::stream::iter(0..times).map(|_| answer(host, &set.host, &set.kind));
    let mut asked = asked.buffer_unordered(SIDE_BY_SIDE);
    let mut answers = Answers::default();
    while let Some(values) = asked.next().await {
        let values = values?;
        let new = values.iter().filter(|(value, _)| target_values.contains(value)).count() as u64;
        let known = |value: &str| set.records.iter().any(|record| record.value == value);
        let old = values.iter().filter(|(value, _)| known(value)).count() as u64;
        answers.target += new;
        answers.all += new + old;
        if values.is_empty() || new + old < values.len() as u64 {
            answers.neither += 1;
        }
    }
    Ok(answers)
}

/// What a person has to set, line by line.
fn task(sets: &[SetFacts], share: f64, ttl: u32) -> String {
    let lines = sets.iter().map(|SetFacts { set, target_values }| {
        let old: Vec<&str> = set.records.iter().map(|record| record.value.as_str()).collect();
        let new: Vec<&str> = target_values.iter().map(String::as_str).collect();
        let only = |values: &[&str]| format!("{} alone", values.join(", "));
        let records = match exact(old.len() as u32, new.len() as u32, share) {
            _ if share >= 100.0 => only(&new),
            Some(weights) if share > 0.0 => {
                let one = |value: &&str, weight: u32| format!("{value} with weight {weight}");
                let old = old.iter().map(|value| one(value, weights.old));
                old.chain(new.iter().map(|value| one(value, weights.new))).collect::<Vec<_>>().join(", ")
            }
            _ => only(&old),
        };
        format!("{} {}: {records}, TTL {ttl} s", set.host, set.kind)
    });
    format!("set {}", lines.collect::<Vec<_>>().join("; "))
}

#[async_trait]
impl Applier for ByHand {
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        _: &Results,
    ) -> Result<Option<Found>, StepError> {
        let same = is_done(self, host, operation).await?;
        Ok(Some(Found { id: String::new(), same, difference: "it is not set".to_owned(), data: Value::Null }))
    }

    /// Looks; where it is not done yet, the run waits for a person.
    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        _: &Results,
        _: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        if is_done(self, host, operation).await? {
            return Ok(Written { id: None, data: Value::Null });
        }
        let text = operation.after.string("task").unwrap_or_default();
        let error = StepError::new(ErrorClass::NeedsOperator, CHECKPOINT_MANUAL, format!("to do by hand: {text}"))
            .with_hint("set the records as the message says, then `gateshift resume`: the authoritative servers are asked before the run goes on");
        Err(WriteFailure::Step(error))
    }
}

async fn is_done(driver: &ByHand, host: &dyn Host, operation: &Operation) -> Result<bool, StepError> {
    let wanted = operation.after.value();
    let sets: Vec<SetFacts> = serde_json::from_value(wanted["sets"].clone()).map_err(|error| {
        StepError::permanent("GS-PLAN-FACTS", format!("a task of the plan cannot be read: {error}"))
            .with_hint("the plan was made by another version; plan the step again")
    })?;
    let ttl = wanted["ttl"].as_u64().unwrap_or(0);
    for SetFacts { set, .. } in &sets {
        let current = driver.read(host, set).await?;
        let late = |set: &RecordSet| set.records.iter().any(|record| u64::from(record.ttl) > ttl);
        if current.as_ref().is_none_or(late) {
            return Ok(false);
        }
    }
    Ok(driver.served(host, &sets, wanted["share"].as_f64().unwrap_or(0.0)).await?.1)
}

#[cfg(test)]
mod tests;
