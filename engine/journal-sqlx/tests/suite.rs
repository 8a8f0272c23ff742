//! Both durable journals pass what every journal has to pass.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod sqlite {
    use std::sync::Arc;

    use gateshift_journal::{Journal, journal_suite};
    use gateshift_journal_sqlx::SqliteJournal;

    async fn fresh() -> Arc<dyn Journal> {
        // The file lives as long as the process: the test's journal outlives this function.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
        Arc::new(SqliteJournal::open(folder.join("deep/er/journal.db")).await.unwrap())
    }

    journal_suite!(fresh);
}

mod postgres {
    use std::sync::Arc;

    use gateshift_journal::{Journal, journal_suite};
    use gateshift_journal_sqlx::testing::{new_database, shared_server};
    use gateshift_journal_sqlx::{PostgresAddress, PostgresJournal};

    async fn fresh() -> Arc<dyn Journal> {
        let address = new_database(shared_server()).await;
        Arc::new(PostgresJournal::open(&PostgresAddress::parse(&address).unwrap()).await.unwrap())
    }

    journal_suite!(fresh);
}
