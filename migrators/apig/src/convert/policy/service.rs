//! Policies of services: load balancing and TLS towards them, and what of both cannot be said.

use gateshift_gateway_model::{
    BackendTls, Balancer, HashKey, LoadBalancing, PortPolicy, PortTls, Service, TlsMode,
};
use gateshift_sdk::model::{Finding, Severity};
use serde_json::{Value, json};

use super::{Class, ON_SERVICE, difference};
use crate::convert::compact;
use crate::wire::PolicyView;

/// The policies a service needs, in the order in which they are attached. Round robin without
/// warming up, and no TLS, are what a service has without any.
#[must_use]
pub fn of_service(service: &Service) -> Vec<(Class, Value)> {
    let balanced = (service.load_balancing != LoadBalancing::default())
        .then(|| (Class::ServiceLb, load_balancing(&service.load_balancing)));
    let secured = service.tls.as_ref().map(|one| (Class::ServiceTls, tls(one)));
    balanced.into_iter().chain(secured).collect()
}

fn load_balancing(wanted: &LoadBalancing) -> Value {
    let (kind, hash) = match &wanted.balancer {
        Balancer::RoundRobin => ("ROUND_ROBIN", None),
        Balancer::LeastConnections => ("LEAST_CONN", None),
        Balancer::Random => ("RANDOM", None),
        Balancer::ConsistentHash { key, minimum_ring_size } => {
            ("CONSISTENT_HASH", Some(hash(key, *minimum_ring_size)))
        }
    };
    compact(json!({
        "enable": true,
        "loadbalancerType": kind,
        "warmupDuration": wanted.warmup,
        "consistentHashLBConfig": hash,
    }))
}

fn hash(key: &HashKey, minimum_ring_size: Option<u64>) -> Value {
    let (kind, name, cookie) = match key {
        HashKey::Header { name } => ("HEADER", Some(name), None),
        HashKey::QueryParameter { name } => ("QUERY_PARAMETER", Some(name), None),
        HashKey::SourceIp => ("SOURCE_IP", None, None),
        HashKey::Cookie { name, path, ttl } => {
            ("COOKIE", None, Some(compact(json!({"name": name, "path": path, "TTL": ttl}))))
        }
    };
    compact(json!({
        "consistentHashLBType": kind,
        "parameterName": name,
        "httpCookie": cookie,
        "minimumRingSize": minimum_ring_size,
    }))
}

/// A configuration with every key that load balancing may have.
pub(super) fn load_balancing_template() -> Value {
    let cookie =
        HashKey::Cookie { name: "x".to_owned(), path: Some("/".to_owned()), ttl: Some("0s".to_owned()) };
    let balancer = Balancer::ConsistentHash { key: cookie, minimum_ring_size: Some(1024) };
    let mut whole = load_balancing(&LoadBalancing { balancer, warmup: 0 });
    whole["consistentHashLBConfig"]["parameterName"] = json!("x");
    whole
}

fn tls(wanted: &BackendTls) -> Value {
    let mode = match wanted.mode {
        TlsMode::Simple => "SIMPLE",
        TlsMode::Mutual => "MUTUAL",
        TlsMode::Mesh => "ISTIO_MUTUAL",
    };
    compact(json!({"enable": true, "mode": mode, "sni": wanted.sni}))
}

/// What the policies of a service that is there differ in. One that is there and not wanted is a
/// difference, unless it is off or says what holds without it.
#[must_use]
pub fn service_difference(wanted: &[(Class, Value)], id: &str, policies: &[PolicyView]) -> Option<String> {
    let all = [(Class::ServiceLb, load_balancing(&LoadBalancing::default())), (Class::ServiceTls, json!({}))];
    all.into_iter().find_map(|(class, idle)| {
        let name = class.name();
        let found = policies.iter().find(|one| one.is_on(name, ON_SERVICE, id));
        let wanted = wanted.iter().find(|(one, _)| *one == class).map(|(_, config)| config);
        match (wanted, found) {
            (None, None) => None,
            (Some(wanted), Some(found)) => difference(wanted, found)
                .or_else(|| surplus(class, wanted, found))
                .map(|cause| format!("its {name} policy: {cause}")),
            (Some(_), None) => Some(format!("it has no {name} policy")),
            (None, Some(found)) => {
                let off = difference(&json!({"enable": false}), found).is_none();
                let default = class == Class::ServiceLb && difference(&idle, found).is_none();
                (!off && !default).then(|| format!("it has a {name} policy that is not wanted"))
            }
        }
    })
}

/// A check of the service's certificate that is there and not wanted.
fn surplus(class: Class, wanted: &Value, found: &PolicyView) -> Option<String> {
    let config: Value = serde_json::from_str(&found.config).unwrap_or_default();
    let idle = [json!(null), json!(""), json!([])];
    let keys = class.unwritten().iter().chain((class == Class::ServiceTls).then_some(&"sni"));
    keys.copied()
        .find(|key| wanted.get(*key).is_none() && !idle.contains(&config[*key]))
        .map(|key| format!("{key} is {} and is not wanted", config[key]))
}

/// What of a service's load balancing and TLS is not carried over. A finding that blocks holds for
/// the whole service.
#[must_use]
pub fn limits(service: &Service) -> Vec<Finding> {
    let object = format!("services/{}", service.name);
    let mut found: Vec<Finding> =
        service.tls.as_ref().and_then(|tls| tls_limit(tls, &object)).into_iter().collect();
    found.extend(service.port_policies.iter().filter_map(|one| port_tls_limit(service, one, &object)));
    found.extend(port_balancing_limit(service, &object));
    found
}

fn tls_limit(tls: &BackendTls, object: &str) -> Option<Finding> {
    let object = format!("{object}/tls");
    if tls.mode == TlsMode::Mesh {
        let message = "TLS towards it uses identities that a service mesh hands out, and the target gateway is no member of the mesh";
        return Some(Finding::new(Severity::Block, "SVC-TLS-ISTIO", object, message).with_action(
            "give it TLS of mode SIMPLE or MUTUAL at the source, or exclude the routes that use it",
        ));
    }
    let parts = [
        ("a certificate of the gateway's own", tls.certificate.is_some()),
        ("an authority to trust", tls.authority.is_some() || tls.authority_pem.is_some()),
        ("names to accept", !tls.alternative_names.is_empty()),
    ];
    let set: Vec<&str> = parts.into_iter().filter(|(_, set)| *set).map(|(part, _)| part).collect();
    if set.is_empty() {
        return None;
    }
    let message = format!(
        "TLS towards it has {}, and this version carries over only its mode and server name: how the target spells the rest is not confirmed",
        set.join(", ")
    );
    Some(Finding::new(Severity::Block, "FTR-NOT-CARRIED", object, message).with_action(
        "remove these settings at the source if the service works without them, exclude the routes that use it, or wait for a version that carries them over",
    ))
}

fn port_tls_limit(service: &Service, policy: &PortPolicy, object: &str) -> Option<Finding> {
    let same = match &policy.tls {
        PortTls::Inherited => true,
        PortTls::Off => service.tls.is_none(),
        PortTls::On(tls) => service.tls.as_ref() == Some(tls),
    };
    if same {
        return None;
    }
    let message = format!(
        "port {} has TLS settings of its own, and this version does not carry them over",
        policy.port
    );
    Some(
        Finding::new(Severity::Block, "FTR-NOT-CARRIED", format!("{object}/ports/{}/tls", policy.port), message)
            .with_action("set TLS on the service as a whole at the source, exclude the routes that use it, or wait for a version that carries it over"),
    )
}

fn port_balancing_limit(service: &Service, object: &str) -> Option<Finding> {
    let odd =
        |one: &&PortPolicy| one.load_balancing.as_ref().is_some_and(|own| *own != service.load_balancing);
    let ports: Vec<String> =
        service.port_policies.iter().filter(odd).map(|one| one.port.to_string()).collect();
    if ports.is_empty() {
        return None;
    }
    let message = format!(
        "load balancing of port {} differs from the service's, and the target balances a service as a whole: the service's holds for them, too",
        ports.join(", ")
    );
    Some(
        Finding::new(Severity::Warn, "SVC-PORT-LB", format!("{object}/ports"), message).with_action(
            "make a service of its own for such a port at the source if its load balancing matters",
        ),
    )
}

#[cfg(test)]
mod tests;
