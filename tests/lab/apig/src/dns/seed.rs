//! Filling of zones from a scenario, past the API's pacing but within its rules.

use gateshift_lab_kernel::{ApiError, Record, RecordType, Zone};

use super::{AliDns, Cx, Edition, RecordNote, normal, record_write};

/// A record to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedRecord {
    /// Host part, `www`, `@` or `*`.
    pub rr: String,
    /// Type.
    pub kind: RecordType,
    /// Address or target name.
    pub value: String,
    /// Seconds.
    pub ttl: u32,
    /// Whether the record refuses edits.
    pub locked: bool,
}

impl SeedRecord {
    /// An unlocked record with a TTL of 600 seconds.
    #[must_use]
    pub fn new(rr: &str, kind: RecordType, value: &str) -> Self {
        Self { rr: rr.to_owned(), kind, value: value.to_owned(), ttl: 600, locked: false }
    }
}

impl AliDns {
    /// Makes a zone (or takes the one that is there) and adds records to it; their ids, in order.
    ///
    /// # Errors
    ///
    /// Refuses what `AddDomainRecord` would refuse: duplicates, a CNAME beside another type, values
    /// that do not fit their type, TTLs below the edition's least.
    pub fn seed_zone(
        &self,
        name: &str,
        edition: Edition,
        records: &[SeedRecord],
    ) -> Result<Vec<String>, ApiError> {
        let name = normal(name);
        let mut notes = self.notes.lock();
        let mut zones = self.cloud.zones.lock();
        zones.zones.entry(name.clone()).or_insert_with(|| Zone {
            min_ttl: edition.min_ttl(),
            version_code: edition.code().to_owned(),
            ..Zone::default()
        });
        let mut cx = Cx { now: self.cloud.clock.now_ms(), zones: &mut zones, notes: &mut notes };
        let mut ids = Vec::new();
        for seed in records {
            let record = Record {
                id: String::new(),
                rr: seed.rr.to_ascii_lowercase(),
                kind: seed.kind,
                value: seed.value.clone(),
                ttl: seed.ttl,
                line: "default".to_owned(),
                enabled: true,
                locked: seed.locked,
                weight: 1,
            };
            ids.push(cx.insert(&name, record)?);
        }
        drop(zones);
        self.cloud.touch();
        Ok(ids)
    }
}

impl Cx<'_> {
    /// Checks and stores a new record; its id.
    pub(super) fn insert(&mut self, zone_name: &str, mut record: Record) -> Result<String, ApiError> {
        let (_, zone) = self.zone(zone_name)?;
        record_write::check(zone, &record)?;
        self.notes.last_record += 1;
        record.id = (900_000_000_000_000_000_u64 + self.notes.last_record * 7_919).to_string();
        let id = record.id.clone();
        let note = RecordNote { created_ms: self.now, updated_ms: self.now, remark: None };
        self.notes.records.insert(id.clone(), note);
        let (_, zone) = self.zone(zone_name)?;
        zone.records.insert(id.clone(), record);
        Ok(id)
    }
}
