//! Where a journal's server is, and how it is spoken of: never with the password.

use std::str::FromStr;
use std::time::Duration;

use gateshift_journal::JournalError;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

/// The schema of the journal inside the database.
pub(crate) const SCHEMA: &str = "gateshift";

/// What may stand behind the `?`.
const KNOWN: [&str; 9] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "user", "password", "application_name"];

/// A session that holds a transaction open and does nothing is ended: the process may be stopped, and
/// others wait for the runs it was about to write.
const IDLE: Duration = Duration::from_secs(5);

/// The address of a journal's server, `postgres://USER@HOST:PORT/DATABASE`.
#[derive(Clone)]
pub struct PostgresAddress {
    options: PgConnectOptions,
    place: String,
}

impl PostgresAddress {
    /// Reads an address. What is left out is taken from the variables `PGHOST`, `PGPORT`, `PGUSER`,
    /// `PGPASSWORD` and `PGDATABASE`, and from the file `~/.pgpass`.
    pub fn parse(text: &str) -> Result<Self, JournalError> {
        let shown = without_password(text);
        let refuse = |cause: String| JournalError::Open { place: shown.clone(), cause };
        if let Some((_, query)) = text.split_once('?') {
            for name in query.split('&').filter_map(|pair| pair.split('=').next()) {
                if !KNOWN.contains(&name) {
                    return Err(refuse(format!("`{name}` is no part of such an address")));
                }
            }
        }
        let options = PgConnectOptions::from_str(text)
            .map_err(|_| refuse("it is not of the form postgres://USER@HOST:PORT/DATABASE".to_owned()))?
            .disable_statement_logging();
        let host = match options.get_socket() {
            Some(folder) => percent(&folder.display().to_string()),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let database = options.get_database().unwrap_or(options.get_username());
        let place = format!("postgres://{}@{host}/{database}", options.get_username());
        Ok(Self { options, place })
    }

    /// The address without the password, as errors and hints name it.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn writing(&self) -> PgConnectOptions {
        self.with(&[
            ("idle_in_transaction_session_timeout", IDLE.as_millis().to_string()),
            // Whatever the server is set to: what was acknowledged is durable.
            ("synchronous_commit", "on".to_owned()),
        ])
    }

    pub(crate) fn reading(&self) -> PgConnectOptions {
        self.with(&[("default_transaction_read_only", "on".to_owned())])
    }

    fn with(&self, more: &[(&str, String)]) -> PgConnectOptions {
        let options = match self.options.get_application_name() {
            Some(_) => self.options.clone(),
            None => self.options.clone().application_name("gateshift"),
        };
        let more = more.iter().map(|(name, value)| (*name, value.clone()));
        options.options([("search_path", SCHEMA.to_owned())].into_iter().chain(more))
    }
}

/// The text with everything hidden that may be a password.
fn without_password(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((before, host))) => {
            let user = before.split_once("://").map_or(before, |(_, user)| user);
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        _ => text.to_owned(),
    }
}

/// A folder as the host of an address.
fn percent(folder: &str) -> String {
    folder.replace('%', "%25").replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::PostgresAddress;

    #[test]
    fn a_password_is_never_shown() {
        let good = [
            ("postgres://ann:s3cret@db:5433/gs", "postgres://ann@db:5433/gs"),
            ("postgresql://ann:s3%2Fcret@db/gs?sslmode=require", "postgres://ann@db:5432/gs"),
            ("postgres://ann@db/gs?password=s3cret", "postgres://ann@db:5432/gs"),
            ("postgres://ann:s3cret@%2Frun%2Fpg/gs", "postgres://ann@%2Frun%2Fpg/gs"),
        ];
        for (text, place) in good {
            assert_eq!(PostgresAddress::parse(text).unwrap().place(), place, "{text}");
        }
        let bad = [
            "postgres://ann:s3cret@db:nonsense/gs",
            "postgres://ann:s3cret@db/gs?pasword=s3cret",
            "postgres://ann:s3cret@db/gs?sslmode=s3cret",
            "postgres://ann:p@s3cret@:x",
        ];
        for text in bad {
            let error = PostgresAddress::parse(text).map(|address| address.place().to_owned()).unwrap_err();
            assert_eq!(error.code(), "GS-JOURNAL-OPEN");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{text}: {error}");
        }
    }
}
