//! Whole generated sources, moved: what the target's data plane is told to do must be what the
//! source's does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use gateshift_gateway_model::{Inventory, LoadBalancing, PublishState, Service};
use gateshift_lab_kernel::gateway::{Action, Route};
use gateshift_lab_kernel::{AddressPool, Call, Cloud, LabClock, Product};
use gateshift_lab_mse::{Mse, generate, network_of, world_of};
use gateshift_sdk::api::{Applied, CallFailure, CallReply, CallRequest};
use gateshift_sdk::model::{CheckpointResult, Plan, Severity};
use gateshift_sdk::name::plain;
use gateshift_sdk::testing::{ScriptedHost, ok};
use serde_json::{Map, Value, json};

use super::lab::{Lab, options};

static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lab/front/contract/mse.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

/// A call as the front hands it on.
fn answer(mse: &Mse, request: &CallRequest) -> Result<CallReply, CallFailure> {
    let facts = &CONTRACT["operations"][request.action.as_str()]["request"]["query"];
    let mut query = Map::new();
    for (name, text) in &request.query {
        let schema = &facts[name];
        let json_text = schema["encoding"] == "json";
        let value = match schema["type"].as_str() {
            _ if json_text => serde_json::from_str(text).unwrap(),
            Some("integer" | "boolean") => serde_json::from_str(text).unwrap(),
            _ => json!(text),
        };
        query.insert(name.clone(), value);
    }
    let (operation, path) = (request.action.clone(), BTreeMap::new());
    let answer = mse.call(&Call { operation, path, query, body: Map::new(), request_id: "r".into() });
    answer.map(ok).map_err(|error| CallFailure::Refused {
        connection: request.connection.clone(),
        action: request.action.clone(),
        status: error.status,
        code: error.code,
        message: error.message,
        request_id: None,
    })
}

async fn inventory(mse: &Arc<Mse>) -> Inventory {
    let gateway = mse.gateway_ids().remove(0);
    let source = Arc::clone(mse);
    let host = ScriptedHost::new(move |request| answer(&source, request));
    let answers = gateshift_mse::fetch(&host, "source", &gateway).await.unwrap();
    gateshift_mse::read(&answers, &gateway, 0).inventory
}

/// What a data plane does with a route, without ids and times.
fn meaning(route: &Route) -> (BTreeSet<&str>, String, Action) {
    let conditions = format!("{:?} {:?} {:?} {:?}", route.path, route.methods, route.headers, route.queries);
    (route.domains.iter().map(String::as_str).collect(), conditions, route.action.clone())
}

#[tokio::test]
async fn the_target_routes_like_the_source() {
    for seed in 1..=3 {
        let mut scenario = generate(seed, 120);
        for service in &mut scenario.services {
            if json!(service.kind) == "dns" {
                let tls = json!({"mode": "SIMPLE", "sni": format!("{}.example.com", service.name)});
                service.tls = serde_json::from_value(tls).unwrap();
            }
        }
        let cloud = Cloud::new(
            LabClock::new(400.0),
            network_of(&scenario),
            world_of(&scenario),
            AddressPool::new(88, 2),
        );
        let mse = Arc::new(Mse::new(Arc::clone(&cloud), &scenario));
        let inventory = inventory(&mse).await;
        assert_eq!(inventory.accounting.fields, inventory.accounting.accounted, "seed {seed}");
        let lab = Lab::in_cloud(options(), cloud);
        let plan = lab.plan(&inventory, json!({})).await;
        let loud: Vec<_> = plan.findings.iter().filter(|one| one.severity >= Severity::Decide).collect();
        assert!(loud.is_empty(), "seed {seed}: {loud:#?}");
        carried(&inventory, &plan);
        let Applied::Done { output, .. } = lab.apply(&inventory, &plan).await.unwrap() else {
            panic!("not done")
        };
        for checkpoint in lab.verify(&inventory, &plan, &output).await {
            assert_eq!(checkpoint.result, CheckpointResult::Pass, "seed {seed}: {}", checkpoint.message);
        }
        compare(&inventory, &mse, &lab);
    }
}

/// Every service that is balanced or spoken to in a way of its own gets a policy for it, no other.
fn carried(inventory: &Inventory, plan: &Plan) {
    let policies = |class: &str| -> BTreeSet<&str> {
        let prefix = format!("policy/{class}/");
        plan.operations.iter().filter_map(|one| one.key.as_str().strip_prefix(prefix.as_str())).collect()
    };
    let services = |has: fn(&Service) -> bool| -> BTreeSet<&str> {
        inventory.services.iter().filter(|one| has(one)).map(|one| one.id.as_str()).collect()
    };
    let balanced = services(|one| one.load_balancing != LoadBalancing::default());
    let secured = services(|one| one.tls.is_some());
    assert!(balanced.len() >= 6 && secured.len() == 7, "{balanced:?} {secured:?}");
    assert_eq!((policies("ServiceLb"), policies("ServiceTls")), (balanced, secured));
}

fn compare(inventory: &Inventory, mse: &Mse, lab: &Lab) {
    let edited: BTreeSet<&str> = inventory
        .routes
        .iter()
        .filter(|route| route.state == PublishState::Edited)
        .map(|route| route.name.as_str())
        .collect();
    let (source, target) = (mse.gateways().remove(0), lab.apig.gateways().remove(0));
    let made: BTreeMap<&str, &Route> =
        target.routes.iter().map(|route| (route.name.as_str(), route)).collect();
    assert_eq!(source.routes.len(), made.len());
    assert!(made.len() > 80, "{}", made.len());
    for route in source.routes.iter().filter(|route| !edited.contains(route.name.as_str())) {
        let there = made.get(plain(&route.name).as_str());
        let there = there.unwrap_or_else(|| panic!("{} is missing", route.name));
        assert_eq!(meaning(route), meaning(there), "{}", route.name);
    }
    let order = |routes: &[Route]| {
        let mut all: Vec<&Route> = routes.iter().collect();
        all.sort_by_key(|route| (route.created_ms, route.sequence));
        all.into_iter().map(|route| plain(&route.name)).collect::<Vec<_>>()
    };
    assert_eq!(order(&source.routes), order(&target.routes), "creation order");
    let served = |config: &gateshift_lab_kernel::gateway::GatewayConfig| {
        let used: BTreeSet<String> = config.routes.iter().flat_map(|route| route.domains.clone()).collect();
        let domains = config.domains.iter().filter(|domain| used.contains(&domain.name));
        let mut all: Vec<_> =
            domains.map(|one| (one.name.clone(), one.certificate.clone(), one.force_https)).collect();
        all.sort();
        all
    };
    assert_eq!(served(&source), served(&target));
}
