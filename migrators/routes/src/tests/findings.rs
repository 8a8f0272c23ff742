//! What a plan says about sources that cannot be moved as they are.

use std::collections::BTreeMap;

use gateshift_gateway_model::{
    BackendTls, Destination, Inventory, LoadBalancing, ManagedBy, MatchKind, Mirror, PathRewrite, PortPolicy,
    PortTls, PublishState, RateLimit, Rewrite, RouteTarget, Service, ServiceKind, SourceKind, TlsMode,
};
use gateshift_lab_apig::Options;
use gateshift_sdk::model::{Plan, Severity};
use serde_json::{Value, json};

use super::lab::{Lab, options};
use super::model::{domain, dubbo, inventory, rate_limit, target, tls};

fn rewritten(all: &mut Inventory, kind: MatchKind, path: &str, rewrite: PathRewrite) {
    all.routes[0].matching.path.kind = kind;
    all.routes[0].matching.path.value = path.into();
    all.routes[0].policies.rewrite = Some(Rewrite { path: Some(rewrite), host: None });
}

type Change = fn(&mut Inventory);
/// A body, given the target gateway's id.
type Foreign = fn(Value) -> Value;

fn says(plan: &Plan, code: &str, severity: Severity) -> bool {
    plan.findings.iter().any(|finding| finding.code == code && finding.severity == severity)
}

#[tokio::test]
async fn each_trouble_has_its_code() {
    let cases: &[(&str, Severity, Change)] = &[
        ("SRC-UNSUPPORTED", Severity::Block, |all| {
            all.services[0].kind = ServiceKind::Other { name: "EDAS".into() }
        }),
        ("SRC-UNSUPPORTED", Severity::Warn, |all| {
            all.sources[1].kind = SourceKind::Other("ZooKeeper".into())
        }),
        ("SRC-UNSUPPORTED", Severity::Block, |all| {
            all.sources[1].kind = SourceKind::Other("ZooKeeper".into())
        }),
        ("SRC-UNBOUND", Severity::Block, |all| all.sources[0].usable = false),
        ("SVC-FC2", Severity::Decide, |all| {
            all.services[4].kind = ServiceKind::Function {
                function: "f".into(),
                qualifier: "1".into(),
                service: Some("old".into()),
            };
        }),
        ("SVC-VERSION", Severity::Block, |all| all.services[1].versions[0].labels = BTreeMap::new()),
        ("DOM-CERT", Severity::Block, |all| all.domains[1].certificate = Some("9-cn-hangzhou".into())),
        ("DOM-CERT", Severity::Block, |all| all.domains[1].certificate = None),
        ("DOM-CERT", Severity::Warn, |all| all.domains.push(domain("a.b.other.com", true))),
        ("DOM-MTLS-CA", Severity::Decide, |all| all.domains[1].mtls.enabled = true),
        ("RTE-EDITING", Severity::Warn, |all| all.routes[0].state = PublishState::Edited),
        ("RTE-OFFLINE", Severity::Warn, |all| all.routes[0].state = PublishState::Unavailable),
        ("RTE-CHANGING", Severity::Block, |all| all.routes[0].state = PublishState::Changing),
        ("RTE-INGRESS", Severity::Block, |all| all.routes[0].managed_by = ManagedBy::Ingress),
        ("RTE-NO-DOMAIN", Severity::Block, |all| all.routes[0].domains.clear()),
        ("RTE-NO-DOMAIN", Severity::Block, |all| all.routes[0].domains = vec!["unknown.example.com".into()]),
        ("RTE-SERVICE", Severity::Block, |all| {
            all.routes[0].destination = Destination::Single { target: target("99", 100) }
        }),
        ("RTE-WEIGHT-SUM", Severity::Warn, |all| {
            all.routes[3].destination =
                Destination::Weighted { targets: vec![target("3", 33), target("4", 66)] };
        }),
        ("RTE-WEIGHT-SUM", Severity::Block, |all| {
            all.routes[3].destination =
                Destination::Weighted { targets: vec![target("3", 0), target("4", 0)] };
        }),
        ("RTE-ORDER", Severity::Warn, |all| {
            all.routes[0].order = Some(1);
            all.routes[1].order = Some(2);
            all.routes[0].matching.path.value = "/s".into();
        }),
        ("RTE-REGEX", Severity::Block, |all| {
            all.routes[0].matching.path.kind = MatchKind::Regex;
            all.routes[0].matching.path.value = "/a(?=b)".into();
        }),
        ("SVC-TLS-ISTIO", Severity::Block, |all| all.services[3].tls = Some(tls(TlsMode::Mesh))),
        ("SVC-TLS-ISTIO", Severity::Warn, |all| {
            let mut unused = all.services[3].clone();
            (unused.id, unused.tls) = ("unused".into(), Some(tls(TlsMode::Mesh)));
            all.services.push(unused);
        }),
        ("FTR-NOT-CARRIED", Severity::Block, |all| {
            all.services[0].tls = Some(BackendTls { certificate: Some("7".into()), ..tls(TlsMode::Mutual) });
        }),
        ("FTR-NOT-CARRIED", Severity::Block, |all| {
            let tls = PortTls::On(tls(TlsMode::Simple));
            all.services[0].port_policies = vec![PortPolicy { port: 80, load_balancing: None, tls }];
        }),
        ("SVC-PORT-LB", Severity::Warn, |all| {
            let load_balancing = Some(LoadBalancing::default());
            let tls = PortTls::Inherited;
            all.services[0].port_policies = vec![PortPolicy { port: 80, load_balancing, tls }];
        }),
        ("SVC-CONFLICT", Severity::Block, |all| {
            let mut twin = all.services[3].clone();
            (twin.id, twin.tls) = ("twin".into(), None);
            all.services.push(twin);
        }),
        ("SVC-FC2", Severity::Warn, |all| {
            let kind = ServiceKind::Function {
                function: "f".into(),
                qualifier: "1".into(),
                service: Some("s".into()),
            };
            all.services.push(Service { id: "unused".into(), kind, ..all.services[4].clone() });
        }),
        ("POL-SEVERAL", Severity::Block, |all| {
            all.routes[0].policies.rate_limits = vec![rate_limit("1", 10), rate_limit("2", 20)];
        }),
        ("POL-LIMIT-SPLIT", Severity::Warn, |all| {
            all.routes[0].policies.rate_limits = vec![rate_limit("1", 10)];
        }),
        ("POL-LIMIT-HEADERS", Severity::Warn, |all| {
            let mut rule = rate_limit("1", 10);
            rule.refusal.extra_headers = Some("a=b".into());
            all.routes[0].policies.rate_limits = vec![rule];
        }),
        ("POL-DIALECT", Severity::Block, |all| {
            all.routes[0].policies.rate_limits = vec![RateLimit { mode: Some(1), ..rate_limit("1", 10) }];
        }),
        ("POL-DIALECT", Severity::Block, |all| {
            all.routes[0].policies.rate_limits =
                vec![RateLimit { window_ms: Some(60_000), ..rate_limit("1", 10) }];
        }),
        ("POL-MIRROR-DOUBLE", Severity::Warn, |all| {
            all.routes[0].policies.mirror = Some(Mirror { service: "4".into(), port: None, percent: 5 });
        }),
        ("RTE-SERVICE", Severity::Block, |all| {
            all.routes[0].policies.mirror = Some(Mirror { service: "99".into(), port: None, percent: 5 });
        }),
        ("POL-WAF", Severity::Manual, |all| all.routes[0].policies.waf = true),
        ("POL-WAF", Severity::Manual, |all| drop(all.parameters.insert("EnableWaf".into(), json!(true)))),
        ("POL-REWRITE", Severity::Block, |all| {
            rewritten(all, MatchKind::Prefix, "/a", PathRewrite::Exact { path: "/x".into() });
        }),
        ("POL-REWRITE", Severity::Block, |all| {
            rewritten(all, MatchKind::Exact, "/a", PathRewrite::Prefix { prefix: "/x".into() });
        }),
        ("POL-REWRITE", Severity::Warn, |all| {
            rewritten(all, MatchKind::Prefix, "/a", PathRewrite::Prefix { prefix: "/".into() });
        }),
        ("POL-REWRITE", Severity::Block, |all| {
            let regex = PathRewrite::Regex { pattern: "/a/(.*)".into(), substitution: "/\\2".into() };
            rewritten(all, MatchKind::Prefix, "/a/", regex);
        }),
        ("POL-REWRITE", Severity::Block, |all| {
            let regex = PathRewrite::Regex { pattern: "/a/(".into(), substitution: "/".into() };
            rewritten(all, MatchKind::Prefix, "/a/", regex);
        }),
        ("POL-REWRITE", Severity::Block, |all| {
            all.routes[0].policies.rewrite = Some(Rewrite { path: None, host: Some("*.example".into()) });
        }),
        ("RTE-DUBBO", Severity::Block, |all| {
            all.routes[0].destination =
                Destination::Single { target: RouteTarget { dubbo: Some(dubbo()), ..target("1", 100) } };
        }),
        ("RTE-DUBBO", Severity::Block, |all| {
            all.routes[0].destination = Destination::Single {
                target: RouteTarget { protocol: Some("DUBBO".into()), ..target("3", 100) },
            };
        }),
        ("RTE-DUBBO", Severity::Block, |all| {
            let one = RouteTarget { dubbo: Some(dubbo()), ..target("3", 50) };
            all.routes[0].destination = Destination::Weighted { targets: vec![one, target("4", 50)] };
        }),
        ("RTE-DUBBO", Severity::Block, |all| all.services[0].protocol = "DUBBO".into()),
        ("POL-TIMEOUT-DEFAULT", Severity::Warn, |_| {}),
        ("POL-RETRY-DEFAULT", Severity::Warn, |_| {}),
    ];
    for (code, severity, change) in cases {
        let (lab, mut inventory) = (Lab::new(options()), inventory());
        let normal = lab.plan(&inventory, json!({})).await;
        if !code.ends_with("-DEFAULT") {
            assert!(
                !normal.findings.iter().any(|finding| finding.code == *code),
                "{code} is there without a cause"
            );
        }
        change(&mut inventory);
        let plan = lab.plan(&inventory, json!({})).await;
        assert!(says(&plan, code, *severity), "{code} {severity:?}: {:?}", plan.findings);
    }
}

#[tokio::test]
async fn what_exists_and_differs_blocks() {
    let gateway = |lab: &Lab| json!(lab.target.gateway);
    let cases: &[(&str, &str, Foreign)] = &[
        (
            "DOM-CONFLICT",
            "CreateDomain",
            |_| json!({"name": "a.example.com", "protocol": "HTTP", "http2Option": "Close"}),
        ),
        ("API-CONFLICT", "CreateHttpApi", |_| json!({"name": "shop", "type": "Http"})),
        (
            "SVC-CONFLICT",
            "CreateService",
            |gateway| json!({"gatewayId": gateway, "sourceType": "VIP", "serviceConfigs": [{"name": "svc1", "addresses": ["10.9.9.9:80"]}]}),
        ),
    ];
    for (code, operation, body) in cases {
        let (lab, inventory) = (Lab::new(options()), inventory());
        lab.direct(operation, body(gateway(&lab)));
        let plan = lab.plan(&inventory, json!({"api": "shop"})).await;
        assert!(says(&plan, code, Severity::Block), "{code}: {:?}", plan.findings);
    }
}

#[tokio::test]
async fn a_route_that_differs_or_that_would_come_too_late_blocks() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    let all = inventory.routes.clone();
    inventory.routes.retain(|route| route.name != "tie-one");
    let plan = lab.plan(&inventory, json!({})).await;
    lab.apply(&inventory, &plan).await.unwrap();
    lab.forget();
    inventory.routes = all;
    let late = lab.plan(&inventory, json!({})).await;
    assert!(says(&late, "RTE-ORDER", Severity::Block), "{:?}", late.findings);
    inventory.routes[0].matching.path.value = "/other".into();
    let other = lab.plan(&inventory, json!({})).await;
    assert!(says(&other, "RTE-CONFLICT", Severity::Block), "{:?}", other.findings);
}

#[tokio::test]
async fn a_star_domain_is_asked_for() {
    for (accepted, code) in [(true, None), (false, Some("DOM-STAR"))] {
        let (lab, mut inventory) =
            (Lab::new(Options { accept_star_domain: accepted, ..options() }), inventory());
        inventory.domains.push(domain("*", false));
        inventory.routes[0].domains.push("*".into());
        let plan = lab.plan(&inventory, json!({})).await;
        let found = plan.findings.iter().find(|finding| finding.code == "DOM-STAR");
        assert_eq!(found.map(|finding| finding.code.as_str()), code);
        assert!(!lab.export()["domains"].to_string().contains("\"*\""), "asking makes nothing");
    }
}

#[tokio::test]
async fn only_what_the_chosen_routes_need_is_made() {
    let (lab, inventory) = (Lab::new(options()), inventory());
    let plan = lab
        .plan(&inventory, json!({"include": ["tie-*", "nothing-like-this"], "exclude": ["tie-two"]}))
        .await;
    let of = |kind: &str| plan.operations.iter().filter(|one| one.object.kind == kind).count();
    assert_eq!((of("domain"), of("source"), of("service"), of("route")), (1, 0, 1, 1));
    assert!(says(&plan, "RTE-PATTERN", Severity::Warn));
    let left = plan.findings.iter().find(|one| one.code == "RTE-LEFT-OUT").unwrap();
    assert!(left.message.contains("tie-two") && !left.message.contains("tie-one"), "{}", left.message);
}

#[tokio::test]
async fn names_that_fall_together_are_told_apart() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    let mut twin = inventory.routes[0].clone();
    twin.id = "other".into();
    inventory.routes.push(twin);
    let plan = lab.plan(&inventory, json!({})).await;
    let names: std::collections::BTreeSet<_> = plan.operations.iter().map(|one| one.key.clone()).collect();
    assert_eq!(names.len(), plan.operations.len(), "keys are unique");
    assert_eq!(plan.operations.iter().filter(|one| one.object.kind == "route").count(), 11);
}

#[tokio::test]
async fn more_than_the_gateway_may_hold_is_told_before_anything_is_written() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    assert!(!says(&lab.plan(&inventory, json!({})).await, "CAP-QUOTA", Severity::Block));
    let one = inventory.sources[0].clone();
    inventory.sources.extend((0..20).map(|number| {
        let mut source = one.clone();
        source.id = format!("{}-{number}", one.id);
        source.instance = format!("{}-{number}", one.instance);
        source.name = format!("{}-{number}", one.name);
        source
    }));
    assert!(says(&lab.plan(&inventory, json!({})).await, "CAP-QUOTA", Severity::Block));
}
