//! The SQLite journal passes what every journal has to pass.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use gateshift_journal::{Journal, journal_suite};
use gateshift_journal_sqlx::SqliteJournal;

async fn fresh() -> Arc<dyn Journal> {
    // The file lives as long as the process: the test's journal outlives this function.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
    Arc::new(SqliteJournal::open(folder.join("deep/er/journal.db")).await.unwrap())
}

journal_suite!(fresh);
