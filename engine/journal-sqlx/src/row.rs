//! Between rows and the journal's types.

use std::str::FromStr;

use gateshift_journal::{JournalError, Lease, Request, RequestId, RunSummary};
use gateshift_model::{Actor, Digest, Envelope, Holder, RunId, Timestamp};

use crate::heads::Head;
use crate::statement::Columns;

/// A row of one journal, which errors name.
pub(crate) struct Cells<'a> {
    pub(crate) row: &'a (dyn Columns + Sync),
    pub(crate) place: &'a str,
}

impl Cells<'_> {
    fn read<T>(&self, cell: Result<T, sqlx::Error>) -> Result<T, JournalError> {
        cell.map_err(|error| self.damaged(error))
    }

    pub(crate) fn integer(&self, name: &'static str) -> Result<i64, JournalError> {
        self.read(self.row.number(name))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<String, JournalError> {
        self.read(self.row.text(name))
    }

    pub(crate) fn maybe_text(&self, name: &'static str) -> Result<Option<String>, JournalError> {
        self.read(self.row.maybe_text(name))
    }

    pub(crate) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, JournalError> {
        self.read(self.row.bytes(name))
    }

    fn time(&self, name: &'static str) -> Result<Timestamp, JournalError> {
        self.integer(name).map(Timestamp)
    }

    fn damaged(&self, cause: impl std::fmt::Display) -> JournalError {
        JournalError::Damaged { place: self.place.to_owned(), cause: cause.to_string() }
    }

    pub(crate) fn number(&self, name: &'static str) -> Result<u64, JournalError> {
        u64::try_from(self.integer(name)?).map_err(|error| self.damaged(format!("column {name}: {error}")))
    }

    pub(crate) fn digest(&self, name: &'static str) -> Result<Digest, JournalError> {
        Digest::from_hex(&hex::encode(self.bytes(name)?))
            .ok_or_else(|| self.damaged(format!("column {name} is no digest")))
    }

    pub(crate) fn maybe_time(&self, name: &'static str) -> Result<Option<Timestamp>, JournalError> {
        Ok(self.read(self.row.maybe_number(name))?.map(Timestamp))
    }

    fn json<T: serde::de::DeserializeOwned>(&self, text: &str) -> Result<T, JournalError> {
        serde_json::from_str(text).map_err(|error| self.damaged(error))
    }

    pub(crate) fn run(&self) -> Result<RunId, JournalError> {
        RunId::from_str(&self.text("run")?).map_err(|error| self.damaged(error))
    }

    pub(crate) fn holder(&self) -> Result<Option<Holder>, JournalError> {
        self.maybe_text("holder")?.map(|text| self.json(&text)).transpose()
    }

    pub(crate) fn lease(&self) -> Result<Lease, JournalError> {
        Ok(Lease {
            generation: self.number("generation")?,
            holder: self.holder()?,
            until: self.time("until")?,
        })
    }

    pub(crate) fn head(&self) -> Result<Head, JournalError> {
        Ok(Head {
            id: self.integer("id")?,
            lease: self.lease()?,
            seq: self.number("seq")?,
            hash: self.digest("hash")?.to_string(),
            offered: self.read(self.row.maybe_number("offered"))?.is_some(),
        })
    }

    pub(crate) fn envelope(&self, run: RunId) -> Result<Envelope, JournalError> {
        Ok(Envelope {
            run,
            seq: self.number("seq")?,
            generation: self.number("generation")?,
            at: self.time("at")?,
            actor: Actor(self.text("actor")?),
            previous: self.digest("previous")?.to_string(),
            hash: self.digest("hash")?,
            body: self.json(&self.text("body")?)?,
        })
    }

    pub(crate) fn summary(&self) -> Result<RunSummary, JournalError> {
        Ok(RunSummary {
            run: self.run()?,
            name: self.text("name")?,
            created: self.time("created")?,
            last_seq: self.number("seq")?,
            updated: self.time("at")?,
            last_kind: self.text("kind")?,
            generation: self.number("generation")?,
            holder: self.holder()?,
            until: self.time("until")?,
        })
    }

    pub(crate) fn request(&self) -> Result<Request, JournalError> {
        let id = self.text("request")?;
        let id = RequestId(RunId::from_str(&id).map_err(|error| self.damaged(error))?.0);
        let body = self.json(&self.text("body")?)?;
        Ok(Request { id, run: self.run()?, at: self.time("at")?, actor: Actor(self.text("actor")?), body })
    }
}
