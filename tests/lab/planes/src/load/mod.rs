//! An independent load client: it knows a name server, two ports and a certificate authority, and
//! nothing else of the lab. It sends at a fixed rate whatever happens, a new connection for each
//! request, in the name of a population of clients each of which caches DNS answers for their TTL.

mod cache;
mod client;
mod report;
mod request;
mod resolver;

use std::net::SocketAddr;
use std::time::Duration;

pub use client::LoadClient;
pub use report::{Failure, LoadReport};

/// What one request of the load is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadTarget {
    /// Host name, resolved through the name server and sent as `Host` and SNI.
    pub host: String,
    /// Over HTTPS.
    pub https: bool,
    /// Method.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
}

/// How the load is made.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Name server.
    pub resolver: SocketAddr,
    /// Port that stands for 80.
    pub http_port: u16,
    /// Port that stands for 443.
    pub https_port: u16,
    /// Requests per wall second.
    pub rate_per_s: f64,
    /// Requests to choose from, each time at random.
    pub targets: Vec<LoadTarget>,
    /// Lab seconds per wall second, so that a TTL is honoured in lab time.
    pub clock_speed: f64,
    /// Seed of the choices.
    pub seed: u64,
    /// Clients in the population, each with a cache of its own.
    pub population: usize,
    /// Wall time after which a request counts as failed.
    pub timeout: Duration,
    /// Authority to trust, PEM. Needed when a target is HTTPS.
    pub ca_pem: Option<String>,
}

impl LoadOptions {
    /// 50 requests a second from 200 clients in real time, ten seconds of patience.
    #[must_use]
    pub fn new(resolver: SocketAddr, http_port: u16, https_port: u16) -> Self {
        Self {
            resolver,
            http_port,
            https_port,
            rate_per_s: 50.0,
            targets: Vec::new(),
            clock_speed: 1.0,
            seed: 1,
            population: 200,
            timeout: Duration::from_secs(10),
            ca_pem: None,
        }
    }
}
