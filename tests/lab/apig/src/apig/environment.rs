//! Environments (each gateway has exactly its default one), regions and zones.

use std::collections::BTreeSet;

use gateshift_lab_kernel::{Answer, Call};
use serde_json::{Value, json};

use super::gateway::Gateway;
use super::gateway_view::VERSION;
use super::reply;
use super::state::{Cx, State};
use crate::params::{fits, fits_part, flag};

/// Name of a default environment.
pub(crate) const NAME: &str = "default";
/// Display name of a default environment.
pub(crate) const ALIAS: &str = "Default";

/// `ListEnvironments`.
pub(crate) fn list(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let items: Vec<Value> = state
        .gateways
        .iter()
        .filter(|(id, gateway)| {
            fits(query, "gatewayId", id)
                && fits(query, "gatewayType", &gateway.kind)
                && fits_part(query, "gatewayNameLike", &gateway.name)
                && fits_part(query, "nameLike", NAME)
                && fits_part(query, "aliasLike", ALIAS)
        })
        .map(|(id, gateway)| full(state, id, gateway))
        .collect();
    reply::page(call, &items)
}

/// `GetEnvironment`.
pub(crate) fn get(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let environment = reply::path(call, "environmentId")?;
    let (id, gateway) = state.gateway_of_environment(environment)?;
    let mut view = full(state, id, gateway);
    if flag(&call.query, "withStatistics") == Some(true) {
        let routes = state.routes.count(environment);
        view["statisticsInfo"] = json!({
            "totalCount": routes, "resourceStatistics": [{"resourceType": "GatewayRoute", "resourceCount": routes}],
        });
    }
    reply::ok(view)
}

/// An environment in full, as other answers embed it too.
pub(crate) fn full(state: &State, gateway_id: &str, gateway: &Gateway) -> Value {
    json!({
        "environmentId": gateway.environment_id,
        "name": NAME,
        "alias": ALIAS,
        "default": true,
        "description": "made with the gateway",
        "createTimestamp": gateway.created_ms,
        "updateTimestamp": gateway.created_ms,
        "resourceGroupId": gateway.resource_group_id,
        "gatewayInfo": gateway_info(gateway_id, gateway),
        "subDomainInfos": sub_domains(state, gateway_id),
    })
}

/// The short form of a gateway that other answers embed.
pub(crate) fn gateway_info(id: &str, gateway: &Gateway) -> Value {
    json!({
        "gatewayId": id,
        "name": gateway.name,
        "engineVersion": VERSION,
        "gatewayEdition": gateway.edition,
        "vpcInfo": {"vpcId": gateway.vpc_id, "name": gateway.vpc_id},
    })
}

/// The sub-domains of a gateway's environment.
pub(crate) fn sub_domains(state: &State, gateway_id: &str) -> Vec<Value> {
    state
        .domains
        .iter()
        .filter(|(_, domain)| domain.gateway_id.as_deref() == Some(gateway_id))
        .map(|(id, domain)| {
            json!({"domainId": id, "name": domain.name, "networkType": "Internet", "protocol": domain.spec.protocol})
        })
        .collect()
}

/// `DescribeRegions`.
pub(crate) fn regions(cx: &Cx<'_>, _: &mut State, _: &Call) -> Answer {
    let region = cx.cloud.network.lock().region.clone();
    reply::ok(json!([{"regionId": region, "localName": region}]))
}

/// `ListZones`: the zones the account has vSwitches in.
pub(crate) fn zones(cx: &Cx<'_>, _: &mut State, _: &Call) -> Answer {
    let network = cx.cloud.network.lock();
    let zones: BTreeSet<&str> = network.vswitches.iter().map(|one| one.zone_id.as_str()).collect();
    let items: Vec<Value> =
        zones.into_iter().map(|zone| json!({"zoneId": zone, "supportQat": "false"})).collect();
    reply::ok(json!({ "items": items }))
}
