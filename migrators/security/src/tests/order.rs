//! The step as a whole against the lab: order of operations, cuts at every write, twice is once, undo,
//! and secrets that show nowhere.

use gateshift_gateway_model::{
    AuthResource, AuthScheme, Authentication, Inventory, Level, MatchKind, Oidc, TokenPlace,
};
use gateshift_sdk::api::{Applied, Host};
use gateshift_sdk::model::{CheckpointResult, Plan, Severity, Verb};
use serde_json::{Value, json};

use super::lab::{Fault, Lab};
use super::model::{consumer, inventory, list};

fn authentication(host: &dyn Host, name: &str, scheme: Option<AuthScheme>) -> Authentication {
    let token = TokenPlace {
        position: "HEADER".into(),
        name: "Authorization".into(),
        prefix: "Bearer ".into(),
        pass: true,
    };
    let jwks = host.seal("hunter2-global").unwrap();
    Authentication {
        id: format!("id-{name}"),
        name: name.into(),
        enabled: true,
        white: true,
        resource_mode: Some(0),
        resource_config: None,
        resources: vec![AuthResource {
            domain: "a.example.com".into(),
            path: "/free".into(),
            kind: MatchKind::Prefix,
            ignore_case: false,
            headers: vec![],
        }],
        scheme: scheme.unwrap_or(AuthScheme::Jwt { issuer: "i".into(), subject: String::new(), jwks, token }),
    }
}

fn oidc(secret: Option<gateshift_sdk::model::Sealed>) -> Oidc {
    Oidc {
        issuer: "i".into(),
        client_id: "c".into(),
        client_secret: secret,
        login_url: "u".into(),
        redirect_url: "r".into(),
        cookie_domain: "d".into(),
        scopes: r#"["openid","email"]"#.into(),
    }
}

/// Lists of two levels, global tokens, and consumers on two guarded routes.
fn full(host: &dyn Host) -> Inventory {
    let mut inventory = inventory();
    inventory.access_lists = vec![
        list("office", true, Level::Gateway, &["10.0.0.0/8", "2001:db8::/32"]),
        list("partner", true, Level::Routes { ids: vec!["0".into()] }, &["192.168.0.0/16"]),
    ];
    inventory.authentications = vec![authentication(host, "tokens", None)];
    inventory.consumers = vec![
        consumer(host, "alice", &[("0", true), ("1", true)]),
        consumer(host, "bob", &[("0", true), ("1", false)]),
    ];
    inventory.guarded_routes = vec!["0".into(), "1".into()];
    inventory
}

fn done(applied: Applied) -> Value {
    match applied {
        Applied::Done { output, .. } => output,
        Applied::Pending { .. } => panic!("{applied:?}"),
    }
}

/// The account by content; the lab lists a consumer's routes in the order of their ids.
fn content(lab: &Lab) -> Value {
    let mut whole = lab.export();
    for one in whole["consumers"].as_array_mut().unwrap() {
        one["routes"].as_array_mut().unwrap().sort_by_cached_key(Value::to_string);
    }
    whole
}

async fn planned(lab: &Lab, inventory: &Inventory, settings: Value) -> Plan {
    let plan = lab.plan(inventory, settings).await;
    let blocking: Vec<_> = plan.blocking().collect();
    assert!(blocking.is_empty(), "{blocking:?}");
    plan
}

#[tokio::test]
async fn nobody_is_locked_out_on_the_way_and_twice_is_once() {
    let lab = Lab::new();
    let inventory = full(&*lab);
    let before = lab.export();
    let plan = planned(&lab, &inventory, json!({})).await;
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
    let output = done(lab.apply(&inventory, &plan).await.unwrap());
    assert!(!output.to_string().contains("hunter2"));
    let keys: Vec<&str> = plan.operations.iter().map(|one| one.key.as_str()).collect();
    let at =
        |key: &str| keys.iter().position(|one| *one == key).unwrap_or_else(|| panic!("{key} in {keys:?}"));
    for (route, grants) in [("0", vec!["alice", "bob"]), ("1", vec!["alice"])] {
        let attach = at(&format!("route-authentication/{route}"));
        let on = at(&format!("route-authentication/{route}/on"));
        assert_eq!(plan.operations[attach].after.value()["config"]["enable"], false);
        for name in grants {
            let grant = at(&format!("grant/{name}/{route}"));
            assert!(at(&format!("consumer/{name}")) < grant && attach < grant && grant < on, "{keys:?}");
        }
        assert!(on < at(&format!("publication/{route}")));
    }
    assert!(!keys.contains(&"grant/bob/1"), "{keys:?}");
    assert!(plan.findings.iter().any(|one| one.code == "CON-GRANT-OFF"));
    assert!(at("authentication/tokens") < at("authentication/tokens/on"));
    // The calls come in the same order.
    let log = lab.log();
    let call = |name: &str| log.iter().position(|one| one == name).unwrap();
    assert!(call("CreateConsumer") < call("CreateConsumerAuthorizationRules"));
    assert!(call("CreateConsumerAuthorizationRules") < call("UpdateAndAttachPolicy"));
    assert!(call("UpdateAndAttachPolicy") < call("DeployHttpApi"));
    let checkpoints = lab.verify(&inventory, &plan, &output).await;
    assert_eq!(checkpoints.len(), 3);
    assert!(checkpoints.iter().all(|one| one.result == CheckpointResult::Pass), "{checkpoints:?}");
    assert!(!serde_json::to_string(&checkpoints).unwrap().contains("hunter2"));

    let after = lab.export();
    let undoing = lab.input(&inventory, json!({}));
    lab.forget();
    let again = planned(&lab, &inventory, json!({})).await;
    assert!(again.operations.iter().all(|one| one.verb == Verb::Adopt), "{:?}", again.operations);
    let writes = lab.writes();
    let second = done(lab.apply(&inventory, &again).await.unwrap());
    assert_eq!((lab.writes(), &second), (writes, &output));
    assert!(lab.undo(&inventory, &again).await.unwrap().operations.is_empty());
    assert!(lab.export() == after);
    let undone =
        gateshift_sdk::api::Migrator::undo(&crate::Security, &*lab, &undoing, Some(&plan)).await.unwrap();
    assert!(undone.left.is_empty(), "{:?}", undone.left);
    assert!(lab.export() == before, "{}", lab.export());
}

#[tokio::test]
async fn every_cut_ends_in_the_same_world_and_undo_cleans_up_from_it() {
    let whole = Lab::new();
    let inventory = full(&*whole);
    let plan = planned(&whole, &inventory, json!({})).await;
    whole.apply(&inventory, &plan).await.unwrap();
    let writes = whole.writes();
    assert!(writes > 12, "{writes}");
    for fault in [Fault::LoseReply, Fault::LoseRequest, Fault::DieBefore, Fault::DieAfter] {
        for at in 1..=writes {
            let lab = Lab::new();
            let before = lab.export();
            let plan = planned(&lab, &inventory, json!({})).await;
            lab.fail(at, fault);
            let mut result = lab.apply(&inventory, &plan).await;
            if result.is_err() && at % 2 == 0 {
                lab.revive();
                let undone = lab.undo(&inventory, &plan).await.unwrap();
                assert!(undone.left.is_empty(), "{fault:?} at {at}: {:?}", undone.left);
                assert!(lab.export() == before, "{fault:?} at {at}: {}", lab.export());
                continue;
            }
            for _ in 0..3 {
                if result.is_ok() {
                    break;
                }
                lab.revive();
                result = lab.apply(&inventory, &plan).await;
            }
            let output = done(result.unwrap_or_else(|error| panic!("{fault:?} at {at}: {error}")));
            assert_eq!(lab.apig.created_counts(), whole.apig.created_counts(), "{fault:?} at {at}");
            let checkpoints = lab.verify(&inventory, &plan, &output).await;
            assert!(
                checkpoints.iter().all(|one| one.result == CheckpointResult::Pass),
                "{fault:?} at {at}: {checkpoints:?}"
            );
            assert!(content(&lab) == content(&whole), "{fault:?} at {at}");
        }
    }
}

#[tokio::test]
async fn what_others_made_is_compared_and_never_touched() {
    let lab = Lab::new();
    let mut inventory = full(&*lab);
    let known = |keys: Value| {
        let mut body = json!({"name": "alice", "gatewayType": "API", "enable": true});
        body.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        body
    };
    lab.direct(
        "CreateConsumer",
        known(json!({"apikeyIdentityConfig": {"type": "Apikey", "apikeySource": {"source": "Default"},
        "credentials": [{"generateMode": "Custom", "apikey": "hunter2-key"}]}})),
    );
    let plan = lab.plan(&inventory, json!({})).await;
    let codes: Vec<&str> = plan.blocking().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["CON-NAME"]);
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
    inventory.consumers.remove(0);
    lab.direct(
        "CreateAndAttachPolicy",
        json!({"className": "IpAccessControl", "name": "mine", "gatewayId": lab.target.gateway,
        "attachResourceType": "Gateway", "attachResourceIds": [lab.target.gateway],
        "config": json!({"enable": true, "type": "Black", "content": ["9.9.9.9"]}).to_string()}),
    );
    let plan = lab.plan(&inventory, json!({})).await;
    let codes: Vec<&str> = plan.blocking().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["ACL-CONFLICT"]);
}

#[tokio::test]
async fn logins_need_a_secret_or_a_person_and_the_identity_service_a_decision() {
    let lab = Lab::new();
    let mut inventory = inventory();
    let sealed = lab.seal("hunter2-secret").unwrap();
    inventory.authentications = vec![
        authentication(&*lab, "masked", Some(AuthScheme::Oidc(oidc(None)))),
        authentication(&*lab, "idaas", Some(AuthScheme::Idaas(oidc(Some(sealed))))),
    ];
    let plan = lab.plan(&inventory, json!({})).await;
    let found: Vec<_> = plan.blocking().map(|one| (one.code.as_str(), one.severity)).collect();
    assert_eq!(found, [("AUTH-SECRET-MASKED", Severity::Decide), ("AUTH-IDAAS", Severity::Block)]);
    inventory.authentications.remove(1);
    let plan = planned(&lab, &inventory, json!({"secretsByHand": ["masked"]})).await;
    let output = done(lab.apply(&inventory, &plan).await.unwrap());
    let checkpoints = lab.verify(&inventory, &plan, &output).await;
    assert_eq!(checkpoints[1].result, CheckpointResult::Manual, "{checkpoints:?}");
    inventory.authentications = vec![authentication(
        &*lab,
        "idaas",
        Some(AuthScheme::Idaas(oidc(Some(lab.seal("hunter2-secret").unwrap())))),
    )];
    lab.forget();
    let plan = planned(&lab, &inventory, json!({"idaasAsOidc": ["idaas"]})).await;
    assert!(plan.findings.iter().any(|one| one.code == "AUTH-OIDC-SPLIT"));
    assert_eq!(plan.operations[0].after.value()["className"], "OIDCAuth");
    inventory.authentications[0].resources[0].domain = "c.example.com".into();
    let plan = lab.plan(&inventory, json!({"idaasAsOidc": ["idaas"]})).await;
    assert_eq!(plan.blocking().next().unwrap().code, "AUTH-REFERENCE");
}

#[tokio::test]
async fn a_target_that_does_not_exist_yet_can_be_planned_and_foreseen() {
    use gateshift_sdk::api::Migrator;
    use gateshift_sdk::model::{MigratorName, planned_id};

    let lab = Lab::new();
    let inventory = full(&*lab);
    let mut input = lab.input(&inventory, json!({}));
    let output = input.outputs.get_mut(&MigratorName::new("instance").unwrap()).unwrap();
    output["gateway"] = json!(planned_id("gateway"));
    let plan = crate::Security.plan(&*lab, &input).await.unwrap();
    assert!(plan.blocking().next().is_none() && !plan.operations.is_empty());
    let foreseen = crate::Security.foresee(&input, &plan).unwrap();
    assert_eq!(foreseen["consumers"]["id-alice"], planned_id("consumer/alice"));
    assert_eq!(foreseen["grants"], 3);
}

#[tokio::test]
async fn checkpoints_fail_when_the_target_was_tampered_with() {
    let lab = Lab::new();
    let inventory = full(&*lab);
    let plan = planned(&lab, &inventory, json!({})).await;
    let output = done(lab.apply(&inventory, &plan).await.unwrap());
    lab.direct(
        "CreateAndAttachPolicy",
        json!({"className": "IpAccessControl", "name": "mine", "gatewayId": lab.target.gateway,
        "attachResourceType": "Gateway", "attachResourceIds": [lab.target.gateway],
        "config": json!({"enable": true, "type": "Black", "content": ["10.9.9.9"]}).to_string()}),
    );
    let rule = json!({"principalType": "Consumer", "consumerId": output["consumers"]["id-bob"], "resourceType": "HttpApiRoute", "expireMode": "LongTerm",
        "resourceIdentifier": {"environmentId": lab.target.environment, "parentResourceId": lab.routes.api, "resourceId": lab.routes.routes["1"].id}});
    lab.direct("CreateConsumerAuthorizationRules", json!({"authorizationRules": [rule]}));
    let checkpoints = lab.verify(&inventory, &plan, &output).await;
    assert_eq!(checkpoints[0].result, CheckpointResult::Fail, "{checkpoints:?}");
    assert_eq!(checkpoints[1].result, CheckpointResult::Pass, "{checkpoints:?}");
    assert_eq!(checkpoints[2].result, CheckpointResult::Fail, "{checkpoints:?}");
}

#[tokio::test]
async fn every_class_is_written_in_the_words_of_its_example() {
    use gateshift_apig::Client;
    use gateshift_apig::convert::policy::ON_ROUTE;
    use gateshift_apig::convert::security::{Guard, ON_DOMAIN, ON_GATEWAY, check};

    let lab = Lab::new();
    let client = Client::new(
        &*lab,
        lab.input(&inventory(), json!({})).run,
        &lab.target.gateway,
        &lab.target.environment,
    );
    let classes = client.policy_classes().await.unwrap();
    let points: Vec<(Guard, &str)> = Guard::ALL
        .into_iter()
        .map(|guard| (guard, if guard == Guard::Authentication { ON_ROUTE } else { ON_GATEWAY }))
        .chain([(Guard::IpAccessControl, ON_DOMAIN), (Guard::IpAccessControl, ON_ROUTE)])
        .collect();
    assert_eq!(check(&points, &classes), []);
}
