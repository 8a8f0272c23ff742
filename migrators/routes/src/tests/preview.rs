//! Plans before anything exists: marks in the place of ids, and no question about what is not there.

use std::collections::BTreeSet;

use gateshift_gateway_model::{TargetInstance, TargetRoutes};
use gateshift_sdk::api::{Applied, Migrator};
use gateshift_sdk::model::{MigratorName, Severity, is_planned, planned_id};
use gateshift_sdk::to_json;
use serde_json::json;

use super::lab::{Lab, options};
use super::model::inventory;
use crate::Routes;

#[tokio::test]
async fn a_gateway_that_is_only_planned_can_be_planned_for() {
    let (lab, inventory) = (Lab::new(options()), inventory());
    let real = lab.plan(&inventory, json!({})).await;
    let mut input = lab.input(&inventory, json!({}));
    let planned = TargetInstance {
        gateway: planned_id("gateway/target"),
        environment: planned_id("environment/target"),
        ..lab.target.clone()
    };
    input.outputs.insert(MigratorName::new("instance").unwrap(), to_json(&planned));
    let plan = Routes.plan(&*lab, &input).await.unwrap();
    let keys = |plan: &gateshift_sdk::model::Plan| -> BTreeSet<String> {
        plan.operations.iter().map(|one| one.key.to_string()).collect()
    };
    assert_eq!(keys(&plan), keys(&real), "the same objects, whatever the gateway is called");
    assert!(plan.findings.iter().all(|one| one.severity < Severity::Decide), "{:?}", plan.findings);
    let foreseen: TargetRoutes = serde_json::from_value(Routes.foresee(&input, &plan).unwrap()).unwrap();
    assert!(is_planned(&foreseen.api));
    assert_eq!(foreseen.routes.len(), inventory.routes.len());
    assert!(foreseen.routes.values().all(|one| is_planned(&one.id)));
    let ids: BTreeSet<&str> = foreseen.routes.values().map(|one| one.id.as_str()).collect();
    assert_eq!(ids.len(), inventory.routes.len(), "a mark for each");
}

#[tokio::test]
async fn what_exists_is_foreseen_by_its_id() {
    let (lab, inventory) = (Lab::new(options()), inventory());
    let plan = lab.plan(&inventory, json!({})).await;
    let Applied::Done { output, .. } = lab.apply(&inventory, &plan).await.unwrap() else {
        panic!("not done")
    };
    lab.forget();
    let again = lab.plan(&inventory, json!({})).await;
    let foreseen = Routes.foresee(&lab.input(&inventory, json!({})), &again).unwrap();
    assert_eq!(foreseen, output);
}
