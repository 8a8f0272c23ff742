//! The gateway instance. Neither the list nor the detail is complete: load balancers, versions and
//! the edition are only in the list, security group, log and trace settings only in the detail, and
//! the two write times, ends and network names differently.

use gateshift_lab_kernel::ACCOUNT;
use serde_json::{Value, json};

use super::page;
use super::reply::{Reply, data};
use super::request::Request;
use crate::scenario::{self, Charge};
use crate::state::{Entry, Gateway, State};
use crate::times;

/// The far future that a gateway without an end date is said to end in.
const NO_END_MS: &str = "4792060800000";

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    let mut rows: Vec<&Gateway> = state.gateways.iter().filter(|gateway| wanted(gateway, request)).collect();
    page::sort(request, &mut rows, |gateway| gateway.created_ms);
    page::page(request, &rows, |gateway| row(state, gateway))
}

fn wanted(gateway: &Gateway, request: &Request<'_>) -> bool {
    let spec = &gateway.spec;
    let equal = |name: &str, value: &str| request.filter_text(name).is_none_or(|want| want == value);
    equal("GatewayUniqueId", &spec.id)
        && equal("Vpc", &spec.vpc)
        && equal("InstanceId", &instance_id(gateway))
        && equal("ResourceGroupId", resource_group(gateway))
        && equal("GatewayType", "Ingress")
        && request.filter_text("Name").is_none_or(|want| spec.name.contains(want))
        && request.filter_text("MseTag").is_none_or(|want| has_tags(gateway, want))
}

/// Whether the gateway has all tags of a text such as `[{"key":"a","value":"b"}]`.
fn has_tags(gateway: &Gateway, want: &str) -> bool {
    let Ok(Value::Array(want)) = serde_json::from_str::<Value>(want) else { return false };
    want.iter().all(|tag| {
        let key = tag["key"].as_str().unwrap_or_default();
        let value = gateway.spec.tags.get(key);
        value.is_some_and(|value| tag["value"].as_str().is_none_or(|want| want == value))
    })
}

fn row(state: &State, gateway: &Gateway) -> Value {
    let spec = &gateway.spec;
    let (public, private): (Vec<&Entry>, Vec<&Entry>) =
        gateway.entries.iter().partition(|entry| entry.kind == scenario::Entry::Internet);
    let mut row = json!({
        "AhasOn": false,
        "AppVersion": format!("{}.0", spec.version),
        "ArmsOn": spec.tracing.is_some(),
        "ChargeType": charge(spec.charge),
        "CurrentVersion": format!("{}-mse-gw", spec.version),
        "Elastic": spec.elastic.is_some(),
        "ElasticReplica": elastic_replicas(spec),
        "EndDate": NO_END_MS,
        "GatewayEntry": gateway.entries.iter().map(entry_row).collect::<Vec<_>>(),
        "GatewayType": "Ingress",
        "GatewayUniqueId": spec.id,
        "GatewayVersion": spec.version,
        "GmtCreate": times::local(gateway.created_ms),
        "GmtModified": times::local(gateway.created_ms),
        "Id": gateway.id,
        "InitConfig": { "EnableWaf": false, "SupportWaf": true },
        "InstanceId": instance_id(gateway),
        "InternetSlb": public.iter().map(|entry| slb_row(entry)).collect::<Vec<_>>(),
        "LatestVersion": format!("{}-mse-gw", spec.version),
        "MseTag": tag_text(spec),
        "MseVersion": spec.edition,
        "MustUpgrade": false,
        "Name": spec.name,
        "PrimaryUser": ACCOUNT,
        "Region": state.region,
        "Replica": spec.replicas,
        "ResourceGroupId": resource_group(gateway),
        "RollBack": false,
        "Slb": private.iter().map(|entry| slb_row(entry)).collect::<Vec<_>>(),
        "Spec": spec.spec,
        "Status": spec.status,
        "StatusDesc": status_text(spec.status),
        "SupportWasm": true,
        "Tag": "",
        "TotalReplica": total_replicas(spec),
        "Upgrade": false,
        "VpcId": spec.vpc,
    });
    if let Some(second) = spec.vswitches.get(1) {
        row["Vswitch2"] = second.as_str().into();
    }
    if let Some(policy) = &spec.elastic {
        row["ElasticType"] = "CronHPA".into();
        row["ElasticPolicy"] = elastic_row(policy);
        row["ElasticPolicy"]["Elastic"] = true.into();
        row["ElasticPolicy"]["LoadWarningThreshold"] = false.into();
    }
    row
}

fn entry_row(entry: &Entry) -> Value {
    json!({
        "EntryDomain": entry.domain,
        "HttpPorts": [80],
        "HttpsPorts": [443],
        "IpList": [entry.address.to_string()],
        "Ipv6List": [],
        "NetType": network(entry),
        "Status": "Ready",
    })
}

fn slb_row(entry: &Entry) -> Value {
    let mut row = json!({
        "GatewaySlbMode": "Managed",
        "GatewaySlbStatus": "Ready",
        "SlbId": entry.slb_id,
        "SlbIp": entry.address.to_string(),
        "SlbPort": "80,443",
        "SlbSpec": "slb.s2.small",
        "StatusDesc": "",
        "Type": network(entry),
    });
    if entry.kind == scenario::Entry::Internet {
        row["InternetNetworkFlow"] = "".into();
    }
    row
}

pub(crate) fn get(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let spec = &gateway.spec;
    let mut row = json!({
        "ChargeType": charge(spec.charge),
        "Elastic": spec.elastic.is_some(),
        "ElasticReplica": elastic_replicas(spec),
        "EndDate": "2121-11-09 00:00:00",
        "GatewayUniqueId": spec.id,
        "GmtCreate": times::iso(gateway.created_ms),
        "GmtModified": times::iso(gateway.created_ms),
        "Id": gateway.id,
        "InstanceId": instance_id(gateway),
        "LogConfigDetails": super::options::log_details(spec),
        "MseTag": tag_text(spec),
        "Name": spec.name,
        "PrimaryUser": ACCOUNT,
        "Region": state.region,
        "Replica": spec.replicas,
        "ResourceGroupId": resource_group(gateway),
        "SecurityGroup": spec.security_group,
        "Spec": spec.spec,
        "Status": spec.status,
        "StatusDesc": status_text(spec.status),
        "TotalReplica": total_replicas(spec),
        "Vpc": spec.vpc,
        "XtraceDetails": {
            "Sample": spec.tracing.as_ref().map_or(0, |tracing| tracing.sample),
            "TraceOn": spec.tracing.is_some(),
        },
    });
    for (name, vswitch) in ["Vswitch", "Vswitch2"].into_iter().zip(&spec.vswitches) {
        row[name] = vswitch.as_str().into();
    }
    if let Some(policy) = &spec.elastic {
        row["ElasticType"] = "CronHPA".into();
        row["ElasticPolicy"] = elastic_row(policy);
    }
    data(row)
}

fn instance_id(gateway: &Gateway) -> String {
    let payment = if gateway.spec.charge == Charge::Postpay { "post" } else { "pre" };
    let tail: String = gateway.spec.id.trim_start_matches("gw-").chars().take(11).collect();
    format!("mse_ingress{payment}-cn-{tail}")
}

fn resource_group(gateway: &Gateway) -> &str {
    let own = gateway.spec.resource_group.as_str();
    if own.is_empty() { "rg-acfmdefault" } else { own }
}

fn tag_text(spec: &scenario::Gateway) -> String {
    json!(spec.tags).to_string()
}

fn charge(charge: Charge) -> &'static str {
    match charge {
        Charge::Postpay => "POSTPAY",
        Charge::Prepay => "PREPAY",
    }
}

pub(crate) fn network(entry: &Entry) -> &'static str {
    match entry.kind {
        scenario::Entry::Internet => "PUB_NET",
        scenario::Entry::Intranet => "PRIVATE_NET",
    }
}

/// Nodes that the schedule may add to the fixed ones.
fn elastic_replicas(spec: &scenario::Gateway) -> u32 {
    spec.elastic.as_ref().map_or(0, |policy| policy.max_replicas.saturating_sub(spec.replicas))
}

fn total_replicas(spec: &scenario::Gateway) -> u32 {
    spec.replicas + elastic_replicas(spec)
}

fn elastic_row(policy: &scenario::ElasticPolicy) -> Value {
    let windows: Vec<Value> = policy
        .windows
        .iter()
        .map(|window| {
            json!({ "DesiredReplica": window.replicas, "StartTime": window.from, "EndTime": window.to })
        })
        .collect();
    json!({ "ElasticType": "CronHPA", "MaxReplica": policy.max_replicas, "TimePolicyList": windows })
}

fn status_text(status: i64) -> &'static str {
    match status {
        0 => "creating",
        1 => "creation failed",
        2 => "running",
        3 => "changing",
        4 => "scaling in",
        6 => "scaling out",
        8 => "deleting",
        9 => "suspended",
        10 => "restarting",
        11 => "rebuilding",
        12 => "upgrading",
        13 => "upgrade failed",
        _ => "",
    }
}
