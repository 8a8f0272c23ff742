//! Changes of services and their versions.

use std::collections::BTreeMap;

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Map, Value};

use super::reply;
use super::service::check_addresses;
use super::state::{Cx, State};
use crate::params::{flag, int, text, texts};

const PROTOCOLS: [&str; 5] = ["HTTP", "HTTPS", "HTTP2", "GRPC", "DUBBO"];

/// `UpdateService`: what is absent stays as it is.
pub(crate) fn update(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "serviceId")?.to_owned();
    let service = state.services.get(&id).ok_or_else(|| reply::gone("Service", &id))?;
    let (kind, gateway) = (service.kind.clone(), service.gateway_id.clone());
    let body = &call.body;
    let addresses = texts(body, "addresses");
    if body.contains_key("addresses") {
        if !matches!(kind.as_str(), "VIP" | "DNS") {
            return Err(reply::bad(
                "addresses",
                format!("a {kind} service gets its addresses from the registry"),
            ));
        }
        check_addresses(&kind, &addresses)?;
    }
    if let Some(protocol) = text(body, "protocol")
        && !PROTOCOLS.contains(&protocol)
    {
        return Err(reply::bad("protocol", format!("{protocol} is not one of {}", PROTOCOLS.join(", "))));
    }
    if let Some(check) = body.get("healthCheckConfig").and_then(Value::as_object) {
        check_health(check)?;
    }
    check_ports(body.get("ports"))?;
    state.write_to(cx, &gateway)?;
    let Some(service) = state.services.get_mut(&id) else { return Err(reply::gone("Service", &id)) };
    if !addresses.is_empty() {
        service.addresses = addresses;
    }
    if body.contains_key("dnsServers") {
        service.dns_servers = texts(body, "dnsServers");
    }
    if let Some(protocol) = text(body, "protocol") {
        protocol.clone_into(&mut service.protocol);
    }
    if let Some(Value::Array(ports)) = body.get("ports") {
        service.ports.clone_from(ports);
    }
    let replace = |field: &mut Option<Value>, name: &str| {
        if let Some(value) = body.get(name) {
            *field = Some(value.clone());
        }
    };
    replace(&mut service.health_check, "healthCheckConfig");
    replace(&mut service.outlier_detection, "outlierDetectionConfig");
    replace(&mut service.healthy_panic_threshold, "healthyPanicThreshold");
    service.updated_ms = cx.now;
    reply::done()
}

fn check_health(check: &Map<String, Value>) -> Result<(), ApiError> {
    let enabled = flag(check, "enable").ok_or_else(|| reply::missing("healthCheckConfig.enable"))?;
    if !enabled {
        return Ok(());
    }
    match text(check, "protocol") {
        Some("TCP" | "GRPC") => {}
        Some("HTTP") => {
            text(check, "httpPath").ok_or_else(|| reply::missing("healthCheckConfig.httpPath"))?;
        }
        Some(other) => {
            return Err(reply::bad(
                "healthCheckConfig.protocol",
                format!("{other} is not one of TCP, HTTP, GRPC"),
            ));
        }
        None => return Err(reply::missing("healthCheckConfig.protocol")),
    }
    for name in ["interval", "timeout", "healthyThreshold", "unhealthyThreshold"] {
        let value = int(check, name).ok_or_else(|| reply::missing(&format!("healthCheckConfig.{name}")))?;
        if !(1..=3600).contains(&value) {
            return Err(reply::bad(
                &format!("healthCheckConfig.{name}"),
                format!("{value} is not within 1 to 3600"),
            ));
        }
    }
    Ok(())
}

fn check_ports(ports: Option<&Value>) -> Result<(), ApiError> {
    for port in ports.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
        let number = int(port, "port").ok_or_else(|| reply::missing("ports[].port"))?;
        if !(1..=65_535).contains(&number) {
            return Err(reply::bad("ports[].port", format!("{number} is not within 1 to 65535")));
        }
        if let Some(other) = text(port, "protocol").filter(|one| !matches!(*one, "TCP" | "UDP")) {
            return Err(reply::bad("ports[].protocol", format!("{other} is not one of TCP, UDP")));
        }
    }
    Ok(())
}

/// `CreateServiceVersion`.
pub(crate) fn create_version(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let name = text(&call.body, "name").ok_or_else(|| reply::missing("name"))?;
    let exists = versions(state, call)?.contains_key(name);
    if exists {
        return Err(reply::conflict("ServiceVersionExisted", format!("version {name} exists already")));
    }
    set_version(cx, state, call, name)?;
    state.count("serviceVersion");
    reply::done()
}

/// `UpdateServiceVersion`.
pub(crate) fn update_version(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let name = reply::path(call, "name")?;
    if !versions(state, call)?.contains_key(name) {
        return Err(reply::gone("ServiceVersion", name));
    }
    set_version(cx, state, call, name)?;
    reply::done()
}

/// `DeleteServiceVersion`: refused while a route uses it.
pub(crate) fn delete_version(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let name = reply::path(call, "name")?;
    if !versions(state, call)?.contains_key(name) {
        return Err(reply::gone("ServiceVersion", name));
    }
    let id = reply::path(call, "serviceId")?;
    if let Some((_, route)) = state.routes.iter().find(|(_, route)| route.uses_version(id, name)) {
        return Err(reply::conflict(
            "ServiceVersionInUse",
            format!("version {name} is used by route {}", route.name),
        ));
    }
    write_to_owner(cx, state, id)?;
    if let Some(service) = state.services.get_mut(id) {
        service.versions.remove(name);
    }
    reply::done()
}

fn versions<'a>(
    state: &'a State,
    call: &Call,
) -> Result<&'a BTreeMap<String, BTreeMap<String, String>>, ApiError> {
    let id = reply::path(call, "serviceId")?;
    state.services.get(id).map(|service| &service.versions).ok_or_else(|| reply::gone("Service", id))
}

fn write_to_owner(cx: &Cx<'_>, state: &mut State, service: &str) -> Result<(), ApiError> {
    let gateway = state.services.get(service).map(|one| one.gateway_id.clone()).unwrap_or_default();
    state.write_to(cx, &gateway)
}

fn set_version(cx: &Cx<'_>, state: &mut State, call: &Call, name: &str) -> Result<(), ApiError> {
    let id = reply::path(call, "serviceId")?;
    let mut labels = BTreeMap::new();
    for label in
        call.body.get("labels").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    {
        let key = text(label, "key").ok_or_else(|| reply::missing("labels[].key"))?;
        labels.insert(key.to_owned(), text(label, "value").unwrap_or_default().to_owned());
    }
    if labels.is_empty() {
        return Err(reply::missing("labels"));
    }
    write_to_owner(cx, state, id)?;
    if let Some(service) = state.services.get_mut(id) {
        service.versions.insert(name.to_owned(), labels);
        service.updated_ms = cx.now;
    }
    Ok(())
}
