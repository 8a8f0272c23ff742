//! What is sent is what the source has, byte for byte; rules inside of it come out as attachments.

use gateshift_gateway_model::Level;
use gateshift_sdk::model::Severity;
use proptest::prelude::*;
use serde_json::json;

use super::world::{World, codes, domains, found, on_routes};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Readable or not, with any line ends, letters and blanks, and with or without a last line end.
    #[test]
    fn every_byte_arrives(parts in prop::collection::vec("[ -~äß订🦀]{0,12}", 0..8), ends in prop::collection::vec(any::<bool>(), 8), last in any::<bool>()) {
        let mut text: String = parts.iter().zip(&ends).map(|(part, crlf)| format!("# {part}{}", if *crlf { "\r\n" } else { "\n" })).collect();
        text.push_str(&format!("key: {}", json!(parts.concat())));
        if last { text.push('\n'); }
        let wild = parts.join("\t\r\n");
        for text in [text, wild] {
            let mut world = World::new();
            world.plugin("custom-response", &[(on_routes(&["1"]), &text)]);
            world.settings = json!({"allow": ["custom-response"]});
            let plan = block_on(world.plan());
            prop_assert_eq!(plan.blocking().count(), 0);
            block_on(world.apply(&plan)).unwrap();
            prop_assert_eq!(world.on("r-1"), Some((true, text.into_bytes())));
        }
    }
}

const OLD: &str = "consumers:\n- name: a\n  credential: hunter2\n_rules_:\n- _match_route_:\n  - orders\n  allow: [a]   # only a\n- _match_domain_: [b.shop.example, '*.shop.example']\n  allow: []\n";

#[tokio::test]
async fn embedded_rules_become_attachments() {
    let mut world = World::new();
    world.plugin("key-auth", &[(Level::Gateway, OLD)]);
    let plan = world.plan().await;
    assert_eq!(codes(&plan), []);
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
    world.apply(&plan).await.unwrap();
    let on = |resource: &str| String::from_utf8(world.on(resource).unwrap().1).unwrap();
    assert_eq!(on("gw-1"), "consumers:\n- name: a\n  credential: hunter2\n");
    assert_eq!(on("r-1"), "allow: [a]   # only a\n");
    assert_eq!((on("d-b"), on("d-w")), ("allow: []\n".to_owned(), "allow: []\n".to_owned()));
    assert_eq!(world.state().attachments.len(), 3);
}

#[tokio::test]
async fn embedded_rules_that_would_change_their_meaning_block() {
    let refused = [
        // By a condition no attachment has.
        "_rules_:\n- _match_service_: [a]\n  x: 1\n",
        "_rules_:\n- _match_route_prefix_: [ord]\n  x: 1\n",
        // Unknown or left behind.
        "_rules_:\n- _match_route_: [gone]\n  x: 1\n",
        "_rules_:\n- _match_route_: [free]\n  x: 1\n",
        "_rules_:\n- _match_domain_: [c.example]\n  x: 1\n",
        // The first that fits wins inside; as attachments another one would.
        "_rules_:\n- _match_route_: [orders]\n  x: 1\n- _match_route_: [orders]\n  x: 2\n",
        "_rules_:\n- _match_domain_: [a.shop.example]\n  x: 1\n- _match_route_: [orders]\n  x: 2\n",
        "_rules_:\n- _match_domain_: ['*.shop.example']\n  x: 1\n- _match_domain_: [a.shop.example]\n  x: 2\n",
    ];
    for text in refused {
        let mut world = World::new();
        world.plugin("transformer", &[(Level::Gateway, text)]);
        let plan = world.plan().await;
        assert_eq!(codes(&plan), [("PLG-RULES-EMBEDDED", Severity::Block)], "{text}");
        world.inventory.plugins[0].rules[0].enabled = false;
        assert_eq!(codes(&world.plan().await), [("PLG-RULES-EMBEDDED", Severity::Warn)], "{text}");
    }
    let fine = "_rules_:\n- _match_domain_: [a.shop.example]\n  x: 1\n- _match_domain_: ['*.shop.example']\n  x: 2\n- _match_route_: [pay]\n  x: 3\n";
    let mut world = World::new();
    world.plugin("transformer", &[(Level::Gateway, fine)]);
    // The wildcard covers the domain of `pay` and comes first.
    assert!(
        found(&world.plan().await, "PLG-RULES-EMBEDDED")
            .message
            .contains("`*.shop.example` comes before `pay`")
    );
    // With rules of its own besides, which of them decides would change.
    let one = "_rules_:\n- _match_route_: [orders]\n  x: 1\n";
    for besides in [domains(&["b.shop.example"]), on_routes(&["2"])] {
        let mut world = World::new();
        world.plugin("transformer", &[(Level::Gateway, one), (besides, "x: 2")]);
        found(&world.plan().await, "PLG-RULES-EMBEDDED");
    }
    // And below the gateway nobody expects them.
    let mut world = World::new();
    world.plugin("transformer", &[(on_routes(&["2"]), one)]);
    found(&world.plan().await, "PLG-RULES-EMBEDDED");
}
