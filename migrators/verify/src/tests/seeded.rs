//! Seeded translation bugs beside the routes' matches: each is put into the simulated target, and
//! each has to show, or be named among the things that no request shows.

use gateshift_gateway_model::*;
use serde_json::json;

use super::effects::{open, seal};
use super::furnished::{at, consumer, furnished, on_domains, plugin_at, refusal};
use super::simulation::{Gateway, between, host, run};
use crate::ledger::SubjectKind;

type Bug = fn(&mut Gateway);

fn rewrite(target: &mut Gateway, number: usize) -> &mut Rewrite {
    target.inventory.routes[at(number)].policies.rewrite.as_mut().unwrap()
}

fn headers(target: &mut Gateway) -> &mut Vec<HeaderChange> {
    &mut target.inventory.routes[at(3)].policies.headers
}

fn cors(target: &mut Gateway) -> &mut Cors {
    target.inventory.routes[at(4)].policies.cors.as_mut().unwrap()
}

fn plugin<'a>(target: &'a mut Gateway, name: &str) -> &'a mut Plugin {
    let at = plugin_at(&target.inventory, name);
    &mut target.inventory.plugins[at]
}

fn edit(rule: &mut PluginRule, from: &str, to: &str) {
    let text = open(&rule.config);
    assert!(text.contains(from));
    rule.config = seal(&text.replacen(from, to, 1));
}

const BUGS: [(&str, &str, Bug); 46] = [
    ("prefix rewrite: slash lost", "rewrite", |t| {
        rewrite(t, 1).path = Some(PathRewrite::Prefix { prefix: String::new() });
    }),
    ("prefix rewrite lost", "rewrite", |t| rewrite(t, 1).path = None),
    ("host rewrite lost", "rewrite", |t| rewrite(t, 1).host = None),
    ("order of groups", "rewrite", |t| {
        let pattern = "/parts/([a-z]+)/([0-9]+)".to_owned();
        rewrite(t, 2).path = Some(PathRewrite::Regex { pattern, substitution: r"/\1/\2".into() });
    }),
    ("rewrite by expression lost", "rewrite", |t| t.inventory.routes[at(2)].policies.rewrite = None),
    ("header change lost", "header_change", |t| drop(headers(t).remove(0))),
    ("header changes swapped", "header_change", |t| headers(t).swap(3, 4)),
    ("request for response", "header_change", |t| headers(t)[5].direction = Direction::Request),
    ("add for update", "header_change", |t| headers(t)[1].op = HeaderOp::Add),
    ("removal lost", "header_change", |t| drop(headers(t).remove(2))),
    ("value of a header", "header_change", |t| headers(t)[0].value.push('x')),
    ("a header that is left out otherwise", "header_change", |t| drop(headers(t).pop())),
    ("origin lost", "cors", |t| drop(cors(t).allow_origins.pop())),
    ("all origins", "cors", |t| cors(t).allow_origins = vec!["*".into()]),
    ("credentials flipped", "cors", |t| cors(t).allow_credentials = false),
    ("unit of max age", "cors", |t| cors(t).unit = "s".into()),
    ("methods", "cors", |t| drop(cors(t).allow_methods.pop())),
    ("exposed headers", "cors", |t| cors(t).expose_headers.clear()),
    ("CORS lost", "cors", |t| t.inventory.routes[at(4)].policies.cors = None),
    ("levels combined", "access_list", |t| t.is_combined = true),
    ("black list lost", "access_list", |t| drop(t.inventory.access_lists.remove(0))),
    ("IPv6 list lost", "access_list", |t| drop(t.inventory.access_lists.remove(1))),
    ("white list lost", "access_list", |t| drop(t.inventory.access_lists.pop())),
    ("white for black", "access_list", |t| t.inventory.access_lists[3].white = false),
    ("list from gateway to domain", "access_list", |t| {
        t.inventory.access_lists[0].level = on_domains(&["shop.example.com"]);
    }),
    ("list from domain to gateway", "access_list", |t| t.inventory.access_lists[2].level = Level::Gateway),
    ("network too wide", "access_list", |t| {
        t.inventory.access_lists[0].addresses = vec!["203.0.112.0/23".into()]
    }),
    ("network too narrow", "access_list", |t| {
        t.inventory.access_lists[0].addresses = vec!["203.0.113.0/25".into()];
    }),
    ("list switched off", "access_list", |t| t.inventory.access_lists[2].enabled = false),
    ("trusted hops", "access_list", |t| {
        drop(t.inventory.parameters.insert("XffTrustedNum".into(), json!(0)))
    }),
    ("mode of resources", "authentication", |t| t.inventory.authentications[0].white = true),
    ("case of a resource", "authentication", |t| {
        t.inventory.authentications[0].resources[1].ignore_case = false
    }),
    ("resource lost", "authentication", |t| drop(t.inventory.authentications[0].resources.pop())),
    ("kind of a resource", "authentication", |t| {
        t.inventory.authentications[0].resources[0].kind = MatchKind::Exact;
    }),
    ("authentication switched off", "authentication", |t| t.inventory.authentications[0].enabled = false),
    ("other issuer", "authentication", |t| {
        if let AuthScheme::Jwt { issuer, .. } = &mut t.inventory.authentications[0].scheme {
            issuer.push('x');
        }
    }),
    ("other key set", "consumer", |t| {
        t.inventory.consumers[0] = consumer("granted", "b3RoZXIta2V5", true, &["10"]);
    }),
    ("grant lost", "consumer", |t| t.inventory.consumers[0].grants.clear()),
    ("grant too wide", "consumer", |t| {
        t.inventory.consumers[1].grants = t.inventory.consumers[0].grants.clone();
    }),
    ("consumer switched on", "consumer", |t| t.inventory.consumers[2].enabled = true),
    ("route no longer guarded", "guarded_route", |t| t.inventory.guarded_routes.clear()),
    ("rule from route to domain", "plugin", |t| {
        plugin(t, "request-block").rules[0].level = Some(on_domains(&["doors.example.org"]));
    }),
    ("rule lost", "plugin", |t| drop(plugin(t, "key-auth").rules.remove(1))),
    ("one byte of a rule", "plugin", |t| {
        edit(&mut plugin(t, "key-auth").rules[0], "key-of-alice", "key-of-alicf")
    }),
    ("plugin switched off", "plugin", |t| plugin(t, "request-block").enabled = false),
    ("slashes no longer merged", "parameter", |t| {
        t.inventory.parameters.insert("EnableSlashMerge".into(), json!(false));
    }),
];

/// Bugs that plain requests show, whatever the likely cause is said to be.
const PLAIN: [(&str, Bug); 7] = [
    ("order of plugins", |t| plugin(t, "custom-response").priority = 900),
    ("rule on a domain lost", |t| plugin(t, "hsts").rules.clear()),
    ("rule on a domain hides the route's", |t| drop(plugin(t, "cache-control").rules.pop())),
    ("password of a caller", |t| edit(&mut plugin(t, "basic-auth").rules[0], "pass-of-carl", "pass-of-cark")),
    ("secret that signs", |t| edit(&mut plugin(t, "hmac-auth").rules[0], "eva-secret", "eva-secreu")),
    ("issuer of a caller", |t| edit(&mut plugin(t, "jwt-auth").rules[0], "dora.example", "dorb.example")),
    ("user agents", |t| edit(&mut plugin(t, "bot-detect").rules[0], "spd-tools", "spd-tool5")),
];

/// Bugs that no request shows: kind, and the step that has to find it by reading back.
const HIDDEN: [(&str, SubjectKind, &str, Bug); 7] = [
    ("mirror lost", SubjectKind::Mirror, "`routes`", |t| t.inventory.routes[at(5)].policies.mirror = None),
    ("WAF lost", SubjectKind::Waf, "`routes`", |t| t.inventory.routes[at(5)].policies.waf = false),
    ("timeout", SubjectKind::Timeout, "`routes`", |t| t.inventory.routes[at(5)].timeout.seconds = 60),
    ("retries", SubjectKind::Retry, "`routes`", |t| t.inventory.routes[at(5)].retry.attempts = 2),
    ("limit", SubjectKind::RateLimit, "`routes`", |t| t.inventory.routes[at(5)].policies.rate_limits.clear()),
    ("breaker", SubjectKind::CircuitBreaker, "`routes`", |t| {
        t.inventory.routes[at(5)].policies.circuit_breakers.clear();
    }),
    ("a parameter", SubjectKind::Parameter, "`parameters`", |t| {
        t.inventory.parameters.insert("KeepaliveHeaderTimeout".into(), json!(1));
    }),
];

async fn with(bug: Bug) -> crate::report::Report {
    let source = furnished();
    let mut target = Gateway::new(source.clone());
    bug(&mut target);
    run(host(Gateway::new(source.clone()), target), &source, json!({"nearMisses": "sample"})).await.report()
}

#[tokio::test]
async fn an_equal_target_shows_everything_that_can_be_shown() {
    let source = furnished();
    let ran = between(&source, &source, json!({})).await;
    let report = ran.report();
    assert_eq!((report.mismatches, report.unclear), (0, 0), "{:?} {:?}", report.differing, report.doubts);
    for one in &report.coverage {
        // Nobody gets past the answer of the plugin on route 16, and that is what it is to show.
        assert!(one.is_covered() || one.route == "r16", "{one:?}");
    }
    let hidden = [
        SubjectKind::Mirror,
        SubjectKind::Waf,
        SubjectKind::Timeout,
        SubjectKind::Retry,
        SubjectKind::RateLimit,
        SubjectKind::CircuitBreaker,
        SubjectKind::Parameter,
    ];
    for one in &report.subjects {
        if hidden.contains(&one.kind) {
            assert!(!one.shown.is_empty() || one.reason.is_some(), "{one:?}");
        } else {
            assert!(!one.shown.is_empty(), "{one:?}");
            assert!(one.not_shown.is_empty() || one.reason.is_some(), "{one:?}");
        }
    }
    assert_eq!(report.kinds[&SubjectKind::AccessList].shown, 4, "{:?}", report.subjects);
    assert_eq!(report.kinds[&SubjectKind::HeaderChange].shown, 1, "{:?}", report.subjects);
    assert_eq!(report.kinds[&SubjectKind::Rewrite].shown, 2, "{:?}", report.subjects);
    assert_eq!(report.kinds[&SubjectKind::Cors].shown, 1, "{:?}", report.subjects);
}

#[tokio::test]
async fn every_seeded_bug_is_found_and_its_cause_named() {
    let mut wrong = Vec::new();
    for (name, cause, bug) in BUGS {
        let report = with(bug).await;
        let causes: Vec<&str> = report.differing.iter().map(|one| one.cause.code.as_str()).collect();
        if !causes.contains(&cause) {
            wrong.push(format!("{name}: {} mismatches, {causes:?} instead of {cause}", report.mismatches));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_seeded_bug_of_plugins_is_found() {
    for (name, bug) in PLAIN {
        let report = with(bug).await;
        assert!(report.mismatches > 0, "{name}");
        assert!(
            report.differing.iter().any(|one| one.cause.text.contains("plugin")
                || one.cause.code == "headers"
                || one.cause.code == "access"),
            "{name}: {:?}",
            report.differing
        );
    }
}

#[tokio::test]
async fn what_no_request_shows_is_named_with_the_step_that_reads_it_back() {
    for (name, kind, step, bug) in HIDDEN {
        let report = with(bug).await;
        assert_eq!(report.mismatches, 0, "{name}: {:?}", report.differing);
        let named = report.subjects.iter().filter(|one| one.kind == kind);
        let mut reasons = named.filter(|one| one.shown.is_empty()).filter_map(|one| one.reason.as_ref());
        assert!(reasons.any(|reason| reason.contains(step)), "{name}: {:?}", report.subjects);
    }
}

#[tokio::test]
async fn limits_are_provoked_when_the_operator_says_so() {
    let mut source = furnished();
    source.routes.truncate(1);
    source.plugins.clear();
    source.guarded_routes.clear();
    source.access_lists.clear();
    source.routes[0].policies.rate_limits =
        vec![RateLimit { id: "1".into(), threshold: 30, mode: None, window_ms: None, refusal: refusal() }];
    let settings = json!({"limits": true, "limitThreshold": 30});
    let report = between(&source, &source, settings.clone()).await.report();
    assert_eq!(report.mismatches, 0, "{:?}", report.differing);
    assert_eq!(report.kinds[&SubjectKind::RateLimit].shown, 1, "{:?}", report.subjects);
    let mut target = source.clone();
    target.routes[0].policies.rate_limits.clear();
    let report = between(&source, &target, settings).await.report();
    assert!(report.differing.iter().any(|one| one.cause.code == "rate_limit"), "{:?}", report.differing);
}

#[tokio::test]
async fn secrets_are_in_no_artifact_plan_or_error() {
    let source = furnished();
    let mut target = source.clone();
    target.consumers[0].grants.clear();
    let ran = between(&source, &target, json!({})).await;
    let error = ran.applied.as_ref().unwrap_err();
    let mut texts =
        vec![format!("{error:?}"), error.details.to_string(), serde_json::to_string(&ran.plan).unwrap()];
    texts.extend(
        ran.host.record().artifacts.values().map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
    );
    texts.push(format!("{:?}", ran.host.record().log));
    for text in texts {
        for secret in
            ["key-of-alice", "Y2FybDpwYXNzLW9mLWNhcmw", "eva-secret", "Z3JhbnRlZC1rZXk", "pass-of-carl"]
        {
            assert!(!text.contains(secret), "{secret}");
        }
        // A right token: its header names the key, which forged ones do not.
        assert!(!text.contains("eyJhbGciOiJIUzI1NiIsImtpZCI6IjEi"), "a token");
    }
    assert!(ran.report().differing.iter().any(|one| one.source.contains("<token of consumer granted>")));
}

#[test]
fn four_thousand_furnished_routes_are_quick_and_bounded() {
    use crate::generate::requests;
    use crate::settings::Settings;
    let mut large = furnished();
    let policies: Vec<RoutePolicies> = large.routes.iter().map(|route| route.policies.clone()).collect();
    large.domains.clear();
    large.routes = (0..4000i64)
        .map(|number| {
            let host = format!("d{}.example.org", number % 200);
            let mut made =
                super::world::route(number, &[host.as_str()], MatchKind::Prefix, &format!("/r{number}/"));
            made.timeout.explicit = true;
            made.policies = policies[number as usize % 5].clone();
            made
        })
        .collect();
    large.guarded_routes = (0..4000).step_by(3).map(|number| number.to_string()).collect();
    let grant = |id: &String| Grant { route: id.clone(), name: String::new(), enabled: true };
    large.consumers[0].grants = large.guarded_routes.iter().map(grant).collect();
    let opened = crate::opened::Opened::new(&super::simulation::bare_host(), &large).unwrap();
    let began = std::time::Instant::now();
    let settings = Settings { effects: 9000, ..Settings::default() };
    let made = requests(&large, &super::world::moved(&large), &settings, &opened);
    assert!(began.elapsed().as_secs() < 8, "{:?}", began.elapsed());
    let effects = made.counts()["effect"];
    assert!((8000..=9000).contains(&effects), "{effects}");
    assert!(made.over > 0);
    let bare = made.subjects.iter().filter(|one| one.aspects.is_empty()).count();
    assert_eq!(bare, 0);
}
