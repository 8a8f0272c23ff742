//! The routing of a gateway as its data plane needs it: only what is served, under the names that
//! the world knows the backends by.

mod guards;
mod policies;

use std::collections::BTreeMap;

use gateshift_lab_kernel::gateway::{self as plane, Forward, GatewayConfig};
use gateshift_lab_kernel::policy::Levels;

use crate::state::{Action, Content, Gateway, Route, Target};

/// Seconds a route waits when nobody said how long.
pub(crate) const DEFAULT_TIMEOUT_S: u32 = 60;
/// Further attempts of a route for which retries were never switched on: the product's own default.
pub(crate) const DEFAULT_RETRIES: u32 = 2;

/// The configuration of one gateway.
pub(crate) fn config(gateway: &Gateway) -> GatewayConfig {
    GatewayConfig {
        gateway_id: gateway.spec.id.clone(),
        addresses: gateway.entries.iter().map(|entry| entry.address).collect(),
        domains: gateway
            .domains
            .iter()
            .map(|domain| plane::Domain {
                name: domain.spec.name.clone(),
                certificate: domain.https.then(|| domain.spec.certificate.clone()),
                force_https: domain.https && domain.spec.force_https,
            })
            .collect(),
        routes: gateway
            .routes
            .iter()
            .filter_map(|route| Some(served(gateway, route, route.serving.as_ref()?)))
            .collect(),
        lists: guards::lists(gateway),
        levels: Levels::MostSpecific,
        authentications: guards::authentications(gateway),
        plugins: guards::plugins(gateway),
        parameters: guards::parameters(gateway),
    }
}

fn served(gateway: &Gateway, route: &Route, content: &Content) -> plane::Route {
    plane::Route {
        name: route.name.clone(),
        domains: content
            .domains
            .iter()
            .filter_map(|id| gateway.domain(*id))
            .map(|domain| domain.spec.name.clone())
            .collect(),
        path: content.path.clone(),
        methods: content.methods.clone(),
        headers: content.headers.clone(),
        queries: content.queries.clone(),
        created_ms: route.created_ms,
        sequence: route.id.unsigned_abs(),
        action: action(gateway, content),
        policies: policies::of(gateway, route),
    }
}

fn action(gateway: &Gateway, content: &Content) -> plane::Action {
    match &content.action {
        Action::Mock { status, body } => plane::Action::Mock { status: *status, body: body.clone() },
        Action::Redirect { status, host, path } => {
            plane::Action::Redirect { status: *status, host: host.clone(), path: path.clone() }
        }
        Action::Single(targets) | Action::Multiple(targets) | Action::Versions(targets) => {
            plane::Action::Forward(Forward {
                targets: resolve(gateway, targets),
                fallback: resolve(gateway, &content.fallback),
                timeout_ms: u64::from(content.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S)) * 1_000,
                retries: match &content.retry {
                    Some(retry) if retry.on => retry.attempts,
                    _ => DEFAULT_RETRIES,
                },
            })
        }
    }
}

/// All of a service.
fn target(gateway: &Gateway, service: &str) -> Option<plane::Target> {
    let upstream = gateway.service_named(service)?.upstream.clone();
    Some(plane::Target { upstream, labels: BTreeMap::new(), weight: 100 })
}

fn resolve(gateway: &Gateway, targets: &[Target]) -> Vec<plane::Target> {
    targets
        .iter()
        .filter_map(|target| {
            let service = gateway.service(target.service)?;
            let version = target
                .version
                .as_ref()
                .and_then(|name| service.spec.versions.iter().find(|version| version.name == *name));
            Some(plane::Target {
                upstream: service.upstream.clone(),
                labels: version.map(|version| version.labels.clone()).unwrap_or_default(),
                weight: target.weight,
            })
        })
        .collect()
}
