//! Amazon Route 53: weighted record sets, 0 to 255 for each side of a host, where 0 is not answered as long
//! as another one is above it. A change is a batch, all of it or nothing, and names what it takes away by
//! value, so it never goes over somebody else's.

mod document;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gateshift_sdk::api::{CallFailure, CallKind, Host};
use gateshift_sdk::async_trait;
use gateshift_sdk::call::{Call, roa};
use gateshift_sdk::model::{Finding, OperationKey, Severity, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::Value;

use self::document::{Entry, all, batch, entries, first, zones};
use super::whole::{Scale, Store, spelt};
use super::{DNS, delegation};
use crate::confirm::changed;
use crate::records::{Observed, Record, RecordSet, Zone};

/// Kind of the connection.
const KIND: &str = "aws/route53";
const READS: &[&str] = &["ListHostedZonesByName", "GetHostedZone", "ListResourceRecordSets", "GetChange"];
const WRITES: &[&str] = &["ChangeResourceRecordSets"];
const VERSION: &str = "2013-04-01";
/// Looks at a change until all servers have it: how often, and how far apart.
const LOOKS: u32 = 60;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// Route 53.
pub(super) struct Route53;

fn read(action: &str, segments: &[&str]) -> Call {
    roa(DNS, action, CallKind::Read, "GET", &[&[VERSION], segments].concat())
}

async fn ask(host: &dyn Host, call: Call) -> Result<Value, StepError> {
    Ok(host.call(call.build()).await?.body)
}

fn shape(cause: String) -> StepError {
    StepError::permanent("GS-ANSWER-SHAPE", cause)
        .with_hint("check that the connection leads to Route 53, and report what it answered")
}

/// Public zones of that very name.
async fn zones_of(host: &dyn Host, name: &str) -> Result<Vec<String>, StepError> {
    let call =
        read("ListHostedZonesByName", &["hostedzonesbyname"]).query("dnsname", name).query("maxitems", 10);
    let listed = zones(&ask(host, call).await?).map_err(shape)?;
    Ok(listed.into_iter().filter(|(_, own, private)| own == name && !private).map(|(id, ..)| id).collect())
}

/// Record sets of a zone from a name on; only those of that name when it is the only one wanted.
async fn listed(host: &dyn Host, id: &str, only: Option<&RecordSet>) -> Result<Vec<Entry>, StepError> {
    let mut found = Vec::new();
    let mut next = only.map(|set| (set.host.clone(), set.kind.clone(), None));
    loop {
        let mut call = read("ListResourceRecordSets", &["hostedzone", id, "rrset"]).query("maxitems", 300);
        if let Some((name, kind, identifier)) = &next {
            call = call.query("name", name).query("type", kind).maybe("identifier", identifier.as_ref());
        }
        let answer = ask(host, call).await?;
        let page = entries(&answer).map_err(shape)?;
        let wanted = |entry: &Entry| only.is_none_or(|set| entry.name == set.host && entry.kind == set.kind);
        let beyond = page.iter().any(|entry| !wanted(entry));
        found.extend(page.into_iter().filter(wanted));
        let more = first(&answer, "IsTruncated").as_deref() == Some("true");
        if !more || (only.is_some() && beyond) {
            return Ok(found);
        }
        let name = first(&answer, "NextRecordName")
            .ok_or_else(|| shape("a page ends without saying how to go on".to_owned()))?;
        let kind = first(&answer, "NextRecordType").unwrap_or_default();
        next = Some((name, kind, first(&answer, "NextRecordIdentifier")));
    }
}

/// The sets of these entries, and the hosts that are answered by something else than weights.
fn sets(zone: &str, id: &str, entries: Vec<Entry>) -> (Vec<RecordSet>, BTreeMap<String, String>) {
    let mut grouped: BTreeMap<(String, String), Vec<Entry>> = BTreeMap::new();
    for entry in entries.into_iter().filter(|entry| matches!(entry.kind.as_str(), "A" | "AAAA" | "CNAME")) {
        grouped.entry((entry.name.clone(), entry.kind.clone())).or_default().push(entry);
    }
    let (mut found, mut odd) = (Vec::new(), BTreeMap::new());
    for ((host, kind), entries) in grouped {
        let other = entries.iter().find_map(|entry| entry.other.clone());
        let weighted = entries.iter().any(|entry| entry.weight.is_some());
        if let Some(what) = other {
            odd.insert(host, format!("its {kind} records are answered by {what}"));
            continue;
        }
        let records = entries.iter().flat_map(|entry| {
            let weight = entry.weight.unwrap_or(1);
            entry.values.iter().map(move |value| Record {
                id: entry.id.clone().unwrap_or_default(),
                value: document::plain(value),
                ttl: entry.ttl.unwrap_or(0),
                enabled: weight > 0,
                locked: false,
                weight,
            })
        });
        found.push(RecordSet {
            zone: zone.to_owned(),
            rr: id.to_owned(),
            host,
            kind,
            line: "default".to_owned(),
            weighted,
            records: records.collect(),
            raw: gateshift_sdk::to_json(&entries),
        });
    }
    (found, odd)
}

/// Whether a set has a record that is not answered though it is there; during a shift the source's are so.
fn has_spare(set: &RecordSet) -> bool {
    set.weighted && set.records.iter().any(|record| record.weight == 0)
}

/// The entries of a set that is to be written.
fn written(set: &RecordSet) -> Vec<Entry> {
    let dot = if set.kind == "CNAME" { "." } else { "" };
    let mut found: Vec<Entry> = Vec::new();
    for record in &set.records {
        let id = set.weighted.then(|| record.id.clone());
        let value = format!("{}{dot}", record.value);
        match found.iter_mut().find(|entry| entry.id == id) {
            Some(entry) => entry.values.push(value),
            None => found.push(Entry {
                name: set.host.clone(),
                kind: set.kind.clone(),
                weight: set.weighted.then_some(record.weight),
                ttl: Some(record.ttl),
                values: vec![value],
                other: None,
                id,
            }),
        }
    }
    found
}

#[async_trait]
impl Store for Route53 {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn actions(&self) -> (&'static [&'static str], &'static [&'static str]) {
        (READS, WRITES)
    }

    fn scale(&self) -> Option<Scale> {
        Some(Scale { most: Some(255), by_side: true, keeps_zero: true })
    }

    async fn observe(&self, host: &dyn Host, domains: &BTreeSet<String>) -> Result<Observed, StepError> {
        let mut observed = Observed { kind: KIND, ..Observed::default() };
        let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut used = BTreeSet::new();
        for domain in domains {
            let mut rest = domain.trim_start_matches("*.");
            while rest.contains('.') {
                if !known.contains_key(rest) {
                    known.insert(rest.to_owned(), zones_of(host, rest).await?);
                }
                if known.get(rest).is_some_and(|ids| !ids.is_empty()) {
                    used.insert(rest.to_owned());
                    break;
                }
                rest = rest.split_once('.').map_or("", |(_, rest)| rest);
            }
        }
        for name in used {
            let [id] = known[&name].as_slice() else {
                observed.odd.push(unfit(&name, "the account has several public zones of that name, and which of them is asked is not known"));
                continue;
            };
            let (mut sets, mut odd) = sets(&name, id, listed(host, id, None).await?);
            for set in sets.extract_if(.., |set| has_spare(set)) {
                let why = format!(
                    "one of its {} records has the weight 0 already, and what it is for is not known",
                    set.kind
                );
                odd.insert(set.host, why);
            }
            let odd = odd.into_iter().filter(|(host, _)| domains.contains(host));
            observed.odd.extend(odd.map(|(host, why)| unfit(&host, &why)));
            observed.sets.extend(sets);
            let answer = ask(host, read("GetHostedZone", &["hostedzone", id])).await?;
            let servers = all(&answer, "NameServer").map_err(shape)?;
            observed.zones.push(Zone {
                min_ttl: 1,
                max_records: usize::MAX,
                blocked: false,
                servers: servers.iter().map(|server| document::plain(server)).collect(),
                delegated_to: delegation(host, &name).await,
                name,
            });
        }
        Ok(observed)
    }

    async fn read(&self, host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError> {
        // The zone's id stands where other products have the name within the zone.
        let (found, odd) = sets(&set.zone, &set.rr, listed(host, &set.rr, Some(set)).await?);
        match odd.get(&set.host) {
            Some(why) => Err(changed(&set.label(), why)),
            None => Ok(found.into_iter().next()),
        }
    }

    async fn replace(
        &self,
        host: &dyn Host,
        key: &OperationKey,
        from: Option<&RecordSet>,
        to: &RecordSet,
    ) -> Result<(), WriteFailure> {
        let there: Vec<Entry> = from
            .map(|from| serde_json::from_value(from.raw.clone()))
            .transpose()
            .map_err(|error| shape(error.to_string()))?
            .unwrap_or_default();
        let wanted = written(to);
        let taken = there.iter().filter(|entry| !wanted.contains(entry)).map(|entry| ("DELETE", entry));
        let made = wanted.iter().filter(|entry| !there.contains(entry)).map(|entry| ("CREATE", entry));
        let changes: Vec<(&str, &Entry)> = taken.chain(made).collect();
        let segments = [VERSION, "hostedzone", &to.rr, "rrset", ""];
        let call = roa(DNS, "ChangeResourceRecordSets", CallKind::Write, "POST", &segments)
            .text("application/xml", batch(&changes))
            .operation(key)
            .serial(format!("zone:{}", to.rr));
        match host.call(call.build()).await {
            Ok(reply) => Ok(in_force(host, &reply.body).await?),
            Err(CallFailure::Refused { code, message, .. }) if code == "PriorRequestNotComplete" => {
                Err(WriteFailure::Busy(message))
            }
            Err(CallFailure::Refused { code, message, .. }) if code == "InvalidChangeBatch" => {
                let found = self
                    .read(host, to)
                    .await?
                    .map_or_else(|| "no record is left".to_owned(), |set| spelt(&set));
                Err(WriteFailure::Step(changed(&to.label(), &format!("found {found} ({message})"))))
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

fn unfit(name: &str, why: &str) -> Finding {
    Finding::new(Severity::Block, "DNS-UNFIT", format!("dns/{name}"), why)
        .with_action("leave the host out with `hosts`, or give it plain records first")
}

/// Waits until all servers have a change. One that takes longer is judged by what the servers answer.
async fn in_force(host: &dyn Host, reply: &Value) -> Result<(), StepError> {
    let id = first(reply, "Id").unwrap_or_default();
    let id = id.trim_start_matches("/change/");
    let mut status = first(reply, "Status");
    for _ in 0..LOOKS {
        if status.as_deref() != Some("PENDING") || id.is_empty() {
            break;
        }
        host.sleep(BETWEEN_LOOKS).await?;
        status = first(&ask(host, read("GetChange", &["change", id])).await?, "Status");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
