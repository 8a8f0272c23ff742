//! Keeps the lease of a driven run alive, and ends all work when the run is lost.

use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::{Journal, JournalError};
use gateshift_model::{Generation, RunId};

use crate::log::RunLog;

/// Renews until it is dropped by its owner, or the run belongs to somebody else.
pub(crate) async fn beat(
    journal: Arc<dyn Journal>,
    log: Arc<RunLog>,
    run: RunId,
    generation: Generation,
    lease: Duration,
) {
    loop {
        tokio::time::sleep(lease / 3).await;
        match journal.renew(run, generation, lease).await {
            Ok(_) => {}
            Err(lost @ (JournalError::Fenced { .. } | JournalError::UnknownRun(_))) => {
                log.break_off(lost.into());
                return;
            }
            // A disk that is full or locked for a moment: the next beat may succeed, and until somebody
            // else takes the run it is still ours.
            Err(error) => tracing::warn!(%run, code = error.code(), %error, "the lease could not be renewed"),
        }
    }
}
