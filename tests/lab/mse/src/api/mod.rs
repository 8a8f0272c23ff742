//! The operations that are served, one file a subject, and the table that finds them by name.

mod account;
mod auth;
mod consumers;
mod domains;
mod gateways;
mod ip_lists;
mod options;
mod page;
mod plugins;
mod policy_rows;
mod reply;
mod request;
mod route_rows;
mod route_writes;
mod routes;
mod rules;
mod services;
mod sources;
mod surroundings;

use std::sync::LazyLock;

use gateshift_lab_kernel::{Answer, Call, Cloud};

use crate::state::State;
use reply::Reply;
use request::Request;

/// How an operation gets at the state.
enum Operation {
    Read(fn(&State, &Request<'_>) -> Reply),
    Write(fn(&mut State, &Request<'_>) -> Reply),
}

use Operation::{Read, Write};

const TABLE: &[(&str, Operation)] = &[
    ("ListGateway", Read(gateways::list)),
    ("GetGateway", Read(gateways::get)),
    ("ListGatewaySlb", Read(surroundings::load_balancers)),
    ("SelectGatewaySlb", Read(surroundings::selectable_load_balancers)),
    ("ListSecurityGroup", Read(surroundings::security_groups)),
    ("ListSecurityGroupRule", Read(surroundings::security_rules)),
    ("ListTagResources", Read(surroundings::tags)),
    ("GetGatewayConfig", Read(options::config)),
    ("GetGatewayOption", Read(options::option)),
    ("UpdateGatewayConfig", Write(options::update)),
    ("ListGatewayZone", Read(account::zones)),
    ("QueryGatewayRegion", Read(account::regions)),
    ("QueryGatewayType", Read(account::types)),
    ("QuerySlbSpec", Read(account::load_balancer_specs)),
    ("GetMseFeatureSwitch", Read(account::features)),
    ("ListGatewayDomain", Read(domains::list)),
    ("GetGatewayDomainDetail", Read(domains::detail)),
    ("ListSSLCert", Read(domains::certificates)),
    ("AddGatewayDomain", Write(domains::add)),
    ("UpdateGatewayDomain", Write(domains::update)),
    ("DeleteGatewayDomain", Write(domains::delete)),
    ("ListServiceSource", Read(sources::list)),
    ("GetKubernetesSource", Read(sources::clusters)),
    ("GetMseSource", Read(sources::registries)),
    ("PullServices", Read(sources::pull)),
    ("ListGatewayService", Read(services::list)),
    ("GetGatewayServiceDetail", Read(services::detail)),
    ("ListGatewayRoute", Read(routes::list)),
    ("GetGatewayRouteDetail", Read(routes::detail)),
    ("ListGatewayRouteOnAuth", Read(routes::on_auth)),
    ("AddGatewayRoute", Write(route_writes::add)),
    ("UpdateGatewayRouteTimeout", Write(route_writes::timeout)),
    ("ApplyGatewayRoute", Write(route_writes::apply)),
    ("OfflineGatewayRoute", Write(route_writes::offline)),
    ("DeleteGatewayRoute", Write(route_writes::delete)),
    ("ListGatewayFlowRule", Read(rules::flow)),
    ("ListGatewayIsolationRule", Read(rules::isolation)),
    ("ListGatewayCircuitBreakerRule", Read(rules::breakers)),
    ("GatewayBlackWhiteList", Read(ip_lists::list)),
    ("GetBlackWhiteList", Read(ip_lists::get)),
    ("AddBlackWhiteList", Write(ip_lists::add)),
    ("UpdateBlackWhiteList", Write(ip_lists::update)),
    ("DeleteBlackWhiteList", Write(ip_lists::delete)),
    ("ListGatewayAuth", Read(auth::list)),
    ("GetGatewayAuthDetail", Read(auth::detail)),
    ("ListGatewayAuthConsumer", Read(consumers::list)),
    ("GetGatewayAuthConsumerDetail", Read(consumers::detail)),
    ("ListGatewayAuthConsumerResource", Read(consumers::resources)),
    ("GetPlugins", Read(plugins::list)),
    ("GetPluginConfig", Read(plugins::config)),
    ("UpdatePluginConfig", Write(plugins::update)),
];

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| TABLE.iter().map(|(name, _)| *name).collect());

/// Names of all operations served.
pub(crate) fn operations() -> &'static [&'static str] {
    &NAMES
}

/// Answers a call.
pub(crate) fn answer(cloud: &Cloud, state: &mut State, call: &Call) -> Answer {
    let request = Request::new(cloud, call);
    let Some((_, operation)) = TABLE.iter().find(|(name, _)| *name == call.operation) else {
        return reply::unserved(&call.operation);
    };
    let reply = match operation {
        Read(read) => read(state, &request),
        Write(write) => write(state, &request),
    };
    reply::into_answer(&call.operation, reply)
}
