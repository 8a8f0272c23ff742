//! Weighted answers: a switch per host name, type and line, and a weight per record.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_lab_kernel::{Answer, ApiError, Call, Record, RecordType, Zone};
use serde_json::{Value, json};

use super::listing::full_name;
use super::{Cx, Edition, missing, page, read_type, refuse, type_name};
use crate::params::{flag, int, string, text};

const WEIGHTED_TYPES: [RecordType; 3] = [RecordType::A, RecordType::Aaaa, RecordType::Cname];

/// Whether a record stands in a set with weights on.
pub(super) fn is_open(zone: &Zone, record: &Record) -> bool {
    zone.weighted.get(&(record.rr.clone(), record.kind, record.line.clone())).copied().unwrap_or(false)
}

/// Forgets switches of sets that have no record any more.
pub(super) fn tidy(zone: &mut Zone) {
    let sets: BTreeSet<(String, RecordType, String)> =
        zone.records.values().map(|one| (one.rr.clone(), one.kind, one.line.clone())).collect();
    zone.weighted.retain(|set, _| sets.contains(set));
}

/// `SetDNSSLBStatus`: on unless `Open` says off. Without a type, the one type the name has.
pub(super) fn set_status(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let query = &call.query;
    let name = text(query, "SubDomain").ok_or_else(|| missing("SubDomain"))?.replace("@.", "");
    let open = flag(query, "Open").unwrap_or(true);
    let line = string(query, "Line").unwrap_or_else(|| "default".to_owned());
    let (zone_name, rr) = cx.split(&name, text(query, "DomainName"))?;
    if rr.starts_with('*') {
        return Err(refuse("PanDomainRecord", "records of a wildcard name cannot be weighted"));
    }
    let kind = text(query, "Type").map(read_type).transpose()?;
    let (_, zone) = cx.zone(&zone_name)?;
    let kind = match kind {
        Some(kind) => kind,
        None => only_type(zone, &rr, &line)?,
    };
    if !WEIGHTED_TYPES.contains(&kind) {
        return Err(refuse("InvalidRecordType", format!("{} records cannot be weighted", type_name(kind))));
    }
    let count = members(zone, &rr, kind, &line).filter(|one| one.enabled).count();
    if open && count == 0 {
        return Err(refuse(
            "SubDomainRecordNotExist",
            format!("{name} has no enabled {} record on line {line}", type_name(kind)),
        ));
    }
    let most = Edition::of_code(&zone.version_code).most_weighted();
    if open && count > most {
        return Err(refuse(
            "QuotaExceeded.DNSSLB",
            format!("{count} records cannot be weighted, only {most}"),
        ));
    }
    zone.weighted.insert((rr.clone(), kind, line.clone()), open);
    cx.log(&zone_name, "SLB", format!("{rr} {} {line} {open}", type_name(kind)));
    Ok(json!({"Open": open, "RecordCount": count}))
}

fn members<'a>(
    zone: &'a Zone,
    rr: &'a str,
    kind: RecordType,
    line: &'a str,
) -> impl Iterator<Item = &'a Record> {
    zone.records.values().filter(move |one| one.rr == rr && one.kind == kind && one.line == line)
}

fn only_type(zone: &Zone, rr: &str, line: &str) -> Result<RecordType, ApiError> {
    let types: BTreeSet<RecordType> = zone
        .records
        .values()
        .filter(|one| one.rr == rr && one.line == line && one.enabled && WEIGHTED_TYPES.contains(&one.kind))
        .map(|one| one.kind)
        .collect();
    match types.into_iter().collect::<Vec<_>>().as_slice() {
        [kind] => Ok(*kind),
        [] => Err(refuse(
            "SubDomainRecordNotExist",
            format!("{rr} has no enabled A, AAAA or CNAME record on line {line}"),
        )),
        _ => Err(missing("Type")),
    }
}

/// `UpdateDNSSLBWeight`.
pub(super) fn update(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let id = text(&call.query, "RecordId").ok_or_else(|| missing("RecordId"))?.to_owned();
    let wanted = int(&call.query, "Weight").ok_or_else(|| missing("Weight"))?;
    let (zone_name, zone, record) = cx.record(&id)?;
    if record.rr.starts_with('*') {
        return Err(refuse("PanDomainRecord", "records of a wildcard name cannot be weighted"));
    }
    if record.locked {
        return Err(refuse("DomainRecordLocked", format!("record {id} is locked")));
    }
    if !record.enabled {
        return Err(refuse("DomainRecordDisable", format!("record {id} is disabled; enable it first")));
    }
    if !is_open(zone, &record) {
        return Err(refuse("DisableDNSSLB", format!("weights are off for record {id}; open them first")));
    }
    let weight = u32::try_from(wanted).ok().filter(|weight| (1..=100).contains(weight));
    let weight =
        weight.ok_or_else(|| refuse("InvalidWeigth", format!("a weight is 1 to 100, not {wanted}")))?;
    zone.records.insert(id.clone(), Record { weight, ..record });
    cx.changed(&id);
    cx.log(&zone_name, "WEIGHT", format!("{id} {weight}"));
    Ok(json!({"RecordId": id, "Weight": weight}))
}

/// `DescribeDNSSLBSubDomains`: names with several records of one type, or with weights on.
pub(super) fn list(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let domain = text(&call.query, "DomainName").ok_or_else(|| missing("DomainName"))?;
    let page = page(&call.query, 20, 100)?;
    let wanted = text(&call.query, "Rr").map(str::to_ascii_lowercase);
    let (zone_name, zone) = cx.zone(domain)?;
    let mut groups: BTreeMap<(String, RecordType), BTreeMap<String, usize>> = BTreeMap::new();
    for one in zone.records.values().filter(|one| one.enabled && WEIGHTED_TYPES.contains(&one.kind)) {
        if wanted.as_deref().is_none_or(|rr| rr == one.rr) && !one.rr.starts_with('*') {
            *groups.entry((one.rr.clone(), one.kind)).or_default().entry(one.line.clone()).or_default() += 1;
        }
    }
    let open = |rr: &str, kind: RecordType, line: &str| {
        zone.weighted.get(&(rr.to_owned(), kind, line.to_owned())).copied().unwrap_or(false)
    };
    let items: Vec<Value> = groups
        .iter()
        .filter(|((rr, kind), lines)| {
            lines.values().sum::<usize>() > 1 || lines.keys().any(|line| open(rr, *kind, line))
        })
        .map(|((rr, kind), lines)| {
            let algorithms: Vec<Value> =
                lines.keys().map(|line| json!({"Line": line, "Open": open(rr, *kind, line)})).collect();
            json!({
                "SubDomain": full_name(rr, &zone_name),
                "Type": type_name(*kind),
                "RecordCount": lines.values().sum::<usize>(),
                "Open": lines.keys().any(|line| open(rr, *kind, line)),
                "LineAlgorithms": {"LineAlgorithm": algorithms},
            })
        })
        .collect();
    Ok(json!({
        "SlbSubDomains": {"SlbSubDomain": page.of(&items)},
        "TotalCount": items.len(),
        "PageNumber": page.number,
        "PageSize": page.size,
    }))
}
