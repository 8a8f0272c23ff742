//! Sources and services.

mod traffic;

use gateshift_gateway_model::{
    HealthCheck, PortTls, Service, ServiceKind, ServiceVersion, Source, SourceKind,
};
use gateshift_sdk::model::Finding;
use serde_json::{Value, json};

use super::{some, take, unclear};
use crate::fetch::id_text;
use crate::wire::{HealthCheckInfo, ServiceDetail, SourceItem};

/// A source of the list.
pub(crate) fn source(listed: &Value, findings: &mut Vec<Finding>) -> Option<Source> {
    let object = format!("sources/{}", listed["Name"].as_str().unwrap_or("?"));
    let wire: SourceItem = take(listed, &object).map_err(|finding| findings.push(*finding)).ok()?;
    let (kind, instance) = match wire.source.as_str() {
        "K8s" | "K8S" => {
            (SourceKind::Kubernetes, some(&wire.address).or_else(|| some(&wire.source_unique_id)))
        }
        "MSE" | "NACOS" | "MSE_NACOS" => {
            (SourceKind::Nacos, some(&wire.source_unique_id).or_else(|| some(&wire.address)))
        }
        other => (
            SourceKind::Other(other.to_owned()),
            some(&wire.source_unique_id).or_else(|| some(&wire.address)),
        ),
    };
    Some(Source {
        id: id_text(&wire.id),
        name: wire.name,
        kind,
        instance: instance.unwrap_or_default(),
        usable: !wire.invalid && wire.binding_with_gateway != Some(0),
        ingress: wire.ingress_options.as_ref().is_some_and(|options| options.enable_ingress),
        ingress_class: wire.ingress_options.as_ref().and_then(|options| some(&options.ingress_class)),
        ingress_namespace: wire.ingress_options.as_ref().and_then(|options| some(&options.watch_namespace)),
    })
}

/// A service from its detail and, for health checks and what the detail leaves out of the traffic
/// policy, its item in the list.
pub(crate) fn service(listed: &Value, detail: &Value, findings: &mut Vec<Finding>) -> Option<Service> {
    let object = format!("services/{}", detail["Name"].as_str().unwrap_or("?"));
    let wire: ServiceDetail = take(detail, &object).map_err(|finding| findings.push(*finding)).ok()?;
    let kind = kind(&wire, &object, findings)?;
    let health_check = health_check(&listed["HealthCheckInfo"], &object, findings);
    let versions = wire.version_details.iter().map(|one| ServiceVersion {
        name: one.service_version.name.clone(),
        labels: one
            .service_version
            .labels
            .iter()
            .map(|label| (label.key.clone(), label.value.clone()))
            .collect(),
    });
    let own = (&wire.gateway_traffic_policy, &listed["GatewayTrafficPolicy"]);
    let traffic::Traffic { load_balancing, tls } = traffic::of_service(own, &object, findings);
    let port_policies = traffic::of_ports(&wire.port_traffic_policy_list, &object, findings);
    let mut traffic_policy = json!({});
    if !wire.port_traffic_policy_list.is_empty() {
        traffic_policy["ports"] = Value::Array(wire.port_traffic_policy_list.clone());
    }
    let registry_name = some(&wire.service_name_in_registry);
    Some(Service {
        id: id_text(&wire.id),
        name: registry_name.unwrap_or_else(|| wire.name.clone()),
        kind,
        source: (!wire.source_id.is_null() && wire.source_id != json!(0)).then(|| id_text(&wire.source_id)),
        fqdn: some(&wire.fqdn),
        protocol: some(&wire.service_protocol).unwrap_or_else(|| "HTTP".to_owned()).to_ascii_uppercase(),
        port: wire.service_port.filter(|port| *port != 0),
        ports: wire.ports,
        health_check,
        versions: versions.collect(),
        load_balancing: load_balancing.unwrap_or_default(),
        tls: match tls {
            PortTls::On(tls) => Some(tls),
            PortTls::Off | PortTls::Inherited => None,
        },
        port_policies,
        traffic_policy,
    })
}

fn kind(wire: &ServiceDetail, object: &str, findings: &mut Vec<Finding>) -> Option<ServiceKind> {
    Some(match wire.source_type.as_str() {
        "K8s" | "K8S" => ServiceKind::Kubernetes { namespace: wire.namespace.clone() },
        "MSE" | "MSE_NACOS" | "NACOS" => {
            ServiceKind::Nacos { namespace: wire.namespace.clone(), group: wire.group_name.clone() }
        }
        "SAE_K8S_SERVICE" => ServiceKind::ServerlessKubernetes { namespace: wire.namespace.clone() },
        "VIP" => ServiceKind::Fixed { addresses: addresses(wire, object, findings)? },
        "DNS" => ServiceKind::Dns {
            addresses: addresses(wire, object, findings)?,
            servers: wire.dns_server_list.clone(),
        },
        "FC" | "FC3" => function(wire),
        other => ServiceKind::Other { name: other.to_owned() },
    })
}

/// Every address with a port: its own, else the service's.
fn addresses(wire: &ServiceDetail, object: &str, findings: &mut Vec<Finding>) -> Option<Vec<String>> {
    let with_port = |address: &String| {
        let bare_ipv6 = address.parse::<std::net::Ipv6Addr>().is_ok();
        let has_port =
            !bare_ipv6 && address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        match (has_port, wire.service_port.filter(|port| *port != 0)) {
            (true, _) => Some(address.clone()),
            (false, Some(port)) if bare_ipv6 => Some(format!("[{address}]:{port}")),
            (false, Some(port)) => Some(format!("{address}:{port}")),
            (false, None) => None,
        }
    };
    let all: Option<Vec<String>> = wire.ips.iter().map(with_port).collect();
    match all {
        Some(all) if !all.is_empty() => Some(all),
        Some(_) => {
            findings.push(unclear(object, "the service has no address"));
            None
        }
        None => {
            findings.push(unclear(object, "an address has no port, and the service has none either"));
            None
        }
    }
}

/// A function; its facts are JSON text in `MetaInfo`, its name may carry the older generation's
/// `service$function`.
fn function(wire: &ServiceDetail) -> ServiceKind {
    let meta: Value = serde_json::from_str(&wire.meta_info).unwrap_or_default();
    let get = |names: &[&str]| {
        let fields = meta.as_object()?;
        fields
            .iter()
            .find(|(key, _)| names.iter().any(|name| name.eq_ignore_ascii_case(key)))
            .and_then(|(_, value)| value.as_str())
            .and_then(some)
    };
    let named = some(&wire.service_name_in_registry).unwrap_or_else(|| wire.name.clone());
    let (from_name, function) = match named.split_once('$') {
        Some((service, function)) => (Some(service.to_owned()), function.to_owned()),
        None => (None, named),
    };
    ServiceKind::Function {
        function: get(&["FcFunctionName", "FunctionName", "Function"]).unwrap_or(function),
        qualifier: get(&["FcAlias", "Alias", "FcVersion", "Version", "Qualifier"])
            .unwrap_or_else(|| "LATEST".to_owned()),
        service: get(&["FcServiceName", "ServiceName"]).or(from_name),
    }
}

fn health_check(info: &Value, object: &str, findings: &mut Vec<Finding>) -> Option<HealthCheck> {
    if info.is_null() {
        return None;
    }
    let wire: HealthCheckInfo = take(info, object).map_err(|finding| findings.push(*finding)).ok()?;
    wire.check.then(|| HealthCheck {
        protocol: some(&wire.protocol).unwrap_or_else(|| "TCP".to_owned()).to_ascii_uppercase(),
        interval: wire.interval.unwrap_or(5),
        timeout: wire.timeout.unwrap_or(2),
        healthy_threshold: wire.healthy_threshold.unwrap_or(2),
        unhealthy_threshold: wire.unhealthy_threshold.unwrap_or(2),
        host: some(&wire.http_host),
        path: some(&wire.http_path),
        statuses: wire.expected_statuses,
    })
}
