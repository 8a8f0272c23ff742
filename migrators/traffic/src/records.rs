//! Record sets as the shift sees them, whatever DNS product keeps them.

use gateshift_sdk::model::Finding;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One weighted set: a host, a type, a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordSet {
    /// Zone it belongs to.
    pub(crate) zone: String,
    /// Host part, `@` for the zone itself.
    pub(crate) rr: String,
    /// Full name.
    pub(crate) host: String,
    /// `A` or `CNAME`.
    pub(crate) kind: String,
    /// Line, `default` for everybody.
    pub(crate) line: String,
    /// Weights are in force.
    pub(crate) weighted: bool,
    /// Records.
    pub(crate) records: Vec<Record>,
    /// The set in the words of the product that keeps it, where the records do not say all of it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) raw: Value,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Id.
    pub(crate) id: String,
    /// Address or target name, lower case, without the final dot.
    pub(crate) value: String,
    /// Seconds.
    pub(crate) ttl: u32,
    /// Answered.
    pub(crate) enabled: bool,
    /// Refuses edits.
    pub(crate) locked: bool,
    /// Weight; 1 where weights are off.
    pub(crate) weight: u32,
}

/// The DNS side of the account as the plan saw it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Observed {
    /// Kind of the connection they were read through.
    pub(crate) kind: &'static str,
    /// Zones with what they allow.
    pub(crate) zones: Vec<Zone>,
    /// Every A, AAAA and CNAME set of those zones, by host, type and line.
    pub(crate) sets: Vec<RecordSet>,
    /// What about the zones or their records is no set that can be moved.
    pub(crate) odd: Vec<Finding>,
}

/// A zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Name.
    pub(crate) name: String,
    /// Smallest TTL, seconds.
    pub(crate) min_ttl: u32,
    /// Most records in one weighted set.
    pub(crate) max_records: usize,
    /// The provider has blocked it.
    pub(crate) blocked: bool,
    /// Name servers that the provider gave it, lower case.
    pub(crate) servers: Vec<String>,
    /// Name servers that it is really delegated to; absent when nobody could be asked.
    pub(crate) delegated_to: Option<Vec<String>>,
}

impl RecordSet {
    /// Name for people and keys: the line only where it is not the default one, the type only where a
    /// host may have another set beside it.
    pub(crate) fn label(&self) -> String {
        let host = if self.kind == "AAAA" { format!("{}/AAAA", self.host) } else { self.host.clone() };
        if self.line == "default" { host } else { format!("{host}@{}", self.line) }
    }
}
