//! Between the messages on the wire and the questions and answers of the zones.

use std::net::{Ipv4Addr, Ipv6Addr};

use gateshift_lab_kernel::RecordType as Kind;
use hickory_proto::op::{Edns, Message, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::lookup::{Asked, Found, Lookup, NAME_SERVERS, Outcome, plain};

/// How long a resolver may remember that there is nothing.
const NEGATIVE_TTL: u32 = 60;
/// Largest answer over UDP that is sent to a client which says it can take it.
const UDP_LIMIT: u16 = 1232;

/// An answer ready to send, and what is to be counted about it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) given: Vec<Found>,
}

/// Answers one message; nothing when it is none or not a question. `udp` cuts to what fits.
pub(crate) fn reply(bytes: &[u8], lookup: &Lookup<'_>, udp: bool) -> Option<Answer> {
    let message = Message::from_vec(bytes).ok()?;
    if message.metadata.message_type != MessageType::Query {
        return None;
    }
    let mut response = Message::response(message.metadata.id, message.metadata.op_code);
    response.metadata = Metadata::response_from_request(&message.metadata);
    response.add_queries(message.queries.iter().cloned());
    if message.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(UDP_LIMIT);
        response.set_edns(edns);
    }
    let mut given = Vec::new();
    match message.queries.as_slice() {
        _ if message.metadata.op_code != OpCode::Query => {
            response.metadata.response_code = ResponseCode::NotImp;
        }
        [question] if question.query_class() == DNSClass::IN => {
            given = fill(&mut response, question, lookup);
        }
        [_] => response.metadata.response_code = ResponseCode::Refused,
        _ => response.metadata.response_code = ResponseCode::FormErr,
    }
    let limit = if udp { message.max_payload().min(UDP_LIMIT) } else { u16::MAX };
    let mut bytes = response.to_vec().ok()?;
    if bytes.len() > usize::from(limit) {
        given.clear();
        bytes = response.truncate().to_vec().ok()?;
    }
    Some(Answer { bytes, given })
}

/// Fills in the answer to one question and says which records it gives.
fn fill(response: &mut Message, question: &Query, lookup: &Lookup<'_>) -> Vec<Found> {
    let name = plain(&question.name().to_ascii());
    let outcome = lookup.answer(&name, asked(question.query_type()));
    response.metadata.authoritative = outcome != Outcome::Refused;
    let (found, soa) = match outcome {
        Outcome::Refused => {
            response.metadata.response_code = ResponseCode::Refused;
            return Vec::new();
        }
        Outcome::Soa(zone) => {
            response.answers.extend(start_of(&zone));
            return Vec::new();
        }
        Outcome::NoName { found, soa } => {
            response.metadata.response_code = ResponseCode::NXDomain;
            (found, Some(soa))
        }
        Outcome::Records { found, soa } => (found, soa),
    };
    response.authorities.extend(soa.and_then(|zone| start_of(&zone)));
    let mut given = Vec::new();
    for item in found {
        match encode(&item, question.name()) {
            Some(record) => {
                response.answers.push(record);
                given.push(item);
            }
            None => {
                tracing::warn!(name = item.name, value = item.value, "record cannot be sent");
            }
        }
    }
    given
}

fn asked(kind: RecordType) -> Asked {
    match kind {
        RecordType::A => Asked::One(Kind::A),
        RecordType::AAAA => Asked::One(Kind::Aaaa),
        RecordType::CNAME => Asked::One(Kind::Cname),
        RecordType::TXT => Asked::One(Kind::Txt),
        RecordType::NS => Asked::One(Kind::Ns),
        RecordType::SOA => Asked::Soa,
        RecordType::ANY => Asked::Any,
        _ => Asked::Other,
    }
}

/// The record on the wire; its owner is spelt as in the question where it is the name asked for.
fn encode(found: &Found, question: &Name) -> Option<Record> {
    let owner = match name(&found.name)? {
        owner if owner == *question => question.clone(),
        owner => owner,
    };
    let data = match found.kind {
        Kind::A => RData::A(A(found.value.parse::<Ipv4Addr>().ok()?)),
        Kind::Aaaa => RData::AAAA(AAAA(found.value.parse::<Ipv6Addr>().ok()?)),
        Kind::Cname => RData::CNAME(CNAME(name(&found.value)?)),
        Kind::Ns => RData::NS(NS(name(&found.value)?)),
        Kind::Txt => RData::TXT(TXT::new(strings(&found.value))),
    };
    Some(Record::from_rdata(owner, found.ttl, data))
}

/// A text in pieces of at most 255 bytes.
fn strings(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for character in text.chars() {
        match pieces.last_mut() {
            Some(piece) if piece.len() + character.len_utf8() <= 255 => piece.push(character),
            _ => pieces.push(character.to_string()),
        }
    }
    pieces
}

fn start_of(zone: &str) -> Option<Record> {
    let server = name(NAME_SERVERS[0])?;
    let mailbox = name("hostmaster.alidns.com")?;
    let soa = SOA::new(server, mailbox, 1, 3600, 1200, 86_400, NEGATIVE_TTL);
    Some(Record::from_rdata(name(zone)?, NEGATIVE_TTL, RData::SOA(soa)))
}

fn name(text: &str) -> Option<Name> {
    let mut name = Name::from_ascii(text).ok()?;
    name.set_fqdn(true);
    Some(name)
}
