//! The load client itself: the schedule, the population, and the way of each request.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateshift_lab_kernel::Shared;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::cache::DnsCache;
use super::report::{Failure, LoadReport, Tally};
use super::request::{connector, send};
use super::resolver::resolve;
use super::{LoadOptions, LoadTarget};
use crate::random::Random;

/// Requests that may be under way at once; more than that are counted as failed.
const UNDER_WAY: usize = 4000;

/// A running load.
#[derive(Debug)]
pub struct LoadClient {
    inner: Arc<Inner>,
    stop: CancellationToken,
    schedule: JoinHandle<()>,
}

struct Inner {
    options: LoadOptions,
    started: Instant,
    random: Random,
    clients: Vec<Shared<DnsCache>>,
    tls: Option<TlsConnector>,
    tally: Shared<Tally>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("options", &self.options).finish_non_exhaustive()
    }
}

impl LoadClient {
    /// Starts sending.
    ///
    /// # Errors
    /// When there is no target, the rate is not a positive number, or the authority to trust
    /// cannot be read.
    pub fn start(options: LoadOptions) -> io::Result<Self> {
        let invalid = |cause| io::Error::new(io::ErrorKind::InvalidInput, cause);
        if options.targets.is_empty() {
            return Err(invalid("the load needs at least one target"));
        }
        if !(options.rate_per_s > 0.0 && options.rate_per_s.is_finite()) {
            return Err(invalid("the rate of the load must be above 0"));
        }
        let inner = Arc::new(Inner {
            tls: options.ca_pem.as_deref().map(connector).transpose()?,
            started: Instant::now(),
            random: Random::seeded(options.seed),
            clients: (0..options.population.max(1)).map(|_| Shared::default()).collect(),
            tally: Shared::default(),
            options,
        });
        let stop = CancellationToken::new();
        let schedule = tokio::spawn(run(Arc::clone(&inner), stop.clone()));
        Ok(Self { inner, stop, schedule })
    }

    /// The counters right now.
    #[must_use]
    pub fn stats(&self) -> LoadReport {
        self.inner.tally.lock().snapshot()
    }

    /// Stops sending, waits for the requests under way, and gives the final counters.
    pub async fn stop(self) -> LoadReport {
        self.stop.cancel();
        if self.schedule.await.is_err() {
            tracing::error!("the schedule of the load broke");
        }
        self.inner.tally.lock().snapshot()
    }
}

/// Sends at the moments the rate gives, whatever the answers do.
async fn run(inner: Arc<Inner>, stop: CancellationToken) {
    let mut under_way = JoinSet::new();
    let pause = Duration::from_secs_f64(1.0 / inner.options.rate_per_s);
    let mut next = tokio::time::Instant::now();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = under_way.join_next() => {}
            () = tokio::time::sleep_until(next) => {
                next += pause;
                inner.tally.lock().begin();
                let target = inner.random.below(inner.options.targets.len() as u64) as usize;
                let client = inner.random.below(inner.clients.len() as u64) as usize;
                if under_way.len() < UNDER_WAY {
                    under_way.spawn(request(Arc::clone(&inner), target, client));
                } else {
                    let reason = "too many requests under way".to_owned();
                    inner.failed(&inner.options.targets[target], None, reason);
                }
            }
        }
    }
    // Every request ends by its own timeout.
    while under_way.join_next().await.is_some() {}
}

async fn request(inner: Arc<Inner>, target: usize, client: usize) {
    let target = &inner.options.targets[target];
    let began = Instant::now();
    let patience = inner.options.timeout;
    let mut asked = None;
    let attempt = async {
        let address = inner.address(&inner.clients[client], &target.host).await?;
        asked = Some(address);
        let port = if target.https { inner.options.https_port } else { inner.options.http_port };
        send(target, SocketAddr::new(address, port), inner.tls.as_ref()).await.map(|s| (address, s))
    };
    let ended = tokio::time::timeout(patience, attempt).await;
    match ended {
        Ok(Ok((address, status))) => {
            inner.tally.lock().answered(address, status.as_u16(), began.elapsed());
            if status.is_server_error() {
                inner.failed(target, Some(address), format!("status {status}"));
            }
        }
        Ok(Err(reason)) => inner.failed(target, asked, reason),
        Err(_) => inner.failed(target, asked, format!("no answer within {patience:?}")),
    }
}

impl Inner {
    /// The address a client uses for a host: from its cache, else asked for and kept.
    async fn address(&self, client: &Shared<DnsCache>, host: &str) -> Result<IpAddr, String> {
        let known = client.lock().get(host, Instant::now()).map(<[IpAddr]>::to_vec);
        let list = match known {
            Some(list) => list,
            None => {
                let id = self.random.below(1 << 16) as u16;
                let asked_at = Instant::now();
                let found = resolve(self.options.resolver, host, id).await?;
                let (list, speed) = (found.list, self.options.clock_speed);
                client.lock().keep(host, list.clone(), found.ttl, speed, asked_at);
                list
            }
        };
        let choice = self.random.below(list.len() as u64) as usize;
        list.get(choice).copied().ok_or_else(|| format!("dns: no address for {host}"))
    }

    fn failed(&self, target: &LoadTarget, address: Option<IpAddr>, reason: String) {
        self.tally.lock().failed(Failure {
            at_s: self.started.elapsed().as_secs_f64(),
            target: format!("{} {}{}", target.method, target.host, target.path),
            address,
            reason,
        });
    }
}
