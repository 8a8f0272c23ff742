//! What surrounds a gateway: rules in backends' security groups, elasticity, tracing.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Value, json};

use super::gateway::GroupRule;
use super::reply;
use super::state::{Cx, State};
use crate::params::{string, text, texts};

/// `AddGatewaySecurityGroupRule`: lets the gateway into a backend's security group.
pub(crate) fn add_rule(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?.to_owned();
    let own = state.gateway(&id)?.security_group.clone();
    let group = text(&call.body, "securityGroupId").ok_or_else(|| reply::missing("securityGroupId"))?;
    let ports = texts(&call.body, "portRanges");
    if ports.is_empty() {
        return Err(reply::missing("portRanges"));
    }
    ports.iter().try_for_each(|range| check_range(range))?;
    if group == own {
        return Err(reply::bad(
            "securityGroupId",
            "it is the gateway's own group; a backend's group is meant",
        ));
    }
    let vpc = state.gateway(&id)?.vpc_id.clone();
    match cx.cloud.network.lock().security_groups.iter().find(|one| one.id == group) {
        None => return Err(reply::bad("securityGroupId", format!("there is no security group {group}"))),
        Some(found) if found.vpc_id != vpc => {
            return Err(reply::bad("securityGroupId", format!("security group {group} is not in {vpc}")));
        }
        Some(_) => {}
    }
    let taken = |range: &String| {
        state.gateways.get(&id).is_some_and(|gateway| {
            gateway.rules.iter().any(|rule| rule.group == group && rule.ports == *range)
        })
    };
    if let Some(range) = ports.iter().find(|range| taken(range)) {
        return Err(reply::conflict(
            "SecurityGroupRuleExisted",
            format!("{group} {range} is allowed already"),
        ));
    }
    state.write_to(cx, &id)?;
    let description = string(&call.body, "description").unwrap_or_default();
    for range in ports {
        let rule_id = state.fresh("sgr");
        let Some(gateway) = state.gateways.get_mut(&id) else { break };
        let rule = GroupRule {
            id: rule_id,
            group: group.to_owned(),
            ports: range,
            description: description.clone(),
        };
        gateway.rules.push(rule);
        state.count("securityGroupRule");
    }
    reply::done()
}

fn check_range(range: &str) -> Result<(), ApiError> {
    let parts: Option<Vec<u16>> = range.split('/').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([from, to]) if from <= to && *from > 0 => Ok(()),
        _ => {
            Err(reply::bad("portRanges", format!("{range} is not of the form 80/443 with ports 1 to 65535")))
        }
    }
}

/// `DeleteGatewaySecurityGroupRule`.
pub(crate) fn delete_rule(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?.to_owned();
    let rule = reply::path(call, "securityGroupRuleId")?;
    if !state.gateway(&id)?.rules.iter().any(|one| one.id == rule) {
        return Err(reply::gone("SecurityGroupRule", rule));
    }
    state.write_to(cx, &id)?;
    if let Some(gateway) = state.gateways.get_mut(&id) {
        gateway.rules.retain(|one| one.id != rule);
    }
    reply::done()
}

/// `ListGatewayAuthorizedSecurityGroupRules`.
pub(crate) fn rules(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let gateway = state.gateway(reply::path(call, "gatewayId")?)?;
    let network = cx.cloud.network.lock();
    let items: Vec<Value> = gateway
        .rules
        .iter()
        .map(|rule| {
            let group = network.security_groups.iter().find(|group| group.id == rule.group);
            json!({
                "securityGroupRuleId": rule.id,
                "securityGroupId": rule.group,
                "securityGroupName": group.map(|group| &group.name),
                "sourceSecurityGroupId": gateway.security_group,
                "portRange": rule.ports,
                "ipProtocol": "TCP",
                "description": rule.description,
                "vpcId": group.map(|group| &group.vpc_id),
            })
        })
        .collect();
    reply::ok(json!({ "items": items }))
}

/// `ListGatewayAuthorizableSecurityGroups`: the groups of the gateway's VPC but its own.
pub(crate) fn groups(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let gateway = state.gateway(reply::path(call, "gatewayId")?)?;
    let network = cx.cloud.network.lock();
    let items: Vec<Value> = network
        .security_groups
        .iter()
        .filter(|group| group.vpc_id == gateway.vpc_id && group.id != gateway.security_group)
        .map(|group| json!({"securityGroupId": group.id, "name": group.name, "type": "Normal", "vpcId": group.vpc_id}))
        .collect();
    reply::ok(json!({ "items": items }))
}

/// `GetGatewayElasticPolicy`.
pub(crate) fn elastic(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?;
    let policy = state.gateway(id)?.elastic.clone().unwrap_or_else(|| json!({"elasticEnabled": false}));
    reply::ok(json!({"gatewayId": id, "elasticType": policy.get("elasticType"), "elasticPolicy": policy}))
}

/// `UpdateGatewayElasticPolicy`.
pub(crate) fn set_elastic(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?.to_owned();
    state.gateway(&id)?;
    let policy = call.body.get("elasticPolicy").filter(|policy| policy.is_object());
    let policy = policy.ok_or_else(|| reply::missing("elasticPolicy"))?;
    let enabled = policy.get("elasticEnabled").and_then(Value::as_bool).unwrap_or(false);
    if enabled {
        match policy.get("elasticType").and_then(Value::as_str) {
            Some("CronHPA" | "AutoHPA") => {}
            Some(other) => {
                return Err(reply::bad("elasticType", format!("{other} is not one of CronHPA, AutoHPA")));
            }
            None => return Err(reply::missing("elasticType")),
        }
    }
    state.write_to(cx, &id)?;
    if let Some(gateway) = state.gateways.get_mut(&id) {
        gateway.elastic = Some(policy.clone());
    }
    reply::done()
}
