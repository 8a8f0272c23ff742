//! What the operator is told.

use gateshift_gateway_model::{Level, Service, ServiceKind, Stage};
use gateshift_sdk::api::Migrator;
use gateshift_sdk::model::{CheckpointResult, Severity};
use serde_json::json;

use super::world::{World, codes, domains, found, on_routes};
use crate::Plugins;

#[tokio::test]
async fn an_order_that_flips_is_told_for_each_pair_that_is_on() {
    // On the target: http-real-ip AUTHN 980, key-auth AUTHN 310, bot-detect AUTHZ 310, cors AUTHZ 340.
    let mut world = World::new();
    for (name, stage, priority) in [
        ("http-real-ip", Stage::Authentication, 5),
        ("key-auth", Stage::Authentication, 10),
        ("bot-detect", Stage::Authentication, 7),
        ("cors", Stage::Default, 1),
    ] {
        let plugin = world.plugin(name, &[(Level::Gateway, "a: 1")]);
        (plugin.stage, plugin.priority) = (Some(stage), priority);
    }
    let plan = world.plan().await;
    let pairs: Vec<(&str, &str)> =
        plan.findings.iter().map(|one| (one.object.as_str(), one.message.as_str())).collect();
    let before = |one: &str| format!("at the source it works before {one}, on the target after it");
    assert_eq!(
        pairs,
        [
            ("plugins/key-auth", before("http-real-ip").as_str()),
            ("plugins/bot-detect", before("http-real-ip").as_str()),
            ("plugins/bot-detect", before("cors").as_str()),
        ]
    );
    assert!(codes(&plan).iter().all(|one| *one == ("PLG-ORDER", Severity::Warn)));
    let (input, output, _) = world.apply(&plan).await.unwrap();
    let answers = Plugins.verify(&world.host, &input, &plan, &output).await.unwrap();
    assert_eq!(answers[2].result, CheckpointResult::Pass, "what was told is decided: {answers:?}");
    Plugins.undo(&world.host, &input, Some(&plan)).await.unwrap();
    // One that is off matters to nobody, and equal places say nothing.
    world.inventory.plugins[2].rules[0].enabled = false;
    world.inventory.plugins[1].priority = 5;
    assert_eq!(codes(&world.plan().await), []);
}

#[tokio::test]
async fn a_rule_without_a_level_blocks_and_names_what_it_names() {
    let mut world = World::new();
    let plugin = world.plugin("hsts", &[(Level::Gateway, "a: 1")]);
    plugin.rules[0].level = None;
    plugin.rules[0].resources = vec![("9".into(), "somewhere".into())];
    let plan = world.plan().await;
    assert_eq!(codes(&plan), [("PLG-LEVEL", Severity::Block)]);
    assert!(found(&plan, "PLG-LEVEL").message.contains("somewhere"));
    world.inventory.plugins[0].rules[0].enabled = false;
    assert_eq!(codes(&world.plan().await), [("PLG-LEVEL", Severity::Warn)]);
}

#[tokio::test]
async fn keys_of_callers_stand_where_they_act() {
    for (level, text, odd) in [
        (Level::Gateway, "consumers: []\nglobal_auth: true", false),
        (Level::Gateway, "consumers: []\nallow: [a]", true),
        (on_routes(&["1"]), "allow: [a]", false),
        (on_routes(&["1"]), "consumers: []", true),
        (domains(&["a.shop.example"]), "global_auth: true", true),
    ] {
        let mut world = World::new();
        world.plugin("key-auth", &[(level.clone(), text)]);
        let wanted: &[(&str, Severity)] = if odd { &[("PLG-LEVEL", Severity::Warn)] } else { &[] };
        assert_eq!(codes(&world.plan().await), wanted, "{text}");
        // Of other plugins such keys mean something else.
        let mut world = World::new();
        world.plugin("ip-restriction", &[(level, text)]);
        assert_eq!(codes(&world.plan().await), []);
    }
}

#[tokio::test]
async fn services_are_found_under_the_names_they_get() {
    let kinds = [
        ("redis", json!({"is": "fixed", "addresses": ["10.0.0.1:6379"]}), "redis.static", true),
        ("redis", json!({"is": "fixed", "addresses": ["10.0.0.1:6379"]}), "other.static", false),
        ("Redis One", json!({"is": "fixed", "addresses": []}), "Redis One.static", false),
        ("auth", json!({"is": "dns", "addresses": [], "servers": []}), "auth.dns", true),
        ("auth", json!({"is": "kubernetes", "namespace": "shop"}), "auth.shop.svc.cluster.local", true),
        ("auth", json!({"is": "kubernetes", "namespace": "shop"}), "auth.other.svc.cluster.local", false),
        (
            "auth",
            json!({"is": "nacos", "namespace": "public", "group": "DEFAULT_GROUP"}),
            "auth.DEFAULT-GROUP.public.nacos",
            true,
        ),
    ];
    for (name, kind, reference, known) in kinds {
        let mut world = World::new();
        let kind: ServiceKind = serde_json::from_value(kind).unwrap();
        let service: Service = Service {
            id: "s1".into(),
            name: name.into(),
            kind,
            source: None,
            fqdn: None,
            protocol: "HTTP".into(),
            port: None,
            ports: Vec::new(),
            health_check: None,
            versions: Vec::new(),
            load_balancing: Default::default(),
            tls: None,
            port_policies: Vec::new(),
            traffic_policy: serde_json::Value::Null,
        };
        world.inventory.services.push(service);
        world.plugin(
            "cluster-key-rate-limit",
            &[(Level::Gateway, &format!("redis:\n  service_name: {reference}\n"))],
        );
        let wanted: &[(&str, Severity)] = if known { &[] } else { &[("PLG-SERVICE-REF", Severity::Warn)] };
        assert_eq!(codes(&world.plan().await), wanted, "{reference}");
        // A service that was left behind is not there for plugins either.
        world.routes.services.clear();
        assert_eq!(codes(&world.plan().await), [("PLG-SERVICE-REF", Severity::Warn)], "{reference}");
    }
}

#[tokio::test]
async fn scripts_need_versions_and_exact_domains() {
    let mut world = World::new();
    world.plugin("lua", &[(on_routes(&["1"]), "x: 1")]);
    assert_eq!(codes(&world.plan().await), []);
    for (version, severity) in
        [("1.2.10", Severity::Block), ("0.9.99", Severity::Block), ("newest", Severity::Warn)]
    {
        world.inventory.instance.engine_version = version.into();
        assert_eq!(codes(&world.plan().await), [("PLG-LUA-VERSION", severity)], "{version}");
    }
    world.inventory.instance.engine_version = "v1.2.11".into();
    assert_eq!(codes(&world.plan().await), []);
    world.inventory.plugins[0].rules[0].level = Some(domains(&["*.shop.example"]));
    assert_eq!(codes(&world.plan().await), [("PLG-LEVEL", Severity::Block)]);
}

#[tokio::test]
async fn what_is_left_behind_or_cannot_be_read_is_told() {
    let mut world = World::new();
    world.plugin("hsts", &[(on_routes(&["1", "3"]), "a: [hunter2"), (domains(&["gone.example"]), "a: 1")]);
    let plan = world.plan().await;
    let left = ("PLG-LEFT-OUT", Severity::Warn);
    assert_eq!(codes(&plan), [("PLG-YAML", Severity::Block), left, left]);
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
    assert_eq!(plan.operations.last().unwrap().after.value()["attachResourceIds"], json!(["r-1"]));
    world.settings = json!({"allow": ["hsts"]});
    assert_eq!(codes(&world.plan().await), [("PLG-YAML", Severity::Warn), left, left]);
    world.settings = json!({"exclude": ["hsts"]});
    let plan = world.plan().await;
    assert!(codes(&plan) == [left] && plan.operations.is_empty());
    assert_eq!(Plugins.check(&json!({"allow": ["a"], "exclude": ["a"]})).len(), 1);
}

#[tokio::test]
async fn a_plugin_that_is_off_is_made_off_and_one_without_rules_is_not_made() {
    let mut world = World::new();
    world.plugin("hsts", &[(on_routes(&["1"]), "a: 1")]).enabled = false;
    world.plugin("geo-ip", &[]);
    let plan = world.plan().await;
    assert_eq!(codes(&plan), [("PLG-STATE", Severity::Warn)]);
    world.apply(&plan).await.unwrap();
    assert_eq!(world.on("r-1"), Some((false, b"a: 1".to_vec())));
    // Two rules on one object cannot both be made.
    world.plugin("cors", &[(on_routes(&["1"]), "a: 1"), (on_routes(&["1", "2"]), "a: 2")]);
    assert_eq!(found(&world.plan().await, "PLG-CONFLICT").severity, Severity::Block);
}
