//! Between the contract's words and the protocol's. Pure.

use std::net::SocketAddr;

use gateshift_model::StepError;
use gateshift_step_api::{DnsAnswer, DnsReply};
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

/// A name as people write it.
pub(super) fn name(text: &str) -> Result<Name, StepError> {
    let mut name = Name::from_ascii(text.trim_end_matches('.'))
        .map_err(|error| refused(format!("`{text}` is no name: {error}")))?;
    name.set_fqdn(true);
    Ok(name)
}

/// A type of record that may be asked for.
pub(super) fn kind(text: &str) -> Result<RecordType, StepError> {
    Ok(match text {
        "A" => RecordType::A,
        "AAAA" => RecordType::AAAA,
        "CNAME" => RecordType::CNAME,
        "NS" => RecordType::NS,
        "TXT" => RecordType::TXT,
        "SOA" => RecordType::SOA,
        other => return Err(refused(format!("`{other}` is no type of record that can be asked for"))),
    })
}

fn refused(message: String) -> StepError {
    StepError::permanent("GS-BAD-REQUEST", message)
        .with_hint("use A, AAAA, CNAME, NS, TXT or SOA and a name in ASCII")
}

/// A question on the wire.
pub(super) fn question(id: u16, name: &Name, kind: RecordType, recurse: bool) -> Result<Vec<u8>, String> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = recurse;
    message.add_query(Query::query(name.clone(), kind));
    message.to_vec().map_err(|error| error.to_string())
}

/// An answer from the wire, if it is one to this very question.
pub(super) fn answer(bytes: &[u8], id: u16, name: &Name, kind: RecordType) -> Option<Message> {
    let message = Message::from_vec(bytes).ok()?;
    let [asked] = message.queries.as_slice() else { return None };
    let fits = message.metadata.id == id
        && message.metadata.message_type == MessageType::Response
        && asked.name == *name
        && asked.query_type == kind
        && asked.query_class == DNSClass::IN;
    fits.then_some(message)
}

/// The contract's form of an answer.
pub(super) fn reply(server: SocketAddr, message: &Message) -> DnsReply {
    DnsReply {
        server: server.to_string(),
        rcode: rcode(message.metadata.response_code),
        authoritative: message.metadata.authoritative,
        answers: records(&message.answers),
    }
}

/// The contract's form of records.
pub(super) fn records(records: &[Record]) -> Vec<DnsAnswer> {
    let one = |record: &Record| DnsAnswer {
        name: plain(&record.name),
        kind: record.record_type().to_string(),
        ttl: record.ttl,
        value: value(&record.data),
    };
    records.iter().map(one).collect()
}

fn value(data: &RData) -> String {
    match data {
        RData::CNAME(target) => plain(&target.0),
        RData::NS(target) => plain(&target.0),
        RData::TXT(text) => text.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect(),
        other => other.to_string().to_lowercase(),
    }
}

/// Lower case, without the final dot.
pub(super) fn plain(name: &Name) -> String {
    name.to_ascii().to_lowercase().trim_end_matches('.').to_owned()
}

pub(super) fn rcode(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::YXDomain => "YXDOMAIN".to_owned(),
        ResponseCode::YXRRSet => "YXRRSET".to_owned(),
        ResponseCode::NXRRSet => "NXRRSET".to_owned(),
        ResponseCode::NotAuth => "NOTAUTH".to_owned(),
        ResponseCode::NotZone => "NOTZONE".to_owned(),
        other => format!("RCODE{}", u16::from(other)),
    }
}
