//! One embedded data plane: what it serves, its listeners, and the way of a request through it.

mod answer;
mod certificates;
mod fault;
mod forward;
mod gate;
mod listen;
mod proxy;
mod serve;
mod serving;
mod upstream;
mod watch;

pub(crate) use answer::Reply;
pub use fault::Fault;
pub(crate) use listen::Ports;
pub(crate) use proxy::Proxy;
pub(crate) use serving::Serving;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use gateshift_lab_kernel::gateway::GatewayConfig;
use gateshift_lab_kernel::{Cloud, Shared};
use rustls::ServerConfig;

use crate::observe::{AccessLog, Metrics, Mirrored};
use crate::policies::limits::Limiters;
use crate::random::Random;

/// What all data planes of a lab share.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) ports: Ports,
    pub(crate) proxy: Proxy,
    pub(crate) log: AccessLog,
    pub(crate) metrics: Metrics,
    pub(crate) mirrored: Mirrored,
    pub(crate) random: Random,
}

/// The data plane of one gateway.
#[derive(Debug)]
pub(crate) struct Plane {
    id: String,
    common: Arc<Common>,
    serving: Arc<Shared<Arc<Serving>>>,
    tls: Arc<ServerConfig>,
    fault: Shared<Fault>,
    limiters: Arc<Limiters>,
    state: Shared<State>,
}

/// What the follower of the control plane keeps about a plane.
#[derive(Debug, Default)]
struct State {
    config: GatewayConfig,
    crashed: bool,
    listeners: BTreeMap<IpAddr, listen::Listeners>,
}

impl Plane {
    /// A plane that serves nothing yet.
    pub(crate) fn new(id: &str, common: Arc<Common>) -> Result<Self, rustls::Error> {
        let serving = Arc::new(Shared::new(Arc::new(Serving::default())));
        common.metrics.appear(id);
        Ok(Self {
            id: id.to_owned(),
            tls: Arc::new(certificates::server_config(Arc::clone(&serving))?),
            serving,
            common,
            fault: Shared::default(),
            limiters: Arc::default(),
            state: Shared::default(),
        })
    }

    /// Whether this configuration has to be compiled: it differs from the one in service, or that one
    /// still lacked a certificate.
    pub(crate) fn wants(&self, config: &GatewayConfig) -> bool {
        !self.serving.lock().complete || self.state.lock().config != *config
    }

    /// Whether a peer may open a connection.
    pub(crate) fn admits(&self, peer: IpAddr) -> bool {
        self.serving.lock().lists.admits_peer(peer)
    }

    /// Puts a configuration into service; requests under way keep the one they began with.
    pub(crate) fn adopt(&self, config: GatewayConfig, serving: Serving) {
        *self.serving.lock() = Arc::new(serving);
        self.state.lock().config = config;
    }

    /// Opens the listeners that are missing and closes those of addresses that went away.
    pub(crate) fn listen(self: &Arc<Self>) {
        let mut state = self.state.lock();
        let wanted = if state.crashed { Vec::new() } else { state.config.addresses.clone() };
        state.listeners.retain(|address, _| wanted.contains(address));
        for address in wanted {
            if state.listeners.contains_key(&address) {
                continue;
            }
            match listen::Listeners::open(self, address) {
                Ok(listeners) => {
                    state.listeners.insert(address, listeners);
                }
                Err(error) => {
                    tracing::warn!(gateway = self.id, %address, %error, "cannot listen yet, will try again");
                }
            }
        }
    }

    /// Stops listening and drops every connection, as a gateway that died would.
    pub(crate) fn crash(&self) {
        let mut state = self.state.lock();
        state.crashed = true;
        state.listeners.clear();
    }

    /// Lets it listen again.
    pub(crate) fn restore(self: &Arc<Self>) {
        self.state.lock().crashed = false;
        self.listen();
    }

    /// Edits the plane's faults.
    pub(crate) fn edit_fault(&self, edit: impl FnOnce(&mut Fault)) {
        edit(&mut self.fault.lock());
    }

    /// Stops listening, lets the requests under way end, and drops what then remains.
    pub(crate) async fn shutdown(&self) {
        let listeners = std::mem::take(&mut self.state.lock().listeners);
        for (_, listeners) in listeners {
            listeners.finish().await;
        }
    }
}
