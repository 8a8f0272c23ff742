//! Every row of the guide's table, at every level.

use gateshift_gateway_model::Level;
use gateshift_sdk::api::Migrator;
use gateshift_sdk::model::{CheckpointResult, Severity, is_planned, planned_id};
use serde_json::{Value, json};

use super::world::{World, class, codes, domains, found, on_routes};
use crate::Plugins;
use crate::table::table;

const TEXT: &str = "# ours\r\nkey: \"hunter2\"\nnumber: 1.0";

fn levels() -> [(Level, &'static str, &'static str); 3] {
    [
        (Level::Gateway, "Gateway", "gw-1"),
        (domains(&["a.shop.example"]), "GatewayDomain", "d-a"),
        (on_routes(&["1"]), "GatewayRoute", "r-1"),
    ]
}

#[test]
fn the_table_has_thirty_rows_and_four_of_them_end_here() {
    let lost: Vec<&str> =
        table().official.iter().filter(|row| !row.supported).map(|row| row.name.as_str()).collect();
    assert_eq!(table().official.len(), 30);
    assert_eq!(lost, ["edas-service-auth", "try-path", "http2-misdirect", "geo-ip"]);
}

#[tokio::test]
async fn each_row_at_each_level() {
    for row in &table().official {
        for (level, kind, resource) in levels() {
            let mut world = World::new();
            world.plugin(&row.name, &[(level.clone(), TEXT)]);
            let plan = world.plan().await;
            assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
            if !row.supported {
                assert_eq!(codes(&plan), [("PLG-UNSUPPORTED", Severity::Block)], "{}", row.name);
                assert!(plan.operations.is_empty());
                // The target's own list and the operator together lift it; neither does alone.
                world.settings = json!({"allow": [row.name]});
                assert_eq!(codes(&world.plan().await), [("PLG-UNSUPPORTED", Severity::Block)]);
                world.state().classes.insert("pls-x".into(), class(&row.name));
                assert_eq!(codes(&world.plan().await), []);
                world.settings = json!({});
                assert_eq!(codes(&world.plan().await), [("PLG-UNSUPPORTED", Severity::Block)]);
                world.inventory.plugins[0].enabled = false;
                assert_eq!(codes(&world.plan().await), [("PLG-UNSUPPORTED", Severity::Warn)]);
                continue;
            }
            assert_eq!(codes(&plan), [], "{}", row.name);
            world.apply(&plan).await.unwrap();
            let made = world.state().attachments.values().next().unwrap().clone();
            assert_eq!(
                (&made["attachResourceType"], &made["environmentId"]),
                (&json!(kind), &json!("env-1"))
            );
            assert_eq!(world.on(resource), Some((true, TEXT.as_bytes().to_vec())), "{}", row.name);
            // Supported by the guide and not in the target's list.
            world.state().classes.clear();
            world.state().plugins.clear();
            assert_eq!(codes(&world.plan().await), [("PLG-MISSING", Severity::Block)]);
        }
    }
}

#[tokio::test]
async fn all_at_once_twice_and_back() {
    let mut world = World::new();
    for row in table().official.iter().filter(|row| row.supported) {
        let rules = levels().map(|(level, ..)| (level, TEXT));
        world.plugin(&row.name, &rules).stage = None;
    }
    world.inventory.plugins[3].rules[1].enabled = false;
    let plan = world.plan().await;
    assert_eq!(codes(&plan), []);
    let (input, output, reasons) = world.apply(&plan).await.unwrap();
    assert!(reasons.is_empty());
    assert_eq!(output["attachments"], 78);
    let order: Vec<String> =
        plan.operations.iter().filter_map(|one| one.after.string("attachResourceType")).collect();
    assert!(order.is_sorted_by_key(|kind| {
        ["GatewayRoute", "GatewayDomain", "Gateway"].iter().position(|one| one == kind)
    }));
    let answers = Plugins.verify(&world.host, &input, &plan, &output).await.unwrap();
    let results: Vec<_> = answers.iter().map(|one| (one.name.as_str(), one.result)).collect();
    assert_eq!(
        results,
        [
            ("plugins.official_installed_configured_working", CheckpointResult::Pass),
            ("plugins.custom_uploaded_and_working", CheckpointResult::Pass),
            // No stage is known at the source here, so nobody can compare orders.
            ("plugins.rules_effective", CheckpointResult::Unclear),
        ]
    );

    // Twice is once: the second plan adopts everything, and its undo leaves it alone.
    let writes = world.state().attachments.len();
    let again = world.plan().await;
    assert!(again.operations.iter().all(|one| one.verb == gateshift_sdk::model::Verb::Adopt), "{again:?}");
    let (second, ..) = world.apply(&again).await.unwrap();
    assert_eq!(world.state().attachments.len(), writes);
    assert!(Plugins.undo(&world.host, &second, Some(&again)).await.unwrap().operations.is_empty());

    // One flipped switch or byte is seen, and is not ours to overwrite.
    let first = world.state().attachments.keys().next().unwrap().clone();
    for (field, other) in [("enable", json!(false)), ("pluginConfig", json!("YQ=="))] {
        let kept = std::mem::replace(&mut world.state().attachments.get_mut(&first).unwrap()[field], other);
        let answers = Plugins.verify(&world.host, &input, &plan, &output).await.unwrap();
        assert_eq!(answers[0].result, CheckpointResult::Fail, "{field}");
        assert_eq!(found(&world.plan().await, "PLG-CONFLICT").severity, Severity::Block);
        world.state().attachments.get_mut(&first).unwrap()[field] = kept;
    }
    let undone = Plugins.undo(&world.host, &input, Some(&plan)).await.unwrap();
    assert!(undone.left.is_empty(), "{:?}", undone.left);
    assert!(world.state().attachments.is_empty() && world.state().plugins.is_empty());
    assert!(Plugins.undo(&world.host, &input, Some(&plan)).await.unwrap().left.is_empty());
}

#[tokio::test]
async fn before_anything_exists_the_plan_asks_for_nothing_of_the_gateway() {
    let mut world = World::new();
    world.plugin("key-auth", &levels().map(|(level, ..)| (level, TEXT)));
    world.target.gateway = planned_id("gateway/orders");
    world.target.environment = planned_id("environment");
    for route in world.routes.routes.values_mut() {
        route.id = planned_id(&format!("route/{}", route.name));
    }
    let plan = world.plan().await;
    assert_eq!(codes(&plan), []);
    assert_eq!(plan.operations.len(), 4);
    let asked: Vec<String> = world.host.record().calls.iter().map(|call| call.action.clone()).collect();
    assert_eq!(asked, ["ListPluginClasses"]);
    let foreseen: Value = Plugins.foresee(&world.input().await, &plan).unwrap();
    assert!(is_planned(foreseen["plugins"]["p0"].as_str().unwrap()));
    assert_eq!(foreseen["attachments"], 3);
}
