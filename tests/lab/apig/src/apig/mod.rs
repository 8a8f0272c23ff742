//! The Cloud-native API Gateway's control plane.

mod api;
mod attachments;
mod certificate;
mod consumer;
mod deploy;
mod domain;
mod effects;
mod environment;
mod export;
mod feature;
mod gateway;
mod gateway_create;
mod gateway_network;
mod gateway_view;
mod guards;
mod mounted;
mod operation;
mod operations;
mod options;
mod plugin;
mod plugin_class;
mod plugin_mount;
mod policy;
mod policy_attachment;
mod policy_class;
mod policy_view;
mod quota;
mod register;
mod reply;
mod rest;
mod route;
mod route_check;
mod route_view;
mod routing;
mod service;
mod service_update;
mod service_view;
mod source;
mod state;
mod table;
mod tag;
mod telemetry;
mod token;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use gateshift_lab_kernel::gateway::GatewayConfig;
use gateshift_lab_kernel::{Answer, ApiError, Call, Cloud, LogTarget, Product, Shared, Tracing};
use serde_json::Value;

pub use options::{Options, Timing};
use state::{Cx, State};

use crate::dispatch::is_read;

/// The simulated Cloud-native API Gateway of one account.
#[derive(Debug)]
pub struct Apig {
    cloud: Arc<Cloud>,
    options: Options,
    state: Shared<State>,
}

impl Apig {
    /// An account without gateways, behaving as [`Options::default`] says.
    #[must_use]
    pub fn new(cloud: Arc<Cloud>) -> Self {
        Self::with_options(cloud, Options::default())
    }

    /// An account without gateways.
    #[must_use]
    pub fn with_options(cloud: Arc<Cloud>, options: Options) -> Self {
        let salt = cloud.clock.now_ms();
        Self { cloud, options, state: Shared::new(State::new(salt)) }
    }

    /// Everything the account holds, sorted, with names instead of ids and without times, so that two
    /// accounts can be compared by content.
    #[must_use]
    pub fn export(&self) -> Value {
        self.with_state(|cx, state| export::export(cx, state))
    }

    /// How many objects of each kind were ever created, deleted ones included.
    #[must_use]
    pub fn created_counts(&self) -> BTreeMap<String, u64> {
        self.state.lock().created()
    }

    /// Sets tracing of a gateway as a person does in the console, which no call can; none turns it off.
    ///
    /// # Errors
    /// What the console would say.
    pub fn set_tracing(&self, gateway: &str, tracing: Option<Tracing>) -> Result<(), ApiError> {
        self.with_state(|_, state| telemetry::set_tracing(state, gateway, tracing))
    }

    /// Sets where the access logs of a gateway go, as a person does in the console.
    ///
    /// # Errors
    /// What the console would say.
    pub fn set_logs(&self, gateway: &str, to: Option<LogTarget>) -> Result<(), ApiError> {
        self.with_state(|cx, state| telemetry::set_logs(cx, state, gateway, to))
    }

    fn with_state<T>(&self, work: impl FnOnce(&Cx<'_>, &mut State) -> T) -> T {
        let cx = Cx { cloud: &self.cloud, options: &self.options, now: self.cloud.clock.now_ms() };
        let mut state = self.state.lock();
        state.settle(&cx);
        work(&cx, &mut state)
    }
}

impl Product for Apig {
    fn name(&self) -> &'static str {
        "apig"
    }

    fn call(&self, call: &Call) -> Answer {
        let Some(handler) = operations::find(&call.operation) else {
            return Err(ApiError::new(
                501,
                "NotImplemented",
                format!("the lab does not serve {}", call.operation),
            ));
        };
        let answer = self.with_state(|cx, state| handler(cx, state, call));
        if answer.is_ok() && !is_read(&call.operation) {
            self.cloud.touch();
        }
        answer
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::NAMES
    }

    fn gateways(&self) -> Vec<GatewayConfig> {
        self.with_state(|cx, state| routing::gateways(cx, state))
    }
}
