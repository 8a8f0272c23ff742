//! The product: holds the state behind one lock and hands each call to the operation that answers it.

use std::sync::Arc;

use gateshift_lab_kernel::gateway::GatewayConfig;
use gateshift_lab_kernel::{Answer, Call, Cloud, LogTarget, Product, Shared};

use crate::api;
use crate::plane;
use crate::scenario::Scenario;
use crate::state::State;

/// The MSE control plane of one account.
#[derive(Debug)]
pub struct Mse {
    cloud: Arc<Cloud>,
    state: Shared<State>,
}

impl Mse {
    /// Brings up the gateway of a scenario in the cloud, whose network and world come from
    /// [`network_of`](crate::network_of) and [`world_of`](crate::world_of) of the same scenario.
    /// Takes an address for each entry and makes the entry names resolve.
    #[must_use]
    pub fn new(cloud: Arc<Cloud>, scenario: &Scenario) -> Self {
        let mut scenario = scenario.clone();
        scenario.complete();
        let state = State::of(&scenario, || cloud.addresses.take());
        {
            let mut hosts = cloud.hosts.lock();
            for entry in state.gateways.iter().flat_map(|gateway| &gateway.entries) {
                hosts.insert(entry.domain.clone(), vec![entry.address]);
            }
        }
        for gateway in &state.gateways {
            let to = gateway.spec.log.as_ref().map(|log| LogTarget {
                project: log.project.clone(),
                store: log.store.clone(),
                nginx_format: log.nginx_compatible,
            });
            cloud.deliveries.lock().switch(&gateway.spec.id, to, gateway.created_ms);
        }
        Self { cloud, state: Shared::new(state) }
    }

    /// Ids of the account's gateways.
    #[must_use]
    pub fn gateway_ids(&self) -> Vec<String> {
        self.state.lock().gateways.iter().map(|gateway| gateway.spec.id.clone()).collect()
    }
}

impl Product for Mse {
    fn name(&self) -> &'static str {
        "mse"
    }

    fn call(&self, call: &Call) -> Answer {
        api::answer(&self.cloud, &mut self.state.lock(), call)
    }

    fn operations(&self) -> &'static [&'static str] {
        api::operations()
    }

    fn gateways(&self) -> Vec<GatewayConfig> {
        self.state.lock().gateways.iter().map(plane::config).collect()
    }
}
