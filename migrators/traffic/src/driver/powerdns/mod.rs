//! PowerDNS through its HTTP API: weights are script records, one choice a type. Any share can be
//! expressed; 0 % is a value that is not in the choice. The server takes a broken script without a word and
//! then answers nothing, so only an answer shows that a change is in force.

mod script;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use gateshift_sdk::api::{CallKind, Host};
use gateshift_sdk::async_trait;
use gateshift_sdk::call::{Call, roa};
use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::{Value, json};

use self::script::Choice;
use super::whole::{Scale, Store};
use super::{DNS, delegation};
use crate::records::{Observed, Record, RecordSet, Zone};

/// Kind of the connection.
const KIND: &str = "powerdns";
const READS: &[&str] = &["ListZones", "GetZone", "ListSettings", "GetMetadata"];
const WRITES: &[&str] = &["PatchZone"];
/// The server's own word for itself.
const SERVER: [&str; 4] = ["api", "v1", "servers", "localhost"];

/// PowerDNS.
pub(super) struct PowerDns;

fn read(action: &str, segments: &[&str]) -> Call {
    roa(DNS, action, CallKind::Read, "GET", &[&SERVER[..], segments].concat())
}

/// A name with the final dot.
fn dotted(name: &str) -> String {
    format!("{name}.")
}

fn undotted(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase()
}

/// The zone with its records; only those of a host when one is given.
async fn zone(host: &dyn Host, zone: &str, only: Option<&str>) -> Result<Value, StepError> {
    let call = read("GetZone", &["zones", &dotted(zone)]).maybe("rrset_name", only.map(dotted));
    Ok(host.call(call.build()).await?.body)
}

fn rrsets(zone: &Value) -> &[Value] {
    zone["rrsets"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Every set of addresses and aliases, and the hosts of which a type cannot be told.
fn sets(name: &str, body: &Value) -> (Vec<RecordSet>, BTreeMap<String, String>) {
    let mut found: BTreeMap<(String, String), RecordSet> = BTreeMap::new();
    let mut odd = BTreeMap::new();
    let set = |host: &str, kind: &str, weighted: bool, raw: &Value| RecordSet {
        zone: name.to_owned(),
        rr: host.strip_suffix(name).map_or(host, |rest| rest.trim_end_matches('.')).to_owned(),
        host: host.to_owned(),
        kind: kind.to_owned(),
        line: "default".to_owned(),
        weighted,
        records: Vec::new(),
        raw: raw.clone(),
    };
    for one in rrsets(body) {
        let (host, kind) = (undotted(&one["name"]), one["type"].as_str().unwrap_or_default());
        let ttl = one["ttl"].as_u64().unwrap_or(0) as u32;
        let record = |value: String, weight: u32, enabled: bool| Record {
            id: String::new(),
            value,
            ttl,
            enabled,
            locked: false,
            weight,
        };
        let records = one["records"].as_array().map(Vec::as_slice).unwrap_or_default();
        match kind {
            "A" | "AAAA" | "CNAME" => {
                let mut plain = set(&host, kind, false, &json!({"records": records}));
                plain.records = records
                    .iter()
                    .map(|one| record(undotted(&one["content"]), 1, one["disabled"] != Value::Bool(true)))
                    .collect();
                let enabled = plain.records.iter().any(|record| record.enabled);
                match found.get(&(host.clone(), kind.to_owned())) {
                    Some(_) if enabled => drop(odd.insert(host, both(kind))),
                    Some(_) => {}
                    None => drop(found.insert((host, kind.to_owned()), plain)),
                }
            }
            "LUA" => {
                for one in records.iter().filter(|one| one["disabled"] != Value::Bool(true)) {
                    let content = one["content"].as_str().unwrap_or_default();
                    let answers = script::kind(content).to_ascii_uppercase();
                    if !matches!(answers.as_str(), "A" | "AAAA" | "CNAME") {
                        continue;
                    }
                    let Some(choice) = script::parse(content) else {
                        odd.insert(
                            host.clone(),
                            format!("its {answers} records come from a program of its own, {content}"),
                        );
                        continue;
                    };
                    let mut weighted = set(&host, &answers, true, &json!({"content": content}));
                    weighted.records = choice
                        .values
                        .into_iter()
                        .map(|(weight, value)| record(value, weight, weight > 0))
                        .collect();
                    let before = found.insert((host.clone(), answers.clone()), weighted);
                    if before
                        .is_some_and(|set| set.weighted || set.records.iter().any(|record| record.enabled))
                    {
                        odd.insert(host.clone(), both(&answers));
                    }
                }
            }
            _ => {}
        }
    }
    found.retain(|(host, _), _| !odd.contains_key(host));
    (found.into_values().collect(), odd)
}

fn both(kind: &str) -> String {
    format!("its {kind} records stand in two places, and which of them answers is not known")
}

#[async_trait]
impl Store for PowerDns {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn actions(&self) -> (&'static [&'static str], &'static [&'static str]) {
        (READS, WRITES)
    }

    fn scale(&self) -> Option<Scale> {
        Some(Scale { most: None, by_side: false, keeps_zero: false })
    }

    async fn observe(&self, host: &dyn Host, domains: &BTreeSet<String>) -> Result<Observed, StepError> {
        let mut observed = Observed { kind: KIND, ..Observed::default() };
        for name in zone::around(host, domains).await? {
            let body = zone(host, &name, None).await?;
            let (sets, odd) = sets(&name, &body);
            observed.odd.extend(zone::unfit(host, &name, &body).await?);
            observed.odd.extend(
                odd.into_iter()
                    .filter(|(host, _)| domains.contains(host))
                    .map(|(host, why)| zone::not_moved(&host, &why)),
            );
            observed.sets.extend(sets);
            let own = rrsets(&body).iter().find(|one| undotted(&one["name"]) == name && one["type"] == "NS");
            let records =
                own.and_then(|own| own["records"].as_array()).map(Vec::as_slice).unwrap_or_default();
            observed.zones.push(Zone {
                min_ttl: 1,
                max_records: usize::MAX,
                blocked: false,
                servers: records.iter().map(|record| undotted(&record["content"])).collect(),
                delegated_to: delegation(host, &name).await,
                name,
            });
        }
        Ok(observed)
    }

    async fn read(&self, host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError> {
        let body = zone(host, &set.zone, Some(&set.host)).await?;
        let (found, odd) = sets(&set.zone, &body);
        if let Some(why) = odd.get(&set.host) {
            return Err(crate::confirm::changed(&set.label(), why));
        }
        Ok(found.into_iter().find(|one| one.host == set.host && one.kind == set.kind))
    }

    async fn replace(
        &self,
        host: &dyn Host,
        key: &OperationKey,
        _: Option<&RecordSet>,
        to: &RecordSet,
    ) -> Result<(), WriteFailure> {
        // Scripts of other types of the host stand in the same set of records, and stay.
        let body = zone(host, &to.zone, Some(&to.host)).await?;
        let changes = changes(&body, to);
        let call = roa(
            DNS,
            "PatchZone",
            CallKind::IdempotentWrite,
            "PATCH",
            &[&SERVER[..], &["zones", &dotted(&to.zone)]].concat(),
        );
        let call = call.body(json!({"rrsets": changes})).operation(key).serial(format!("zone:{}", to.zone));
        host.call(call.build()).await?;
        Ok(())
    }
}

/// The changes that put a set in place of the one that is there, as one request.
fn changes(body: &Value, to: &RecordSet) -> Vec<Value> {
    let name = dotted(&to.host);
    let ttl = to.records.iter().map(|record| record.ttl).min().unwrap_or(60);
    let delete = |kind: &str| json!({"name": name, "type": kind, "changetype": "DELETE"});
    let replace = |kind: &str, ttl: u32, records: Vec<Value>| json!({"name": name, "type": kind, "ttl": ttl, "changetype": "REPLACE", "records": records});
    let there =
        |kind: &str| rrsets(body).iter().find(|one| undotted(&one["name"]) == to.host && one["type"] == kind);
    let scripts = there("LUA");
    let others: Vec<Value> = scripts
        .and_then(|one| one["records"].as_array())
        .into_iter()
        .flatten()
        .filter(|one| {
            let content = one["content"].as_str().unwrap_or_default();
            one["disabled"] == Value::Bool(true) || !script::kind(content).eq_ignore_ascii_case(&to.kind)
        })
        .cloned()
        .collect();
    let mut changes = Vec::new();
    if to.weighted {
        // Records beside the set that are off stay so.
        if let Some(plain) = there(&to.kind) {
            let theirs = plain["ttl"].as_u64().map_or(ttl, |ttl| ttl as u32);
            match off(&plain["records"]) {
                off if off.is_empty() => changes.push(delete(&to.kind)),
                off => changes.push(replace(&to.kind, theirs, off)),
            }
        }
        let mut records = others;
        records.push(json!({"content": content(to), "disabled": false}));
        changes.push(replace("LUA", ttl, records));
        return changes;
    }
    let theirs = scripts.and_then(|one| one["ttl"].as_u64()).map_or(ttl, |ttl| ttl as u32);
    match scripts {
        Some(_) if others.is_empty() => changes.push(delete("LUA")),
        Some(_) => changes.push(replace("LUA", theirs, others)),
        None => {}
    }
    changes.push(replace(&to.kind, ttl, plain(to)));
    changes
}

/// The script of a set: as it was, where it still says the same.
fn content(to: &RecordSet) -> String {
    let values: Vec<(u32, String)> =
        to.records.iter().map(|record| (record.weight, record.value.clone())).collect();
    let before = to.raw["content"].as_str();
    match before.filter(|before| script::parse(before).is_some_and(|choice| choice.values == values)) {
        Some(before) => before.to_owned(),
        None => script::print(&Choice { kind: to.kind.clone(), values }),
    }
}

/// The records of a set without weights, and those beside them that are off.
fn plain(to: &RecordSet) -> Vec<Value> {
    let dot = if to.kind == "CNAME" { "." } else { "" };
    let on = to.records.iter().filter(|record| record.enabled);
    let on = on.map(|record| json!({"content": format!("{}{dot}", record.value), "disabled": false}));
    on.chain(off(&to.raw["records"])).collect()
}

/// Records that are off.
fn off(records: &Value) -> Vec<Value> {
    let records = records.as_array().into_iter().flatten();
    records.filter(|one| one["disabled"] == Value::Bool(true)).cloned().collect()
}

#[cfg(test)]
mod tests;
