//! Services: where a gateway can send requests, by type of registry.

use std::collections::BTreeMap;

use gateshift_lab_kernel::{Answer, ApiError, Call, UpstreamName};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::register::Entry;
use super::state::{Cx, State};
use super::{quota, reply, token};
use crate::params::{string, text};

/// A service of a gateway.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) gateway_id: String,
    /// `K8S`, `MSE_NACOS`, `VIP`, `DNS` or `FC3`.
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) group_name: Option<String>,
    pub(crate) qualifier: Option<String>,
    pub(crate) source_id: Option<String>,
    pub(crate) addresses: Vec<String>,
    pub(crate) dns_servers: Vec<String>,
    pub(crate) protocol: String,
    pub(crate) ports: Vec<Value>,
    pub(crate) health_check: Option<Value>,
    pub(crate) outlier_detection: Option<Value>,
    pub(crate) healthy_panic_threshold: Option<Value>,
    /// Labels by version name.
    pub(crate) versions: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) resource_group_id: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    name: Option<String>,
    namespace: Option<String>,
    group_name: Option<String>,
    qualifier: Option<String>,
    source_id: Option<String>,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    dns_servers: Vec<String>,
}

impl Service {
    /// The name of the backends behind it in the world both gateways share.
    pub(crate) fn upstream(&self, state: &State) -> UpstreamName {
        let registry =
            self.source_id.as_deref().and_then(|id| state.sources.get(id)).map(|one| one.registry.as_str());
        let registry = registry.unwrap_or_default();
        let namespace = self.namespace.as_deref().unwrap_or_default();
        let mut addresses = self.addresses.clone();
        addresses.sort();
        match self.kind.as_str() {
            "VIP" => format!("vip://{}", addresses.join(",")),
            "DNS" => format!("dns://{}", addresses.join(",")),
            "K8S" => format!("k8s://{registry}/{namespace}/{}", self.name),
            "MSE_NACOS" => {
                format!(
                    "nacos://{registry}/{namespace}/{}/{}",
                    self.group_name.as_deref().unwrap_or_default(),
                    self.name
                )
            }
            "SAE_K8S_SERVICE" => format!("sae-k8s://{namespace}/{}", self.name),
            _ => format!("fc3://{}@{}", self.name, self.qualifier.as_deref().unwrap_or("LATEST")),
        }
    }
}

impl Entry for Service {
    fn owner(&self) -> &str {
        &self.gateway_id
    }

    fn identity(&self) -> String {
        let optional = [&self.namespace, &self.group_name, &self.qualifier, &self.source_id];
        format!("{}\n{}\n{}\n{optional:?}", self.gateway_id, self.kind, self.name)
    }
}

/// `CreateService`: one or several, all or none.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    token::once(cx, state, call, |cx, state, call| {
        let gateway = text(&call.body, "gatewayId").ok_or_else(|| reply::missing("gatewayId"))?;
        state.gateway(gateway)?;
        let kind = text(&call.body, "sourceType").ok_or_else(|| reply::missing("sourceType"))?;
        let configs =
            call.body.get("serviceConfigs").and_then(Value::as_array).filter(|list| !list.is_empty());
        let configs = configs.ok_or_else(|| reply::missing("serviceConfigs"))?;
        let mut wanted: Vec<Service> = Vec::new();
        for config in configs.iter().filter_map(Value::as_object) {
            let mut service = checked(cx, state, gateway, kind, reply::read(config)?)?;
            service.resource_group_id = string(&call.body, "resourceGroupId");
            let twice = wanted.iter().any(|one| one.identity() == service.identity());
            if twice || state.services.like(&service).is_some() {
                return Err(reply::conflict(
                    "ServiceExisted",
                    format!("{kind} service {} exists already", service.name),
                ));
            }
            wanted.push(service);
        }
        quota::check(state, gateway, "service")?;
        state.write_to(cx, gateway)?;
        let mut ids = Vec::new();
        for service in wanted {
            ids.push(state.services.add(service));
            state.count("service");
        }
        reply::ok(json!({ "serviceIds": ids }))
    })
}

fn checked(
    cx: &Cx<'_>,
    state: &State,
    gateway: &str,
    kind: &str,
    config: Config,
) -> Result<Service, ApiError> {
    let name = required(config.name, "serviceConfigs[].name")?;
    let mut service = Service {
        gateway_id: gateway.to_owned(),
        kind: kind.to_owned(),
        name,
        namespace: None,
        group_name: None,
        qualifier: None,
        source_id: None,
        addresses: Vec::new(),
        dns_servers: Vec::new(),
        protocol: "HTTP".to_owned(),
        ports: Vec::new(),
        health_check: None,
        outlier_detection: None,
        healthy_panic_threshold: None,
        versions: BTreeMap::new(),
        resource_group_id: None,
        created_ms: cx.now,
        updated_ms: cx.now,
    };
    match kind {
        "VIP" | "DNS" => {
            check_addresses(kind, &config.addresses)?;
            service.addresses = config.addresses;
            service.dns_servers = config.dns_servers;
            return Ok(service);
        }
        "K8S" => {
            service.namespace = Some(required(config.namespace, "serviceConfigs[].namespace")?);
            service.source_id = Some(choose_source(cx, state, gateway, kind, config.source_id)?);
        }
        "MSE_NACOS" => {
            service.namespace = Some(required(config.namespace, "serviceConfigs[].namespace")?);
            service.group_name = Some(required(config.group_name, "serviceConfigs[].groupName")?);
            service.source_id = Some(choose_source(cx, state, gateway, kind, config.source_id)?);
        }
        "SAE_K8S_SERVICE" => {
            service.namespace = Some(required(config.namespace, "serviceConfigs[].namespace")?);
        }
        "FC3" => {
            let qualifier = config.qualifier.filter(|qualifier| !qualifier.is_empty());
            service.qualifier = Some(qualifier.unwrap_or_else(|| "LATEST".to_owned()));
        }
        other => {
            return Err(reply::bad(
                "sourceType",
                format!("{other} is not one of K8S, MSE_NACOS, VIP, DNS, FC3, SAE_K8S_SERVICE"),
            ));
        }
    }
    let upstream = service.upstream(state);
    if !cx.cloud.world.lock().upstreams.contains_key(&upstream) {
        return Err(reply::detail(format!(
            "{kind} service {} is not in its registry ({upstream})",
            service.name
        )));
    }
    Ok(service)
}

fn required(value: Option<String>, parameter: &str) -> Result<String, ApiError> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| reply::missing(parameter))
}

/// The source a service comes from: the one named, or the gateway's only one of that type.
fn choose_source(
    cx: &Cx<'_>,
    state: &State,
    gateway: &str,
    kind: &str,
    wanted: Option<String>,
) -> Result<String, ApiError> {
    let candidates: Vec<(&str, bool)> = state
        .sources
        .iter()
        .filter(|(id, one)| {
            one.gateway_id == gateway
                && one.kind == kind
                && wanted.as_deref().is_none_or(|wanted| wanted == *id)
        })
        .map(|(id, one)| (id, one.is_associated(cx)))
        .collect();
    match candidates.as_slice() {
        [] => Err(ApiError::new(
            404,
            "ErrServiceSourceNotFound",
            format!("gateway {gateway} has no such {kind} source; create it first"),
        )),
        [(id, true)] => Ok((*id).to_owned()),
        [(id, false)] => Err(reply::conflict(
            "SourceNotAssociated",
            format!("source {id} is not associated yet; wait for it"),
        )),
        _ => Err(reply::missing("serviceConfigs[].sourceId")),
    }
}

/// Addresses of a fixed-address or DNS service: at least one, each `host:port`.
pub(crate) fn check_addresses(kind: &str, addresses: &[String]) -> Result<(), ApiError> {
    if addresses.is_empty() {
        return Err(reply::missing("addresses"));
    }
    for address in addresses {
        let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
        let host_fits = match kind {
            "VIP" => host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok(),
            _ => host.contains('.') && !host.contains(['/', ' ', ':']),
        };
        if !host_fits || port.parse::<u16>().is_ok_and(|port| port == 0) || port.parse::<u16>().is_err() {
            return Err(reply::bad(
                "addresses",
                format!("{address} is not of the form of a {kind} address with a port"),
            ));
        }
    }
    Ok(())
}

/// `DeleteService`: refused while a route or a policy uses it.
pub(crate) fn delete(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "serviceId")?;
    let service = state.services.get(id).ok_or_else(|| reply::gone("Service", id))?;
    let gateway = service.gateway_id.clone();
    if let Some((_, route)) = state.routes.iter().find(|(_, route)| route.uses_service(id)) {
        return Err(reply::conflict(
            "ServiceInUse",
            format!("service {} is used by route {}; change that first", service.name, route.name),
        ));
    }
    if let Some((_, policy)) =
        state.policies.iter().find(|(_, policy)| policy.services().any(|one| one == id))
    {
        return Err(reply::conflict(
            "ServiceInUse",
            format!("service {} is used by policy {}; change that first", service.name, policy.name),
        ));
    }
    state.write_to(cx, &gateway)?;
    state.services.remove(id);
    state.detach(id);
    reply::done()
}
