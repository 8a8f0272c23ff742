//! The driver for Alibaba Cloud DNS: reads sets, and looks up and writes one operation of the plan. Weights
//! are whole numbers from 1 to 100 for each record; 0 % is a record that is not there or off.

mod plan;
mod restore;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use gateshift_sdk::api::{CallKind, Host};
use gateshift_sdk::async_trait;
use gateshift_sdk::call::rpc;
use gateshift_sdk::list::whole;
use gateshift_sdk::model::{Finding, Operation, OperationKey, StepError};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written};
use serde_json::Value;

use self::write::{add, set_status, set_ttl, set_weight, set_weighted};
use super::{Abilities, DNS, Driver, Planned, delegation};
use crate::facts::SetFacts;
use crate::records::{Observed, Record, RecordSet, Zone};
use crate::settings::Settings;

/// Kind of the connection.
const KIND: &str = "aliyun/alidns";
/// What is read.
const READS: &[&str] = &[
    "GetMainDomainName",
    "DescribeDomainInfo",
    "DescribeDomainRecords",
    "DescribeSubDomainRecords",
    "DescribeDNSSLBSubDomains",
];
/// What is written.
const WRITES: &[&str] = &[
    "AddDomainRecord",
    "UpdateDomainRecord",
    "SetDomainRecordStatus",
    "SetDNSSLBStatus",
    "UpdateDNSSLBWeight",
    "DeleteDomainRecord",
];

/// Most records of a weighted set in the free edition, and in the paid ones.
const FREE_RECORDS: usize = 10;
const PAID_RECORDS: usize = 90;
const PAGE_SIZE: u64 = 100;

/// Reads every zone that serves one of these domains.
async fn observe(host: &dyn Host, domains: &BTreeSet<String>) -> Result<Observed, StepError> {
    let mut names = BTreeSet::new();
    for domain in domains {
        let name = domain.trim_start_matches("*.");
        if name.is_empty()
            || name == "*"
            || names.iter().any(|zone: &String| name == zone || name.ends_with(&format!(".{zone}")))
        {
            continue;
        }
        let body = host
            .call(rpc(DNS, "GetMainDomainName", CallKind::Read).query("InputString", name).build())
            .await?
            .body;
        if let Some(zone) = body["DomainName"].as_str() {
            names.insert(zone.to_ascii_lowercase());
        }
    }
    let mut observed = Observed { kind: KIND, ..Observed::default() };
    for name in names {
        let call = rpc(DNS, "DescribeDomainInfo", CallKind::Read)
            .query("DomainName", &name)
            .query("NeedDetailAttributes", true);
        let info = match host.call(call.build()).await {
            Ok(reply) => reply.body,
            // The zone is kept elsewhere: none of its hosts will be found, and the plan says so.
            Err(failure)
                if failure.code().is_some_and(|code| {
                    code.contains("DomainName.NoExist")
                        || code.contains("NotBelongToUser")
                        || code.contains("NoExist")
                }) =>
            {
                continue;
            }
            Err(failure) => return Err(failure.into()),
        };
        let free = info["VersionCode"].as_str() == Some("mianfei");
        observed.sets.extend(read_zone(host, &name).await?);
        observed.zones.push(Zone {
            min_ttl: info["MinTtl"].as_u64().unwrap_or(600) as u32,
            max_records: if free { FREE_RECORDS } else { PAID_RECORDS },
            blocked: info["InBlackHole"] == Value::Bool(true),
            servers: servers(&info),
            delegated_to: delegation(host, &name).await,
            name,
        });
    }
    Ok(observed)
}

fn servers(info: &Value) -> Vec<String> {
    let listed = info["DnsServers"]["DnsServer"].as_array().map(Vec::as_slice).unwrap_or_default();
    listed.iter().map(|server| lower(server).trim_end_matches('.').to_owned()).collect()
}

async fn read_zone(host: &dyn Host, zone: &str) -> Result<Vec<RecordSet>, StepError> {
    let call = |page: u64| {
        rpc(DNS, "DescribeDomainRecords", CallKind::Read)
            .query("DomainName", zone)
            .query("PageNumber", page)
            .query("PageSize", PAGE_SIZE)
    };
    let records = whole(host, call, "/DomainRecords/Record", "/TotalCount").await?;
    let weighted = weighted_sets(host, zone).await?;
    Ok(group(zone, &records, &weighted))
}

/// The records of one host.
async fn read_host(host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError> {
    let call = |page: u64| {
        rpc(DNS, "DescribeSubDomainRecords", CallKind::Read)
            .query("SubDomain", sub_domain(&set.rr, &set.zone))
            .query("DomainName", &set.zone)
            .query("PageNumber", page)
            .query("PageSize", PAGE_SIZE)
    };
    let records = whole(host, call, "/DomainRecords/Record", "/TotalCount").await?;
    let mut weighted = BTreeSet::new();
    if set.weighted {
        weighted.insert((set.host.clone(), set.kind.clone(), set.line.clone()));
    }
    let sets = group(&set.zone, &records, &weighted);
    Ok(sets.into_iter().find(|one| one.host == set.host && one.kind == set.kind && one.line == set.line))
}

/// Sets whose weights are on: (host, type, line).
async fn weighted_sets(host: &dyn Host, zone: &str) -> Result<BTreeSet<(String, String, String)>, StepError> {
    let call = |page: u64| {
        rpc(DNS, "DescribeDNSSLBSubDomains", CallKind::Read)
            .query("DomainName", zone)
            .query("PageNumber", page)
            .query("PageSize", PAGE_SIZE)
    };
    let mut found = BTreeSet::new();
    for item in whole(host, call, "/SlbSubDomains/SlbSubDomain", "/TotalCount").await? {
        let name = lower(&item["SubDomain"]).trim_start_matches("@.").to_owned();
        let kind = item["Type"].as_str().unwrap_or_default().to_owned();
        let lines = item["LineAlgorithms"]["LineAlgorithm"].as_array().map(Vec::as_slice).unwrap_or_default();
        for line in lines.iter().filter(|line| line["Open"] == Value::Bool(true)) {
            found.insert((name.clone(), kind.clone(), line["Line"].as_str().unwrap_or("default").to_owned()));
        }
        if lines.is_empty() && item["Open"] == Value::Bool(true) {
            found.insert((name, kind, "default".to_owned()));
        }
    }
    Ok(found)
}

fn group(zone: &str, records: &[Value], weighted: &BTreeSet<(String, String, String)>) -> Vec<RecordSet> {
    let mut sets: BTreeMap<(String, String, String), RecordSet> = BTreeMap::new();
    for item in records {
        let kind = item["Type"].as_str().unwrap_or_default();
        if !matches!(kind, "A" | "AAAA" | "CNAME") {
            continue;
        }
        let rr = lower(&item["RR"]);
        let host = if rr == "@" { zone.to_owned() } else { format!("{rr}.{zone}") };
        let line = item["Line"].as_str().unwrap_or("default").to_owned();
        let key = (host.clone(), kind.to_owned(), line.clone());
        let set = sets.entry(key.clone()).or_insert_with(|| RecordSet {
            zone: zone.to_owned(),
            rr,
            host,
            kind: kind.to_owned(),
            line,
            weighted: weighted.contains(&key),
            records: Vec::new(),
            raw: Value::Null,
        });
        set.records.push(Record {
            id: item["RecordId"].as_str().unwrap_or_default().to_owned(),
            value: lower(&item["Value"]).trim_end_matches('.').to_owned(),
            ttl: item["TTL"].as_u64().unwrap_or(0) as u32,
            enabled: item["Status"].as_str().is_none_or(|status| status.eq_ignore_ascii_case("ENABLE")),
            locked: item["Locked"] == Value::Bool(true),
            weight: item["Weight"].as_u64().unwrap_or(1) as u32,
        });
    }
    sets.into_values().collect()
}

fn lower(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_ascii_lowercase()
}

/// The apex is written `@.example.com`.
fn sub_domain(rr: &str, zone: &str) -> String {
    format!("{rr}.{zone}")
}

/// Alibaba Cloud DNS.
pub(super) struct AliDns;

#[async_trait]
impl Driver for AliDns {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn actions(&self) -> (&'static [&'static str], &'static [&'static str]) {
        (READS, WRITES)
    }

    fn abilities(&self) -> Abilities {
        Abilities { opens_weights: true, shows_records: true }
    }

    async fn observe(&self, host: &dyn Host, domains: &BTreeSet<String>) -> Result<Observed, StepError> {
        observe(host, domains).await
    }

    fn plan(&self, sets: &[SetFacts], ttl: u32, settings: &Settings, findings: &mut Vec<Finding>) -> Planned {
        plan::plan(sets, ttl, settings, findings)
    }

    async fn read(&self, host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError> {
        // Whether weights are on is not asked again: a weight counts once it was set.
        read_host(host, &RecordSet { weighted: true, ..set.clone() }).await
    }

    async fn shut(&self, host: &dyn Host, facts: &SetFacts, _: u32) -> Result<Vec<String>, StepError> {
        restore::shut(host, facts).await
    }

    async fn clean(&self, host: &dyn Host, facts: &SetFacts) -> Result<Vec<String>, StepError> {
        restore::clean(host, facts).await
    }
}

#[async_trait]
impl Applier for AliDns {
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
    ) -> Result<Option<Found>, StepError> {
        let wanted = &operation.after.value();
        let set = set_of(wanted);
        if operation.object.kind == "weights" {
            let on = weighted_sets(host, &set.zone).await?.contains(&(set.host, set.kind, set.line));
            return Ok(Some(found(on == (wanted["open"] == Value::Bool(true)), String::new())));
        }
        let Some(current) = read_host(host, &set).await? else { return Ok(None) };
        let id = match operation.object.kind.as_str() {
            "record" => None,
            _ => Some(record_id(wanted, results)?),
        };
        let value = wanted["value"].as_str().unwrap_or_default();
        let record = current
            .records
            .iter()
            .find(|record| id.as_ref().map_or(record.value == value, |id| &record.id == id));
        Ok(record.map(|record| {
            let same = match operation.object.kind.as_str() {
                "record-ttl" => wanted["ttl"] == record.ttl,
                "record-weight" => wanted["weight"] == record.weight,
                "record-status" => wanted["enabled"] == record.enabled,
                _ => record.enabled,
            };
            found(same, record.id.clone())
        }))
    }

    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
        _: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        let wanted = &operation.after.value();
        let set = set_of(wanted);
        let kind = operation.object.kind.as_str();
        let id = match kind {
            "record" | "weights" => String::new(),
            _ => record_id(wanted, results)?,
        };
        match kind {
            "record-ttl" => {
                let value = wanted["value"].as_str().unwrap_or_default();
                set_ttl(host, &operation.key, &set, &id, value, wanted["ttl"].as_u64().unwrap_or(600))
                    .await?;
                Ok(Written { id: Some(id), data: Value::Null })
            }
            "record-weight" => {
                set_weight(host, &operation.key, &id, wanted["weight"].as_u64().unwrap_or(1)).await?;
                Ok(Written { id: Some(id), data: Value::Null })
            }
            "record-status" => {
                set_status(host, &operation.key, &id, wanted["enabled"] == Value::Bool(true)).await?;
                Ok(Written { id: Some(id), data: Value::Null })
            }
            "weights" => {
                set_weighted(host, &operation.key, &set, wanted["open"] == Value::Bool(true)).await?;
                Ok(Written { id: None, data: Value::Null })
            }
            _ => add(host, &operation.key, &set, wanted).await,
        }
    }
}

fn found(same: bool, id: String) -> Found {
    Found { id, same, difference: "it has another state".to_owned(), data: Value::Null }
}

fn record_id(wanted: &Value, results: &Results) -> Result<String, StepError> {
    match wanted["record"]["id"].as_str() {
        Some(id) => Ok(id.to_owned()),
        None => results
            .id(&OperationKey::new(wanted["record"]["key"].as_str().unwrap_or_default()))
            .map(str::to_owned),
    }
}

/// The set an operation is about; only its name matters.
fn set_of(wanted: &Value) -> RecordSet {
    let text = |name: &str| wanted["set"][name].as_str().unwrap_or_default().to_owned();
    RecordSet {
        zone: text("zone"),
        rr: text("rr"),
        host: text("host"),
        kind: text("type"),
        line: text("line"),
        weighted: true,
        records: Vec::new(),
        raw: Value::Null,
    }
}
