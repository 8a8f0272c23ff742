//! The journal in a PostgreSQL database, which any number of processes share.

mod address;
mod failure;
mod link;
mod listen;
mod migrations;
mod source;

use gateshift_journal::JournalError;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::journal::SqlJournal;

pub use address::PostgresAddress;
pub use source::PostgresServer;

use failure::failure;
use link::PostgresLink;
use migrations::{Format, may_write, migrate, recognise};

/// A journal in a PostgreSQL database.
pub type PostgresJournal = SqlJournal<PostgresServer>;

impl PostgresJournal {
    /// Opens a journal for writing; makes its tables when they are missing.
    pub async fn open(address: &PostgresAddress) -> Result<Self, JournalError> {
        let place = address.place();
        let mut connection = connect(address).await?;
        migrate(&mut connection, place).await?;
        may_write(&mut connection, place).await?;
        let link = PostgresLink::new(address.clone(), connection).await?;
        Ok(Self::over(PostgresServer::new(address), link))
    }

    /// Opens an existing journal for reading.
    pub async fn open_read_only(address: &PostgresAddress) -> Result<Self, JournalError> {
        let place = address.place();
        let mut connection = connect(address).await?;
        let format = recognise(&mut connection, place).await?;
        connection.close().await.map_err(|error| failure(place, &error))?;
        match format {
            Format::Ours(_) => Ok(Self::read_only(PostgresServer::new(address))),
            Format::Empty => Err(JournalError::Open {
                place: place.to_owned(),
                cause: "there is no journal in this database; a run makes it".to_owned(),
            }),
        }
    }
}

async fn connect(address: &PostgresAddress) -> Result<PgConnection, JournalError> {
    let place = address.place();
    address.writing().connect().await.map_err(|error| failure(place, &error))
}
