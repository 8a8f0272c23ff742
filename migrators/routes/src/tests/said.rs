//! What an operator says: functions, authorities, hosts, Ingress objects, keys of policies.

use gateshift_gateway_model::{ManagedBy, Service, ServiceKind};
use gateshift_lab_apig::Options;
use gateshift_sdk::api::{Applied, Migrator};
use gateshift_sdk::model::{CheckpointResult, Plan, Severity, Verb};
use serde_json::json;

use super::lab::{Lab, options};
use super::model::{domain, inventory, rate_limit};
use crate::Routes;

const PEM: &str = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";

fn codes(plan: &Plan, from: Severity) -> Vec<(&str, Severity)> {
    let loud = plan.findings.iter().filter(|one| one.severity >= from);
    loud.map(|one| (one.code.as_str(), one.severity)).collect()
}

#[tokio::test]
async fn an_older_function_becomes_the_one_that_was_named() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    inventory.services[4].kind =
        ServiceKind::Function { function: "f".into(), qualifier: "1".into(), service: Some("old".into()) };
    let without = lab.plan(&inventory, json!({})).await;
    assert!(codes(&without, Severity::Decide).contains(&("SVC-FC2", Severity::Decide)));
    let settings = json!({"functions": {"old/f@1": "fn5@LATEST"}});
    let plan = lab.plan(&inventory, settings).await;
    assert!(codes(&plan, Severity::Decide).is_empty(), "{:?}", plan.findings);
    let made = plan.operations.iter().find(|one| one.key.as_str() == "service/5").unwrap();
    assert_eq!(made.after.value()["serviceConfigs"][0], json!({"name": "fn5", "qualifier": "LATEST"}));
}

#[tokio::test]
async fn client_certificates_need_the_authority() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    inventory.domains[1].mtls.enabled = true;
    assert_eq!(
        codes(&lab.plan(&inventory, json!({})).await, Severity::Decide),
        [("DOM-MTLS-CA", Severity::Decide)]
    );
    let settings = json!({"clientCa": {"*.example.com": PEM}});
    let plan = lab.plan(&inventory, settings.clone()).await;
    assert!(codes(&plan, Severity::Decide).is_empty(), "{:?}", plan.findings);
    let Applied::Done { output, .. } = lab.apply(&inventory, &plan).await.unwrap() else {
        panic!("not done")
    };
    assert!(
        lab.verify(&inventory, &plan, &output).await.iter().all(|one| one.result == CheckpointResult::Pass)
    );
    lab.forget();
    let again = lab.plan(&inventory, settings).await;
    let domain = again.operations.iter().find(|one| one.key.as_str() == "domain/*.example.com").unwrap();
    assert_eq!(domain.verb, Verb::Adopt);
    let other = json!({"clientCa": {"*.example.com": PEM.replace("AA==", "BB==")}});
    assert!(
        codes(&lab.plan(&inventory, other).await, Severity::Block)
            .contains(&("DOM-CONFLICT", Severity::Block))
    );
}

#[tokio::test]
async fn hosts_stand_for_a_star_that_is_refused() {
    let lab = Lab::new(Options { accept_star_domain: false, ..options() });
    let mut inventory = inventory();
    inventory.domains.push(domain("*", false));
    inventory.routes[1].domains.push("*".into());
    assert!(
        codes(&lab.plan(&inventory, json!({})).await, Severity::Block)
            .contains(&("DOM-STAR", Severity::Block))
    );
    let plan = lab.plan(&inventory, json!({"hosts": ["one.example.org", "two.example.org"]})).await;
    assert!(codes(&plan, Severity::Decide).is_empty(), "{:?}", plan.findings);
    let made = plan.operations.iter().find(|one| one.key.as_str() == "route/tie-one").unwrap();
    let wanted = json!(["domain/a.example.com", "domain/one.example.org", "domain/two.example.org"]);
    assert_eq!(made.after.value()["domainIds"], wanted);
    lab.apply(&inventory, &plan).await.unwrap();
    let covered = lab.plan(&inventory, json!({"hosts": ["x.example.com"]})).await;
    assert!(
        codes(&covered, Severity::Block).contains(&("DOM-STAR", Severity::Block)),
        "{:?}",
        covered.findings
    );
}

#[tokio::test]
async fn hosts_are_not_needed_where_the_star_is_accepted() {
    let (lab, mut inventory) = (Lab::new(Options { accept_star_domain: true, ..options() }), inventory());
    inventory.domains.push(domain("*", false));
    inventory.routes[1].domains.push("*".into());
    let plan = lab.plan(&inventory, json!({"hosts": ["one.example.org"]})).await;
    assert!(plan.operations.iter().any(|one| one.key.as_str() == "domain/*"));
    assert!(!plan.operations.iter().any(|one| one.key.as_str() == "domain/one.example.org"));
}

#[tokio::test]
async fn ingress_objects_configure_the_target_when_asked_for() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    inventory.sources[0].ingress = true;
    inventory.sources[0].ingress_class = Some("mse".into());
    inventory.routes[0].managed_by = ManagedBy::Ingress;
    assert!(
        codes(&lab.plan(&inventory, json!({})).await, Severity::Block)
            .contains(&("RTE-INGRESS", Severity::Block))
    );
    let plan = lab.plan(&inventory, json!({"ingress": true})).await;
    assert!(codes(&plan, Severity::Decide).is_empty(), "{:?}", plan.findings);
    let made = plan.operations.iter().find(|one| one.after.value()["type"] == "HttpIngress").unwrap();
    let config = &made.after.value()["ingressConfig"];
    assert_eq!((&config["sourceId"], &config["ingressClass"]), (&json!("source/k"), &json!("mse")));
    assert_eq!(config["overrideIngressIp"], false);
    assert!(
        !plan.operations.iter().any(|one| one.key.as_str() == "route/plain"),
        "its Ingress object makes it"
    );
}

#[tokio::test]
async fn serverless_kubernetes_services_need_no_source() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    let kind = ServiceKind::ServerlessKubernetes { namespace: "shop".into() };
    inventory.services.push(Service {
        id: "6".into(),
        name: "sae".into(),
        kind,
        ..inventory.services[3].clone()
    });
    inventory.services[5].tls = None;
    let plan = lab.plan(&inventory, json!({})).await;
    let made = plan.operations.iter().find(|one| one.key.as_str() == "service/6").unwrap();
    assert_eq!(made.after.value()["sourceType"], "SAE_K8S_SERVICE");
    assert_eq!(made.after.value()["serviceConfigs"], json!([{"name": "sae", "namespace": "shop"}]));
}

#[tokio::test]
async fn keys_of_policies_are_written_in_the_operators_words() {
    let (lab, mut inventory) = (Lab::new(options()), inventory());
    inventory.routes[0].policies.rate_limits = vec![rate_limit("1", 9)];
    let plan = lab.plan(&inventory, json!({"templates": {"RateLimit": {"threshold": "limit"}}})).await;
    assert!(
        codes(&plan, Severity::Block).contains(&("POL-DIALECT", Severity::Block)),
        "the lab knows no such key"
    );
    let policy = plan.operations.iter().find(|one| one.key.as_str() == "policy/RateLimit/plain").unwrap();
    assert_eq!(
        (&policy.after.value()["config"]["limit"], policy.after.value()["config"].get("threshold")),
        (&json!(9), None)
    );
    assert!(Routes.check(&json!({"templates": {"RateLimit": {"nothing": "x"}}})).len() == 1);
}

#[tokio::test]
async fn domains_in_the_mainland_need_a_filing() {
    for (region, wanted) in [("cn-hangzhou", true), ("cn-hongkong", false), ("ap-southeast-1", false)] {
        let (lab, mut inventory) = (Lab::new(options()), inventory());
        inventory.origin.region = region.into();
        let plan = lab.plan(&inventory, json!({})).await;
        assert_eq!(codes(&plan, Severity::Warn).contains(&("DOM-ICP", Severity::Warn)), wanted, "{region}");
    }
}
