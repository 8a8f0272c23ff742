//! Makes up a realistic source account of a shop: the same for the same seed, on every machine and
//! with every version of every library, because old runs are compared with new ones.

mod catalogue;
mod groups;
mod plugins;
mod policies;
mod random;
mod rich;
mod routes;

use std::collections::BTreeMap;

use crate::scenario::{
    AccessLog, Answers, Certificate, Domain, Entry, Gateway, Http2, Network, Scenario, SecurityGroup,
    SecurityRule, Source, SourceType,
};
use crate::scenario::{valid_from, valid_to};
use random::Random;

/// A source account with `routes` routes over 14 domains and 44 services, more of both when there
/// are many routes. From 24 routes on every kind of route occurs; fewer leave out the last kinds.
/// Overlapping routes whose order decides, unpublished, offline and one or two edited routes are
/// among them, and no creation time occurs twice.
#[must_use]
pub fn generate(seed: u64, routes: usize) -> Scenario {
    let mut random = Random::new(seed);
    let mut scenario = Scenario {
        region: "cn-hangzhou".to_owned(),
        network: network(),
        gateway: gateway(&mut random, seed),
        domains: domains(),
        sources: sources(&mut random),
        services: catalogue::services(&mut random, routes / 200),
        routes: Vec::new(),
        backends: Vec::new(),
        access_lists: Vec::new(),
        authentications: Vec::new(),
        consumers: Vec::new(),
        plugins: Vec::new(),
        alerts: Vec::new(),
        answers: Answers::default(),
    };
    scenario.routes = routes::routes(&mut random, &scenario, routes);
    scenario.complete();
    scenario
}

/// The same account with everything a gateway can have beside routes and that the target has too:
/// policies on a third of the routes, address lists on three levels, authentication, consumers,
/// plugins, parameters, tracing, and one service more, which speaks Dubbo. Twelve of the routes are
/// there for what refuses callers; the others stay open to every client of the lab.
#[must_use]
pub fn generate_rich(seed: u64, routes: usize) -> Scenario {
    let mut own = rich::routes();
    own.truncate(routes);
    let mut scenario = generate(seed, routes - own.len());
    scenario.routes.extend(own);
    // A generator of its own, so that the routes are those of the plain account.
    let mut random = Random::new(seed ^ 0x5eed_0f7e_11ab_1e00);
    rich::enrich(&mut random, seed, &mut scenario);
    scenario.complete();
    scenario
}

/// The plain account with so many policies, of seven kinds, on every route that forwards: the size that the
/// product has to cope with is many routes with several each.
#[must_use]
pub fn generate_dense(seed: u64, routes: usize, policies: usize) -> Scenario {
    let mut scenario = generate(seed, routes);
    policies::everywhere(&mut Random::new(seed ^ 0x0de1_75e0_ca5e_ca5e), &mut scenario.routes, policies);
    scenario.complete();
    scenario
}

fn network() -> Network {
    let certificate = |number: u32, names: &[&str]| Certificate {
        id: format!("{number}-cn-hangzhou"),
        name: String::new(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        valid_from: valid_from(),
        valid_to: valid_to(),
    };
    Network {
        certificates: vec![
            certificate(1001, &["www.example.com", "mobile.example.com"]),
            certificate(1002, &["*.example.com", "example.com"]),
            certificate(1003, &["pay.example.com"]),
            certificate(1004, &["*.example.net", "example.net"]),
        ],
        security_groups: ["orders", "payments"]
            .map(|name| SecurityGroup { id: format!("sg-{name}"), name: name.to_owned(), vpc: String::new() })
            .to_vec(),
        ..Network::default()
    }
}

fn gateway(random: &mut Random, seed: u64) -> Gateway {
    Gateway {
        spec: random.pick(&["MSE_GTW_2_4_200_c", "MSE_GTW_4_8_200_c"]).to_string(),
        replicas: 2 + random.below(2) as u32,
        entries: vec![Entry::Internet],
        security_rules: [("sg-orders", "8080/8090"), ("sg-payments", "9000/9000")]
            .map(|(group, ports)| SecurityRule {
                group: group.to_owned(),
                ports: ports.to_owned(),
                description: "gateway to backends".to_owned(),
            })
            .to_vec(),
        tags: BTreeMap::from([
            ("env".to_owned(), "production".to_owned()),
            ("team".to_owned(), "shop".to_owned()),
        ]),
        log: Some(AccessLog {
            project: "aliyun-product-data-1234567890123456-cn-hangzhou".to_owned(),
            store: "mse_access_log".to_owned(),
            nginx_compatible: false,
        }),
        ..Gateway::named(&format!("shop-{seed}"))
    }
}

/// Exact and wildcard names, with and without HTTPS. Lengths are such that no wildcard name is as
/// long as a host under it, because the length of the name decides between two that match.
fn domains() -> Vec<Domain> {
    let https = |name: &str, certificate: u32, force: bool| Domain {
        certificate: format!("{certificate}-cn-hangzhou"),
        force_https: force,
        ..Domain::http(name)
    };
    vec![
        https("www.example.com", 1001, false),
        https("api.example.com", 1002, false),
        https("mobile.example.com", 1001, false),
        Domain {
            tls_min: "TLS 1.2".to_owned(),
            tls_max: "TLS 1.3".to_owned(),
            ..https("pay.example.com", 1003, true)
        },
        Domain::http("static.example.com"),
        Domain::http("search.example.com"),
        https("admin.example.com", 1002, true),
        Domain { http2: Http2::Open, ..https("*.example.com", 1002, false) },
        Domain::http("*.store.example.com"),
        https("partner.example.net", 1004, false),
        Domain::http("hooks.example.net"),
        Domain { http2: Http2::Close, ..https("open.example.net", 1004, false) },
        Domain::http("img.example.net"),
        Domain::http("*.example.net"),
    ]
}

fn sources(random: &mut Random) -> Vec<Source> {
    let mut source = |name: &str, kind: SourceType, prefix: &str| Source {
        id: format!("{prefix}{}", random.hex(12)),
        ..Source::new(name, kind)
    };
    vec![
        source("ack-shop", SourceType::K8s, "c"),
        source("ack-platform", SourceType::K8s, "c"),
        source("nacos-shop", SourceType::Nacos, "mse-cn-"),
    ]
}
