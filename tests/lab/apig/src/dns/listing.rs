//! Reading of records. Lists are doubled up (`DomainRecords.Record[]`); weights show only while the
//! set they stand in has them on.

use gateshift_lab_kernel::{Answer, Call, Record, Zone};
use serde_json::{Map, Value, json};

use super::{Cx, RecordNote, missing, page, type_name, weight};
use crate::params::{fits, string, text};

/// Host part and zone as one name.
pub(super) fn full_name(rr: &str, zone: &str) -> String {
    if rr == "@" { zone.to_owned() } else { format!("{rr}.{zone}") }
}

fn status(record: &Record) -> &'static str {
    if record.enabled { "ENABLE" } else { "DISABLE" }
}

fn view(zone_name: &str, zone: &Zone, record: &Record, note: Option<&RecordNote>) -> Map<String, Value> {
    let mut view = Map::new();
    let mut put = |name: &str, value: Value| view.insert(name.to_owned(), value);
    put("DomainName", json!(zone_name));
    put("RecordId", json!(record.id));
    put("RR", json!(record.rr));
    put("Type", json!(type_name(record.kind)));
    put("Value", json!(record.value));
    put("TTL", json!(record.ttl));
    put("Line", json!(record.line));
    put("Status", json!(status(record)));
    put("Locked", json!(record.locked));
    if weight::is_open(zone, record) {
        put("Weight", json!(record.weight));
    }
    if let Some(remark) = note.and_then(|note| note.remark.as_ref()) {
        put("Remark", json!(remark));
    }
    view
}

/// `DescribeDomainRecords`.
pub(super) fn in_zone(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let query = &call.query;
    let domain = text(query, "DomainName").ok_or_else(|| missing("DomainName"))?;
    let page = page(query, 20, 500)?;
    let notes = std::mem::take(&mut cx.notes.records);
    let listed = cx.zone(domain).map(|(name, zone)| {
        let wanted = zone.records.values().filter(|one| passes(query, one));
        wanted.map(|one| full_item(&name, zone, one, notes.get(&one.id))).collect::<Vec<Value>>()
    });
    cx.notes.records = notes;
    let items = listed?;
    Ok(json!({
        "DomainRecords": {"Record": page.of(&items)},
        "TotalCount": items.len(),
        "PageNumber": page.number,
        "PageSize": page.size,
    }))
}

fn full_item(zone_name: &str, zone: &Zone, record: &Record, note: Option<&RecordNote>) -> Value {
    let mut item = view(zone_name, zone, record, note);
    if let Some(note) = note {
        item.insert("CreateTimestamp".to_owned(), json!(note.created_ms));
        item.insert("UpdateTimestamp".to_owned(), json!(note.updated_ms));
    }
    item.insert("LbaStatus".to_owned(), json!(weight::is_open(zone, record)));
    Value::Object(item)
}

/// The filters of `DescribeDomainRecords`: key words are parts of texts unless the mode says `EXACT`.
fn passes(query: &Map<String, Value>, one: &Record) -> bool {
    let exact = text(query, "SearchMode") == Some("EXACT");
    let has = |name: &str, actual: &str| {
        text(query, name).is_none_or(|word| if exact { actual == word } else { actual.contains(word) })
    };
    let key_word = text(query, "KeyWord").is_none_or(|word| {
        if exact { one.rr == word } else { one.rr.contains(word) || one.value.contains(word) }
    });
    key_word
        && has("RRKeyWord", &one.rr)
        && has("ValueKeyWord", &one.value)
        && has("TypeKeyWord", type_name(one.kind))
        && fits(query, "Type", type_name(one.kind))
        && fits(query, "Line", &one.line)
        && text(query, "Status").is_none_or(|wanted| wanted.eq_ignore_ascii_case(status(one)))
}

/// `DescribeSubDomainRecords`: all records of one full name.
pub(super) fn of_name(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let query = &call.query;
    let name = text(query, "SubDomain").ok_or_else(|| missing("SubDomain"))?.replace("@.", "");
    let page = page(query, 20, 500)?;
    let (zone_name, rr) = cx.split(&name, text(query, "DomainName"))?;
    let notes = std::mem::take(&mut cx.notes.records);
    let listed = cx.zone(&zone_name).map(|(name, zone)| {
        let wanted = zone.records.values().filter(|one| {
            one.rr == rr && fits(query, "Type", type_name(one.kind)) && fits(query, "Line", &one.line)
        });
        wanted.map(|one| Value::Object(view(&name, zone, one, notes.get(&one.id)))).collect::<Vec<Value>>()
    });
    cx.notes.records = notes;
    let items = listed?;
    Ok(json!({
        "DomainRecords": {"Record": page.of(&items)},
        "TotalCount": items.len(),
        "PageNumber": page.number,
        "PageSize": page.size,
    }))
}

/// `DescribeDomainRecordInfo`.
pub(super) fn one(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let id = string(&call.query, "RecordId").ok_or_else(|| missing("RecordId"))?;
    let note = cx.notes.records.get(&id).cloned();
    let (name, zone, record) = cx.record(&id)?;
    let mut item = view(&name, zone, &record, note.as_ref());
    item.remove("Weight");
    item.insert("PunyCode".to_owned(), json!(name));
    Ok(Value::Object(item))
}
