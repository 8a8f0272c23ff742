//! What the zones of the account and the provider's own names say about a question. Pure but for the
//! draws, which come from outside.

use std::collections::BTreeMap;
use std::net::IpAddr;

use gateshift_lab_kernel::{Record, RecordType, Zone, Zones};

/// What a zone without NS records of its own names as its servers.
pub const NAME_SERVERS: [&str; 2] = ["ns1.alidns.com", "ns2.alidns.com"];

/// TTL of the provider's own names.
const HOST_TTL: u32 = 60;
/// TTL of synthetic NS and SOA records.
const ZONE_TTL: u32 = 600;
/// Aliases followed before giving up.
const HOPS: usize = 8;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    One(RecordType),
    Soa,
    Any,
    /// A type the zones cannot hold.
    Other,
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) ttl: u32,
    pub(crate) kind: RecordType,
    pub(crate) value: String,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Not ours.
    Refused,
    /// Records, possibly none; the zone's SOA is due when the last name gave none.
    Records { found: Vec<Found>, soa: Option<String> },
    /// The start of the zone itself was asked for.
    Soa(String),
    /// No such name; the records are the aliases that led there.
    NoName { found: Vec<Found>, soa: String },
}

/// Everything that is known, and a source of numbers below a bound.
pub(crate) struct Lookup<'a> {
    pub(crate) zones: &'a Zones,
    pub(crate) hosts: &'a BTreeMap<String, Vec<IpAddr>>,
    pub(crate) draw: &'a dyn Fn(u64) -> u64,
}

/// What one name holds.
enum Node {
    Missing { zone: String },
    Records { zone: String, found: Vec<Found>, alias: Option<String> },
    Foreign,
}

impl Lookup<'_> {
    /// Answers a question; names are in lower case without the final dot.
    pub(crate) fn answer(&self, name: &str, asked: Asked) -> Outcome {
        if asked == Asked::Soa && self.zones.zones.contains_key(name) {
            return Outcome::Soa(name.to_owned());
        }
        let mut name = name.to_owned();
        let mut all = Vec::new();
        for _ in 0..HOPS {
            match self.node(&name, asked) {
                Node::Foreign if all.is_empty() => return Outcome::Refused,
                Node::Foreign => {
                    return Outcome::Records { found: all, soa: None };
                }
                Node::Missing { zone } => {
                    return Outcome::NoName { found: all, soa: zone };
                }
                Node::Records { zone, found, alias } => {
                    let soa = found.is_empty().then_some(zone);
                    all.extend(found);
                    match alias {
                        Some(target) => name = target,
                        None => return Outcome::Records { found: all, soa },
                    }
                }
            }
        }
        Outcome::Records { found: all, soa: None }
    }

    fn node(&self, name: &str, asked: Asked) -> Node {
        if let Some((zone_name, zone)) = self.zone_of(name) {
            return self.in_zone(zone_name, zone, name, asked);
        }
        let Some(addresses) = self.hosts.get(name) else {
            return Node::Foreign;
        };
        let wanted = |address: &&IpAddr| match asked {
            Asked::One(RecordType::A) => address.is_ipv4(),
            Asked::One(RecordType::Aaaa) => address.is_ipv6(),
            Asked::Any => true,
            _ => false,
        };
        let mut found: Vec<Found> = addresses
            .iter()
            .filter(wanted)
            .map(|address| Found {
                name: name.to_owned(),
                ttl: HOST_TTL,
                kind: if address.is_ipv4() { RecordType::A } else { RecordType::Aaaa },
                value: address.to_string(),
            })
            .collect();
        self.rotate(&mut found);
        let zone = name.split_once('.').map_or(name, |(_, parent)| parent);
        Node::Records { zone: zone.to_owned(), found, alias: None }
    }

    /// The zone with the longest name that holds this one.
    fn zone_of(&self, name: &str) -> Option<(&str, &Zone)> {
        let mut rest = name;
        loop {
            if let Some((zone_name, zone)) = self.zones.zones.get_key_value(rest) {
                return Some((zone_name, zone));
            }
            rest = rest.split_once('.')?.1;
        }
    }

    fn in_zone(&self, zone_name: &str, zone: &Zone, name: &str, asked: Asked) -> Node {
        let Some(rr) = governing_rr(zone_name, zone, name) else {
            return Node::Missing { zone: zone_name.to_owned() };
        };
        let records: Vec<&Record> = served(zone).filter(|r| r.rr.eq_ignore_ascii_case(&rr)).collect();
        let of = |kind: RecordType| -> Vec<&Record> {
            records.iter().copied().filter(|record| record.kind == kind).collect()
        };
        let has = |kind: RecordType| records.iter().any(|record| record.kind == kind);
        let kind = match asked {
            Asked::One(kind) if has(kind) => Some(kind),
            // One set is answer enough to a question for all (RFC 8482).
            Asked::Any => records.first().map(|record| record.kind),
            _ if has(RecordType::Cname) => Some(RecordType::Cname),
            _ => None,
        };
        let zone_text = zone_name.to_owned();
        let Some(kind) = kind else {
            let ns = asked == Asked::One(RecordType::Ns) && rr == "@";
            let found = if ns { default_servers(name) } else { Vec::new() };
            return Node::Records { zone: zone_text, found, alias: None };
        };
        let chosen = self.choose(zone, of(kind));
        let follow = kind == RecordType::Cname && asked != Asked::One(RecordType::Cname);
        let alias = chosen.first().filter(|_| follow).map(|record| plain(&record.value));
        let found = chosen.into_iter().map(|record| as_found(name, record)).collect();
        Node::Records { zone: zone_text, found, alias }
    }

    /// One record by weight where weights are on, else all of them in turning order; of aliases one.
    fn choose<'r>(&self, zone: &Zone, mut records: Vec<&'r Record>) -> Vec<&'r Record> {
        if weighted(zone, &records) {
            let total: u64 = records.iter().map(|record| u64::from(record.weight)).sum();
            if total == 0 {
                return Vec::new();
            }
            let roll = (self.draw)(total);
            let mut below = 0;
            records.retain(|record| {
                let from = below;
                below += u64::from(record.weight);
                (from..below).contains(&roll)
            });
            return records;
        }
        self.rotate(&mut records);
        if records.first().is_some_and(|record| record.kind == RecordType::Cname) {
            records.truncate(1);
        }
        records
    }

    fn rotate<T>(&self, list: &mut [T]) {
        if !list.is_empty() {
            let by = (self.draw)(list.len() as u64) as usize;
            list.rotate_left(by % list.len());
        }
    }
}

/// Records that are answered at all.
fn served(zone: &Zone) -> impl Iterator<Item = &Record> {
    zone.records.values().filter(|record| record.enabled && record.line == "default")
}

/// Whether weights are on for the set that these records form.
fn weighted(zone: &Zone, records: &[&Record]) -> bool {
    let key = |record: &&Record| (record.rr.clone(), record.kind, record.line.clone());
    records.first().and_then(|record| zone.weighted.get(&key(record))).copied().unwrap_or(false)
}

/// The host part whose records answer a name: its own when it exists, else the wildcard below its
/// closest ancestor that exists.
fn governing_rr(zone_name: &str, zone: &Zone, name: &str) -> Option<String> {
    let relative = name.strip_suffix(zone_name).unwrap_or(name).trim_end_matches('.');
    if relative.is_empty() {
        return Some("@".to_owned());
    }
    let exists = |rr: &str| {
        let below = format!(".{rr}");
        served(zone).any(|record| {
            let own = record.rr.to_ascii_lowercase();
            own == rr || own.ends_with(&below)
        })
    };
    if exists(relative) {
        return Some(relative.to_owned());
    }
    let mut rest = relative;
    loop {
        let parent = rest.split_once('.').map_or("", |(_, parent)| parent);
        let star = if parent.is_empty() { "*".to_owned() } else { format!("*.{parent}") };
        if served(zone).any(|record| record.rr.eq_ignore_ascii_case(&star)) {
            return Some(star);
        }
        if parent.is_empty() || exists(parent) {
            return None;
        }
        rest = parent;
    }
}

fn default_servers(name: &str) -> Vec<Found> {
    let server = |value: &&str| Found {
        name: name.to_owned(),
        ttl: ZONE_TTL,
        kind: RecordType::Ns,
        value: (*value).to_owned(),
    };
    NAME_SERVERS.iter().map(server).collect()
}

fn as_found(name: &str, record: &Record) -> Found {
    Found { name: name.to_owned(), ttl: record.ttl, kind: record.kind, value: record.value.clone() }
}

/// A name in lower case without the final dot.
pub(crate) fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
