//! The undisturbed way: plan, apply, verify, again, and back.

use gateshift_lab_apig::Options;
use gateshift_sdk::api::Applied;
use gateshift_sdk::model::{CheckpointResult, Plan, Severity, Verb};
use serde_json::{Value, json};

use super::lab::{Lab, options};
use super::model::inventory;

fn done(applied: Applied) -> (Value, Vec<String>) {
    match applied {
        Applied::Done { output, warnings } => (output, warnings),
        other => panic!("{other:?}"),
    }
}

fn calm(plan: &Plan) {
    let loud: Vec<_> = plan.findings.iter().filter(|finding| finding.severity >= Severity::Decide).collect();
    assert!(loud.is_empty(), "{loud:?}");
}

#[tokio::test]
async fn everything_is_made_once_and_reads_back() {
    let (lab, inventory) = (Lab::new(options()), inventory());
    let plan = lab.plan(&inventory, json!({})).await;
    assert_eq!(plan, lab.plan(&inventory, json!({})).await, "a plan is the same for the same world");
    calm(&plan);
    assert_eq!(lab.writes(), 0, "planning writes nothing");
    let (output, warnings) = done(lab.apply(&inventory, &plan).await.unwrap());
    assert!(warnings.is_empty(), "{warnings:?}");
    for checkpoint in lab.verify(&inventory, &plan, &output).await {
        assert_eq!(
            checkpoint.result,
            CheckpointResult::Pass,
            "{} {}",
            checkpoint.message,
            checkpoint.evidence
        );
    }
    let created = lab.apig.created_counts();
    for (kind, count) in [
        ("domain", 2),
        ("source", 2),
        ("service", 5),
        ("serviceVersion", 2),
        ("httpApi", 1),
        ("route", 10),
        ("policy", 23),
    ] {
        assert_eq!(created[kind], count, "{kind}");
    }
    assert_eq!(output["routes"].as_object().unwrap().len(), 10);
    assert_eq!(output["routes"]["r-draft"]["deployed"], false);
    assert_eq!(output["routes"]["r-plain"]["deployed"], true);
    let (before, writes) = (lab.export(), lab.writes());
    let (again, _) = done(lab.apply(&inventory, &plan).await.unwrap());
    assert_eq!(
        (again, lab.export(), lab.writes()),
        (output, before, writes),
        "applied twice is applied once"
    );
}

#[tokio::test]
async fn a_later_run_adopts_what_is_identical_and_leaves_it_when_undone() {
    let (lab, inventory) = (Lab::new(options()), inventory());
    let plan = lab.plan(&inventory, json!({})).await;
    lab.apply(&inventory, &plan).await.unwrap();
    let (before, writes) = (lab.export(), lab.writes());
    lab.forget();
    let second = lab.plan(&inventory, json!({})).await;
    calm(&second);
    assert!(
        second.operations.iter().all(|one| one.verb == Verb::Adopt || one.object.kind == "association"),
        "{:?}",
        second.operations
    );
    let (output, _) = done(lab.apply(&inventory, &second).await.unwrap());
    assert!(
        lab.verify(&inventory, &second, &output).await.iter().all(|one| one.result == CheckpointResult::Pass)
    );
    let undone = lab.undo(&inventory, &second).await.unwrap();
    assert!(undone.operations.is_empty() && undone.left.is_empty(), "{undone:?}");
    assert_eq!((lab.export(), lab.writes()), (before, writes));
}

#[tokio::test]
async fn undo_leaves_what_was_there_before() {
    let (lab, inventory) = (Lab::new(options()), inventory());
    lab.direct("CreateDomain", json!({"name": "foreign.example.com", "protocol": "HTTP"}));
    let same = gateshift_apig::convert::domain::body(&inventory.domains[0]);
    lab.direct("CreateDomain", same);
    let service = json!({
        "gatewayId": lab.target.gateway, "sourceType": "VIP",
        "serviceConfigs": [{"name": "foreign", "addresses": ["10.0.0.1:80"]}],
    });
    lab.direct("CreateService", service);
    let before = lab.export();
    let plan = lab.plan(&inventory, json!({})).await;
    calm(&plan);
    lab.apply(&inventory, &plan).await.unwrap();
    assert_ne!(lab.export(), before);
    let undone = lab.undo(&inventory, &plan).await.unwrap();
    assert!(undone.left.is_empty(), "{:?}", undone.left);
    assert_eq!(lab.export(), before);
    let again = lab.undo(&inventory, &plan).await.unwrap();
    assert!(again.left.is_empty(), "{:?}", again.left);
    assert_eq!(lab.export(), before, "undone twice is undone once");
}

#[tokio::test]
async fn a_stubborn_target_is_met_halfway() {
    let mut timing = options().timing;
    (timing.deploying_ms, timing.associating_ms) = (2_000, 3_000);
    let options = Options {
        timing,
        accept_by_tag: false,
        refuse_options_spelling: true,
        deploy_needs_sub_domain: true,
        lock_ms: 300,
        ..Options::default()
    };
    let (lab, inventory) = (Lab::new(options), inventory());
    let plan = lab.plan(&inventory, json!({})).await;
    let (output, warnings) = done(lab.apply(&inventory, &plan).await.unwrap());
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("RTE-PUBLISHABLE: 9 routes"), "{warnings:?}");
    for checkpoint in lab.verify(&inventory, &plan, &output).await {
        assert_eq!(checkpoint.result, CheckpointResult::Pass, "{}", checkpoint.message);
    }
    let undone = lab.undo(&inventory, &plan).await.unwrap();
    assert!(undone.left.is_empty(), "{:?}", undone.left);
}

#[tokio::test]
async fn a_thousand_routes_take_few_calls_each() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    inventory.routes = (0..1000)
        .map(|n| {
            let mut route = super::model::route(&format!("many-{n}"), "a.example.com", &format!("/many/{n}"));
            route.created_at = n;
            route
        })
        .collect();
    let plan = lab.plan(&inventory, json!({})).await;
    assert!(lab.reads() < 20, "{} reads for a plan", lab.reads());
    let (output, _) = done(lab.apply(&inventory, &plan).await.unwrap());
    assert!(lab.writes() < 4_025, "{} writes", lab.writes());
    assert!(lab.reads() < 100, "{} reads for plan and apply", lab.reads());
    let before = lab.reads();
    assert!(
        lab.verify(&inventory, &plan, &output).await.iter().all(|one| one.result == CheckpointResult::Pass)
    );
    assert!(lab.reads() - before < 30, "{} reads to verify", lab.reads() - before);
}

/// Id of a policy with a text in its configuration.
fn policy(lab: &Lab, text: &str) -> String {
    let all = lab.direct("ListPolicies", json!({}));
    let one = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["config"].as_str().unwrap().contains(text))
        .unwrap();
    one["policyId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn policies_of_services_come_between_them_and_the_routes() {
    let (lab, inventory) = (Lab::new(options()), inventory());
    let plan = lab.plan(&inventory, json!({})).await;
    let at = |key: &str| plan.operations.iter().position(|one| one.key.as_str() == key).unwrap();
    let first_route = plan.operations.iter().position(|one| one.object.kind == "route").unwrap();
    for (class, service) in [("ServiceLb", 1), ("ServiceLb", 3), ("ServiceLb", 4), ("ServiceTls", 4)] {
        let policy = at(&format!("policy/{class}/{service}"));
        assert!(at(&format!("service/{service}")) < policy && policy < first_route);
        assert_eq!(plan.operations[policy].after.value()["attachResourceType"], "GatewayService");
        assert_eq!(plan.operations[policy].waits_for.len(), 1);
    }
    let of_services = plan
        .operations
        .iter()
        .filter(|one| one.after.value()["attachResourceType"] == "GatewayService")
        .count();
    assert_eq!(of_services, 4, "plain round robin and no TLS need no policy");
}

#[tokio::test]
async fn a_service_with_another_policy_than_wanted_is_not_adopted() {
    type Change = fn(&mut gateshift_gateway_model::Service);
    let cases: [(usize, Change); 4] = [
        (3, |service| service.tls = None),
        (3, |service| service.load_balancing.warmup = 6),
        (0, |service| service.load_balancing = Default::default()),
        (1, |service| service.load_balancing.warmup = 1),
    ];
    for (at, change) in cases {
        let (lab, mut inventory) = (Lab::new(options()), inventory());
        let plan = lab.plan(&inventory, json!({})).await;
        lab.apply(&inventory, &plan).await.unwrap();
        lab.forget();
        change(&mut inventory.services[at]);
        let plan = lab.plan(&inventory, json!({})).await;
        let conflicts: Vec<_> = plan.findings.iter().filter(|one| one.code == "SVC-CONFLICT").collect();
        assert_eq!(conflicts.len(), 1, "{:?}", plan.findings);
        assert_eq!(conflicts[0].object, format!("services/{}", inventory.services[at].name));
        assert!(conflicts[0].message.contains("policy"), "{}", conflicts[0].message);
    }
}

#[tokio::test]
async fn verify_notices_what_was_changed_behind_its_back() {
    type Tamper = fn(&Lab, &Value);
    let id = |output: &Value, pointer: &str| output.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let cases: [(usize, Tamper); 8] = [
        (0, |lab, output| {
            let domain = output["domains"]["a.example.com"].as_str().unwrap();
            lab.tamper(
                "UpdateDomain",
                &[("domainId", domain)],
                json!({"protocol": "HTTP", "http2Option": "Close"}),
            );
        }),
        (1, |lab, output| {
            let service = output["services"]["1"].as_str().unwrap();
            lab.tamper("UpdateService", &[("serviceId", service)], json!({"protocol": "HTTPS"}));
        }),
        (1, |lab, output| {
            let service = output["services"]["1"].as_str().unwrap();
            lab.tamper("UpdateService", &[("serviceId", service)], json!({"addresses": ["10.0.0.9:80"]}));
        }),
        (1, |lab, _| {
            let config = json!({"enable": true, "loadbalancerType": "RANDOM", "warmupDuration": 30});
            let id = policy(lab, "LEAST_CONN");
            lab.tamper("UpdatePolicy", &[("policyId", &id)], json!({"config": config.to_string()}));
        }),
        (1, |lab, _| {
            let id = policy(lab, "SIMPLE");
            lab.tamper("DetachAndDeletePolicy", &[("policyId", &id)], json!({}));
        }),
        (2, |lab, _| {
            let id = policy(lab, "unitNum");
            lab.tamper("DetachAndDeletePolicy", &[("policyId", &id)], json!({}));
        }),
        (2, |lab, output| {
            let (api, route) =
                (output["api"].as_str().unwrap(), output["routes"]["r-plain"]["id"].as_str().unwrap());
            lab.tamper("UndeployHttpApi", &[("httpApiId", api)], json!({"routeId": route}));
        }),
        (2, |lab, output| {
            let (api, route) =
                (output["api"].as_str().unwrap(), output["routes"]["r-draft"]["id"].as_str().unwrap());
            let content = json!({
                "domainIds": [output["domains"]["a.example.com"]], "backendConfig": {"scene": "Mock", "services": []},
                "match": {"path": {"type": "Prefix", "value": "/draft"}},
            });
            lab.tamper("UpdateHttpApiRoute", &[("httpApiId", api), ("routeId", route)], content);
        }),
    ];
    for (at, (checkpoint, tamper)) in cases.into_iter().enumerate() {
        let (lab, inventory) = (Lab::new(options()), inventory());
        let plan = lab.plan(&inventory, json!({})).await;
        let (output, _) = done(lab.apply(&inventory, &plan).await.unwrap());
        assert!(!id(&output, "/api").is_empty());
        tamper(&lab, &output);
        for (number, answer) in lab.verify(&inventory, &plan, &output).await.iter().enumerate() {
            let wanted = if number == checkpoint { CheckpointResult::Fail } else { CheckpointResult::Pass };
            assert_eq!(answer.result, wanted, "case {at}: {}", answer.message);
        }
    }
}
