//! Changes of a zone as a message (RFC 2136): what has to be true first, then what is removed and added,
//! all of it or nothing. Pure.

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use serde::Deserialize;

use super::message;

/// A change as a migrator writes it in the body of its request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    zone: String,
    /// Sets that have to be there with exactly these values, or that must not be there: without values.
    #[serde(default)]
    requires: Vec<Set>,
    /// Sets that are removed.
    #[serde(default)]
    removes: Vec<Set>,
    /// Sets that are added.
    #[serde(default)]
    adds: Vec<Set>,
}

/// A set of records of one name and type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    name: String,
    kind: String,
    #[serde(default)]
    ttl: u32,
    #[serde(default)]
    values: Vec<String>,
}

impl Update {
    /// The message, not signed yet.
    pub(super) fn message(&self, id: u16) -> Result<Message, String> {
        let mut message = Message::new(id, MessageType::Query, OpCode::Update);
        message.metadata.recursion_desired = false;
        message.add_query(Query::query(name(&self.zone)?, RecordType::SOA));
        for set in &self.requires {
            if set.values.is_empty() {
                message.add_answer(set.empty(DNSClass::NONE)?);
            }
            message.add_answers(set.records(0)?);
        }
        for set in &self.removes {
            message.add_authority(set.empty(DNSClass::ANY)?);
        }
        for set in &self.adds {
            message.add_authorities(set.records(set.ttl)?);
        }
        Ok(message)
    }
}

impl Set {
    /// A record without data; its class says what is meant.
    fn empty(&self, class: DNSClass) -> Result<Record, String> {
        let mut record = Record::update0(name(&self.name)?, 0, kind(&self.kind)?);
        record.dns_class = class;
        Ok(record)
    }

    fn records(&self, ttl: u32) -> Result<Vec<Record>, String> {
        let owner = name(&self.name)?;
        self.values
            .iter()
            .map(|value| Ok(Record::from_rdata(owner.clone(), ttl, data(&self.kind, value)?)))
            .collect()
    }
}

fn name(text: &str) -> Result<Name, String> {
    message::name(text).map_err(|error| error.message)
}

fn kind(text: &str) -> Result<RecordType, String> {
    message::kind(text).map_err(|error| error.message)
}

fn data(kind: &str, value: &str) -> Result<RData, String> {
    let wrong = || format!("`{value}` is no value of a record of type {kind}");
    Ok(match kind {
        "A" => RData::A(A(value.parse().map_err(|_| wrong())?)),
        "AAAA" => RData::AAAA(AAAA(value.parse().map_err(|_| wrong())?)),
        "CNAME" => RData::CNAME(CNAME(name(value)?)),
        _ => return Err(format!("records of type {kind} are not written")),
    })
}
