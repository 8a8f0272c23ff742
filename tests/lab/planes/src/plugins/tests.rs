//! A table an effect: rule, request, answer; and which rule is in force where.

use gateshift_lab_kernel::policy::{PluginRule, Scope};
use serde_json::{Value, json};

use super::Plugins;
use crate::plane::Reply;
use crate::policies::samples::{facts, headers, onward};
use crate::policies::{Facts, signature};

fn rule(plugin: &str, scope: Scope, config: Value) -> PluginRule {
    PluginRule { plugin: plugin.to_owned(), scope, text: config.to_string(), config }
}

/// Lets the rules work on a request to the route `r`; the answer of an upstream is 200 `up` with the
/// headers that reached it, prefixed.
fn pass(rules: &[PluginRule], facts: &Facts<'_>) -> Reply {
    let plugins = Plugins::compile(rules);
    let mut onward = onward(facts);
    let effects: Vec<_> = plugins.in_force(facts.request.host, Some("r")).collect();
    let refused = effects.iter().find_map(|effect| effect.request(facts, &mut onward));
    let mut reply = refused.unwrap_or_else(|| {
        let mut reply = Reply::own(hyper::StatusCode::OK, "", format!("up {}", onward.target()));
        for (name, value) in &onward.headers {
            let name = format!("got-{name}").parse::<hyper::header::HeaderName>().unwrap();
            reply.headers.insert(name, value.clone());
        }
        reply
    });
    effects.iter().rev().for_each(|effect| effect.response(facts, &mut reply));
    reply
}

fn ask(rules: &[PluginRule], target: &str, sent: &[(&str, &str)]) -> (u16, String, hyper::HeaderMap) {
    let headers = headers(sent);
    let reply = pass(rules, &facts(target, &headers));
    (reply.status.as_u16(), String::from_utf8_lossy(&reply.body).into_owned(), reply.headers)
}

fn global(plugin: &str, config: Value) -> Vec<PluginRule> {
    vec![rule(plugin, Scope::Gateway, config)]
}

#[test]
fn callers_are_known_for_the_gateway_and_allowed_below_it() {
    let keys = json!({"global_auth": false, "keys": ["x-key", "key"], "in_query": true, "in_header": true,
        "consumers": [{"name": "a", "credential": "k1"}, {"name": "b", "credential": "k2"}]});
    let mut rules = global("key-auth", keys);
    assert_eq!(ask(&rules, "/", &[]).0, 200, "global_auth false asks nobody");
    rules.push(rule("key-auth", Scope::Routes(vec!["r".to_owned()]), json!({"allow": ["a"]})));
    for (target, sent, status, name) in [
        ("/", None, 401, None),
        ("/", Some(("x-key", "k1")), 200, Some("a")),
        ("/?key=k1", None, 200, Some("a")),
        ("/", Some(("x-key", "k2")), 403, None),
        ("/", Some(("x-key", "no")), 401, None),
    ] {
        let sent: Vec<_> = sent.into_iter().collect();
        let (found, _, headers) = ask(&rules, target, &sent);
        assert_eq!(found, status, "{target} {sent:?}");
        assert_eq!(headers.get("got-x-mse-consumer").map(|one| one.to_str().unwrap()), name);
    }
}

#[test]
fn passwords_signatures_and_tokens_name_callers() {
    let basic = global("basic-auth", json!({"consumers": [{"name": "a", "credential": "user:pass"}]}));
    assert_eq!(ask(&basic, "/", &[("authorization", "Basic dXNlcjpwYXNz")]).0, 200);
    let refused = ask(&basic, "/", &[("authorization", "Basic eDp5")]);
    assert_eq!(
        (refused.0, &refused.2["www-authenticate"]),
        (401, &"Basic realm=MSE Gateway".parse().unwrap())
    );
    assert_eq!(ask(&basic, "/", &[]).0, 401);

    let hmac = global("hmac-auth", json!({"consumers": [{"name": "a", "key": "ak", "secret": "sk"}]}));
    let unsigned = headers(&[("x-ca-key", "ak")]);
    let signed = signature::sign(&signature::text_to_sign(&facts("/a?b=1", &unsigned)), "sk");
    let sent = [("x-ca-key", "ak"), ("x-ca-signature", signed.as_str())];
    assert_eq!(ask(&hmac, "/a?b=1", &sent).0, 200);
    assert_eq!(ask(&hmac, "/a?b=2", &sent).0, 401);
    assert_eq!(ask(&hmac, "/a?b=1", &[]).0, 401);

    let jwks = r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#;
    let jwt = global("jwt-auth", json!({"consumers": [{"name": "a", "issuer": "me", "jwks": jwks}]}));
    assert_eq!(ask(&jwt, "/", &[]).1, "Jwt is missing");
    assert_eq!(ask(&jwt, "/", &[("authorization", "Bearer a.b.c")]).0, 401);
}

#[test]
fn refusing_plugins_refuse_what_their_rule_says() {
    for (plugin, config, target, sent, status) in [
        ("request-block", json!({"block_urls": ["secret"]}), "/a/secret", ("x", ""), 403),
        ("request-block", json!({"block_urls": ["secret"]}), "/a/open", ("x", ""), 200),
        ("request-block", json!({"block_urls": ["Sec"], "case_sensitive": false}), "/SECRET", ("x", ""), 403),
        ("request-block", json!({"block_headers": ["bad"], "blocked_code": 404}), "/", ("x", "bad"), 404),
        ("request-block", json!({"block_exact_urls": ["/a?b=1"]}), "/a?b=1", ("x", ""), 403),
        ("request-block", json!({"block_regexp_urls": ["^/v\\d"]}), "/v1", ("x", ""), 403),
        ("bot-detect", json!({}), "/", ("user-agent", "Examplebot/1.0"), 403),
        ("bot-detect", json!({}), "/", ("user-agent", "Mozilla/5.0"), 200),
        ("bot-detect", json!({"allow": ["Example"]}), "/", ("user-agent", "Examplebot/1.0"), 200),
        ("bot-detect", json!({"deny": ["curl"], "blocked_code": 401}), "/", ("user-agent", "curl/8"), 401),
        ("ip-restriction", json!({"deny": ["198.51.100.0/24"]}), "/", ("x", ""), 403),
        ("ip-restriction", json!({"allow": ["192.0.2.1"]}), "/", ("x", ""), 403),
        ("ip-restriction", json!({"allow": ["198.51.100.7"]}), "/", ("x", ""), 200),
        (
            "ip-restriction",
            json!({"allow": ["192.0.2.1"], "ip_source_type": "header", "ip_header_name": "x-ip"}),
            "/",
            ("x-ip", "192.0.2.1"),
            200,
        ),
        ("request-validation", json!({"header_schema": {"required": ["x-a"]}}), "/", ("x-b", "1"), 403),
        ("request-validation", json!({"header_schema": {"required": ["x-a"]}}), "/", ("x-a", "1"), 200),
        (
            "request-validation",
            json!({"body_schema": {"type": "object"}, "rejected_code": 400}),
            "/",
            ("x", ""),
            400,
        ),
        (
            "cors",
            json!({"allow_origins": ["https://a.example.com"]}),
            "/",
            ("origin", "https://b.example.com"),
            403,
        ),
        (
            "cors",
            json!({"allow_origins": ["https://a.example.com"]}),
            "/",
            ("origin", "https://a.example.com"),
            200,
        ),
        ("custom-response", json!({"status_code": 418, "body": "tea"}), "/", ("x", ""), 418),
        ("custom-response", json!({"status_code": 418, "enable_on_status": [404]}), "/", ("x", ""), 200),
        ("custom-response", json!({"status_code": 418, "enable_on_status": [200]}), "/", ("x", ""), 418),
    ] {
        let found = ask(&global(plugin, config.clone()), target, &[sent]).0;
        assert_eq!(found, status, "{plugin} {config} {target} {sent:?}");
    }
    let real = vec![
        rule("http-real-ip", Scope::Gateway, json!({"real_ip_header": "x-ip"})),
        rule("ip-restriction", Scope::Gateway, json!({"allow": ["192.0.2.1"]})),
    ];
    assert_eq!(ask(&real, "/", &[("x-ip", "192.0.2.1")]).0, 200);
    assert_eq!(ask(&real, "/", &[("x-ip", "192.0.2.2")]).0, 403);
}

#[test]
fn changing_plugins_change_what_goes_on_and_comes_back() {
    let transformer = json!({
        "reqRules": [
            {"operate": "remove", "headers": [{"key": "x-gone"}], "querys": [{"key": "q"}]},
            {"operate": "rename", "headers": [{"oldKey": "x-old", "newKey": "x-new"}]},
            {"operate": "add", "headers": [{"key": "x-added", "value": 1}], "querys": [{"key": "k", "value": "v"}]},
        ],
        "respRules": [{"operate": "add", "headers": [{"key": "x-answer", "value": "yes"}]}],
    });
    let (_, body, headers) =
        ask(&global("transformer", transformer), "/p?q=1&r=2", &[("x-gone", "1"), ("x-old", "o")]);
    assert_eq!(body, "up /p?r=2&k=v");
    assert!(!headers.contains_key("got-x-gone") && !headers.contains_key("got-x-old"));
    assert_eq!(
        (&headers["got-x-new"], &headers["got-x-added"]),
        (&"o".parse().unwrap(), &"1".parse().unwrap())
    );
    assert_eq!(headers["x-answer"], "yes");

    let tag = json!({"conditionGroups": [{"headerName": "x-tag", "headerValue": "gray", "logic": "and",
        "conditions": [{"conditionType": "header", "key": "role", "operator": "in", "value": ["a", "b"]}]}],
        "defaultTagKey": "x-tag", "defaultTagVal": "base"});
    for (role, wanted) in [("a", "gray"), ("c", "base")] {
        assert_eq!(ask(&global("traffic-tag", tag.clone()), "/", &[("role", role)]).2["got-x-tag"], wanted);
    }
    let hsts = json!({"max_age": 60, "include_subdomains": true});
    assert_eq!(
        ask(&global("hsts", hsts), "/", &[]).2["strict-transport-security"],
        "max-age=60; includeSubDomains"
    );
    let cache = global("cache-control", json!({"suffix": "jpg|png", "expires": "3600"}));
    assert_eq!(ask(&cache, "/a.png", &[]).2["cache-control"], "max-age=3600");
    assert!(!ask(&cache, "/a.html", &[]).2.contains_key("cache-control"));
}

#[test]
fn a_key_has_so_many_requests_a_window() {
    let rules = global(
        "key-rate-limit",
        json!({"limit_by_header": "x-key", "limit_keys": [{"key": "a", "query_per_minute": 2}]}),
    );
    let plugins = Plugins::compile(&rules);
    let sent = headers(&[("x-key", "a")]);
    let other = headers(&[("x-key", "b")]);
    let ask = |sent| {
        let facts = facts("/", sent);
        let effect = plugins.in_force("api.example.com", None).next().unwrap();
        effect.request(&facts, &mut onward(&facts)).map(|reply| reply.status.as_u16())
    };
    assert_eq!([ask(&sent), ask(&sent), ask(&sent), ask(&other)], [None, None, Some(429), None]);
}

#[test]
fn the_most_specific_rule_is_in_force_and_an_unknown_plugin_marks_it() {
    let at = |scope, text: &str| rule("my.plugin", scope, json!({ "text": text }));
    let gateway = at(Scope::Gateway, "gateway");
    let wild = at(Scope::Domains(vec!["*.example.com".to_owned()]), "wild");
    let exact = at(Scope::Domains(vec!["API.example.com".to_owned()]), "exact");
    let route = at(Scope::Routes(vec!["r".to_owned()]), "route");
    let other = at(Scope::Routes(vec!["other".to_owned()]), "other");
    let mark = |rules: &[&PluginRule]| {
        let rules: Vec<PluginRule> = rules.iter().map(|rule| (*rule).clone()).collect();
        ask(&rules, "/", &[]).2.get("x-plugin-my-plugin").map(|value| value.to_str().unwrap().to_owned())
    };
    let alone: Vec<_> = [&gateway, &wild, &exact, &route].map(|rule| mark(&[rule])).into_iter().collect();
    assert!(alone.iter().all(|one| one.as_ref().is_some_and(|mark| mark.len() == 8)), "{alone:?}");
    assert_eq!(mark(&[&gateway, &wild, &exact, &route, &other]), alone[3]);
    assert_eq!(mark(&[&gateway, &wild, &exact, &other]), alone[2]);
    assert_eq!(mark(&[&gateway, &wild, &other]), alone[1]);
    assert_eq!(mark(&[&gateway, &other]), alone[0]);
    assert_eq!(mark(&[&other]), None);
}
