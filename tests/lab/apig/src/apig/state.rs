//! Everything the account holds, and the rules that hold for all writes.

use std::collections::BTreeMap;

use gateshift_lab_kernel::{ApiError, Cloud};

use super::api::Api;
use super::attachments::Attachments;
use super::consumer::{Consumer, Rule};
use super::domain::Domain;
use super::gateway::{Gateway, Status};
use super::operation::Operation;
use super::options::Options;
use super::plugin::Plugin;
use super::plugin_class::Custom;
use super::plugin_mount::Mount;
use super::policy::Policy;
use super::register::Register;
use super::route::Route;
use super::service::Service;
use super::source::Source;
use super::table::{Table, made_id};
use super::token::Tokens;
use super::{operation, reply};

/// What a handler may look at besides the state.
pub(crate) struct Cx<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) options: &'a Options,
    pub(crate) now: i64,
}

/// The account.
#[derive(Debug)]
pub(crate) struct State {
    salt: i64,
    fresh: u64,
    pub(crate) gateways: Table<Gateway>,
    pub(crate) domains: Table<Domain>,
    pub(crate) sources: Table<Source>,
    pub(crate) services: Register<Service>,
    pub(crate) apis: Table<Api>,
    pub(crate) routes: Register<Route>,
    pub(crate) operations: Table<Operation>,
    pub(crate) policies: Table<Policy>,
    pub(crate) attachments: Attachments,
    pub(crate) classes: Table<Custom>,
    pub(crate) plugins: Table<Plugin>,
    pub(crate) mounts: Table<Mount>,
    pub(crate) consumers: Table<Consumer>,
    pub(crate) rules: Table<Rule>,
    pub(crate) tokens: Tokens,
    created: BTreeMap<&'static str, u64>,
    last_write: BTreeMap<String, i64>,
}

impl State {
    /// An empty account.
    pub(crate) fn new(salt: i64) -> Self {
        Self {
            salt,
            fresh: 0,
            gateways: Table::new("gw", salt),
            domains: Table::new("d", salt),
            sources: Table::new("src", salt),
            services: Register::new("svc", salt),
            apis: Table::new("api", salt),
            routes: Register::new("hr", salt),
            operations: Table::new("op", salt),
            policies: Table::new("p", salt),
            attachments: Attachments::new(salt),
            classes: Table::new("pls", salt),
            plugins: Table::new("pl", salt),
            mounts: Table::new("pa", salt),
            consumers: Table::new("cs", salt),
            rules: Table::new("rule", salt),
            tokens: Tokens::default(),
            created: BTreeMap::new(),
            last_write: BTreeMap::new(),
        }
    }

    /// A new id for something that is not in a table of its own.
    pub(crate) fn fresh(&mut self, prefix: &str) -> String {
        self.fresh += 1;
        made_id(prefix, self.salt, self.fresh)
    }

    /// Takes a resource that goes away out of all that is attached to it.
    pub(crate) fn detach(&mut self, resource: &str) {
        self.attachments.detach(resource);
        self.mounts.values_mut().for_each(|one| one.resource_ids.retain(|id| id != resource));
        self.mounts.retain(|_, one| !one.resource_ids.is_empty());
        self.rules.retain(|_, rule| rule.resource_id != resource);
    }

    /// Notes a successful creation.
    pub(crate) fn count(&mut self, kind: &'static str) {
        *self.created.entry(kind).or_default() += 1;
    }

    /// Successful creations ever made, by kind.
    pub(crate) fn created(&self) -> BTreeMap<String, u64> {
        self.created.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
    }

    /// The gateway with this id.
    pub(crate) fn gateway(&self, id: &str) -> Result<&Gateway, ApiError> {
        self.gateways.get(id).ok_or_else(|| reply::gone("Gateway", id))
    }

    /// The gateway whose default environment has this id.
    pub(crate) fn gateway_of_environment(&self, environment: &str) -> Result<(&str, &Gateway), ApiError> {
        self.gateways
            .iter()
            .find(|(_, gateway)| gateway.environment_id == environment)
            .ok_or_else(|| reply::gone("Environment", environment))
    }

    /// Checks that a gateway takes a write now and holds its write lock from here on. Called by each
    /// handler after its other checks, so that a refused call does not hold the lock.
    pub(crate) fn write_to(&mut self, cx: &Cx<'_>, id: &str) -> Result<(), ApiError> {
        match self.gateway(id)?.status(&cx.options.timing, cx.now) {
            Status::Deleting => {
                return Err(reply::conflict("GatewayIsDeleted", format!("gateway {id} is being deleted")));
            }
            Status::Creating => {
                return Err(reply::conflict(
                    "GatewayNotRunning",
                    format!("gateway {id} is still being created; wait until it is Running"),
                ));
            }
            Status::Running | Status::Restarting => {}
        }
        let last = self.last_write.get(id).copied().unwrap_or(i64::MIN / 2);
        if cx.now < last + cx.options.lock_ms {
            return Err(reply::conflict(
                "LockFailed",
                format!("gateway {id} is locked by another write; repeat it later"),
            ));
        }
        self.last_write.insert(id.to_owned(), cx.now);
        Ok(())
    }

    /// Removes gateways whose deletion has ended, with all that lived on them.
    pub(crate) fn settle(&mut self, cx: &Cx<'_>) {
        let over: Vec<String> = self
            .gateways
            .iter()
            .filter(|(_, gateway)| gateway.is_gone(&cx.options.timing, cx.now))
            .map(|(id, _)| id.to_owned())
            .collect();
        for id in over {
            self.forget_gateway(cx, &id);
        }
    }

    fn forget_gateway(&mut self, cx: &Cx<'_>, id: &str) {
        let Some(gateway) = self.gateways.remove(id) else { return };
        for balancer in &gateway.balancers {
            cx.cloud.hosts.lock().remove(&balancer.address);
        }
        cx.cloud.network.lock().security_groups.retain(|group| group.id != gateway.security_group);
        self.domains.retain(|_, domain| domain.gateway_id.as_deref() != Some(id));
        self.sources.retain(|_, source| source.gateway_id != id);
        self.services.remove_all(id);
        self.routes.remove_all(&gateway.environment_id);
        for operation in self.operations.values_mut() {
            let there = |one: &operation::Publication| one.environment_id == gateway.environment_id;
            operation.publication.take_if(|one| there(one));
        }
        self.attachments.remove_where(|attachment| attachment.gateway_id == id);
        self.plugins.retain(|_, plugin| plugin.gateway_id != id);
        self.mounts.retain(|_, mount| mount.gateway_id != id);
        self.rules.retain(|_, rule| rule.environment_id != gateway.environment_id);
        self.last_write.remove(id);
    }
}
