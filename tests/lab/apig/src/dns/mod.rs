//! Alibaba Cloud DNS: zones, records and weighted answers, over the zones the name server reads.

mod edition;
mod info;
mod listing;
mod operations;
mod record_write;
mod seed;
mod weight;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use gateshift_lab_kernel::{Answer, ApiError, Call, Cloud, Product, Record, RecordType, Shared, Zone, Zones};
use serde_json::{Map, Value};

pub use edition::Edition;
pub use seed::SeedRecord;

use crate::dispatch::is_read;
use crate::params::Page;

/// The simulated DNS control plane of one account.
#[derive(Debug)]
pub struct AliDns {
    cloud: Arc<Cloud>,
    notes: Shared<Notes>,
}

/// What the control plane knows beside the zones themselves.
#[derive(Debug, Default)]
struct Notes {
    last_record: u64,
    records: BTreeMap<String, RecordNote>,
    log: Vec<LogEntry>,
}

#[derive(Debug, Clone, Default)]
struct RecordNote {
    created_ms: i64,
    updated_ms: i64,
    remark: Option<String>,
}

#[derive(Debug)]
struct LogEntry {
    zone: String,
    action: &'static str,
    message: String,
    at_ms: i64,
}

/// What a handler works on.
struct Cx<'a> {
    now: i64,
    zones: &'a mut Zones,
    notes: &'a mut Notes,
}

type Handler = fn(&mut Cx<'_>, &Call) -> Answer;

impl AliDns {
    /// An account over the cloud's zones.
    #[must_use]
    pub fn new(cloud: Arc<Cloud>) -> Self {
        Self { cloud, notes: Shared::default() }
    }
}

impl Product for AliDns {
    fn name(&self) -> &'static str {
        "alidns"
    }

    fn call(&self, call: &Call) -> Answer {
        let Some(handler) = operations::find(&call.operation) else {
            return Err(ApiError::new(
                501,
                "NotImplemented",
                format!("the lab does not serve {}", call.operation),
            ));
        };
        let mut notes = self.notes.lock();
        let mut zones = self.cloud.zones.lock();
        let mut cx = Cx { now: self.cloud.clock.now_ms(), zones: &mut zones, notes: &mut notes };
        let answer = handler(&mut cx, call);
        drop(zones);
        if answer.is_ok() && !is_read(&call.operation) {
            self.cloud.touch();
        }
        answer
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::NAMES
    }
}

fn refuse(code: &str, why: impl Into<String>) -> ApiError {
    ApiError::new(400, code, why)
}

fn missing(parameter: &str) -> ApiError {
    refuse("MissingParameter", format!("parameter {parameter} is mandatory and is empty"))
}

fn page(query: &Map<String, Value>, default: usize, largest: usize) -> Result<Page, ApiError> {
    Page::read(query, ("PageNumber", "PageSize"), default, largest, "InvalidParameter")
}

impl Cx<'_> {
    /// The zone of that name.
    fn zone(&mut self, name: &str) -> Result<(String, &mut Zone), ApiError> {
        let name = normal(name);
        match self.zones.zones.get_mut(&name) {
            Some(zone) => Ok((name, zone)),
            None => Err(refuse("InvalidDomainName.NoExist", format!("the account has no domain {name}"))),
        }
    }

    /// The zone and the record of that record id.
    fn record(&mut self, id: &str) -> Result<(String, &mut Zone, Record), ApiError> {
        let found = self.zones.zones.iter_mut().find_map(|(name, zone)| {
            let record = zone.records.get(id).cloned()?;
            Some((name.clone(), zone, record))
        });
        found.ok_or_else(|| refuse("DomainRecordNotBelongToUser", format!("the account has no record {id}")))
    }

    /// Zone and host part of a full name, by the longest zone that fits.
    fn split(&mut self, name: &str, zone: Option<&str>) -> Result<(String, String), ApiError> {
        let name = normal(name);
        let candidates = self.zones.zones.keys().filter(|one| zone.is_none_or(|zone| normal(zone) == **one));
        let host = |zone: &String| {
            if name == *zone {
                return Some("@".to_owned());
            }
            name.strip_suffix(zone.as_str()).and_then(|rest| rest.strip_suffix('.')).map(str::to_owned)
        };
        candidates
            .filter_map(|zone| host(zone).map(|host| (zone.clone(), host)))
            .max_by_key(|(zone, _)| zone.len())
            .ok_or_else(|| {
                refuse("InvalidDomainName.NoExist", format!("{name} is in no domain of the account"))
            })
    }

    fn log(&mut self, zone: &str, action: &'static str, message: String) {
        self.notes.log.push(LogEntry { zone: zone.to_owned(), action, message, at_ms: self.now });
    }
}

/// Lower case without a final dot.
fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// The word for a record type.
fn type_name(kind: RecordType) -> &'static str {
    match kind {
        RecordType::A => "A",
        RecordType::Aaaa => "AAAA",
        RecordType::Cname => "CNAME",
        RecordType::Txt => "TXT",
        RecordType::Ns => "NS",
    }
}

/// The record type of a word.
fn read_type(word: &str) -> Result<RecordType, ApiError> {
    match word.to_ascii_uppercase().as_str() {
        "A" => Ok(RecordType::A),
        "AAAA" => Ok(RecordType::Aaaa),
        "CNAME" => Ok(RecordType::Cname),
        "TXT" => Ok(RecordType::Txt),
        "NS" => Ok(RecordType::Ns),
        other => Err(refuse(
            "InvalidRecordType",
            format!("the lab serves A, AAAA, CNAME, TXT and NS records, not {other}"),
        )),
    }
}
