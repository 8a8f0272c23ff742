//! Scenarios as people write them, with their mistakes.

use gateshift_lab_mse::{Scenario, ScenarioError, generate, network_of, world_of};

/// Uses what the small one leaves out.
pub(crate) const FULL: &str = r#"
region: cn-shanghai
network:
  vpcs: [{ id: vpc-1, cidr: 172.16.0.0/12 }, { id: vpc-2 }]
  vswitches:
    - { id: vsw-1, zone: cn-shanghai-b }
    - { id: vsw-2, zone: cn-shanghai-g, free: 3 }
    - { id: vsw-3, vpc: vpc-2, zone: cn-shanghai-b }
  security_groups: [{ id: sg-1, name: backends }]
  certificates:
    - { id: 1-cn-shanghai, names: [a.example.com, b.example.com], valid_from: 2026-01-01, valid_to: "2027-01-01T00:00:00Z" }
gateway:
  name: full
  id: gw-full
  spec: MSE_GTW_8_16_200_c
  replicas: 3
  charge: prepay
  entries: [internet, intranet]
  security_rules: [{ group: sg-1, ports: 8080/8080, description: all }]
  tags: { team: a }
  log: { project: p }
  tracing: { kind: SKYWALKING, sample: 10, service: plain, port: 11800 }
  elastic: { max_replicas: 6, windows: [{ from: "07:00", to: "09:00", replicas: 5 }] }
  parameters: { XffTrustedNum: 1, EnableXffTrustedCidrs: { Enable: true } }
domains:
  - { name: a.example.com, certificate: 1-cn-shanghai, force_https: true, http2: open, tls_min: TLS 1.2, client_ca: 7-cn-shanghai }
  - { name: "*" }
sources:
  - { name: k, type: k8s, id: c123 }
  - { name: n, type: nacos }
  - { name: z, type: zookeeper }
  - { name: s, type: sae }
  - { name: e, type: edas }
services:
  - { name: plain, type: k8s, namespace: shop }
  - { name: registered, type: nacos, group: G }
  - { name: zoo, type: zookeeper }
  - { name: app, type: sae }
  - { name: old, type: edas }
  - name: secure
    type: dns
    addresses: [secure.example.org]
    dns_servers: [10.0.0.53]
    port: 443
    protocol: HTTPS
    balance: LEAST_CONN
    warmup: 10
    health: { protocol: HTTP, path: /, statuses: [200] }
    tls: { mode: SIMPLE, sni: secure.example.org }
  - { name: resize, type: function, qualifier: prod, function_service: images }
routes:
  - { name: r1, domains: [a.example.com, "*"], path: "/r/[0-9]+", match: regex, ignore_case: true, methods: [GET, POST], to: [plain], status: offline }
  - { name: r2, domains: ["*"], path: /r2, match: exact, query: [{ name: q, match: regex, value: "[a-z]*" }], to: [resize], status: unavailable, created: 2025-06-01 }
  - { name: r3, domains: ["*"], path: /r3, to: [{ service: plain, weight: 60, port: 81 }, { service: secure, weight: 40 }], order: 3, description: three }
  - { name: r4, domains: ["*"], path: /r4, to: [zoo], status: edited, serving: { to: [app], timeout: 0 }, retry: { attempts: 0, codes: [503] } }
backends:
  - { name: "k8s://c123/shop/unused", instances: [{ version: v1 }] }
"#;

#[test]
fn the_example_file_loads() {
    let scenario = Scenario::from_yaml(include_str!("../../scenarios/small.yaml")).unwrap();
    assert_eq!((scenario.domains.len(), scenario.services.len(), scenario.routes.len()), (2, 3, 8));
    let network = network_of(&scenario);
    assert_eq!((network.vpcs.len(), network.vswitches.len(), network.certificates.len()), (1, 2, 1));
    assert_eq!(network.certificates[0].sans, ["shop.example.com"]);
    let world = world_of(&scenario);
    assert!(!world.upstreams["dns://rec.internal.example.org:80"].alive);
    assert_eq!(world.upstreams["vip://10.1.0.7:8080,10.1.0.8:8080"].instances.len(), 0);
    let cluster = &scenario.sources[0].id;
    assert_eq!(world.upstreams[&format!("k8s://{cluster}/default/orders")].instances.len(), 2);
}

#[test]
fn names_in_the_world_follow_their_rules() {
    let world = world_of(&Scenario::from_yaml(FULL).unwrap());
    for name in [
        "k8s://c123/shop/plain",
        "k8s://c123/shop/unused",
        "dns://secure.example.org:443",
        "fc3://resize@prod",
    ] {
        assert!(world.upstreams.contains_key(name), "{name} in {:?}", world.upstreams.keys());
    }
    assert!(
        world
            .upstreams
            .keys()
            .any(|name| name.starts_with("nacos://mse-cn-") && name.ends_with("/public/G/registered"))
    );
}

#[test]
fn written_and_read_again_it_is_the_same() {
    for text in [FULL, include_str!("../../scenarios/small.yaml")] {
        let scenario = Scenario::from_yaml(text).unwrap();
        assert_eq!(Scenario::from_yaml(&scenario.to_yaml().unwrap()).unwrap(), scenario);
    }
    let scenario = generate(1, 150);
    assert_eq!(Scenario::from_yaml(&scenario.to_yaml().unwrap()).unwrap(), scenario);
}

/// What the example says with one text replaced by another.
fn changed(from: &str, to: &str) -> ScenarioError {
    let text = include_str!("../../scenarios/small.yaml");
    assert!(text.contains(from), "{from}");
    Scenario::from_yaml(&text.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn mistakes_in_the_text_have_a_place() {
    let text = include_str!("../../scenarios/small.yaml");
    for (from, to, expected) in [
        ("methods: [GET]", "method: [GET]", "method"),
        ("match: exact\n", "match: exactly\n", "exactly"),
        ("timeout: 120", "timeout: soon", "soon"),
        ("type: vip", "type: ip", "ip"),
        ("status: edited", "status: editing", "editing"),
        ("weight: 90", "wait: 90", "wait"),
    ] {
        let ScenarioError::Text { line, column, message } = changed(from, to) else { panic!("{from}") };
        let at = text.lines().position(|line| line.contains(from.trim_end())).unwrap() as u64 + 1;
        assert_eq!(line, at, "{from}: {message}");
        assert!(column > 0 && message.contains(expected), "{message}");
        assert!(!message.contains('\n') && !message.contains(" at line "), "{message}");
    }
    let error = Scenario::from_yaml("gateway: { name: [").unwrap_err();
    assert!(matches!(error, ScenarioError::Text { line: 1, .. }), "{error}");
}

#[test]
fn names_that_nothing_defines_are_named() {
    for (from, to, expected) in [
        (
            "path: /orders, to: [orders]",
            "path: /orders, to: [order]",
            r#"route "orders" goes to service "order""#,
        ),
        ("fallback: [legacy]", "fallback: [lagacy]", r#"route "recommend" goes to service "lagacy""#),
        (
            "version: v2, weight",
            "version: v3, weight",
            r#"version "v3", which service "orders" does not have"#,
        ),
        (
            "domains: [\"*.example.com\"], path: /recommend",
            "domains: [x.example.com], path: /recommend",
            r#"route "recommend" is on domain "x.example.com""#,
        ),
        ("certificate: 2001", "certificate: 2002", r#"uses certificate "2002-cn-hangzhou""#),
        (
            "{ name: cluster, type: k8s }",
            "{ name: cluster, type: nacos }",
            r#"service "orders" needs a source"#,
        ),
        ("weight: 10", "weight: 20", r#"weights of route "export" add up to 110"#),
        ("redirect: { status: 301,", "redirect: { status: 300,", r#"redirect of route "moved""#),
        (
            "mock: { status: 200, body: ok }",
            "mock: { status: 200 }, to: [legacy]",
            r#"route "health" needs exactly one of"#,
        ),
        ("EnableGzip: true", "EnableGzip: 1", "EnableGzip cannot be 1"),
        ("EnableGzip: true", "EnableGunzip: true", r#""EnableGunzip" is no gateway parameter"#),
        ("name: orders-vip", "name: orders", r#"route "orders" is listed twice"#),
        (
            "match: exact\n",
            "match: regex\n    ignore_case: true\n    headers: [{ name: a, match: regex, value: \"(\" }]\n",
            r#""(" of route "export" is no regular"#,
        ),
        ("path: /preview", "path: preview", r#"does not begin with /"#),
        ("path: /preview, status: unpublished", "path: /preview, serving: { path: /p }", "has serving"),
        ("\"10.1.0.7:8080\"", "\"10.1.0.7\"", r#"address "10.1.0.7" of service "legacy" has no port"#),
        ("methods: [GET]", "methods: [get]", r#"method "get" of route "export""#),
        ("certificate: 2001-cn-hangzhou }", "force_https: true }", "has force_https but no certificate"),
    ] {
        let error = changed(from, to);
        assert!(matches!(error, ScenarioError::Meaning { .. }), "{from}: {error}");
        assert!(error.to_string().contains(expected), "{from}: {error}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let text = include_str!("../../scenarios/small.yaml").replace("to: [legacy]", "to: [nobody]");
    let ScenarioError::Meaning { problems } = Scenario::from_yaml(&text).unwrap_err() else { panic!() };
    // The edited route is wrong in what it shows and in what it serves.
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn the_least_scenario_has_a_gateway_only() {
    let scenario = Scenario::from_yaml("gateway: { name: lonely }").unwrap();
    assert!(scenario.gateway.id.starts_with("gw-") && scenario.gateway.id.len() == 35);
    assert_eq!(scenario.gateway.vswitches.len(), 2);
    let error = Scenario::from_yaml("region: cn-hangzhou").unwrap_err();
    assert!(error.to_string().contains("gateway"), "{error}");
}
