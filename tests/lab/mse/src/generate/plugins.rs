//! The plugins of the shop: those that ask callers for something on routes of their own, the others
//! where they do no harm to ordinary traffic.

use super::rich::key;
use crate::scenario::{Level, Plugin, PluginLanguage, PluginPhase, PluginRule};

/// Every plugin of the generated gateway.
pub(super) fn plugins() -> Vec<Plugin> {
    let jwks = key("acme", "and0LWF1dGgtcGx1Z2luLXNlY3JldC0wMTIzNDU2Nzg5MDE");
    let jwt = format!("global_auth: false\nconsumers:\n- name: acme\n  issuer: acme\n  jwks: '{jwks}'\n");
    vec![
        guard(
            "key-auth",
            "partner-keys",
            "global_auth: false\nconsumers:\n- credential: key-of-acme\n  name: acme\n- credential: key-of-globex\n  name: globex\nkeys:\n- x-api-key\nin_header: true\n",
        ),
        guard(
            "basic-auth",
            "partner-passwords",
            "global_auth: false\nconsumers:\n- credential: acme:password-of-acme\n  name: acme\n",
        ),
        guard(
            "hmac-auth",
            "partner-signed",
            "global_auth: false\nconsumers:\n- key: app-acme\n  secret: hmac-secret-of-acme\n  name: acme\n",
        ),
        guard("jwt-auth", "partner-tokens", &jwt),
        with("request-block", vec![everywhere("block_urls:\n- swagger.html\nblocked_code: 403\n")]),
        with(
            "transformer",
            vec![on_domain(
                "www.example.com",
                "reqRules:\n- operate: add\n  headers:\n  - key: x-env\n    value: prod\n",
            )],
        ),
        with("hsts", vec![on_domain("www.example.com", "max_age: 31536000\ninclude_sub_domains: true\n")]),
        with("cache-control", vec![on_domain("static.example.com", "suffix: jpg|png|jpeg\nexpires: 3600\n")]),
        with(
            "cors",
            vec![on_domain(
                "open.example.net",
                "allow_origins:\n- https://www.example.com\nallow_methods:\n- GET\n- POST\nallow_headers:\n- content-type\nmax_age: 3600\n",
            )],
        ),
        with(
            "custom-response",
            vec![on_route(
                "hooks-answer",
                "status_code: 200\nheaders:\n- Content-Type=application/json\n- x-answer=gateway\nbody: '{\"hello\":\"world\"}'\n",
            )],
        ),
        with(
            "key-rate-limit",
            vec![on_route(
                "hooks-scripted",
                "limit_by_header: x-api-key\nlimit_keys:\n- key: key-of-acme\n  query_per_minute: 5\n",
            )],
        ),
        with("bot-detect", vec![on_route("hooks-answer", "deny:\n- spd-tools.*\nblocked_code: 401\n")]),
        with(
            "ip-restriction",
            vec![on_route(
                "hooks-scripted",
                "ip_source_type: origin-source\ndeny:\n- 198.51.100.0/24\nstatus: 403\nmessage: not from there\n",
            )],
        ),
        Plugin {
            version: "1.2.0".to_owned(),
            ..with(
                "lua",
                vec![on_route(
                    "hooks-scripted",
                    "function envoy_on_request(handle)\n  handle:headers():add(\"x-lua\", \"1\")\nend\n",
                )],
            )
        },
        Plugin {
            custom: true,
            phase: Some(PluginPhase::Default),
            priority: Some(200),
            version: "1.3.0".to_owned(),
            language: PluginLanguage::Rust,
            wasm_url: "https://shop-plugins.oss-cn-hangzhou.aliyuncs.com/shop-audit.wasm".to_owned(),
            ..with("shop-audit", vec![everywhere("sample: 100\nheader: x-audit\n")])
        },
    ]
}

/// A plugin that knows its callers for the whole gateway and asks for them on one route.
fn guard(name: &str, route: &str, callers: &str) -> Plugin {
    with(name, vec![everywhere(callers), on_route(route, "allow:\n- acme\n")])
}

fn with(name: &str, rules: Vec<PluginRule>) -> Plugin {
    Plugin { rules, ..Plugin::named(name) }
}

fn everywhere(config: &str) -> PluginRule {
    PluginRule { level: Level::Gateway, on: Vec::new(), config: config.to_owned(), enabled: true }
}

fn on_domain(domain: &str, config: &str) -> PluginRule {
    PluginRule { level: Level::Domain, on: vec![domain.to_owned()], ..everywhere(config) }
}

fn on_route(route: &str, config: &str) -> PluginRule {
    PluginRule { level: Level::Route, on: vec![route.to_owned()], ..everywhere(config) }
}
