//! Hears what other processes tell through the server.

use std::sync::OnceLock;
use std::time::Duration;

use gateshift_journal::{News, Topic};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Between two tries to listen.
const AGAIN: Duration = Duration::from_millis(500);

const CHANNELS: [&str; 2] = ["gateshift_offers", "gateshift_requests"];

/// The channel on which a topic is told.
pub(crate) fn channel(topic: Topic) -> &'static str {
    match topic {
        Topic::Offers => CHANNELS[0],
        Topic::Requests => CHANNELS[1],
    }
}

/// Listens from the first time that anybody wants to know.
#[derive(Debug)]
pub(crate) struct Listener {
    counts: [watch::Sender<u64>; 2],
    task: OnceLock<JoinHandle<()>>,
}

impl Listener {
    pub(crate) fn new() -> Self {
        Self { counts: [watch::Sender::new(0), watch::Sender::new(0)], task: OnceLock::new() }
    }

    pub(crate) fn news(&self, pool: &PgPool, topic: Topic, pace: Duration) -> News {
        self.task.get_or_init(|| tokio::spawn(listen(pool.clone(), self.counts.clone())));
        let told = match topic {
            Topic::Offers => self.counts[0].subscribe(),
            Topic::Requests => self.counts[1].subscribe(),
        };
        News::by_telling(told, pace)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

async fn listen(pool: PgPool, counts: [watch::Sender<u64>; 2]) {
    loop {
        if let Err(error) = hear(&pool, &counts).await {
            tracing::debug!(%error, "nothing can be heard from the journal for a moment");
        }
        if pool.is_closed() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Listens until the connection is lost for good. What was told while nobody listened is missed, so
/// that there may be news whenever listening begins.
async fn hear(pool: &PgPool, counts: &[watch::Sender<u64>; 2]) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.ignore_pool_close_event(false);
    listener.listen_all(CHANNELS).await?;
    let count = |of: &watch::Sender<u64>| of.send_modify(|count| *count += 1);
    counts.iter().for_each(count);
    loop {
        match listener.try_recv().await? {
            Some(told) => {
                let heard = CHANNELS.iter().zip(counts).filter(|(name, _)| **name == told.channel());
                heard.for_each(|(_, of)| count(of));
            }
            None => return Ok(()),
        }
    }
}
