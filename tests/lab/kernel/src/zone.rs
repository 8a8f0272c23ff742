//! The records of the lab's DNS as its control plane edits them and its name server reads them.

use std::collections::BTreeMap;

/// All zones of the account, shared by the control plane (writes) and the name server (reads).
#[derive(Debug, Clone, Default)]
pub struct Zones {
    /// By zone name in lower case without the final dot.
    pub zones: BTreeMap<String, Zone>,
}

/// One zone.
#[derive(Debug, Clone, Default)]
pub struct Zone {
    /// Records by id.
    pub records: BTreeMap<String, Record>,
    /// Weighted answers switched on, by (host name, type, line); absent or false means off.
    pub weighted: BTreeMap<(String, RecordType, String), bool>,
    /// Smallest TTL the edition allows, seconds.
    pub min_ttl: u32,
    /// Edition code, `mianfei`, `version_personal`, `version_enterprise_basic` ...
    pub version_code: String,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Record id as the control plane shows it.
    pub id: String,
    /// Host part, `www`, `@` or `*`.
    pub rr: String,
    /// Type.
    pub kind: RecordType,
    /// Address or target name.
    pub value: String,
    /// Seconds.
    pub ttl: u32,
    /// Line, `default` for everybody.
    pub line: String,
    /// Answered at all.
    pub enabled: bool,
    /// Locked records refuse edits.
    pub locked: bool,
    /// 0..=100; 1 for a new record. 0 is never answered while weights are on.
    pub weight: u32,
}

/// Record types the lab serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Alias.
    Cname,
    /// Text.
    Txt,
    /// Name server.
    Ns,
}
