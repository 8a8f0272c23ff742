//! The services of the shop: every type that the target has too, with health checks, protocols and
//! versions. One of them is down, so that a route's fallback has something to do.

use std::collections::BTreeMap;

use super::random::Random;
use crate::scenario::{HealthCheck, HealthProtocol, LoadBalancing, Service, ServiceType, Version};

/// The service that is down.
pub(super) const DOWN: &str = "recommend-legacy";

const CONTAINERS: &[&str] = &[
    "web-frontend",
    "catalog",
    "cart",
    "orders",
    "checkout",
    "inventory",
    "pricing",
    "promotions",
    "reviews",
    "wishlist",
    "shipping",
    "returns",
    "gift-cards",
    "storefront",
];
const REGISTERED: &[&str] = &[
    "user-center",
    "account",
    "loyalty",
    "coupon",
    "payment-core",
    "refund",
    "message-push",
    "recommend",
    "risk-control",
    "invoice",
];
const FIXED: &[&str] = &[
    "erp-bridge",
    "warehouse",
    DOWN,
    "admin-console",
    "report-server",
    "static-files",
    "search-index",
    "crm-adapter",
    "audit-sink",
];
const NAMED: &[&str] = &[
    "billing-gateway",
    "map-service",
    "sms-provider",
    "mail-relay",
    "partner-hub",
    "geo-lookup",
    "fraud-check",
];
const FUNCTIONS: &[&str] = &["image-resize", "pdf-render", "webhook-fanout", "qr-code"];

/// The 44 services above and `more` further containers.
pub(super) fn services(random: &mut Random, more: usize) -> Vec<Service> {
    let extra: Vec<String> = (1..=more).map(|at| format!("shop-module-{at}")).collect();
    let containers = CONTAINERS.iter().copied().chain(extra.iter().map(String::as_str));
    let mut services: Vec<Service> =
        containers.enumerate().map(|(at, name)| container(random, at, name)).collect();
    services.extend(REGISTERED.iter().enumerate().map(|(at, name)| registered(random, at, name)));
    services.extend(FIXED.iter().enumerate().map(|(at, name)| fixed(random, at, name)));
    services.extend(NAMED.iter().enumerate().map(|(at, name)| named(at, name)));
    services.extend(FUNCTIONS.iter().enumerate().map(|(at, name)| function(at, name)));
    services
}

fn container(random: &mut Random, at: usize, name: &str) -> Service {
    Service {
        source: if at % 4 == 3 { "ack-platform" } else { "ack-shop" }.to_owned(),
        namespace: random.pick(&["shop", "shop", "default", "platform"]).to_string(),
        port: *random.pick(&[80, 8080, 8090]),
        versions: versions(at.is_multiple_of(2)),
        instances: if at.is_multiple_of(2) { instances(random) } else { Vec::new() },
        health: (!at.is_multiple_of(3)).then(|| http_check("/healthz")),
        balance: if at % 5 == 4 { LoadBalancing::LeastConn } else { LoadBalancing::RoundRobin },
        ..Service::new(name, ServiceType::K8s)
    }
}

fn registered(random: &mut Random, at: usize, name: &str) -> Service {
    Service {
        source: "nacos-shop".to_owned(),
        namespace: if at % 4 == 3 { "finance" } else { "public" }.to_owned(),
        group: if at % 3 == 2 { "SHOP_GROUP" } else { "DEFAULT_GROUP" }.to_owned(),
        versions: versions(at.is_multiple_of(3)),
        instances: if at.is_multiple_of(3) { instances(random) } else { Vec::new() },
        health: at.is_multiple_of(2).then(tcp_check),
        warmup: if at.is_multiple_of(4) { 30 } else { 0 },
        ..Service::new(name, ServiceType::Nacos)
    }
}

fn fixed(random: &mut Random, at: usize, name: &str) -> Service {
    let hosts = 1 + random.below(3);
    let own_ports = at.is_multiple_of(2);
    let addresses = (0..hosts).map(|host| {
        let address = format!("10.{}.{at}.{}", 20 + random.below(30), 10 + host);
        if own_ports { format!("{address}:8080") } else { address }
    });
    Service {
        addresses: addresses.collect(),
        port: if own_ports { 0 } else { 9000 },
        health: Some(if at.is_multiple_of(2) { http_check("/ping") } else { tcp_check() }),
        alive: name != DOWN,
        balance: if at % 4 == 1 { LoadBalancing::Random } else { LoadBalancing::RoundRobin },
        ..Service::new(name, ServiceType::Vip)
    }
}

fn named(at: usize, name: &str) -> Service {
    Service {
        addresses: vec![format!(
            "{name}.internal.example.org:{}",
            if at.is_multiple_of(2) { 80 } else { 8443 }
        )],
        dns_servers: if at % 3 == 2 { vec!["10.0.0.53".to_owned()] } else { Vec::new() },
        health: at.is_multiple_of(3).then(tcp_check),
        ..Service::new(name, ServiceType::Dns)
    }
}

fn function(at: usize, name: &str) -> Service {
    Service {
        qualifier: if at.is_multiple_of(2) { "LATEST" } else { "prod" }.to_owned(),
        ..Service::new(name, ServiceType::Function)
    }
}

fn versions(has_them: bool) -> Vec<Version> {
    let names: &[&str] = if has_them { &["v1", "v2"] } else { &[] };
    names
        .iter()
        .map(|name| Version {
            name: (*name).to_owned(),
            labels: BTreeMap::from([("version".to_owned(), (*name).to_owned())]),
        })
        .collect()
}

/// Two of the first version, one or two of the second.
fn instances(random: &mut Random) -> Vec<BTreeMap<String, String>> {
    let label = |version: &str| BTreeMap::from([("version".to_owned(), version.to_owned())]);
    let mut instances = vec![label("v1"), label("v1"), label("v2")];
    if random.below(2) == 0 {
        instances.push(label("v2"));
    }
    instances
}

fn http_check(path: &str) -> HealthCheck {
    HealthCheck {
        protocol: HealthProtocol::Http,
        path: path.to_owned(),
        statuses: vec![200, 204],
        interval: 5,
        ..tcp_check()
    }
}

fn tcp_check() -> HealthCheck {
    HealthCheck {
        protocol: HealthProtocol::Tcp,
        path: String::new(),
        host: String::new(),
        interval: 2,
        timeout: 2,
        healthy: 2,
        unhealthy: 3,
        statuses: Vec::new(),
    }
}
