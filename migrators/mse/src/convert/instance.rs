//! The instance: the list and the detail each know a part of it.

use std::collections::BTreeMap;

use gateshift_gateway_model::{BackendRule, Elastic, ElasticWindow, Entry, Instance, NetworkKind, NodeSize};
use gateshift_sdk::model::Finding;
use serde_json::Value;

use super::{some, unclear};
use crate::wire::{GatewayEntry, SlbItem};

/// The instance from the item of the list, the detail, and the list of load balancers.
pub(crate) fn instance(
    listed: &Value,
    detail: &Value,
    slbs: &[Value],
    rules: &[Value],
    findings: &mut Vec<Finding>,
) -> Instance {
    let text =
        |name: &str| detail[name].as_str().or_else(|| listed[name].as_str()).unwrap_or_default().to_owned();
    let number = |name: &str| detail[name].as_u64().or_else(|| listed[name].as_u64()).unwrap_or(0) as u32;
    let object = "instance";

    let spec = text("Spec");
    let node = node_size(&spec).unwrap_or_else(|| {
        findings
            .push(unclear(object, format!("size `{spec}` is not of the form MSE_GTW_<vCPU>_<GiB>_200_c")));
        NodeSize { vcpu: 0, memory_gib: 0 }
    });
    let nodes = number("TotalReplica").max(number("Replica"));
    let mut vswitches: Vec<String> =
        [text("Vswitch"), text("Vswitch2")].into_iter().filter(|id| !id.is_empty()).collect();
    vswitches.dedup();
    Instance {
        name: text("Name"),
        edition: listed["MseVersion"].as_str().unwrap_or_default().to_owned(),
        engine_version: listed["GatewayVersion"].as_str().unwrap_or_default().to_owned(),
        node,
        peak_nodes: nodes.max(scheduled_peak(&listed["ElasticPolicy"])),
        nodes,
        prepaid: text("ChargeType") == "PREPAY",
        vpc: detail["Vpc"].as_str().or_else(|| listed["VpcId"].as_str()).unwrap_or_default().to_owned(),
        vswitches,
        security_group: some(&text("SecurityGroup")),
        entries: entries(listed, slbs, findings),
        resource_group: some(&text("ResourceGroupId")),
        tags: tags(&text("MseTag")),
        backend_rules: rules.iter().filter_map(|rule| backend_rule(rule, findings)).collect(),
        elastic: elastic(&listed["ElasticPolicy"], &detail["ElasticPolicy"]),
    }
}

/// The addresses a rule lists are the gateway's own and follow from its vSwitches: they are not kept.
fn backend_rule(rule: &Value, findings: &mut Vec<Finding>) -> Option<BackendRule> {
    let text = |name: &str| rule[name].as_str().unwrap_or_default().to_owned();
    let found = BackendRule {
        group: text("SecurityGroupId"),
        ports: text("PortRange"),
        protocol: text("IpProtocol"),
        description: text("Description"),
    };
    if found.group.is_empty() || found.ports.is_empty() {
        findings.push(unclear("instance/backend-rules", "a rule names no security group or no ports"));
        return None;
    }
    Some(found)
}

/// The list says more of it than the detail; either may leave it out.
fn elastic(listed: &Value, detail: &Value) -> Option<Elastic> {
    let policy = if listed.is_object() { listed } else { detail };
    let kind = policy["ElasticType"].as_str().filter(|kind| !kind.is_empty())?;
    if policy["Elastic"] == Value::Bool(false) {
        return None;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let items = |name: &str| policy[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let window = |one: &Value| {
        let nodes = number(&one["DesiredReplica"])?;
        Some(ElasticWindow { from: text(&one["StartTime"]), to: text(&one["EndTime"]), nodes })
    };
    let load_window = |one: &Value| (text(&one["StartTime"]), text(&one["EndTime"]));
    Some(Elastic {
        kind: kind.to_owned(),
        max_nodes: number(&policy["MaxReplica"]),
        windows: items("TimePolicyList").iter().filter_map(window).collect(),
        load_windows: items("EnableScaleTimePolicyList").iter().map(load_window).collect(),
        load_warning: policy["LoadWarningThreshold"].as_bool(),
    })
}

/// `MSE_GTW_4_8_200_c` is 4 vCPU and 8 GiB.
fn node_size(spec: &str) -> Option<NodeSize> {
    let mut parts = spec.strip_prefix("MSE_GTW_")?.split('_');
    let vcpu = parts.next()?.parse().ok()?;
    let memory_gib = parts.next()?.parse().ok()?;
    Some(NodeSize { vcpu, memory_gib })
}

/// The largest number of nodes that scheduled scaling asks for.
fn scheduled_peak(policy: &Value) -> u32 {
    let desired = policy["TimePolicyList"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["DesiredReplica"].as_u64());
    desired.chain(policy["MaxReplica"].as_u64()).max().unwrap_or(0) as u32
}

/// Newer gateways list entries; older ones only load balancers with an address and a port each.
fn entries(listed: &Value, slbs: &[Value], findings: &mut Vec<Finding>) -> Vec<Entry> {
    let newer: Vec<GatewayEntry> = serde_json::from_value(listed["GatewayEntry"].clone()).unwrap_or_default();
    if !newer.is_empty() {
        return newer
            .iter()
            .map(|entry| Entry {
                domain: some(&entry.entry_domain),
                ipv4: entry.ip_list.iter().filter_map(|ip| ip.parse().ok()).collect(),
                ipv6: entry.ipv6_list.iter().filter_map(|ip| ip.parse().ok()).collect(),
                http_ports: entry.http_ports.clone(),
                https_ports: entry.https_ports.clone(),
                network: network(&entry.net_type),
            })
            .collect();
    }
    let mut found: BTreeMap<String, Entry> = BTreeMap::new();
    let older = ["InternetSlb", "Slb"].iter().flat_map(|name| listed[*name].as_array().into_iter().flatten());
    for slb in older {
        let Ok(item) = serde_json::from_value::<SlbItem>(slb.clone()) else {
            findings.push(unclear("instance/load-balancers", "a load balancer has an unexpected form"));
            continue;
        };
        let Ok(address) = item.slb_ip.parse() else {
            continue;
        };
        found.entry(item.slb_ip.clone()).or_insert_with(|| Entry {
            domain: None,
            ipv4: vec![address],
            ipv6: Vec::new(),
            http_ports: ports(slbs, &item.slb_ip, "HttpPort", 80),
            https_ports: ports(slbs, &item.slb_ip, "HttpsPort", 443),
            network: network(&item.kind),
        });
    }
    found.into_values().collect()
}

fn ports(slbs: &[Value], address: &str, name: &str, default: u16) -> Vec<u16> {
    let known = slbs.iter().filter(|slb| slb["SlbIp"] == address).filter_map(|slb| slb[name].as_u64());
    let ports: Vec<u16> = known.filter_map(|port| u16::try_from(port).ok()).collect();
    if ports.is_empty() { vec![default] } else { ports }
}

fn network(kind: &str) -> NetworkKind {
    let kind = kind.to_ascii_uppercase();
    if kind.contains("PRIVATE") || kind.contains("INTRANET") {
        NetworkKind::Private
    } else {
        NetworkKind::Public
    }
}

/// Tags are JSON text: `{"k":"v"}` or `[{"key":"k","value":"v"}]`.
fn tags(text: &str) -> BTreeMap<String, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => {
            map.into_iter().map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned())).collect()
        }
        Ok(Value::Array(list)) => list
            .iter()
            .filter_map(|one| {
                let get = |a: &str, b: &str| one[a].as_str().or_else(|| one[b].as_str()).map(str::to_owned);
                Some((get("key", "Key")?, get("value", "Value").unwrap_or_default()))
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::instance;

    #[test]
    fn list_and_detail_are_joined() {
        let listed = json!({"Name": "orders", "Spec": "MSE_GTW_4_8_200_c", "TotalReplica": 3, "VpcId": "vpc-x", "MseVersion": "mse_pro",
            "GatewayVersion": "2.0.1", "ElasticPolicy": {"MaxReplica": 6, "TimePolicyList": [{"DesiredReplica": 5}]},
            "InternetSlb": [{"SlbIp": "127.1.2.3", "Type": "PUB_NET"}], "Slb": [{"SlbIp": "127.1.2.4", "Type": "PRIVATE_NET"}]});
        let detail = json!({"Vpc": "vpc-1", "Vswitch": "vsw-1", "Vswitch2": "vsw-2", "ChargeType": "PREPAY", "SecurityGroup": "sg-1",
            "MseTag": "{\"team\":\"shop\"}"});
        let mut findings = Vec::new();
        let slbs = [json!({"SlbIp": "127.1.2.3", "HttpPort": 8080, "HttpsPort": 8443})];
        let instance = instance(&listed, &detail, &slbs, &[], &mut findings);
        assert!(findings.is_empty());
        assert_eq!((instance.node.vcpu, instance.nodes, instance.peak_nodes), (4, 3, 6));
        assert_eq!((instance.vpc.as_str(), instance.vswitches.len(), instance.prepaid), ("vpc-1", 2, true));
        assert_eq!(instance.entries[0].http_ports, [8080]);
        assert_eq!(instance.entries[1].https_ports, [443]);
        assert_eq!(instance.tags["team"], "shop");
    }

    #[test]
    fn an_odd_size_is_a_finding() {
        let mut findings = Vec::new();
        instance(&json!({}), &json!({"Spec": "huge"}), &[], &[], &mut findings);
        assert_eq!(findings[0].code, "SRC-UNCLEAR");
    }
}
