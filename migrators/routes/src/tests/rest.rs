//! Groups of routes as REST APIs: made once, adopted, undone; refused with every reason.

use gateshift_gateway_model::{
    Destination, Inventory, ManagedBy, MatchKind, PublishState, RedirectTo, Route, Timeout, ValueMatch,
};
use gateshift_lab_kernel::Product;
use gateshift_sdk::api::Applied;
use gateshift_sdk::model::{CheckpointResult, Severity, Verb};
use serde_json::{Value, json};

use super::lab::{Lab, options};
use super::model::{domain, inventory, route, target};

fn operation(name: &str, path: &str, methods: &[&str]) -> Route {
    let mut route = route(name, "rest.example.com", path);
    route.matching.path.kind = MatchKind::Exact;
    route.matching.methods = methods.iter().map(|one| (*one).to_owned()).collect();
    route
}

fn with_group() -> Inventory {
    let mut all = inventory();
    all.domains.push(domain("rest.example.com", false));
    let mut get = operation("rest-get", "/v1/orders", &["GET", "POST"]);
    get.timeout = Timeout { seconds: 7, explicit: true };
    all.routes.extend([get, operation("rest-old", "/v1/orders/old", &["DELETE"])]);
    all
}

fn settings() -> Value {
    json!({"rest": {"orders-api": {"basePath": "/v1", "routes": ["rest-*"]}}})
}

#[tokio::test]
async fn a_group_is_made_once_reads_back_is_adopted_and_goes_again() {
    let (lab, inventory) = (Lab::new(options()), with_group());
    let before = lab.export();
    let plan = lab.plan(&inventory, settings()).await;
    assert!(plan.findings.iter().all(|one| one.severity < Severity::Decide), "{:?}", plan.findings);
    let foreseen =
        gateshift_sdk::api::Migrator::foresee(&crate::Routes, &lab.input(&inventory, settings()), &plan);
    assert_eq!(foreseen.unwrap()["rest"]["r-rest-get"].as_array().unwrap().len(), 2);
    let Applied::Done { output, .. } = lab.apply(&inventory, &plan).await.unwrap() else { panic!() };
    assert_eq!(output["rest"]["r-rest-get"].as_array().unwrap().len(), 2);
    assert_eq!(output["rest"]["r-rest-old"].as_array().unwrap().len(), 1);
    assert!(output["routes"].get("r-rest-get").is_none());
    assert_eq!(lab.apig.created_counts()["operation"], 3);
    let served = lab.apig.gateways();
    let paths: Vec<String> = served
        .iter()
        .flat_map(|gateway| &gateway.routes)
        .filter(|route| route.domains.iter().any(|name| name == "rest.example.com"))
        .map(|route| format!("{} {}", route.methods.join(","), route.path.value))
        .collect();
    for wanted in ["GET /v1/orders", "POST /v1/orders", "DELETE /v1/orders/old"] {
        assert!(paths.iter().any(|one| one == wanted), "{wanted} is not among {paths:?}");
    }
    for checkpoint in lab.verify(&inventory, &plan, &output).await {
        assert_eq!(
            checkpoint.result,
            CheckpointResult::Pass,
            "{} {}",
            checkpoint.message,
            checkpoint.evidence
        );
    }
    let (made, writes) = (lab.export(), lab.writes());
    lab.apply(&inventory, &plan).await.unwrap();
    assert_eq!((lab.export(), lab.writes()), (made.clone(), writes), "applied twice is applied once");

    let remembered = lab.input(&inventory, settings()).settled;
    lab.forget();
    let second = lab.plan(&inventory, settings()).await;
    let adopts =
        |one: &gateshift_sdk::model::Operation| one.verb == Verb::Adopt || one.object.kind == "association";
    let other: Vec<_> = second.operations.iter().filter(|one| !adopts(one)).collect();
    assert!(other.is_empty(), "{other:?} {:?}", second.findings);
    lab.apply(&inventory, &second).await.unwrap();
    assert_eq!((lab.export(), lab.writes()), (made, writes));

    lab.remember(remembered);
    let undone = lab.undo(&inventory, &plan).await.unwrap();
    assert!(undone.left.is_empty(), "{:?}", undone.left);
    assert_eq!(lab.export(), before);
}

#[tokio::test]
async fn verify_notices_an_operation_that_was_withdrawn() {
    let (lab, inventory) = (Lab::new(options()), with_group());
    let plan = lab.plan(&inventory, settings()).await;
    let Applied::Done { output, .. } = lab.apply(&inventory, &plan).await.unwrap() else { panic!() };
    let operation = &output["rest"]["r-rest-old"][0];
    let apis = lab.direct("ListHttpApis", json!({}));
    let items = apis["items"].as_array().unwrap();
    let rest = items.iter().find(|one| one["type"] == "Rest").unwrap();
    let api = rest["versionedHttpApis"][0]["httpApiId"].as_str().unwrap();
    let place = (&lab.target.environment, &lab.target.gateway);
    let body = json!({"operationId": operation, "environmentId": place.0, "gatewayId": place.1});
    lab.tamper("UndeployHttpApi", &[("httpApiId", api)], body);
    let answers = lab.verify(&inventory, &plan, &output).await;
    let failed: Vec<_> = answers.iter().filter(|one| one.result == CheckpointResult::Fail).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].message.contains("/orders/old"), "{}", failed[0].message);
}

#[tokio::test]
async fn whatever_asks_for_more_than_path_and_method_is_refused_with_the_reason() {
    type Change = fn(&mut Inventory, usize);
    let cases: [(&str, Change); 16] = [
        ("exact path", |all, at| all.routes[at].matching.path.kind = MatchKind::Prefix),
        ("exact path", |all, at| all.routes[at].matching.path.kind = MatchKind::Regex),
        ("the case", |all, at| all.routes[at].matching.path.ignore_case = true),
        ("below the base path", |all, at| all.routes[at].matching.path.value = "/v2/orders".into()),
        ("signs", |all, at| all.routes[at].matching.path.value = "/v1/{id}".into()),
        ("any method", |all, at| all.routes[at].matching.methods.clear()),
        ("a method", |all, at| all.routes[at].matching.methods = vec!["CONNECT".into()]),
        ("headers or query", |all, at| {
            let condition = ValueMatch { name: "x".into(), kind: MatchKind::Exact, value: "1".into() };
            all.routes[at].matching.headers = vec![condition];
        }),
        ("redirects", |all, at| {
            let to = RedirectTo { status: 302, host: Some("b.example.com".into()), path: None };
            all.routes[at].destination = Destination::Redirect { to };
        }),
        ("redirects", |all, at| {
            all.routes[at].destination = Destination::Versions { targets: vec![target("1", 100)] };
        }),
        ("leads elsewhere", |all, at| {
            all.routes[at].destination = Destination::Single { target: target("2", 100) };
        }),
        ("other domains", |all, at| all.routes[at].domains.push("a.example.com".into())),
        ("not published", |all, at| all.routes[at].state = PublishState::Unpublished),
        ("Ingress", |all, at| all.routes[at].managed_by = ManagedBy::Ingress),
        ("a consumer", |all, at| all.guarded_routes.push(all.routes[at].id.clone())),
        ("address lists", |all, _| {
            all.access_lists = serde_json::from_value(json!([{
                "id": "1", "name": "some", "white": false, "enabled": true, "addresses": ["10.0.0.1"],
                "level": {"is": "domains", "names": ["a.example.com"]},
            }]))
            .unwrap();
        }),
    ];
    let lab = Lab::new(options());
    for (reason, change) in cases {
        let mut all = with_group();
        let last = all.routes.len() - 1;
        change(&mut all, last);
        let plan = lab.plan(&all, settings()).await;
        let found = plan.findings.iter().find(|one| one.code == "RTE-REST-UNFIT");
        let found = found.unwrap_or_else(|| panic!("{reason}: no finding"));
        assert_eq!(found.severity, Severity::Block);
        assert!(found.message.contains(reason), "{reason}: {}", found.message);
    }
    let nothing = json!({"rest": {"orders-api": {"basePath": "/v1", "routes": ["no-such-*"]}}});
    let plan = lab.plan(&with_group(), nothing).await;
    assert!(plan.findings.iter().any(|one| one.code == "RTE-REST-UNFIT"));
    assert_eq!(lab.writes(), 0);
}
