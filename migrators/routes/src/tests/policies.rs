//! Policies of routes: written, read back, adopted, taken back.

use gateshift_gateway_model::{Destination, Inventory, PathMatch, Route, RouteTarget};
use gateshift_sdk::api::Applied;
use gateshift_sdk::model::{CheckpointResult, Outcome, Plan, Severity, Verb};
use serde_json::{Value, json};

use super::lab::{Lab, options};
use super::model::{dubbo, inventory, policies, route, target};

/// The usual source, with one route that has every policy and one that speaks Dubbo.
fn rich() -> Inventory {
    let mut all = inventory();
    let mut every =
        Route { policies: policies(), created_at: 5000, ..route("every", "a.example.com", "/every/") };
    every.matching.path = PathMatch { value: "/every/".into(), ..every.matching.path };
    let to = RouteTarget { dubbo: Some(dubbo()), protocol: Some("DUBBO".into()), ..target("3", 100) };
    let spoken = Route {
        destination: Destination::Single { target: to },
        created_at: 5001,
        ..route("dubbo", "a.example.com", "/dubbo")
    };
    all.routes.extend([every, spoken]);
    all
}

fn blocks(plan: &Plan) -> Vec<&str> {
    let loud = plan.findings.iter().filter(|one| one.severity >= Severity::Decide);
    loud.map(|one| one.code.as_str()).collect()
}

fn done(applied: Applied) -> Value {
    match applied {
        Applied::Done { output, .. } => output,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_policy_is_written_in_order_and_reads_back() {
    let (lab, inventory) = (Lab::new(options()), rich());
    let before = lab.export();
    let plan = lab.plan(&inventory, json!({})).await;
    assert!(blocks(&plan).is_empty(), "{:?}", plan.findings);
    let classes: Vec<&str> = plan
        .operations
        .iter()
        .filter_map(|one| one.key.as_str().strip_prefix("policy/")?.strip_suffix("/every"))
        .collect();
    let wanted = [
        "Timeout",
        "Retry",
        "HttpRewrite",
        "HeaderModify",
        "Cors",
        "FlowCopy",
        "RateLimit",
        "ConcurrencyLimit",
        "CircuitBreaker",
        "Waf",
    ];
    assert_eq!(classes, wanted);
    let output = done(lab.apply(&inventory, &plan).await.unwrap());
    for one in lab.verify(&inventory, &plan, &output).await {
        assert_eq!(one.result, CheckpointResult::Pass, "{} {}", one.message, one.evidence);
    }
    let content = lab.export().to_string();
    assert!(content.contains("org.example.Demo") && content.contains("sayHello"));
    lab.undo(&inventory, &plan).await.unwrap();
    assert!(lab.export() == before, "undo leaves the account as it was");
}

#[tokio::test]
async fn a_later_run_adopts_and_a_changed_policy_is_a_conflict() {
    let (lab, mut inventory) = (Lab::new(options()), rich());
    let plan = lab.plan(&inventory, json!({})).await;
    lab.apply(&inventory, &plan).await.unwrap();
    lab.forget();
    let second = lab.plan(&inventory, json!({})).await;
    assert!(blocks(&second).is_empty(), "{:?}", second.findings);
    assert!(second.operations.iter().all(|one| one.verb == Verb::Adopt || one.object.kind == "association"));
    let every = inventory.routes.iter().position(|one| one.name == "every").unwrap();
    inventory.routes[every].policies.rate_limits[0].threshold += 1;
    assert_eq!(blocks(&lab.plan(&inventory, json!({})).await), ["RTE-CONFLICT"]);
    inventory.routes[every].policies = Default::default();
    let plan = lab.plan(&inventory, json!({})).await;
    assert_eq!(blocks(&plan), ["RTE-CONFLICT"], "a policy that nobody wants is a difference");
}

#[tokio::test]
async fn the_firewall_of_the_whole_gateway_is_a_policy_of_the_gateway() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    inventory.parameters.insert("EnableWaf".into(), json!(true));
    let before = lab.export();
    let plan = lab.plan(&inventory, json!({})).await;
    let output = done(lab.apply(&inventory, &plan).await.unwrap());
    assert!(
        lab.verify(&inventory, &plan, &output).await.iter().all(|one| one.result == CheckpointResult::Pass)
    );
    let settled = lab.input(&inventory, json!({})).settled;
    let waf =
        &settled[&plan.operations.iter().find(|one| one.key.as_str() == "policy/Waf/gateway").unwrap().key];
    assert_eq!(waf.outcome, Outcome::Created);
    lab.undo(&inventory, &plan).await.unwrap();
    assert!(lab.export() == before);
}

#[tokio::test]
async fn a_policy_that_went_missing_or_changed_fails_the_checkpoint() {
    let (lab, inventory) = (Lab::new(options()), rich());
    let plan = lab.plan(&inventory, json!({})).await;
    let output = done(lab.apply(&inventory, &plan).await.unwrap());
    let settled = lab.input(&inventory, json!({})).settled;
    let key = plan.operations.iter().find(|one| one.key.as_str() == "policy/Cors/every").unwrap().key.clone();
    let id = settled[&key].id.clone().unwrap();
    lab.tamper("DetachAndDeletePolicy", &[("policyId", &id)], json!({}));
    let answers = lab.verify(&inventory, &plan, &output).await;
    assert!(
        answers.iter().any(|one| one.result == CheckpointResult::Fail && one.message.contains("Cors")),
        "{answers:?}"
    );
}

#[tokio::test]
async fn a_key_that_is_not_kept_stops_the_step_and_leaves_no_such_policy() {
    let (lab, inventory) = (Lab::new(options()), rich());
    let before = lab.export();
    let plan = lab.plan(&inventory, json!({})).await;
    lab.drops("allowCredentials");
    let error = lab.apply(&inventory, &plan).await.unwrap_err();
    assert_eq!(error.code, "POL-DIALECT", "{error:?}");
    assert!(error.message.contains("allowCredentials"), "{}", error.message);
    let content = lab.export().to_string();
    assert!(content.contains("headerOpItems") && !content.contains("allowCredentials"), "{content}");
    lab.undo(&inventory, &plan).await.unwrap();
    assert!(lab.export() == before);
}

#[tokio::test]
async fn a_firewall_policy_of_others_is_not_touched() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    inventory.parameters.insert("EnableWaf".into(), json!(true));
    lab.direct(
        "CreateAndAttachPolicy",
        json!({
            "name": "foreign", "className": "Waf", "config": json!({"enable": false}).to_string(),
            "attachResourceIds": [lab.target.gateway], "attachResourceType": "Gateway", "gatewayId": lab.target.gateway,
        }),
    );
    assert_eq!(blocks(&lab.plan(&inventory, json!({})).await), ["POL-CONFLICT"]);
}
