//! Looks for requests to the owner of a run.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::{Journal, Request, Topic};
use gateshift_model::RunId;
use tokio::sync::mpsc;

/// Looks for requests and hands each over once. Where the journal tells of new ones, it is looked at then;
/// else every `poll`.
pub(crate) async fn listen(
    journal: Arc<dyn Journal>,
    run: RunId,
    poll: Duration,
    asks: mpsc::Sender<Request>,
) {
    let mut handed = BTreeSet::new();
    let mut news = journal.news(Topic::Requests, poll);
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
        news.next(None).await;
    }
}
