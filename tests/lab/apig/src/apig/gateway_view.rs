//! How gateways and their load balancers look in answers.

use gateshift_lab_kernel::{Answer, Call};
use serde_json::{Value, json};

use super::gateway::Gateway;
use super::state::{Cx, State};
use super::{environment, reply};
use crate::params::{fits, fits_part, text};

/// Engine version of every gateway here.
pub(crate) const VERSION: &str = "2.1.6";

/// `GetGateway`.
pub(crate) fn get(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?;
    let gateway = state.gateway(id)?;
    let network = cx.cloud.network.lock();
    let vpc_name = network.vpcs.iter().find(|vpc| vpc.id == gateway.vpc_id).map(|vpc| vpc.name.clone());
    let zones: Vec<Value> = gateway
        .zones
        .iter()
        .map(|(zone, switch)| json!({"zoneId": zone, "name": zone, "vSwitch": {"vSwitchId": switch, "name": switch}}))
        .collect();
    let mut view = common(cx, id, gateway);
    merge(
        &mut view,
        json!({
            "environments": [{
                "environmentId": gateway.environment_id, "name": environment::NAME, "alias": environment::ALIAS,
            }],
            "maintenancePeriod": {"startTime": "02:00", "endTime": "06:00"},
            "securityGroup": {"securityGroupId": gateway.security_group, "name": format!("apigw-{}", gateway.name)},
            "vpc": {"vpcId": gateway.vpc_id, "name": vpc_name},
            "vSwitch": gateway.zones.first().map(|(_, switch)| json!({"vSwitchId": switch, "name": switch})),
            "zones": zones,
        }),
    );
    reply::ok(view)
}

/// `ListGateways`.
pub(crate) fn list(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let items: Vec<Value> = state
        .gateways
        .iter()
        .filter(|(id, gateway)| {
            fits(query, "gatewayId", id)
                && fits_part(query, "name", &gateway.name)
                && text(query, "keyword").is_none_or(|word| gateway.name.contains(word) || id.contains(word))
                && fits(query, "gatewayType", &gateway.kind)
                && fits(query, "vpcId", &gateway.vpc_id)
                && fits(query, "resourceGroupId", gateway.resource_group_id.as_deref().unwrap_or_default())
                && has_tags(gateway, query.get("tag"))
        })
        .map(|(id, gateway)| in_list(cx, state, id, gateway))
        .collect();
    reply::page(call, &items)
}

fn in_list(cx: &Cx<'_>, state: &State, id: &str, gateway: &Gateway) -> Value {
    let zones: Vec<Value> = gateway
        .zones
        .iter()
        .map(|(zone, switch)| json!({"zoneId": zone, "vSwitch": {"vSwitchId": switch}}))
        .collect();
    let mut view = common(cx, id, gateway);
    merge(
        &mut view,
        json!({
            "legacy": false,
            "securityGroup": {"securityGroupId": gateway.security_group},
            "subDomainInfos": environment::sub_domains(state, id),
            "vpc": {"vpcId": gateway.vpc_id},
            "vSwitch": gateway.zones.first().map(|(_, switch)| json!({"vSwitchId": switch})),
            "zones": zones,
        }),
    );
    view
}

fn has_tags(gateway: &Gateway, wanted: Option<&Value>) -> bool {
    let wanted = wanted.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    wanted.iter().all(|tag| {
        let key = tag.get("key").and_then(Value::as_str).unwrap_or_default();
        let value = tag.get("value").and_then(Value::as_str);
        gateway.tags.get(key).is_some_and(|actual| value.is_none_or(|value| value == actual))
    })
}

fn common(cx: &Cx<'_>, id: &str, gateway: &Gateway) -> Value {
    let balancers: Vec<Value> = gateway
        .balancers
        .iter()
        .enumerate()
        .map(|(number, balancer)| {
            let ready = gateway.balancers_ready(&cx.options.timing, cx.cloud.served_ms());
            json!({
                "loadBalancerId": balancer.id,
                "address": ready.then_some(&balancer.address),
                "addressType": balancer.kind,
                "addressIpVersion": "ipv4",
                "ipv4Addresses": if ready { json!(balancer.ips) } else { json!([]) },
                "type": "NLB",
                "mode": "Managed",
                "gatewayDefault": number == 0,
                "ports": [{"port": 80, "protocol": "TCP"}, {"port": 443, "protocol": "TCP"}],
                "status": if ready { "Ready" } else { "NotCreate" },
            })
        })
        .collect();
    let tags: Vec<Value> =
        gateway.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    json!({
        "gatewayId": id,
        "name": gateway.name,
        "chargeType": gateway.charge_type,
        "createFrom": "OpenAPI",
        "createTimestamp": gateway.created_ms,
        "updateTimestamp": gateway.updated_ms,
        "gatewayEdition": gateway.edition,
        "gatewayType": gateway.kind,
        "loadBalancers": balancers,
        "replicas": "2",
        "resourceGroupId": gateway.resource_group_id,
        "spec": gateway.spec,
        "status": gateway.status(&cx.options.timing, cx.now).text(),
        "tags": tags,
        "targetVersion": VERSION,
        "version": VERSION,
    })
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// `ListGatewayLoadBalancers`.
pub(crate) fn balancers(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?;
    let gateway = state.gateway(id)?;
    let ready = gateway.balancers_ready(&cx.options.timing, cx.cloud.served_ms());
    let items: Vec<Value> = gateway
        .balancers
        .iter()
        .enumerate()
        .filter(|(_, balancer)| fits(&call.query, "loadBalancerId", &balancer.id))
        .map(|(number, balancer)| {
            json!({
                "gatewayId": id,
                "loadBalancerId": balancer.id,
                "loadBalancerName": balancer.id,
                "loadBalancerAddress": ready.then_some(&balancer.address),
                "loadBalancerAddressIpVersion": "ipv4",
                "loadBalancerAddressType": balancer.kind,
                "loadBalancerMode": "Managed",
                "loadBalancerType": "NLB",
                "loadBalancerStatus": if ready { "Ready" } else { "NotCreate" },
                "defaultGatewayIngress": number == 0,
                "editEnable": false,
                "ports": [{"port": 80, "protocol": "TCP"}, {"port": 443, "protocol": "TCP"}],
            })
        })
        .collect();
    reply::ok(json!({ "items": items }))
}
