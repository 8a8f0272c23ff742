//! What a shop's gateway has beside its routes: policies, lists, authentication, consumers, plugins,
//! parameters. Ordinary routes stay open to every client of the lab; what refuses callers is on
//! routes of its own, below `/partner`, `/hooks` and `/secure`.

use super::random::Random;
use super::routes::BEGINNING_MS;
use super::{plugins, policies};
use crate::scenario::{
    About, AccessList, Alert, Algorithm, Answers, AuthKind, AuthResource, Authentication, Consumer,
    Destination, Dubbo, DubboMethod, DubboParam, Keeper, Level, Limit, Moment, ParamSource, PathKind,
    PluginLevels, Protocol, Refusal, Route, Scenario, Service, ServiceType, Token, TraceKind, Tracing,
    TrafficRules,
};

/// Name of the service behind the routes that ask for something.
const BACKEND: &str = "partner-hub";
/// Service that speaks Dubbo.
const DUBBO: &str = "com.example.shop.InvoiceService";
/// Domain of the routes for partners.
const PARTNER: &str = "partner.example.net";
/// Domain of the routes for hooks.
const HOOKS: &str = "hooks.example.net";
/// Domain of the route that global authentication guards.
const API: &str = "api.example.com";

/// The routes that refuse callers, or that plugins and lists are tried on.
pub(super) fn routes() -> Vec<Route> {
    let route = |name: &str, domain: &str, path: &str| Route {
        to: vec![Destination::all(BACKEND)],
        ..Route::new(name, domain, path)
    };
    let mut routes = vec![
        route("partner-keys", PARTNER, "/partner/keys"),
        route("partner-passwords", PARTNER, "/partner/passwords"),
        route("partner-signed", PARTNER, "/partner/signed"),
        route("partner-tokens", PARTNER, "/partner/tokens"),
        Route { guarded: true, ..route("partner-orders", PARTNER, "/partner/orders") },
        Route { guarded: true, ..route("partner-stock", PARTNER, "/partner/stock") },
        route("hooks-answer", HOOKS, "/hooks/answer"),
        Route { rate_limit: Some(few()), ..route("hooks-limited", HOOKS, "/hooks/limited") },
        route("hooks-friend", HOOKS, "/hooks/friend"),
        route("hooks-scripted", HOOKS, "/hooks/scripted"),
        route("secure", API, "/secure"),
        Route { to: vec![dubbo()], ..Route::new("invoices-dubbo", "open.example.net", "/dubbo/invoices") },
    ];
    for (at, route) in (1..).zip(&mut routes) {
        route.created = Some(Moment(BEGINNING_MS - 61_000 * at));
    }
    routes
}

/// Five requests a second: the only window the target has a key for.
fn few() -> Limit {
    Limit {
        threshold: 5,
        window_ms: 1_000,
        mode: 0,
        refuse: Refusal { body: "{\"error\":\"slow down\"}".to_owned(), json: true, ..Refusal::default() },
        off: false,
    }
}

fn dubbo() -> Destination {
    let method = |name: &str, http: &str, from: ParamSource, key: &str| DubboMethod {
        name: name.to_owned(),
        http: http.to_owned(),
        path: format!("/{name}"),
        params: vec![DubboParam { from, key: key.to_owned(), kind: "java.lang.String".to_owned() }],
        all_headers: false,
        headers: vec!["x-trace-id".to_owned()],
    };
    Destination {
        dubbo: Some(Dubbo {
            interface: DUBBO.to_owned(),
            version: "1.0.0".to_owned(),
            group: "shop".to_owned(),
            methods: vec![
                method("find", "GET", ParamSource::Query, "number"),
                method("create", "POST", ParamSource::Body, ""),
            ],
        }),
        ..Destination::all(DUBBO)
    }
}

/// Fills in everything but the routes above, which are there already.
pub(super) fn enrich(random: &mut Random, seed: u64, scenario: &mut Scenario) {
    scenario.services.push(Service {
        source: "nacos-shop".to_owned(),
        group: "DUBBO".to_owned(),
        protocol: Protocol::Dubbo,
        ..Service::new(DUBBO, ServiceType::Nacos)
    });
    policies::spread(random, &mut scenario.routes);
    scenario.access_lists = access_lists();
    scenario.authentications = authentications();
    scenario.consumers = consumers();
    scenario.plugins = plugins::plugins();
    scenario.answers = Answers {
        plugin_levels: if seed.is_multiple_of(2) {
            PluginLevels::DomainFirst
        } else {
            PluginLevels::RouteFirst
        },
        traffic_rules: TrafficRules::Mixed,
    };
    scenario.alerts = alerts();
    let gateway = &mut scenario.gateway;
    gateway.tracing =
        Some(Tracing { kind: TraceKind::Opentelemetry, sample: 20, service: String::new(), port: 0 });
    gateway.parameters.extend(
        [
            ("DownstreamIdleTime", 60.into()),
            ("EnableGzip", true.into()),
            ("KeepaliveHeaderTimeout", 30.into()),
            ("UpstreamIdleTimeout", 60.into()),
            ("XffTrustedNum", 1.into()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    only_what_is_there(scenario);
}

/// Rules that the target has metrics for, one that it has none for, and one about another gateway.
fn alerts() -> Vec<Alert> {
    let tell = |groups: &[&str]| groups.iter().map(|group| (*group).to_owned()).collect::<Vec<_>>();
    vec![
        Alert {
            warn: Some(60.0),
            contacts: tell(&["shop-operators", "on-call"]),
            ..Alert::above("cpu of the shop gateway", "gateway_cpu_usage", 80.0)
        },
        Alert {
            contacts: tell(&["shop-operators"]),
            period: 300,
            ..Alert::above("memory of the shop gateway", "gateway_memory_usage_rate", 85.0)
        },
        Alert {
            contacts: tell(&["shop-operators"]),
            enabled: false,
            ..Alert::above("new handshakes", "gateway_new_tls", 1600.0)
        },
        Alert { contacts: tell(&["on-call"]), ..Alert::above("errors", "gateway_5xx_rate", 5.0) },
        Alert { keeper: Keeper::Arms, ..Alert::above("rush hour", "qps", 5000.0) },
        Alert { about: About::Another, ..Alert::above("cpu of the old gateway", "gateway_cpu_usage", 70.0) },
    ]
}

/// Lists of three levels that contradict each other. None keeps loopback addresses from ordinary routes.
fn access_lists() -> Vec<AccessList> {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let list = |name: &str, note: &str, addresses: &[&str]| AccessList {
        name: name.to_owned(),
        note: note.to_owned(),
        white: false,
        level: Level::Gateway,
        on: Vec::new(),
        addresses: texts(addresses),
        off: false,
    };
    let (domain, route) = (Level::Domain, Level::Route);
    vec![
        list(
            "attackers",
            "seen by the security team",
            &["198.51.100.0/24", "192.0.2.7", "2001:db8:bad::/48"],
        ),
        AccessList {
            white: true,
            level: domain,
            on: texts(&["admin.example.com"]),
            ..list("offices", "", &["10.0.0.0/8", "127.0.0.0/8", "::1/128", "2001:db8:1::/48"])
        },
        AccessList {
            level: domain,
            on: texts(&["open.example.net"]),
            ..list("scrapers", "", &["203.0.113.0/24"])
        },
        AccessList {
            white: true,
            level: route,
            on: texts(&["hooks-friend"]),
            ..list("one-friend", "their network is on the list of attackers", &["198.51.100.9"])
        },
        AccessList { level: route, on: texts(&["secure"]), ..list("not-from-lab", "", &["10.9.0.0/16"]) },
        AccessList { off: true, ..list("kept-for-later", "", &["203.0.113.200"]) },
    ]
}

/// Tokens for one path of one domain; a login that nobody switched on.
fn authentications() -> Vec<Authentication> {
    let base = |name: &str, kind: AuthKind| Authentication {
        name: name.to_owned(),
        kind,
        white: false,
        enabled: true,
        resources: Vec::new(),
        resource_config: String::new(),
        issuer: "https://id.example.com".to_owned(),
        subject: String::new(),
        jwks: String::new(),
        token: Token::default(),
        client_id: String::new(),
        client_secret: String::new(),
        masked: false,
        login_url: String::new(),
        redirect_url: String::new(),
        cookie_domain: String::new(),
        scopes: Vec::new(),
        external: None,
    };
    let resource = |domain: &str, path: &str| AuthResource {
        domain: domain.to_owned(),
        path: path.to_owned(),
        kind: PathKind::Prefix,
        ignore_case: false,
        headers: Vec::new(),
    };
    vec![
        Authentication {
            resources: vec![resource(API, "/secure")],
            jwks: key("staff", "c3RhZmYtdG9rZW5zLXNlY3JldC1rZXktMDEyMzQ1Njc4OQ"),
            ..base("staff-tokens", AuthKind::Jwt)
        },
        Authentication {
            enabled: false,
            resources: vec![resource("admin.example.com", "/console")],
            client_id: "shop-console".to_owned(),
            client_secret: "shop-console-secret".to_owned(),
            login_url: "https://id.example.com/login".to_owned(),
            redirect_url: "https://admin.example.com/oauth2/callback".to_owned(),
            cookie_domain: "admin.example.com".to_owned(),
            scopes: ["openid", "email"].map(str::to_owned).to_vec(),
            ..base("console-login", AuthKind::Oidc)
        },
    ]
}

fn consumers() -> Vec<Consumer> {
    let consumer = |name: &str, secret: &str, grants: &[&str], off: &[&str]| Consumer {
        name: name.to_owned(),
        description: String::new(),
        algorithm: Algorithm::Oct,
        jwks: key(name, secret),
        claim: "iss".to_owned(),
        value: name.to_owned(),
        token: Token::default(),
        enabled: true,
        grants: grants.iter().map(|route| (*route).to_owned()).collect(),
        off_grants: off.iter().map(|route| (*route).to_owned()).collect(),
    };
    vec![
        consumer(
            "acme",
            "YWNtZS1jb25zdW1lci1zZWNyZXQta2V5LTAxMjM0NTY3ODk",
            &["partner-orders", "partner-stock"],
            &[],
        ),
        consumer("globex", "Z2xvYmV4LWNvbnN1bWVyLXNlY3JldC1rZXktMDEyMzQ1Njc", &["partner-stock"], &[]),
        consumer("initech", "aW5pdGVjaC1jb25zdW1lci1zZWNyZXQta2V5LTAxMjM0NQ", &[], &["partner-orders"]),
    ]
}

/// A key set with one shared secret.
pub(super) fn key(id: &str, secret: &str) -> String {
    format!("{{\"keys\":[{{\"kty\":\"oct\",\"kid\":\"{id}\",\"alg\":\"HS256\",\"k\":\"{secret}\"}}]}}")
}

/// A small scenario has not all of the routes; what is about those it has not goes too.
fn only_what_is_there(scenario: &mut Scenario) {
    let routes: Vec<String> = scenario.routes.iter().map(|route| route.name.clone()).collect();
    let keep = |level: Level, on: &mut Vec<String>| {
        if level != Level::Route {
            return true;
        }
        on.retain(|name| routes.contains(name));
        !on.is_empty()
    };
    scenario.access_lists.retain_mut(|list| keep(list.level, &mut list.on));
    for plugin in &mut scenario.plugins {
        plugin.rules.retain_mut(|rule| keep(rule.level, &mut rule.on));
    }
    for consumer in &mut scenario.consumers {
        consumer.grants.retain(|name| routes.contains(name));
        consumer.off_grants.retain(|name| routes.contains(name));
    }
}
