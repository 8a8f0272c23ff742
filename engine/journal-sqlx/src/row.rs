//! Between rows and the journal's types.

use std::str::FromStr;

use gateshift_journal::{JournalError, Lease, Request, RequestId, RunSummary};
use gateshift_model::{Actor, Digest, Envelope, Holder, RunId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

use crate::failure::failure;

/// A row of one file, which errors name.
pub(crate) struct Cells<'a> {
    pub(crate) row: &'a SqliteRow,
    pub(crate) place: &'a str,
}

impl Cells<'_> {
    pub(crate) fn get<T>(&self, name: &'static str) -> Result<T, JournalError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
    {
        self.row.try_get(name).map_err(|error| failure(self.place, &error))
    }

    fn damaged(&self, cause: impl std::fmt::Display) -> JournalError {
        JournalError::Damaged { place: self.place.to_owned(), cause: cause.to_string() }
    }

    pub(crate) fn number(&self, name: &'static str) -> Result<u64, JournalError> {
        u64::try_from(self.get::<i64>(name)?).map_err(|error| self.damaged(format!("column {name}: {error}")))
    }

    pub(crate) fn digest(&self, name: &'static str) -> Result<Digest, JournalError> {
        let bytes: Vec<u8> = self.get(name)?;
        Digest::from_hex(&hex::encode(bytes))
            .ok_or_else(|| self.damaged(format!("column {name} is no digest")))
    }

    fn json<T: serde::de::DeserializeOwned>(&self, text: &str) -> Result<T, JournalError> {
        serde_json::from_str(text).map_err(|error| self.damaged(error))
    }

    fn run(&self) -> Result<RunId, JournalError> {
        RunId::from_str(&self.get::<String>("run")?).map_err(|error| self.damaged(error))
    }

    pub(crate) fn holder(&self) -> Result<Option<Holder>, JournalError> {
        self.get::<Option<String>>("holder")?.map(|text| self.json(&text)).transpose()
    }

    pub(crate) fn lease(&self) -> Result<Lease, JournalError> {
        let until = Timestamp(self.get("until")?);
        Ok(Lease { generation: self.number("generation")?, holder: self.holder()?, until })
    }

    pub(crate) fn envelope(&self, run: RunId) -> Result<Envelope, JournalError> {
        Ok(Envelope {
            run,
            seq: self.number("seq")?,
            generation: self.number("generation")?,
            at: Timestamp(self.get("at")?),
            actor: Actor(self.get("actor")?),
            previous: self.digest("previous")?.to_string(),
            hash: self.digest("hash")?,
            body: self.json(&self.get::<String>("body")?)?,
        })
    }

    pub(crate) fn summary(&self) -> Result<RunSummary, JournalError> {
        Ok(RunSummary {
            run: self.run()?,
            name: self.get("name")?,
            created: Timestamp(self.get("created")?),
            last_seq: self.number("seq")?,
            updated: Timestamp(self.get("at")?),
            last_kind: self.get("kind")?,
            generation: self.number("generation")?,
            holder: self.holder()?,
            until: Timestamp(self.get("until")?),
        })
    }

    pub(crate) fn request(&self) -> Result<Request, JournalError> {
        let id = self.get::<String>("request")?;
        let id = RequestId(RunId::from_str(&id).map_err(|error| self.damaged(error))?.0);
        let body = self.json(&self.get::<String>("body")?)?;
        Ok(Request {
            id,
            run: self.run()?,
            at: Timestamp(self.get("at")?),
            actor: Actor(self.get("actor")?),
            body,
        })
    }
}
