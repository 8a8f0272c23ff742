//! Gateways: what one is, its life as a function of the clock, and the calls that change it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use gateshift_lab_kernel::{Answer, Call, Tracing};
use serde_json::Value;

use super::gateway_create::checked_name;
use super::options::Timing;
use super::reply;
use super::state::{Cx, State};
use crate::params::text;

/// A gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) name: String,
    pub(crate) spec: String,
    pub(crate) edition: String,
    pub(crate) kind: String,
    pub(crate) charge_type: String,
    pub(crate) network: String,
    pub(crate) vpc_id: String,
    /// Zone and vSwitch pairs.
    pub(crate) zones: Vec<(String, String)>,
    pub(crate) resource_group_id: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) sls_enabled: bool,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) restarted_ms: Option<i64>,
    pub(crate) deleting_ms: Option<i64>,
    pub(crate) balancers: Vec<Balancer>,
    pub(crate) environment_id: String,
    pub(crate) security_group: String,
    pub(crate) rules: Vec<GroupRule>,
    pub(crate) elastic: Option<Value>,
    pub(crate) features: BTreeMap<String, String>,
    pub(crate) tracing: Option<Tracing>,
}

/// A managed load balancer in front of a gateway.
#[derive(Debug)]
pub(crate) struct Balancer {
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) kind: String,
    pub(crate) ips: Vec<IpAddr>,
}

/// A rule that lets the gateway into a backend's security group.
#[derive(Debug)]
pub(crate) struct GroupRule {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) ports: String,
    pub(crate) description: String,
}

/// Where a gateway is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Creating,
    Running,
    Restarting,
    Deleting,
}

impl Status {
    /// The word on the wire.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Running => "Running",
            Self::Restarting => "Restarting",
            Self::Deleting => "Deleting",
        }
    }
}

impl Gateway {
    /// The status at a moment.
    pub(crate) fn status(&self, timing: &Timing, now: i64) -> Status {
        if self.deleting_ms.is_some() {
            Status::Deleting
        } else if now < self.created_ms + timing.creating_ms {
            Status::Creating
        } else if self.restarted_ms.is_some_and(|at| now < at + timing.restarting_ms) {
            Status::Restarting
        } else {
            Status::Running
        }
    }

    /// Whether the load balancers take connections.
    pub(crate) fn balancers_ready(&self, timing: &Timing, now: i64) -> bool {
        now >= self.created_ms + timing.creating_ms + timing.balancer_ms
    }

    /// Whether it routes requests. A restart replaces node after node, so it goes on serving.
    pub(crate) fn serves(&self, timing: &Timing, now: i64) -> bool {
        matches!(self.status(timing, now), Status::Running | Status::Restarting)
            && self.balancers_ready(timing, now)
    }

    /// Whether a deletion has ended.
    pub(crate) fn is_gone(&self, timing: &Timing, now: i64) -> bool {
        self.deleting_ms.is_some_and(|at| now >= at + timing.deleting_ms)
    }
}

/// `DeleteGateway`: goes on after the answer.
pub(crate) fn delete(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?.to_owned();
    let gateway = state.gateway(&id)?;
    if gateway.charge_type == "PREPAY" {
        return Err(reply::conflict(
            "GatewayIsPrepaid",
            format!("subscription gateway {id} cannot be deleted by API"),
        ));
    }
    if gateway.deleting_ms.is_some() {
        return Err(reply::conflict("GatewayIsDeleted", format!("gateway {id} is being deleted already")));
    }
    if let Some(gateway) = state.gateways.get_mut(&id) {
        gateway.deleting_ms = Some(cx.now);
    }
    cx.cloud.deliveries.lock().switch(&id, None, cx.now);
    reply::done()
}

/// `UpdateGatewayName`.
pub(crate) fn rename(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?.to_owned();
    state.gateway(&id)?;
    let name = checked_name(text(&call.query, "name"))?;
    state.write_to(cx, &id)?;
    if let Some(gateway) = state.gateways.get_mut(&id) {
        gateway.name = name;
        gateway.updated_ms = cx.now;
    }
    reply::done()
}

/// `RestartGateway`.
pub(crate) fn restart(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?.to_owned();
    state.write_to(cx, &id)?;
    if let Some(gateway) = state.gateways.get_mut(&id) {
        gateway.restarted_ms = Some(cx.now);
    }
    reply::done()
}
