//! Services. The list has the health check and calls the TLS part `Tls.Mode`; the detail has the
//! versions with their labels and calls it `TlsSetting.TlsMode`. `HealthCheck` is a boolean in one
//! and a text in the other.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::page;
use super::reply::{Refusal, Reply, data};
use super::request::Request;
use super::sources;
use crate::scenario::{HashKey, HealthProtocol, ServiceType, Tls};
use crate::state::{Gateway, Service, State};
use crate::times;

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let equal = |name: &str, value: &str| request.filter_text(name).is_none_or(|want| want == value);
    let mut rows: Vec<&Service> = gateway
        .services
        .iter()
        .filter(|service| {
            let spec = &service.spec;
            request.filter_text("Name").is_none_or(|want| spec.name.contains(want))
                && equal("Namespace", &spec.namespace)
                && equal("GroupName", &spec.group)
                && equal("SourceType", source_type(spec.kind))
                && equal("ServiceProtocol", protocol(service).as_str().unwrap_or_default())
        })
        .collect();
    page::sort(request, &mut rows, |service| service.created_ms);
    page::page(request, &rows, |service| row(gateway, service, request))
}

fn row(gateway: &Gateway, service: &Service, request: &Request<'_>) -> Value {
    let spec = &service.spec;
    let mut row = common(gateway, service);
    let health = health(service, request);
    row["GmtCreate"] = times::local(service.created_ms).into();
    row["GmtModified"] = times::local(service.created_ms).into();
    row["HealehStatus"] = health.into();
    row["HealthStatus"] = health.into();
    row["HealthCheck"] = spec.health.is_some().into();
    row["HealthCheckInfo"] = check_row(service);
    row["UnhealthyEndpoints"] = unhealthy(service, request);
    row["Versions"] = spec.versions.iter().map(|version| json!({ "Name": version.name })).collect();
    row["GatewayTrafficPolicy"] = json!({ "LoadBalancerSettings": balance(service, Form::List) });
    if let Some(tls) = &spec.tls {
        row["GatewayTrafficPolicy"]["Tls"] = json!({
            "CaCertId": "",
            "CertId": tls.certificate,
            "Mode": tls.mode,
            "Sni": tls.sni,
            "SubjectAltNames": [],
        });
    }
    row
}

pub(crate) fn detail(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let id = request.id("ServiceId")?;
    let service =
        gateway.service(id).ok_or_else(|| Refusal::missing(format!("service {id} does not exist")))?;
    let spec = &service.spec;
    let mut row = common(gateway, service);
    row["GmtCreate"] = times::local(service.created_ms).into();
    row["GmtModified"] = times::iso(service.created_ms).into();
    row["HealthStatus"] = health(service, request).into();
    row["HealthCheck"] = spec.health.is_some().to_string().into();
    row["GatewayTrafficPolicy"] = json!({ "LoadBalancerSettings": balance(service, Form::Detail) });
    if let Some(tls) = &spec.tls {
        row["GatewayTrafficPolicy"]["TlsSetting"] = tls_setting(tls);
    }
    row["LabelDetails"] = label_rows(service);
    row["PortTrafficPolicyList"] = port_rows(gateway, service);
    row["VersionDetails"] = version_rows(service);
    row["Versions"] = spec
        .versions
        .iter()
        .flat_map(|version| &version.labels)
        .map(|(label, value)| json!({ "Label": label, "Type": "custom", "Value": value }))
        .collect();
    data(row)
}

fn common(gateway: &Gateway, service: &Service) -> Value {
    let spec = &service.spec;
    let mut row = json!({
        "DnsServerList": spec.dns_servers,
        "GatewayId": gateway.id,
        "GatewayUniqueId": gateway.spec.id,
        "GroupName": spec.group,
        "Id": service.id,
        "Ips": spec.addresses,
        "MetaInfo": meta(service),
        "Name": spec.name,
        "Namespace": spec.namespace,
        "Ports": if spec.port == 0 { vec![] } else { vec![spec.port] },
        "ServiceFQDN": full_name(service),
        "ServiceNameInRegistry": name_in_registry(service),
        "ServiceProtocol": protocol(service),
        "SourceType": source_type(spec.kind),
    });
    if let Some(source) = service.source {
        row["SourceId"] = source.into();
    }
    if spec.port != 0 {
        row["ServicePort"] = spec.port.into();
    }
    row
}

/// The API's word for the kind of a service.
pub(crate) fn source_type(kind: ServiceType) -> &'static str {
    match (kind.registry(), kind) {
        (Some(registry), _) => sources::token(registry),
        (None, ServiceType::Vip) => "VIP",
        (None, ServiceType::Dns) => "DNS",
        (None, _) => "FC",
    }
}

/// The protocol spoken to it, which routes call agreement.
pub(crate) fn protocol(service: &Service) -> Value {
    json!(service.spec.protocol)
}

/// `Healthy` or `Unhealthy`, as the world is now.
pub(crate) fn health(service: &Service, request: &Request<'_>) -> &'static str {
    if is_alive(service, request) { "Healthy" } else { "Unhealthy" }
}

/// Addresses that do not answer.
pub(crate) fn unhealthy(service: &Service, request: &Request<'_>) -> Value {
    if is_alive(service, request) { json!([]) } else { json!(service.spec.addresses) }
}

fn is_alive(service: &Service, request: &Request<'_>) -> bool {
    request.cloud.world.lock().upstreams.get(&service.upstream).is_some_and(|upstream| upstream.alive)
}

/// Version and old service of a function; the API has no other place for them.
fn meta(service: &Service) -> String {
    let spec = &service.spec;
    match spec.kind {
        ServiceType::Function if spec.function_service.is_empty() => {
            json!({ "FcVersion": spec.qualifier }).to_string()
        }
        ServiceType::Function => {
            json!({ "FcServiceName": spec.function_service, "FcVersion": spec.qualifier }).to_string()
        }
        _ => "{}".to_owned(),
    }
}

fn name_in_registry(service: &Service) -> String {
    let spec = &service.spec;
    match spec.kind {
        ServiceType::Function if !spec.function_service.is_empty() => {
            format!("{}${}", spec.function_service, spec.name)
        }
        _ => spec.name.clone(),
    }
}

/// The name under which plugin settings refer to it.
fn full_name(service: &Service) -> String {
    let spec = &service.spec;
    let (name, namespace, group) = (&spec.name, &spec.namespace, spec.group.replace('_', "-"));
    match spec.kind {
        ServiceType::K8s => format!("{name}.{namespace}.svc.cluster.local"),
        ServiceType::Nacos => format!("{name}.{group}.{namespace}.nacos"),
        ServiceType::Zookeeper => format!("{name}.{namespace}.zookeeper"),
        ServiceType::Sae => format!("{name}.{namespace}.sae"),
        ServiceType::Edas => format!("{name}.{namespace}.edas"),
        ServiceType::SaeK8s => format!("{name}.{namespace}.sae-k8s"),
        ServiceType::Vip => format!("{name}.static"),
        ServiceType::Dns => format!("{name}.dns"),
        ServiceType::Function => format!("{name}.fc"),
    }
}

fn check_row(service: &Service) -> Value {
    let Some(check) = &service.spec.health else { return json!({ "Check": false }) };
    let mut row = json!({
        "Check": true,
        "HealthyThreshold": check.healthy,
        "Interval": check.interval,
        "Protocol": check.protocol,
        "Timeout": check.timeout,
        "UnhealthyThreshold": check.unhealthy,
    });
    if check.protocol == HealthProtocol::Http {
        row["ExpectedStatuses"] = json!(check.statuses);
        row["HttpHost"] = check.host.as_str().into();
        row["HttpPath"] = check.path.as_str().into();
    }
    row
}

/// Which of the two answers is written: they spell the life of a cookie differently.
#[derive(Clone, Copy)]
enum Form {
    List,
    Detail,
}

fn balance(service: &Service, form: Form) -> Value {
    let spec = &service.spec;
    let mut row = json!({ "LoadbalancerType": spec.balance, "WarmupDuration": spec.warmup });
    if let Some(hash) = &spec.hash {
        let mut config = json!({ "ConsistentHashLBType": hash.by });
        match hash.by {
            HashKey::SourceIp => {}
            HashKey::Header | HashKey::QueryParameter => config["ParameterName"] = hash.name.as_str().into(),
            HashKey::Cookie => {
                let life = if matches!(form, Form::List) { "Ttl" } else { "TTL" };
                config["HttpCookie"] = json!({ "Name": hash.name, "Path": hash.path, life: hash.ttl });
            }
        }
        if matches!(form, Form::List) && hash.ring != 0 {
            config["MinimumRingSize"] = hash.ring.into();
        }
        row["ConsistentHashLBConfig"] = config;
    }
    row
}

fn tls_setting(tls: &Tls) -> Value {
    json!({ "CaCertContent": "", "CertId": tls.certificate, "Sni": tls.sni, "TlsMode": tls.mode })
}

fn port_rows(gateway: &Gateway, service: &Service) -> Value {
    let rows = (1..).zip(&service.spec.port_policies).map(|(at, policy)| {
        let mut traffic =
            json!({ "LoadBalancerSettings": { "LoadbalancerType": policy.balance, "WarmupDuration": 0 } });
        if let Some(tls) = &policy.tls {
            traffic["TlsSetting"] = tls_setting(tls);
        }
        json!({
            "GatewayUniqueId": gateway.spec.id,
            "GmtCreate": times::iso(service.created_ms),
            "GmtModified": times::iso(service.created_ms),
            "Id": service.id * 10 + at,
            "ServiceId": service.id,
            "ServicePort": policy.port,
            "TrafficPolicy": traffic,
        })
    });
    rows.collect()
}

fn label_rows(service: &Service) -> Value {
    let mut labels: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, value) in service.spec.instances.iter().flatten() {
        let values = labels.entry(key).or_default();
        if !values.contains(&value.as_str()) {
            values.push(value);
        }
    }
    labels.into_iter().map(|(key, values)| json!({ "Key": key, "Values": values })).collect()
}

fn version_rows(service: &Service) -> Value {
    let instances = &service.spec.instances;
    service
        .spec
        .versions
        .iter()
        .map(|version| {
            let has_all = |instance: &&BTreeMap<String, String>| {
                version.labels.iter().all(|(key, value)| instance.get(key) == Some(value))
            };
            let count = instances.iter().filter(has_all).count();
            let labels: Vec<Value> =
                version.labels.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
            json!({
                "EndpointNum": count,
                "EndpointNumPercent": format!("{}%", count * 100 / instances.len().max(1)),
                "ServiceVersion": { "Name": version.name, "Labels": labels },
            })
        })
        .collect()
}
