//! A whole lab: the simulated account with its control planes behind their fronts, both data planes,
//! the name server, the metrics, and the lab's own control, all on loopback.

mod admin;
mod alerts;
mod console;
mod endpoints;
mod export;
mod hosts;
mod metrics;
mod observed;
mod open;
mod options;
mod parts;
mod targets;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use gateshift_lab_kernel::Product;
use gateshift_lab_planes::{AuthorityError, LoadClient, LoadOptions, NameServer, Planes};
use serde_json::Value;

pub use endpoints::LabEndpoints;
pub use options::{Account, Behaviour, LabOptions};
use parts::Parts;

use crate::contract::ContractError;
use crate::faults::{Faults, Quotas};
use crate::front::Front;
use crate::serve::{Server, front_handler};
use crate::stats::Counts;

/// Why a lab did not start.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// No address to listen on.
    #[error("the lab cannot listen at {at}")]
    Listen {
        /// What wanted to listen, and where.
        at: String,
        /// Why not.
        source: io::Error,
    },
    /// The recording cannot be written.
    #[error("the recording {} cannot be created", path.display())]
    Record {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A contract is missing or broken.
    #[error("the lab cannot serve a product")]
    Contract(#[from] ContractError),
    /// No certificates.
    #[error("the lab cannot make its certificates")]
    Authority(#[from] AuthorityError),
    /// The data planes did not start.
    #[error("the gateways of the lab cannot start")]
    Planes(#[source] io::Error),
    /// A zone of the account was refused.
    #[error("the lab cannot set up the zone {zone}: {said}")]
    Dns {
        /// Which.
        zone: String,
        /// Why.
        said: String,
    },
    /// The account has no gateway.
    #[error("the scenario has no gateway to migrate")]
    NoGateway,
}

/// A running lab. It ends with [`Lab::shutdown`]; dropping it leaves its servers running until the
/// runtime ends.
pub struct Lab {
    parts: Arc<Parts>,
    servers: Vec<Server>,
    endpoints: LabEndpoints,
}

impl Lab {
    /// Starts everything and returns when all of it listens.
    ///
    /// # Errors
    /// When something cannot listen, or a file cannot be written.
    pub async fn start(options: LabOptions) -> Result<Self, LabError> {
        let (parts, key) = Parts::build(&options).await?;
        let parts = Arc::new(parts);
        let port = |name: &str| options.ports.get(name).copied().unwrap_or_default();
        let mut servers = Vec::new();
        let mut urls = BTreeMap::new();
        for product in parts.products() {
            let name = product.name();
            let front = Front::new(product, parts.entry.clone())?;
            let server = listen(name, port(name), front_handler(front)).await?;
            urls.insert(format!("aliyun/{name}"), server.url());
            servers.push(server);
        }
        let metrics = listen("prometheus", port("prometheus"), metrics::handler(parts.clone())).await?;
        urls.insert("prometheus".to_owned(), metrics.url());
        let admin = listen("admin", port("admin"), admin::handler(parts.clone())).await?;
        let region = parts.cloud.network.lock().region.clone();
        let connect = [("80", parts.planes.http_port()), ("443", parts.planes.https_port())];
        let endpoints = LabEndpoints {
            endpoints: urls,
            dns: parts.names.addr().to_string(),
            connect: connect.map(|(claimed, real)| (claimed.to_owned(), real)).into(),
            ca_pem: parts.authority.ca_pem().to_owned(),
            access_key_id: key.id,
            access_key_secret: key.secret,
            speed: options.speed,
            log_project: parts.log_project(&region),
            region,
            gateway: parts.mse.gateway_ids().into_iter().next().ok_or(LabError::NoGateway)?,
            admin: admin.url(),
        };
        servers.extend([metrics, admin]);
        Ok(Self { parts, servers, endpoints })
    }

    /// Addresses, keys and speed.
    #[must_use]
    pub fn endpoints(&self) -> &LabEndpoints {
        &self.endpoints
    }

    /// The fault script in force, to be changed at any time.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.parts.entry.faults
    }

    /// The quotas in force, to be changed at any time.
    #[must_use]
    pub fn quotas(&self) -> &Quotas {
        &self.parts.entry.quotas
    }

    /// The data planes: access log, metrics, crashes.
    #[must_use]
    pub fn planes(&self) -> &Planes {
        &self.parts.planes
    }

    /// The name server: answers given, delays.
    #[must_use]
    pub fn names(&self) -> &NameServer {
        &self.parts.names
    }

    /// Calls and refusals by product and operation.
    #[must_use]
    pub fn stats(&self) -> Counts {
        self.parts.entry.stats.counts()
    }

    /// Target account, DNS and alert rules by content: two runs that did the same are equal here.
    #[must_use]
    pub fn export(&self) -> Value {
        self.parts.export()
    }

    /// How many objects of each kind were ever created on the target, deleted ones included.
    #[must_use]
    pub fn created_counts(&self) -> BTreeMap<String, u64> {
        self.parts.apig.created_counts()
    }

    /// Addresses of the source gateway, which the load client's report counts by.
    #[must_use]
    pub fn source_addresses(&self) -> Vec<IpAddr> {
        self.parts.mse.gateways().into_iter().flat_map(|gateway| gateway.addresses).collect()
    }

    /// Addresses of the target gateways there are now.
    #[must_use]
    pub fn target_addresses(&self) -> Vec<IpAddr> {
        self.parts.apig.gateways().into_iter().flat_map(|gateway| gateway.addresses).collect()
    }

    /// Starts a load client that asks for what the source gateway publishes, at so many requests a
    /// second.
    ///
    /// # Errors
    /// When the client cannot be set up.
    pub fn load_client(&self, rate_per_s: f64) -> io::Result<LoadClient> {
        LoadClient::start(LoadOptions {
            rate_per_s,
            targets: self.parts.load_targets(),
            clock_speed: self.endpoints.speed,
            ca_pem: Some(self.endpoints.ca_pem.clone()),
            ..LoadOptions::new(
                self.parts.names.addr(),
                self.parts.planes.http_port(),
                self.parts.planes.https_port(),
            )
        })
    }

    /// Ends everything.
    pub async fn shutdown(self) {
        for server in self.servers {
            server.shutdown().await;
        }
        self.parts.planes.shutdown().await;
        self.parts.names.shutdown().await;
    }
}

async fn listen(name: &str, port: u16, handler: crate::serve::Handler) -> Result<Server, LabError> {
    let at = || if port == 0 { format!("a free port for {name}") } else { format!("port {port} for {name}") };
    Server::start(port, handler).await.map_err(|source| LabError::Listen { at: at(), source })
}

#[cfg(test)]
mod tests;
