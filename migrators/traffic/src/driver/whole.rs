//! Places where one write replaces a whole set: no moment lies between two shares, so a phase is one
//! change a set, with the set before and after it in full. What the places differ in is a [`Store`].

mod plan;

use std::collections::{BTreeMap, BTreeSet};

use gateshift_sdk::api::Host;
use gateshift_sdk::async_trait;
use gateshift_sdk::model::{Document, Finding, Operation, OperationKey, StepError};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written};
use serde_json::Value;

use super::{Abilities, Driver, Planned};
use crate::confirm::{CHANGED, changed};
use crate::facts::SetFacts;
use crate::records::{Observed, RecordSet};
use crate::settings::Settings;
use crate::weights::Weights;

/// What is particular to one place.
#[async_trait]
pub(super) trait Store: Send + Sync {
    /// Kind of its connection.
    fn kind(&self) -> &'static str;

    /// Actions it asks for: those that read, and those that write.
    fn actions(&self) -> (&'static [&'static str], &'static [&'static str]);

    /// Reads every zone that serves one of these domains.
    async fn observe(&self, host: &dyn Host, domains: &BTreeSet<String>) -> Result<Observed, StepError>;

    /// One set as it is now.
    async fn read(&self, host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError>;

    /// How it shares out answers; `None` where it has no weights and only all or nothing can be written.
    fn scale(&self) -> Option<Scale>;

    /// Puts a set in place of the one that is there. A place that can do so refuses when the set is another
    /// one by now.
    async fn replace(
        &self,
        host: &dyn Host,
        key: &OperationKey,
        from: Option<&RecordSet>,
        to: &RecordSet,
    ) -> Result<(), WriteFailure>;
}

/// Weights of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    /// Largest weight, 1 being the smallest; every share can be expressed when there is none.
    pub(super) most: Option<u32>,
    /// Whether all records of a side have one weight together; otherwise each has its own.
    pub(super) by_side: bool,
    /// Whether records of weight 0 stay in the set; otherwise they are left out.
    pub(super) keeps_zero: bool,
}

/// The driver over a store.
pub(super) struct Whole<S>(pub(super) S);

#[async_trait]
impl<S: Store> Driver for Whole<S> {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn actions(&self) -> (&'static [&'static str], &'static [&'static str]) {
        self.0.actions()
    }

    fn abilities(&self) -> Abilities {
        Abilities { opens_weights: false, shows_records: true }
    }

    async fn observe(&self, host: &dyn Host, domains: &BTreeSet<String>) -> Result<Observed, StepError> {
        self.0.observe(host, domains).await
    }

    fn plan(&self, sets: &[SetFacts], ttl: u32, settings: &Settings, findings: &mut Vec<Finding>) -> Planned {
        plan::plan(self.0.scale(), sets, ttl, settings, findings)
    }

    async fn read(&self, host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError> {
        self.0.read(host, set).await
    }

    /// One write puts the set back as it was before the shift, with the short TTL. A record that somebody
    /// added meanwhile stays.
    async fn shut(&self, host: &dyn Host, facts: &SetFacts, ttl: u32) -> Result<Vec<String>, StepError> {
        let current = match self.0.read(host, &facts.set).await {
            // Whatever it is by now: the set was this run's to give back.
            Err(error) if error.code == CHANGED => None,
            current => current?,
        };
        let mut wanted = facts.set.clone();
        for record in &mut wanted.records {
            record.ttl = record.ttl.min(ttl);
        }
        let foreign = current.iter().flat_map(|set| &set.records).filter(|record| {
            let known = facts.set.records.iter().any(|old| old.value == record.value);
            record.enabled && !known && !facts.target_values.contains(&record.value)
        });
        wanted.records.extend(foreign.cloned());
        let lasting = |set: &RecordSet| set.records.iter().all(|record| record.ttl <= ttl);
        if current.as_ref().is_some_and(|now| lasting(now) && form(now, true) == form(&wanted, true)) {
            return Ok(Vec::new());
        }
        let key = OperationKey::new(format!("rollback/set/{}", facts.set.label()));
        match self.0.replace(host, &key, current.as_ref(), &wanted).await {
            Ok(()) => Ok(vec![format!("set {}", facts.set.label())]),
            Err(WriteFailure::Call(failure)) => Err(failure.into()),
            Err(WriteFailure::Step(error)) => Err(error),
            Err(WriteFailure::Taken(message) | WriteFailure::Busy(message)) => {
                Err(StepError::retryable("GS-BUSY", message))
            }
        }
    }

    async fn clean(&self, _: &dyn Host, _: &SetFacts) -> Result<Vec<String>, StepError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl<S: Store> Applier for Whole<S> {
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        _: &Results,
    ) -> Result<Option<Found>, StepError> {
        let wanted = set_of(&operation.after)?;
        let current = self.0.read(host, &wanted).await?;
        Ok(current.map(|current| Found {
            id: String::new(),
            same: same(&current, &wanted),
            difference: "it has another state".to_owned(),
            data: Value::Null,
        }))
    }

    /// Reads once more right before it writes: what is neither the set before nor the one behind this change
    /// was changed by somebody else.
    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        _: &Results,
        _: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        let (before, after) = (set_of(&operation.before)?, set_of(&operation.after)?);
        let done = Written { id: None, data: Value::Null };
        let current = self.0.read(host, &after).await?;
        match &current {
            Some(now) if same(now, &after) => return Ok(done),
            Some(now) if same(now, &before) => {}
            _ => {
                let found = current.map_or_else(|| "no record is left".to_owned(), |set| spelt(&set));
                return Err(WriteFailure::Step(changed(&after.label(), &format!("found {found}"))));
            }
        }
        self.0.replace(host, &operation.key, current.as_ref(), &after).await?;
        Ok(done)
    }
}

/// The set in an operation.
fn set_of(planned: &Document) -> Result<RecordSet, StepError> {
    serde_json::from_value(planned.value()["whole"].take()).map_err(|error| {
        StepError::permanent("GS-PLAN-FACTS", format!("a change of the plan cannot be read: {error}"))
            .with_hint("the plan was made by another version; plan the step again")
    })
}

type Form<'a> = BTreeMap<&'a str, (bool, u32, u32)>;

/// What counts of a set. Without weights all records are alike, and those that are off are of no concern.
fn form(set: &RecordSet, any_ttl: bool) -> (bool, Form<'_>) {
    let records = set.records.iter().filter(|record| record.enabled || set.weighted);
    let of = |record: &crate::records::Record| {
        let weight = if set.weighted { record.weight } else { 1 };
        (record.enabled, weight, if any_ttl { 0 } else { record.ttl })
    };
    (set.weighted, records.map(|record| (record.value.as_str(), of(record))).collect())
}

/// Whether two sets are the same in all that counts.
pub(super) fn same(one: &RecordSet, other: &RecordSet) -> bool {
    form(one, false) == form(other, false)
}

/// A set in words.
pub(super) fn spelt(set: &RecordSet) -> String {
    let records: Vec<String> = set
        .records
        .iter()
        .filter(|record| record.enabled || set.weighted)
        .map(|record| match set.weighted {
            true => format!("{} weight {}", record.value, record.weight),
            false => record.value.clone(),
        })
        .collect();
    let ttl = set.records.iter().map(|record| record.ttl).min().unwrap_or_default();
    format!("{} {} (TTL {ttl} s)", set.kind, records.join(", "))
}

/// The weights of a share with this scale.
pub(super) fn weigh(scale: Scale, old: u32, new: u32, percent: f64) -> Option<Weights> {
    match scale.most {
        Some(most) => crate::weights::weights(most, old, new, percent),
        None => crate::weights::exact(old, new, percent),
    }
}

#[cfg(test)]
mod tests;
