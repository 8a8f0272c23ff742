//! All data planes of a lab: one for each gateway that the control planes know, following their
//! changes, with the log, the metrics and the faults of all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateshift_lab_kernel::gateway::GatewayConfig;
use gateshift_lab_kernel::{Cloud, Shared};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::authority::Authority;
use crate::backend::Backend;
use crate::observe::{AccessLog, Expression, LogEntry, Metrics, Mirrored, QueryError, Series};
use crate::plane::{Common, Fault, Plane, Ports, Proxy, Serving};
use crate::random::Random;
use crate::routing::TableCache;

/// Gives the routing of every gateway as it is right now.
pub type ConfigSource = Arc<dyn Fn() -> Vec<GatewayConfig> + Send + Sync>;

/// The control planes are looked at this often when nothing wakes us.
const POLL: Duration = Duration::from_millis(200);
/// Changes that come together are taken together.
const GATHER: Duration = Duration::from_millis(20);

/// How the data planes are started.
#[derive(Clone)]
pub struct PlanesOptions {
    /// Where the routing comes from.
    pub source: ConfigSource,
    /// Clock, world and the signal of changes.
    pub cloud: Arc<Cloud>,
    /// Where certificates come from.
    pub authority: Arc<Authority>,
    /// The backend behind every upstream; an own one is started when absent.
    pub backend: Option<SocketAddr>,
    /// File that takes every access-log entry as a JSON line.
    pub access_log: Option<PathBuf>,
    /// Access-log entries kept in memory.
    pub log_capacity: usize,
}

impl PlanesOptions {
    /// The usual ones: an own backend, no file, 32,768 entries in memory.
    #[must_use]
    pub fn new(source: ConfigSource, cloud: Arc<Cloud>, authority: Arc<Authority>) -> Self {
        Self { source, cloud, authority, backend: None, access_log: None, log_capacity: 32_768 }
    }
}

/// The running data planes.
#[derive(Debug)]
pub struct Planes {
    inner: Arc<Inner>,
    stop: CancellationToken,
    follower: Shared<Option<JoinHandle<()>>>,
    backend: Shared<Option<Backend>>,
}

struct Inner {
    source: ConfigSource,
    authority: Arc<Authority>,
    common: Arc<Common>,
    planes: Shared<BTreeMap<String, Arc<Plane>>>,
    /// Held during a refresh, so that there is one at a time.
    caches: Shared<BTreeMap<String, TableCache>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("planes", &self.planes).finish_non_exhaustive()
    }
}

impl Planes {
    /// Starts with the usual options; when it returns, the gateways there are already listen.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(source: ConfigSource, cloud: Arc<Cloud>, authority: Arc<Authority>) -> io::Result<Self> {
        Self::start_with(PlanesOptions::new(source, cloud, authority))
    }

    /// Starts with the given options.
    ///
    /// # Errors
    /// When no port is free or the access log cannot be opened.
    pub fn start_with(options: PlanesOptions) -> io::Result<Self> {
        let random = Random::unpredictable();
        let ports = Ports::choose(random.below(u64::MAX))?;
        let log = AccessLog::new(options.log_capacity, options.access_log.as_deref())?;
        let own = options.backend.is_none().then(Backend::start).transpose()?;
        let address = options.backend.or(own.as_ref().map(Backend::address));
        let address = address.ok_or_else(|| io::Error::other("no backend"))?;
        let changes = options.cloud.watch();
        let common = Arc::new(Common {
            cloud: options.cloud,
            ports,
            proxy: Proxy::new(address),
            log,
            metrics: Metrics::default(),
            mirrored: Mirrored::default(),
            random,
        });
        let inner = Arc::new(Inner {
            source: options.source,
            authority: options.authority,
            common,
            planes: Shared::default(),
            caches: Shared::default(),
        });
        inner.refresh();
        let stop = CancellationToken::new();
        let follower = tokio::spawn(follow(Arc::clone(&inner), changes, stop.clone()));
        Ok(Self { inner, stop, follower: Shared::new(Some(follower)), backend: Shared::new(own) })
    }

    /// The port on which every gateway speaks HTTP.
    #[must_use]
    pub fn http_port(&self) -> u16 {
        self.inner.common.ports.http
    }

    /// The port on which every gateway speaks HTTPS.
    #[must_use]
    pub fn https_port(&self) -> u16 {
        self.inner.common.ports.https
    }

    /// The counters in the text form that Prometheus reads.
    #[must_use]
    pub fn metrics_text(&self) -> String {
        self.inner.common.metrics.text() + &self.inner.common.mirrored.text()
    }

    /// Copies of requests that went to other upstreams, by gateway and upstream.
    #[must_use]
    pub fn mirrored(&self) -> BTreeMap<(String, String), u64> {
        self.inner.common.mirrored.counts()
    }

    /// Answers `METRIC{label="value",...}` and `sum(increase(METRIC{...}[60s]))`, the window in lab
    /// seconds up to now.
    ///
    /// # Errors
    /// When the query is anything else, or asks further back than what is kept.
    pub fn query(&self, text: &str) -> Result<Vec<Series>, QueryError> {
        let common = &self.inner.common;
        Expression::parse(text)?.evaluate(&common.metrics, common.cloud.clock.now_ms())
    }

    /// The same as the answer of the Prometheus query API: HTTP status and body.
    #[must_use]
    pub fn query_response(&self, text: &str) -> (u16, Value) {
        let now = self.inner.common.cloud.clock.now_ms() as f64 / 1000.0;
        match self.query(text) {
            Ok(found) => {
                let result: Vec<Value> = found
                    .iter()
                    .map(|s| json!({ "metric": s.labels, "value": [now, s.value.to_string()] }))
                    .collect();
                let data = json!({ "resultType": "vector", "result": result });
                (200, json!({ "status": "success", "data": data }))
            }
            Err(error) => {
                let error = error.to_string();
                (400, json!({ "status": "error", "errorType": "bad_data", "error": error }))
            }
        }
    }

    /// Requests of a gateway that ended at or after a lab moment, all of them or those the filter
    /// takes; a filter sees only the entries that the log still has in memory.
    #[must_use]
    pub fn requests_since(
        &self,
        gateway_id: &str,
        lab_ms: i64,
        filter: Option<&dyn Fn(&LogEntry) -> bool>,
    ) -> u64 {
        let Some(filter) = filter else {
            return self.inner.common.metrics.requests_since(gateway_id, lab_ms);
        };
        let entries = self.access_log();
        let counts = |entry: &&Arc<LogEntry>| {
            entry.cluster_id == gateway_id && entry.ended_ms >= lab_ms && filter(entry)
        };
        entries.iter().filter(counts).count() as u64
    }

    /// The newest entries of the access log, oldest first.
    #[must_use]
    pub fn access_log(&self) -> Vec<Arc<LogEntry>> {
        self.inner.common.log.entries()
    }

    /// Gateways that have a data plane now.
    #[must_use]
    pub fn gateways(&self) -> Vec<String> {
        self.inner.planes.lock().keys().cloned().collect()
    }

    /// Lets a gateway die: it stops listening and drops its connections. False when there is none.
    pub fn crash(&self, gateway_id: &str) -> bool {
        self.inner.plane(gateway_id).inspect(|plane| plane.crash()).is_some()
    }

    /// Lets a crashed gateway listen again. False when there is none.
    pub fn restore(&self, gateway_id: &str) -> bool {
        self.inner.plane(gateway_id).inspect(Plane::restore).is_some()
    }

    /// Makes a gateway slower by some lab milliseconds a request; 0 ends it.
    pub fn slow(&self, gateway_id: &str, lab_ms: u64) -> bool {
        self.edit(gateway_id, |fault| fault.slow_ms = lab_ms)
    }

    /// Makes a part of a gateway's requests fail with 503; 0.0 ends it.
    pub fn fail(&self, gateway_id: &str, ratio: f64) -> bool {
        self.fail_with(gateway_id, ratio, None, None)
    }

    /// The same for one route only, or with another status.
    pub fn fail_with(&self, gateway_id: &str, ratio: f64, route: Option<&str>, status: Option<u16>) -> bool {
        self.edit(gateway_id, |fault| {
            fault.fail_ratio = ratio;
            fault.fail_route = route.map(Into::into);
            fault.fail_status = status;
        })
    }

    fn edit(&self, gateway_id: &str, edit: impl FnOnce(&mut Fault)) -> bool {
        self.inner.plane(gateway_id).map(|plane| plane.edit_fault(edit)).is_some()
    }

    /// Stops following, lets requests under way end, and closes everything. A second call does
    /// nothing.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        let follower = self.follower.lock().take();
        if let Some(follower) = follower {
            let _ = follower.await;
        }
        let planes = std::mem::take(&mut *self.inner.planes.lock());
        for plane in planes.values() {
            plane.shutdown().await;
        }
        let backend = self.backend.lock().take();
        if let Some(backend) = backend {
            backend.shutdown().await;
        }
        self.inner.common.log.flush();
    }
}

impl Inner {
    fn plane(&self, gateway_id: &str) -> Option<Arc<Plane>> {
        self.planes.lock().get(gateway_id).cloned()
    }

    /// Brings the planes to what the control planes say now.
    fn refresh(&self) {
        let mut caches = self.caches.lock();
        let as_of = self.common.cloud.clock.now_ms();
        let configs = (self.source)();
        let present: BTreeSet<String> = configs.iter().map(|config| config.gateway_id.clone()).collect();
        self.planes.lock().retain(|id, plane| {
            let stays = present.contains(id);
            if !stays {
                plane.crash();
            }
            stays
        });
        caches.retain(|id, _| present.contains(id));
        for config in configs {
            let Some(plane) = self.plane_for(&config.gateway_id) else {
                continue;
            };
            if plane.wants(&config) {
                let cache = caches.entry(config.gateway_id.clone()).or_default();
                let serving = Serving::compile(&config, &self.authority, cache);
                plane.adopt(config, serving);
            }
            plane.listen();
        }
        self.common.cloud.followed(as_of);
    }

    /// The plane of a gateway, made when it is new.
    fn plane_for(&self, gateway_id: &str) -> Option<Arc<Plane>> {
        let mut planes = self.planes.lock();
        if let Some(plane) = planes.get(gateway_id) {
            return Some(Arc::clone(plane));
        }
        let plane = Plane::new(gateway_id, Arc::clone(&self.common))
            .map(Arc::new)
            .inspect_err(|error| tracing::error!(gateway_id, %error, "no tls for this gateway"))
            .ok()?;
        planes.insert(gateway_id.to_owned(), Arc::clone(&plane));
        Some(plane)
    }
}

/// Follows the control planes until stopped. A refresh that took long is followed by a longer rest,
/// so that a busy control plane is not slowed down by our looking.
async fn follow(inner: Arc<Inner>, mut changes: watch::Receiver<u64>, stop: CancellationToken) {
    let mut rest = GATHER;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            // An error means that nobody can change anything any more; the poll goes on.
            changed = changes.changed() => match changed {
                Ok(()) => tokio::time::sleep(rest).await,
                Err(_) => tokio::time::sleep(POLL).await,
            },
            () = tokio::time::sleep(POLL) => {}
        }
        changes.mark_unchanged();
        let began = Instant::now();
        let refreshing = Arc::clone(&inner);
        // Compiling thousands of routes must not hold up the requests of other tasks.
        if tokio::task::spawn_blocking(move || refreshing.refresh()).await.is_err() {
            tracing::error!("data planes could not follow a change of the control planes");
        }
        rest = GATHER.max(began.elapsed() * 4);
        inner.common.log.flush();
    }
}
