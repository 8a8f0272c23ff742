//! Creation of gateways: the parameters that depend on each other, zones, and what a gateway gets with
//! it: an environment with a sub-domain, load balancers with addresses, a security group.

use std::collections::BTreeSet;
use std::net::IpAddr;

use gateshift_lab_kernel::{Answer, ApiError, Call, Network, SecurityGroup};
use serde::Deserialize;
use serde_json::{Value, json};

use super::domain::Domain;
use super::gateway::{Balancer, Gateway};
use super::state::{Cx, State};
use super::{feature, reply, telemetry};

/// Specifications on sale for the professional edition.
const SPECS: [&str; 11] = [
    "apigw.dev.x1",
    "apigw.small.x1",
    "apigw.small.x2",
    "apigw.small.x4",
    "apigw.medium.x1",
    "apigw.medium.x2",
    "apigw.medium.x3",
    "apigw.large.x1",
    "apigw.large.x2",
    "apigw.large.x3",
    "apigw.large.x4",
];
const LONGEST_NAME: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    name: Option<String>,
    gateway_type: Option<String>,
    gateway_edition: Option<String>,
    spec: Option<String>,
    charge_type: Option<String>,
    vpc_id: Option<String>,
    zone_config: Option<ZoneConfig>,
    network_access_config: Option<Access>,
    log_config: Option<Value>,
    resource_group_id: Option<String>,
    #[serde(default)]
    tag: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZoneConfig {
    select_option: Option<String>,
    #[serde(rename = "vSwitchId")]
    v_switch_id: Option<String>,
    #[serde(default)]
    zones: Vec<ZoneChoice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZoneChoice {
    zone_id: Option<String>,
    #[serde(rename = "vSwitchId")]
    v_switch_id: Option<String>,
}

#[derive(Deserialize)]
struct Access {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Tag {
    key: Option<String>,
    value: Option<String>,
}

/// `CreateGateway`.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let wanted: Create = reply::read(&call.body)?;
    let name = checked_name(wanted.name.as_deref())?;
    let kind = one_of("gatewayType", wanted.gateway_type.as_deref().unwrap_or("API"), &["API"])?;
    let edition = one_of(
        "gatewayEdition",
        wanted.gateway_edition.as_deref().unwrap_or("Professional"),
        &["Professional"],
    )?;
    let charge_type =
        one_of("chargeType", wanted.charge_type.as_deref().unwrap_or("POSTPAY"), &["POSTPAY", "PREPAY"])?;
    let spec = one_of("spec", wanted.spec.as_deref().unwrap_or_default(), &SPECS)?;
    let access = wanted.network_access_config.and_then(|access| access.kind);
    let network = one_of(
        "networkAccessConfig.type",
        access.as_deref().ok_or_else(|| reply::missing("networkAccessConfig"))?,
        &["Internet", "Intranet", "InternetAndIntranet"],
    )?;
    let vpc_id = wanted.vpc_id.filter(|id| !id.is_empty()).ok_or_else(|| reply::missing("vpcId"))?;
    let zone_config = wanted.zone_config.ok_or_else(|| reply::missing("zoneConfig"))?;
    let zones = choose_zones(&cx.cloud.network.lock(), &vpc_id, &zone_config)?;

    let security_group = own_group(cx, state, &name, &vpc_id);
    let log = wanted.log_config.as_ref().and_then(|log| log.pointer("/sls/enable")).and_then(Value::as_bool);
    let id = state.gateways.add(Gateway {
        name,
        spec,
        edition,
        kind,
        charge_type,
        network,
        vpc_id,
        zones,
        resource_group_id: wanted.resource_group_id,
        tags: wanted
            .tag
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect(),
        sls_enabled: log.unwrap_or(false),
        created_ms: cx.now,
        updated_ms: cx.now,
        restarted_ms: None,
        deleting_ms: None,
        balancers: Vec::new(),
        environment_id: String::new(),
        security_group,
        rules: Vec::new(),
        elastic: None,
        features: feature::defaults(),
        tracing: None,
    });
    furnish(cx, state, &id);
    telemetry::begin(cx, state, &id);
    state.count("gateway");
    reply::ok(json!({ "gatewayId": id }))
}

/// Gives a new gateway its environment with a sub-domain and its load balancers with addresses.
fn furnish(cx: &Cx<'_>, state: &mut State, id: &str) {
    let environment_id = state.fresh("env");
    let region = cx.cloud.network.lock().region.clone();
    state.domains.add(Domain::of_environment(
        id,
        &format!("{environment_id}.{region}.alicloudapi.com"),
        cx.now,
    ));
    let network = state.gateways.get(id).map(|gateway| gateway.network.clone()).unwrap_or_default();
    let kinds: &[&str] = match network.as_str() {
        "InternetAndIntranet" => &["Internet", "Intranet"],
        "Intranet" => &["Intranet"],
        _ => &["Internet"],
    };
    for kind in kinds {
        let balancer_id = state.fresh("nlb");
        let Some(gateway) = state.gateways.get_mut(id) else { return };
        gateway.environment_id.clone_from(&environment_id);
        let address = format!("{balancer_id}.{region}.nlb.aliyuncs.com");
        let ips: Vec<IpAddr> = gateway.zones.iter().map(|_| cx.cloud.addresses.take()).collect();
        cx.cloud.hosts.lock().insert(address.clone(), ips.clone());
        gateway.balancers.push(Balancer { id: balancer_id, address, kind: (*kind).to_owned(), ips });
    }
}

fn own_group(cx: &Cx<'_>, state: &mut State, gateway: &str, vpc_id: &str) -> String {
    let id = state.fresh("sg");
    cx.cloud.network.lock().security_groups.push(SecurityGroup {
        id: id.clone(),
        name: format!("apigw-{gateway}"),
        vpc_id: vpc_id.to_owned(),
    });
    id
}

/// A gateway's display name.
pub(crate) fn checked_name(name: Option<&str>) -> Result<String, ApiError> {
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| reply::missing("name"))?;
    if name.chars().count() > LONGEST_NAME {
        return Err(reply::bad("name", format!("longer than {LONGEST_NAME} characters")));
    }
    Ok(name.to_owned())
}

/// A value that must be given and be one of a list.
fn one_of(parameter: &str, value: &str, allowed: &[&str]) -> Result<String, ApiError> {
    if value.is_empty() {
        return Err(reply::missing(parameter));
    }
    if !allowed.contains(&value) {
        return Err(reply::bad(parameter, format!("{value} is not one of {}", allowed.join(", "))));
    }
    Ok(value.to_owned())
}

fn choose_zones(
    network: &Network,
    vpc_id: &str,
    wanted: &ZoneConfig,
) -> Result<Vec<(String, String)>, ApiError> {
    if !network.vpcs.iter().any(|vpc| vpc.id == vpc_id) {
        return Err(reply::bad("vpcId", format!("there is no VPC {vpc_id}")));
    }
    match wanted.select_option.as_deref() {
        Some("Auto") => {
            let id = wanted.v_switch_id.as_deref().filter(|id| !id.is_empty());
            let id = id.ok_or_else(|| reply::missing("zoneConfig.vSwitchId"))?;
            let zone = zone_of(network, vpc_id, id, None)?;
            let offered: BTreeSet<&str> = network.vswitches.iter().map(|one| one.zone_id.as_str()).collect();
            let other = offered.into_iter().find(|other| *other != zone).unwrap_or(&zone).to_owned();
            Ok(vec![(zone, id.to_owned()), (other, id.to_owned())])
        }
        Some("Manual") => manual_zones(network, vpc_id, &wanted.zones),
        Some(other) => {
            Err(reply::bad("zoneConfig.selectOption", format!("{other} is not one of Auto, Manual")))
        }
        None => Err(reply::missing("zoneConfig.selectOption")),
    }
}

fn manual_zones(
    network: &Network,
    vpc_id: &str,
    wanted: &[ZoneChoice],
) -> Result<Vec<(String, String)>, ApiError> {
    let mut zones = Vec::new();
    for choice in wanted {
        let zone = choice.zone_id.as_deref().ok_or_else(|| reply::missing("zoneConfig.zones[].zoneId"))?;
        let id =
            choice.v_switch_id.as_deref().ok_or_else(|| reply::missing("zoneConfig.zones[].vSwitchId"))?;
        zones.push((zone_of(network, vpc_id, id, Some(zone))?, id.to_owned()));
    }
    let different: BTreeSet<&String> = zones.iter().map(|(zone, _)| zone).collect();
    if different.len() < 2 || different.len() != zones.len() {
        return Err(reply::bad("zoneConfig.zones", "at least two different zones are needed, each once"));
    }
    Ok(zones)
}

fn zone_of(network: &Network, vpc_id: &str, id: &str, zone: Option<&str>) -> Result<String, ApiError> {
    let found = network.vswitches.iter().find(|one| one.id == id);
    let found = found.ok_or_else(|| reply::bad("zoneConfig", format!("there is no vSwitch {id}")))?;
    if found.vpc_id != vpc_id {
        return Err(reply::bad("zoneConfig", format!("vSwitch {id} is not in {vpc_id}")));
    }
    if zone.is_some_and(|zone| zone != found.zone_id) {
        return Err(reply::bad("zoneConfig", format!("vSwitch {id} is in {}", found.zone_id)));
    }
    if found.available_addresses == 0 {
        return Err(reply::detail(format!("vSwitch {id} has no free address")));
    }
    Ok(found.zone_id.clone())
}
