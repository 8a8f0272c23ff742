//! Looks for requests to the owner of a run.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::{Journal, Request};
use gateshift_model::RunId;
use tokio::sync::mpsc;

/// Looks for requests and hands each over once.
pub(crate) async fn listen(
    journal: Arc<dyn Journal>,
    run: RunId,
    poll: Duration,
    asks: mpsc::Sender<Request>,
) {
    let mut handed = BTreeSet::new();
    loop {
        match journal.open_requests(run).await {
            Ok(open) => {
                for request in open.into_iter().filter(|request| handed.insert(request.id)) {
                    if asks.send(request).await.is_err() {
                        return;
                    }
                }
            }
            Err(error) => tracing::warn!(%run, code = error.code(), %error, "the inbox could not be read"),
        }
        tokio::time::sleep(poll).await;
    }
}
