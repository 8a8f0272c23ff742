//! One contract for every place where records are kept: read the sets, turn stages into a concrete set of
//! changes, write one change, and take all back. A change counts as applied after the product's yes, a
//! read-back and an answer of the authoritative servers; `confirm` sees to the last two for all drivers.

mod alidns;
mod by_hand;
mod powerdns;
mod rfc2136;
mod route53;
mod whole;

use std::collections::BTreeSet;

use gateshift_sdk::api::{ActionUse, ConnectionUse, DnsQuestion, Host};
use gateshift_sdk::async_trait;
use gateshift_sdk::model::{Finding, Operation, StepError};
use gateshift_sdk::walk::Applier;

use self::whole::Whole;
use crate::facts::{Facts, Phase, SetFacts};
use crate::measure::{Answers, ask};
use crate::records::{Observed, RecordSet};
use crate::settings::Settings;

/// Role of the connection.
pub(crate) const DNS: &str = "dns";

/// What a driver can and cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Abilities {
    /// Weights are switched on by themselves, which is tried while only the source is in the set.
    pub(crate) opens_weights: bool,
    /// Reading shows every record with its weight; otherwise only what is answered can be seen.
    pub(crate) shows_records: bool,
}

/// Phases of a shift with their writes.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Planned {
    /// Writes in order.
    pub(crate) operations: Vec<Operation>,
    /// Phases in order.
    pub(crate) phases: Vec<Phase>,
}

/// One way to keep records.
#[async_trait]
pub(crate) trait Driver: Applier {
    /// Kind of its connection.
    fn kind(&self) -> &'static str;

    /// Actions it asks for: those that read, and those that write.
    fn actions(&self) -> (&'static [&'static str], &'static [&'static str]);

    /// What it can do.
    fn abilities(&self) -> Abilities;

    /// Reads every zone that serves one of these domains, and what about it cannot be moved.
    async fn observe(&self, host: &dyn Host, domains: &BTreeSet<String>) -> Result<Observed, StepError>;

    /// The changes of every stage, none of which is ever above its share. What it cannot express is a
    /// finding. Pure.
    fn plan(&self, sets: &[SetFacts], ttl: u32, settings: &Settings, findings: &mut Vec<Finding>) -> Planned;

    /// One set as it is now.
    async fn read(&self, host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError>;

    /// Answers of the authoritative servers, and whether they may well come from this share.
    async fn served(
        &self,
        host: &dyn Host,
        sets: &[SetFacts],
        percent: f64,
    ) -> Result<(Answers, bool), StepError> {
        let answers = ask(host, sets).await?;
        Ok((answers, answers.fits(percent)))
    }

    /// Brings the share of a set to 0 %. Looks at the records instead of trusting what the run believes
    /// it did. Gives what was written.
    async fn shut(&self, host: &dyn Host, facts: &SetFacts, ttl: u32) -> Result<Vec<String>, StepError>;

    /// Removes what a set still has of the target, once nobody is led there any more.
    async fn clean(&self, host: &dyn Host, facts: &SetFacts) -> Result<Vec<String>, StepError>;

    /// What a person has to do to take the traffic back, where only a person can.
    fn by_hand(&self, facts: &Facts) -> Option<String> {
        let _ = facts;
        None
    }
}

/// Every driver; the first is that of plans which do not say.
const ALL: [&dyn Driver; 5] = [
    &alidns::AliDns,
    &Whole(powerdns::PowerDns),
    &Whole(route53::Route53),
    &Whole(rfc2136::Rfc2136),
    &by_hand::ByHand,
];

/// The driver of a kind of connection.
pub(crate) fn driver(kind: &str) -> &'static dyn Driver {
    ALL.into_iter().find(|one| one.kind() == kind).unwrap_or(ALL[0])
}

/// The role in the manifest: every kind with the actions of all of them.
pub(crate) fn connection() -> ConnectionUse {
    let mut role = ConnectionUse::new(ALL[0].kind(), &[], &[]);
    role.kinds = ALL.iter().map(|one| one.kind().to_owned()).collect();
    for (reads, writes) in ALL.iter().map(|one| one.actions()) {
        role.actions.extend(reads.iter().map(|name| ((*name).to_owned(), ActionUse::Read)));
        role.actions.extend(writes.iter().map(|name| ((*name).to_owned(), ActionUse::Write)));
    }
    role
}

/// The name servers that answer for a zone; `None` when nobody says so.
async fn delegation(host: &dyn Host, zone: &str) -> Option<Vec<String>> {
    let question = DnsQuestion { name: zone.to_owned(), kind: "NS".to_owned(), server: None };
    let reply = host.resolve(question).await.ok()?;
    let named = reply.answers.into_iter().filter(|answer| answer.kind == "NS");
    Some(named.map(|answer| answer.value).collect())
}
