//! Changes of records and the rules they keep: no duplicates, no CNAME beside anything else, TTLs the
//! edition allows, locked records untouched.

use std::net::{Ipv4Addr, Ipv6Addr};

use gateshift_lab_kernel::{Answer, ApiError, Call, Record, RecordType, Zone};
use serde_json::json;

use super::edition::MAX_TTL;
use super::info::LINES;
use super::{Cx, missing, read_type, refuse, type_name, weight};
use crate::params::{fits, int, string, text};

const DEFAULT_TTL: u32 = 600;

/// The rules a record keeps beside all others of its zone (itself, by id, left out).
pub(super) fn check(zone: &Zone, record: &Record) -> Result<(), ApiError> {
    check_shape(zone, record)?;
    let others = || {
        zone.records
            .values()
            .filter(|one| one.id != record.id && one.rr == record.rr && one.line == record.line)
    };
    if others().any(|one| one.kind == record.kind && one.value.eq_ignore_ascii_case(&record.value)) {
        return Err(refuse(
            "DomainRecordDuplicate",
            format!("{} has that {} record already", record.rr, type_name(record.kind)),
        ));
    }
    if record.enabled {
        check_conflict(zone, record)?;
    }
    Ok(())
}

/// A CNAME and another type cannot both be answered for one host on one line.
fn check_conflict(zone: &Zone, record: &Record) -> Result<(), ApiError> {
    let is_alias = |kind: RecordType| kind == RecordType::Cname;
    let clash = zone.records.values().find(|one| {
        one.id != record.id
            && one.enabled
            && one.rr == record.rr
            && one.line == record.line
            && is_alias(one.kind) != is_alias(record.kind)
    });
    match clash {
        Some(one) => Err(refuse(
            "DomainRecordConflict",
            format!(
                "{} has an enabled {} record, which excludes {}",
                record.rr,
                type_name(one.kind),
                type_name(record.kind)
            ),
        )),
        None => Ok(()),
    }
}

fn check_shape(zone: &Zone, record: &Record) -> Result<(), ApiError> {
    let rr = record.rr.strip_prefix("*.").unwrap_or(&record.rr);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    if !matches!(rr, "@" | "*") && !rr.split('.').all(label) {
        return Err(refuse("InvalidRR.Format", format!("{} is no host name", record.rr)));
    }
    let value = record.value.trim_end_matches('.');
    let good = match record.kind {
        RecordType::A => value.parse::<Ipv4Addr>().is_ok(),
        RecordType::Aaaa => value.parse::<Ipv6Addr>().is_ok(),
        RecordType::Cname | RecordType::Ns => value.contains('.') && value.split('.').all(label),
        RecordType::Txt => !value.is_empty() && value.len() <= 512,
    };
    if !good {
        return Err(refuse(
            "InvalidValue",
            format!("{} does not fit a {} record", record.value, type_name(record.kind)),
        ));
    }
    if !(zone.min_ttl..=MAX_TTL).contains(&record.ttl) {
        return Err(refuse(
            "QuotaExceeded.TTL",
            format!(
                "a TTL of {} is not within {} to {MAX_TTL}, which edition {} allows",
                record.ttl, zone.min_ttl, zone.version_code
            ),
        ));
    }
    if !LINES.iter().any(|(code, ..)| *code == record.line) {
        return Err(refuse("InvalidLine", format!("there is no line {}", record.line)));
    }
    Ok(())
}

/// What `AddDomainRecord` and `UpdateDomainRecord` have in common.
fn wanted(call: &Call, ttl: u32) -> Result<Record, ApiError> {
    let query = &call.query;
    let required = |name: &str| text(query, name).ok_or_else(|| missing(name));
    let ttl = match int(query, "TTL") {
        None => ttl,
        Some(ttl) => {
            u32::try_from(ttl).map_err(|_| refuse("QuotaExceeded.TTL", format!("{ttl} is no TTL")))?
        }
    };
    Ok(Record {
        id: String::new(),
        rr: required("RR")?.to_ascii_lowercase(),
        kind: read_type(required("Type")?)?,
        value: required("Value")?.to_owned(),
        ttl,
        line: string(query, "Line").unwrap_or_else(|| "default".to_owned()),
        enabled: true,
        locked: false,
        weight: 1,
    })
}

fn label(record: &Record) -> String {
    format!("{} {} {} {} {}", record.rr, type_name(record.kind), record.line, record.value, record.ttl)
}

/// `AddDomainRecord`.
pub(super) fn add(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let domain = text(&call.query, "DomainName").ok_or_else(|| missing("DomainName"))?;
    let (zone_name, zone) = cx.zone(domain)?;
    let record = wanted(call, DEFAULT_TTL.max(zone.min_ttl))?;
    let message = label(&record);
    let id = cx.insert(&zone_name, record)?;
    cx.log(&zone_name, "ADD", message);
    Ok(json!({ "RecordId": id }))
}

fn record_id(call: &Call) -> Result<String, ApiError> {
    string(&call.query, "RecordId").ok_or_else(|| missing("RecordId"))
}

fn refuse_locked(record: &Record) -> Result<(), ApiError> {
    if record.locked {
        return Err(refuse("DomainRecordLocked", format!("record {} is locked", record.id)));
    }
    Ok(())
}

/// `UpdateDomainRecord`: refused when nothing would change, as the real service does.
pub(super) fn update(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let id = record_id(call)?;
    let (zone_name, zone, old) = cx.record(&id)?;
    refuse_locked(&old)?;
    let mut new = wanted(call, old.ttl)?;
    if text(&call.query, "Line").is_none() {
        new.line.clone_from(&old.line);
    }
    let same_set = (&new.rr, new.kind, &new.line) == (&old.rr, old.kind, &old.line);
    let new =
        Record { id: id.clone(), enabled: old.enabled, weight: if same_set { old.weight } else { 1 }, ..new };
    if new == old {
        return Err(refuse("DomainRecordDuplicate", format!("record {id} is like that already")));
    }
    check(zone, &new)?;
    let message = format!("{} -> {}", label(&old), label(&new));
    zone.records.insert(id.clone(), new);
    weight::tidy(zone);
    cx.changed(&id);
    cx.log(&zone_name, "UPDATE", message);
    Ok(json!({ "RecordId": id }))
}

impl Cx<'_> {
    /// Notes the time of a change.
    pub(super) fn changed(&mut self, id: &str) {
        let now = self.now;
        self.notes.records.entry(id.to_owned()).or_default().updated_ms = now;
    }
}

/// `UpdateDomainRecordRemark`.
pub(super) fn remark(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let id = record_id(call)?;
    cx.record(&id)?;
    cx.notes.records.entry(id).or_default().remark = string(&call.query, "Remark");
    Ok(json!({}))
}

/// `SetDomainRecordStatus`: requests say `Enable` and `Disable`, and so does the answer, but lists say
/// `ENABLE` and `DISABLE`.
pub(super) fn set_status(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let id = record_id(call)?;
    let status = text(&call.query, "Status").ok_or_else(|| missing("Status"))?;
    let enabled = match status.to_ascii_lowercase().as_str() {
        "enable" => true,
        "disable" => false,
        other => return Err(refuse("InvalidStatus", format!("{other} is not one of Enable, Disable"))),
    };
    let (zone_name, zone, old) = cx.record(&id)?;
    refuse_locked(&old)?;
    let new = Record { enabled, ..old };
    check(zone, &new)?;
    zone.records.insert(id.clone(), new);
    cx.changed(&id);
    cx.log(&zone_name, if enabled { "ENABLE" } else { "DISABLE" }, id.clone());
    Ok(json!({"RecordId": id, "Status": if enabled { "Enable" } else { "Disable" }}))
}

/// `DeleteDomainRecord`.
pub(super) fn delete(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let id = record_id(call)?;
    let (zone_name, zone, old) = cx.record(&id)?;
    refuse_locked(&old)?;
    zone.records.remove(&id);
    weight::tidy(zone);
    cx.notes.records.remove(&id);
    cx.log(&zone_name, "DELETE", label(&old));
    Ok(json!({ "RecordId": id }))
}

/// `DeleteSubDomainRecords`: locked ones stay. `TotalCount` is text.
pub(super) fn delete_name(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let domain = text(&call.query, "DomainName").ok_or_else(|| missing("DomainName"))?;
    let rr = text(&call.query, "RR").ok_or_else(|| missing("RR"))?.to_ascii_lowercase();
    let (zone_name, zone) = cx.zone(domain)?;
    let meant = |one: &Record| one.rr == rr && !one.locked && fits(&call.query, "Type", type_name(one.kind));
    let ids: Vec<String> = zone.records.values().filter(|one| meant(one)).map(|one| one.id.clone()).collect();
    for id in &ids {
        zone.records.remove(id);
    }
    weight::tidy(zone);
    cx.notes.records.retain(|id, _| !ids.contains(id));
    cx.log(&zone_name, "DELETE", rr.clone());
    Ok(json!({"RR": rr, "TotalCount": ids.len().to_string()}))
}
