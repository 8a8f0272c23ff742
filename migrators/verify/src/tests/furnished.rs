//! An inventory with every kind of policy, list, authentication, consumer and plugin rule.

use gateshift_gateway_model::*;
use serde_json::json;

use super::effects::seal;
use super::world::{domain, inventory, route};

const SHOP: &str = "shop.example.com";
const API: &str = "api.example.com";
const PLAIN: &str = "plain.example.org";
const DOORS: &str = "doors.example.org";
const CACHED: &str = "cached.example.org";

fn key_set(key: &str) -> gateshift_sdk::model::Sealed {
    seal(&format!(r#"{{"keys":[{{"kty":"oct","kid":"1","alg":"HS256","k":"{key}"}}]}}"#))
}

fn bearer() -> TokenPlace {
    TokenPlace {
        position: "HEADER".into(),
        name: "authorization".into(),
        prefix: "Bearer ".into(),
        pass: true,
    }
}

fn change(direction: Direction, op: HeaderOp, name: &str, value: &str) -> HeaderChange {
    HeaderChange { direction, op, name: name.into(), value: value.into() }
}

fn list(id: &str, white: bool, level: Level, addresses: &[&str]) -> AccessList {
    AccessList {
        id: id.into(),
        name: format!("list-{id}"),
        note: String::new(),
        white,
        level,
        addresses: addresses.iter().map(|one| (*one).to_owned()).collect(),
        enabled: true,
        kind: String::new(),
    }
}

fn on_routes(ids: &[&str]) -> Level {
    Level::Routes { ids: ids.iter().map(|one| (*one).to_owned()).collect() }
}

pub(crate) fn on_domains(names: &[&str]) -> Level {
    Level::Domains { names: names.iter().map(|one| (*one).to_owned()).collect() }
}

pub(crate) fn consumer(id: &str, key: &str, enabled: bool, grants: &[&str]) -> Consumer {
    let grant = |route: &&str| Grant { route: (*route).to_owned(), name: String::new(), enabled: true };
    Consumer {
        id: id.into(),
        name: id.into(),
        description: String::new(),
        enabled,
        symmetric: true,
        jwks: key_set(key),
        claim: "iss".into(),
        claim_value: format!("https://{id}.example"),
        token: bearer(),
        grants: grants.iter().map(grant).collect(),
    }
}

fn plugin(name: &str, priority: i64, rules: &[(Level, &str)]) -> Plugin {
    let rule = |(number, (level, config)): (usize, &(Level, &str))| PluginRule {
        id: number.to_string(),
        level: Some(level.clone()),
        level_number: 0,
        resources: Vec::new(),
        config: seal(config),
        enabled: true,
    };
    let rules: Vec<PluginRule> = rules.iter().enumerate().map(rule).collect();
    let plugin = json!({
        "id": name,
        "name": name,
        "custom": false,
        "category": 1,
        "stage": "authentication",
        "priority": priority,
        "enabled": true,
        "rules": rules,
    });
    serde_json::from_value(plugin).unwrap()
}

pub(crate) fn refusal() -> Refusal {
    let kind = RefusalKind::Content { status: 429, body: "too many".into(), json: false };
    Refusal { kind, extra_headers: None }
}

/// Position of the route with that number.
pub(crate) const fn at(number: usize) -> usize {
    number - 1
}

/// Position of a plugin.
pub(crate) fn plugin_at(inventory: &Inventory, name: &str) -> usize {
    inventory.plugins.iter().position(|one| one.name == name).unwrap()
}

/// The inventory.
pub(crate) fn furnished() -> Inventory {
    use MatchKind::{Exact, Prefix};
    let domains = vec![
        domain(SHOP, Protocol::Https, false),
        domain(API, Protocol::Https, false),
        domain(PLAIN, Protocol::Http, false),
        domain(DOORS, Protocol::Http, false),
        domain(CACHED, Protocol::Http, false),
    ];
    let routes = vec![
        route(1, &[SHOP], Prefix, "/app/"),
        route(2, &[SHOP], Prefix, "/parts/"),
        route(3, &[SHOP], Prefix, "/headers"),
        route(4, &[SHOP], Prefix, "/cors"),
        route(5, &[SHOP], Prefix, "/hidden"),
        route(6, &[PLAIN], Prefix, "/listed"),
        route(7, &[PLAIN], Prefix, "/free"),
        route(8, &[API], Prefix, "/tokens"),
        route(9, &[API], Prefix, "/open"),
        route(10, &[API], Prefix, "/guarded"),
        route(11, &[DOORS], Prefix, "/key"),
        route(12, &[DOORS], Prefix, "/basic"),
        route(13, &[DOORS], Prefix, "/signed"),
        route(14, &[DOORS], Prefix, "/token"),
        route(15, &[DOORS], Prefix, "/blocked"),
        route(16, &[DOORS], Prefix, "/both"),
        route(17, &[CACHED], Prefix, "/one"),
        route(18, &[CACHED], Prefix, "/two"),
    ];
    let mut made = inventory(domains, routes);
    policies(&mut made);
    made.access_lists = vec![
        list("1", false, Level::Gateway, &["203.0.113.0/24"]),
        list("2", false, Level::Gateway, &["2001:db8:bad::/48"]),
        list("3", false, on_domains(&[CACHED]), &["198.18.0.0/15", "203.0.113.0/25"]),
        list("4", true, on_routes(&["6"]), &["203.0.113.4/32", "10.0.0.0/8"]),
    ];
    let resource = |path: &str, kind, ignore_case| AuthResource {
        domain: API.into(),
        path: path.into(),
        kind,
        ignore_case,
        headers: Vec::new(),
    };
    made.authentications = vec![Authentication {
        id: "1".into(),
        name: "main".into(),
        enabled: true,
        white: false,
        resource_mode: None,
        resource_config: None,
        resources: vec![resource("/tokens", Prefix, false), resource("/open/Exact", Exact, true)],
        scheme: AuthScheme::Jwt {
            issuer: "https://issuer.example".into(),
            subject: String::new(),
            jwks: key_set("bWFpbi1rZXk"),
            token: bearer(),
        },
    }];
    made.guarded_routes = vec!["10".into()];
    made.consumers = vec![
        consumer("granted", "Z3JhbnRlZC1rZXk", true, &["10"]),
        consumer("stranger", "c3RyYW5nZXIta2V5", true, &[]),
        consumer("switched-off", "b2ZmLWtleQ", false, &["10"]),
    ];
    made.plugins = plugins();
    made.parameters = [
        ("XffTrustedNum", json!(1)),
        ("EnableSlashMerge", json!(true)),
        ("KeepaliveHeaderTimeout", json!(9)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    made
}

fn policies(made: &mut Inventory) {
    use Direction::{Request, Response};
    use HeaderOp::{Add, Delete, Update};
    made.routes[at(1)].policies.rewrite = Some(Rewrite {
        path: Some(PathRewrite::Prefix { prefix: "/".into() }),
        host: Some("inner.example".into()),
    });
    let (pattern, substitution) = ("/parts/([a-z]+)/([0-9]+)".to_owned(), r"/\2/\1".to_owned());
    made.routes[at(2)].policies.rewrite =
        Some(Rewrite { path: Some(PathRewrite::Regex { pattern, substitution }), host: None });
    made.routes[at(3)].policies.headers = vec![
        change(Request, Add, "x-added", "one"),
        change(Request, Update, "x-updated", "two"),
        change(Request, Delete, "x-removed", ""),
        change(Request, Update, "x-ordered", "first"),
        change(Request, Add, "x-ordered", "second"),
        change(Response, Add, "x-answer", "three"),
        change(Response, Update, "server", "four"),
    ];
    let texts = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    made.routes[at(4)].policies.cors = Some(Cors {
        allow_origins: texts(&["https://a.example", "https://b.example"]),
        allow_methods: texts(&["GET", "POST"]),
        allow_headers: texts(&["x-h"]),
        expose_headers: texts(&["x-e"]),
        allow_credentials: true,
        max_age: 1,
        unit: "h".into(),
    });
    let hidden = &mut made.routes[at(5)];
    hidden.policies.mirror = Some(Mirror { service: "copy".into(), port: None, percent: 10 });
    hidden.policies.waf = true;
    hidden.policies.rate_limits =
        vec![RateLimit { id: "1".into(), threshold: 1000, mode: None, window_ms: None, refusal: refusal() }];
    hidden.policies.circuit_breakers = vec![CircuitBreaker {
        id: "1".into(),
        strategy: None,
        trigger_ratio: 50,
        window_seconds: 10,
        recovery_seconds: 5,
        min_requests: 5,
        max_allowed_ms: None,
        mode: None,
        refusal: refusal(),
    }];
    hidden.timeout = Timeout { seconds: 7, explicit: true };
    hidden.retry = Retry { attempts: 3, on: Vec::new(), statuses: Vec::new(), explicit: true };
}

fn plugins() -> Vec<Plugin> {
    let jwks = r#"{"keys":[{"kty":"oct","alg":"HS256","k":"cGx1Z2luLWtleQ"}]}"#;
    let tokens =
        format!("consumers:\n- name: dora\n  issuer: dora.example\n  jwks: '{jwks}'\nglobal_auth: false\n");
    let keys = "consumers:\n- name: alice\n  credential: key-of-alice\n- name: bob\n  credential: key-of-bob\nkeys: [x-api-key]\nin_header: true\nglobal_auth: false\n";
    vec![
        plugin(
            "key-auth",
            310,
            &[
                (Level::Gateway, keys),
                (on_routes(&["11"]), "allow: [alice]"),
                (on_routes(&["16"]), "allow: [bob]"),
            ],
        ),
        plugin(
            "basic-auth",
            320,
            &[
                (
                    Level::Gateway,
                    "consumers:\n- name: carl\n  credential: carl:pass-of-carl\nglobal_auth: false\n",
                ),
                (on_routes(&["12"]), "allow: [carl]"),
            ],
        ),
        plugin(
            "hmac-auth",
            330,
            &[
                (
                    Level::Gateway,
                    "consumers:\n- name: eva\n  key: eva-key\n  secret: eva-secret\nglobal_auth: false\n",
                ),
                (on_routes(&["13"]), "allow: [eva]"),
            ],
        ),
        plugin("jwt-auth", 340, &[(Level::Gateway, &tokens), (on_routes(&["14"]), "allow: [dora]")]),
        plugin(
            "request-block",
            200,
            &[(on_routes(&["15"]), "block_urls: [swagger.html]\nblock_headers: [evil-key]\n")],
        ),
        plugin("custom-response", 100, &[(on_routes(&["16"]), "status_code: 418\nbody: teapot\n")]),
        plugin("bot-detect", 90, &[(on_domains(&[CACHED]), "deny: [spd-tools]\n")]),
        plugin(
            "cache-control",
            80,
            &[(on_domains(&[CACHED]), "expires: 60\n"), (on_routes(&["18"]), "expires: 5\n")],
        ),
        plugin("hsts", 70, &[(on_domains(&[SHOP]), "max_age: 3600\n")]),
    ]
}
