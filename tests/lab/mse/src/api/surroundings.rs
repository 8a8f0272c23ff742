//! What is attached to a gateway: load balancers, security groups, tags.

use serde_json::{Value, json};

use super::gateways::network;
use super::reply::{Refusal, Reply, data};
use super::request::Request;
use crate::state::{Entry, Gateway, State};
use crate::times;

pub(crate) fn load_balancers(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rows = (1..).zip(&gateway.entries).map(|(at, entry)| {
        json!({
            "EditEnable": false,
            "GatewayId": gateway.id.to_string(),
            "GatewaySlbMode": "Managed",
            "GatewaySlbStatus": "Ready",
            "GmtCreate": times::local(gateway.created_ms),
            "HttpPort": 80,
            "HttpsPort": 443,
            "HttpsVServerGroupId": format!("rsp-{}-443", entry.slb_id),
            "Id": (gateway.id * 10 + at).to_string(),
            "ServiceWeight": 100,
            "SlbId": entry.slb_id,
            "SlbIp": entry.address.to_string(),
            "SlbPort": "80,443",
            "SlbType": "CLB",
            "StatusDesc": "",
            "Type": network(entry),
            "VServerGroupId": format!("rsp-{}-80", entry.slb_id),
            "VServiceList": [
                server_group(entry, "80", "HTTP"),
                server_group(entry, "443", "HTTPS"),
            ],
        })
    });
    data(rows.collect::<Vec<_>>())
}

fn server_group(entry: &Entry, port: &str, protocol: &str) -> Value {
    json!({
        "Port": port,
        "Protocol": protocol,
        "VServerGroupId": format!("rsp-{}-{port}", entry.slb_id),
        "VServerGroupName": format!("mse-gateway-{port}"),
    })
}

pub(crate) fn selectable_load_balancers(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rows: Vec<Value> = gateway
        .entries
        .iter()
        .filter(|entry| request.text("Type").is_none_or(|want| want == network(entry)))
        .map(|entry| (entry, format!("MseGatewaySlb-{}", gateway.spec.name)))
        .filter(|(_, name)| request.text("Name").is_none_or(|want| name.contains(want)))
        .map(|(entry, name)| json!({ "SlbId": entry.slb_id, "SlbName": name }))
        .collect();
    data(rows)
}

pub(crate) fn security_groups(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let network = request.cloud.network.lock();
    let rows: Vec<Value> = network
        .security_groups
        .iter()
        .filter(|group| group.vpc_id == gateway.spec.vpc)
        .map(|group| {
            json!({
                "SecurityGroupId": group.id,
                "SecurityGroupName": group.name,
                "SecurityGroupType": "normal",
                "VpcId": group.vpc_id,
            })
        })
        .collect();
    data(rows)
}

pub(crate) fn security_rules(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rows = (1..).zip(&gateway.spec.security_rules).map(|(at, rule)| {
        json!({
            "AuthCidrs": [],
            "Description": rule.description,
            "GatewayId": gateway.id,
            "GatewayUniqueId": gateway.spec.id,
            "GmtCreate": times::iso(gateway.created_ms),
            "GmtModified": times::iso(gateway.created_ms),
            "Id": at.to_string(),
            "IpProtocol": "tcp",
            "PortRange": rule.ports,
            "SecurityGroupId": rule.group,
        })
    });
    data(rows.collect::<Vec<_>>())
}

pub(crate) fn tags(state: &State, request: &Request<'_>) -> Reply {
    let kind = request.text("ResourceType").ok_or_else(|| Refusal::invalid("ResourceType is missing"))?;
    let ids: Option<Vec<&str>> = request
        .value("ResourceId")
        .and_then(Value::as_array)
        .map(|ids| ids.iter().filter_map(Value::as_str).collect());
    let wanted: Vec<&Value> =
        request.value("Tag").and_then(Value::as_array).map(|tags| tags.iter().collect()).unwrap_or_default();
    if ids.is_none() && wanted.is_empty() {
        return Err(Refusal::invalid("give ResourceId or Tag"));
    }
    let named = |gateway: &&Gateway| ids.as_ref().is_none_or(|ids| ids.contains(&gateway.spec.id.as_str()));
    let mut rows = Vec::new();
    if kind.eq_ignore_ascii_case("gateway") {
        for gateway in state.gateways.iter().filter(named) {
            for (key, value) in &gateway.spec.tags {
                let matches = |tag: &&Value| {
                    tag["Key"].as_str() == Some(key) && tag["Value"].as_str().is_none_or(|want| want == value)
                };
                if wanted.is_empty() || wanted.iter().any(matches) {
                    rows.push(json!({
                        "ResourceId": gateway.spec.id, "ResourceType": kind, "TagKey": key, "TagValue": value,
                    }));
                }
            }
        }
    }
    Ok(json!({ "Success": true, "Message": "success", "TagResources": { "TagResource": rows } }))
}
