//! Plugins of the operator's own.

use gateshift_gateway_model::{Level, Plugin, Stage};
use gateshift_sdk::api::Migrator;
use gateshift_sdk::model::{CheckpointResult, Severity};
use serde_json::json;

use super::world::{World, codes, found};
use crate::Plugins;
use crate::read::{BinaryLook, look};

const SIGNED: &str = "https://bucket.example/mine.wasm?Expires=4102444800&Signature=hunter2";

fn own<'a>(world: &'a mut World, name: &str, priority: i64, address: Option<&str>) -> &'a mut Plugin {
    let binary = address.map(|address| world.seal(address));
    let plugin = world.plugin(name, &[(Level::Gateway, "a: 1")]);
    (plugin.custom, plugin.category, plugin.priority, plugin.binary) = (true, 0, priority, binary);
    plugin
}

#[tokio::test]
async fn it_is_uploaded_published_installed_attached_and_taken_back() {
    let mut world = World::new();
    own(&mut world, "Mine One", 0, Some(SIGNED)).stage = Some(Stage::Statistics);
    own(&mut world, "mine-two", 30, Some(SIGNED)).stage = Some(Stage::Statistics);
    own(&mut world, "mine-three", 30, Some(SIGNED)).language = Some(0);
    world.state().publishing = 2;
    let plan = world.plan().await;
    assert_eq!(codes(&plan), []);
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
    let (input, output, reasons) = world.apply(&plan).await.unwrap();
    assert!(!reasons.is_empty() && reasons[0].contains("being published"), "{reasons:?}");
    let made: Vec<_> =
        world.state().classes.values().filter(|one| one["source"] == "Custom").cloned().collect();
    let orders: Vec<_> = made
        .iter()
        .map(|one| {
            (
                one["alias"].as_str().unwrap(),
                one["executeStage"].as_str().unwrap(),
                one["executePriority"].as_i64().unwrap(),
            )
        })
        .collect();
    // An order of 0 moves its whole stage up, and no other.
    assert_eq!(orders, [("Mine One", "STATS", 10), ("mine-two", "STATS", 40), ("mine-three", "AUTHN", 30)]);
    assert!(made.iter().all(|one| one["wasmUrl"] == SIGNED));
    assert_eq!((&made[0]["wasmLanguage"], &made[2]["wasmLanguage"]), (&json!("TinyGo"), &json!("Cpp")));
    let answers = Plugins.verify(&world.host, &input, &plan, &output).await.unwrap();
    assert!(answers.iter().all(|one| one.result == CheckpointResult::Pass), "{answers:?}");
    // A later run knows its own.
    let again = world.plan().await;
    assert!(codes(&again).is_empty());
    assert!(again.operations.iter().all(|one| one.verb == gateshift_sdk::model::Verb::Adopt));
    let undone = Plugins.undo(&world.host, &input, Some(&plan)).await.unwrap();
    assert_eq!((undone.operations.len(), undone.left.len()), (9, 0));
    assert!(!world.state().classes.values().any(|one| one["source"] == "Custom"));
}

#[tokio::test]
async fn without_an_address_the_step_waits_for_a_person() {
    for address in [
        None,
        Some("https://bucket.example/x?Expires=1600000000"),
        Some("oss://bucket/x"),
        Some("https://b/x?x-oss-expires=60"),
    ] {
        let mut world = World::new();
        own(&mut world, "mine", 20, address);
        let plan = world.plan().await;
        assert_eq!(codes(&plan), [("PLG-WASM-URL", Severity::Manual)], "{address:?}");
        let waiting = world.apply(&plan).await.unwrap_err();
        assert!(waiting.starts_with("pending: upload mine"), "{waiting}");
        let mut class = super::world::class("mine");
        class["source"] = json!("Custom");
        class["wasmLanguage"] = json!("Rust");
        world.state().classes.insert("pls-mine".into(), class.clone());
        // Another language than the source's binary has: another binary.
        assert_eq!(world.apply(&plan).await.unwrap_err(), "GS-OURS-ONLY");
        class["wasmLanguage"] = json!("TinyGo");
        world.state().classes.insert("pls-mine".into(), class);
        let (input, ..) = world.apply(&plan).await.unwrap();
        assert_eq!(world.on("gw-1"), Some((true, b"a: 1".to_vec())));
        Plugins.undo(&world.host, &input, Some(&plan)).await.unwrap();
        assert!(world.state().classes.contains_key("pls-mine"), "a person made it");
        // With an address of the operator's nobody has to wait.
        world.state().classes.remove("pls-mine");
        world.settings = json!({"binaries": {"mine": {"url": "https://mirror.example/m?token=hunter2", "sha256": "ab".repeat(32)}}});
        let plan = world.plan().await;
        assert_eq!(codes(&plan), []);
        let text = serde_json::to_string(&plan).unwrap();
        assert!(!text.contains("hunter2") && text.contains(&format!("sha256:{}", "ab".repeat(32))));
    }
}

#[tokio::test]
async fn a_class_of_somebody_else_is_not_taken() {
    let mut world = World::new();
    own(&mut world, "mine", 20, Some(SIGNED));
    let mut class = super::world::class("mine");
    class["source"] = json!("Custom");
    world.state().classes.insert("pls-mine".into(), class);
    assert_eq!(found(&world.plan().await, "PLG-CONFLICT").severity, Severity::Block);
    world.settings = json!({"allow": ["mine"]});
    let plan = world.plan().await;
    assert_eq!(codes(&plan), []);
    let (input, ..) = world.apply(&plan).await.unwrap();
    Plugins.undo(&world.host, &input, Some(&plan)).await.unwrap();
    assert!(world.state().classes.contains_key("pls-mine") && world.state().plugins.is_empty());
}

#[tokio::test]
async fn a_binary_that_cannot_be_published_stops_the_step() {
    let mut world = World::new();
    own(&mut world, "mine", 20, Some(SIGNED));
    world.state().published = "Failed";
    let plan = world.plan().await;
    assert_eq!(world.apply(&plan).await.unwrap_err(), "GS-PLUGIN-PUBLISH");
    assert!(world.state().plugins.is_empty());
}

#[tokio::test]
async fn unknown_stages_and_languages_block() {
    let mut world = World::new();
    own(&mut world, "mine", 20, Some(SIGNED)).stage = None;
    assert_eq!(codes(&world.plan().await), [("SRC-UNCLEAR", Severity::Block)]);
    world.inventory.plugins[0].stage = Some(Stage::Default);
    world.inventory.plugins[0].language = Some(5);
    assert_eq!(codes(&world.plan().await), [("SRC-UNCLEAR", Severity::Block)]);
}

#[test]
fn addresses_are_judged_by_their_form() {
    let now = 1_700_000_000;
    for (address, wanted) in [
        ("https://b.oss-cn-hangzhou-internal.aliyuncs.com/x.wasm", BinaryLook::Open),
        ("https://b/x?Expires=1800000000&Signature=s", BinaryLook::Open),
        ("https://b/x?Expires=1700001000&Signature=s", BinaryLook::Expired),
        ("https://b/x?Expires=soon", BinaryLook::Expired),
        ("https://b/x?X-Amz-Date=20260101T000000Z&X-Amz-Expires=600", BinaryLook::Expired),
        ("oss://b/x", BinaryLook::NoAddress),
        ("x.wasm", BinaryLook::NoAddress),
        ("https://", BinaryLook::NoAddress),
    ] {
        assert_eq!(look(address, now), wanted, "{address}");
    }
}
