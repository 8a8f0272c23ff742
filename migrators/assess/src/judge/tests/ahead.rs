//! What a later step's settings answer is not asked again, and nothing else is left out with it.

use gateshift_gateway_model::{Inventory, ManagedBy, Plugin};
use gateshift_sdk::api::LaterStep;
use gateshift_sdk::model::{Finding, MigratorName, Sealed, Severity, StepName};
use serde_json::{Value, json};

use super::inventory;
use crate::{Ahead, Compat, Edited, judge};

fn ahead(steps: &[(&str, Value)]) -> Ahead {
    let later: Vec<LaterStep> = steps
        .iter()
        .map(|(name, settings)| LaterStep {
            step: StepName::new(*name).unwrap(),
            uses: MigratorName::new(*name).unwrap(),
            settings: settings.clone(),
        })
        .collect();
    Ahead::of(&later)
}

fn codes(found: &[Finding]) -> Vec<&str> {
    found.iter().filter(|one| one.severity >= Severity::Decide).map(|one| one.code.as_str()).collect()
}

fn judged(all: &Inventory, steps: &[(&str, Value)]) -> Vec<Finding> {
    judge(all, 2, Compat::built_in().unwrap(), Edited::Block, &ahead(steps))
}

/// An inventory with one thing that a setting of a later step answers.
fn asking(code: &str) -> Inventory {
    let mut all = inventory();
    all.routes[0].domains = vec!["a.example.com".to_owned()];
    match code {
        "SVC-FC2" => {
            all.services[0].kind = serde_json::from_value(json!({
                "is": "function", "service": "group", "function": "pay", "qualifier": "3",
            }))
            .unwrap();
        }
        "DOM-MTLS-CA" => {
            all.domains = serde_json::from_value(json!([{
                "id": "1", "name": "a.example.com", "protocol": "https", "force_https": false, "http2": "gateway",
                "mtls": {"enabled": true}, "managed_by": "operator", "state": "published",
            }]))
            .unwrap();
        }
        "RTE-INGRESS" => all.routes[0].managed_by = ManagedBy::Ingress,
        "AUTH-IDAAS" => {
            all.authentications = serde_json::from_value(json!([{
                "id": "1", "name": "staff", "enabled": true, "white": false, "resources": [],
                "scheme": {"is": "idaas", "issuer": "https://i.example.com", "client_id": "c", "login_url": "",
                    "redirect_url": "", "cookie_domain": "example.com", "scopes": "openid"},
            }]))
            .unwrap();
        }
        "PLG-UNSUPPORTED" => all.plugins = vec![unlisted()],
        "PAR-UNSUPPORTED" => {
            all.parameters.insert("EnableXffTrustedCidrs".to_owned(), json!(true));
        }
        other => panic!("{other}"),
    }
    all
}

/// A plugin that the guide says the target does not have, with a rule in force.
fn unlisted() -> Plugin {
    let tables: Value = serde_json::from_str(include_str!("../../../data/compat.json")).unwrap();
    let rows = tables["tables"]["official_plugins"]["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["target_supported"] == false).unwrap();
    let rule = json!({"id": "1", "level": {"is": "gateway"}, "level_number": 0, "config": Sealed::from_cipher("x"), "enabled": true});
    serde_json::from_value(json!({
        "id": "7", "name": row["id"], "custom": false, "category": 1, "priority": 10, "enabled": true, "rules": [rule],
    }))
    .unwrap()
}

#[test]
fn a_setting_of_a_later_step_answers_its_question_and_no_other() {
    let plugin = unlisted().name;
    let answers = [
        ("SVC-FC2", "routes", json!({"functions": {"group/pay@3": "pay@LATEST"}})),
        ("DOM-MTLS-CA", "routes", json!({"clientCa": {"a.example.com": "PEM"}})),
        ("RTE-INGRESS", "routes", json!({"ingress": true})),
        ("AUTH-IDAAS", "security", json!({"idaasAsOidc": ["staff"]})),
        ("PLG-UNSUPPORTED", "plugins", json!({"exclude": [plugin]})),
        (
            "PAR-UNSUPPORTED",
            "parameters",
            json!({"acknowledge": {"EnableXffTrustedCidrs": "one proxy only"}}),
        ),
    ];
    for (code, _, _) in &answers {
        let all = asking(code);
        let alone = judged(&all, &[]);
        assert_eq!(codes(&alone), [*code], "an assessment on its own");
        let told = alone.iter().find(|one| one.code == *code).and_then(|one| one.action.clone());
        for (answered, migrator, settings) in &answers {
            let mut steps: Vec<(&str, Value)> =
                ["routes", "security", "plugins", "parameters"].map(|name| (name, json!({}))).to_vec();
            let at = steps.iter_mut().find(|(name, _)| name == migrator).unwrap();
            at.1 = settings.clone();
            let found = judged(&all, &steps);
            if answered == code {
                assert_eq!(codes(&found), [""; 0], "{code} with {settings}");
                let setting = settings.as_object().and_then(|keys| keys.keys().next()).unwrap();
                assert!(told.as_ref().is_some_and(|told| told.contains(setting)), "{code}: {told:?}");
            } else {
                assert_eq!(codes(&found), [*code], "{code} with {settings}");
            }
        }
    }
}

#[test]
fn routes_that_are_left_out_ask_nothing() {
    let mut all = asking("SVC-FC2");
    all.routes[0].domains.clear();
    let whole = judged(&all, &[("routes", json!({}))]);
    assert_eq!(codes(&whole), ["SVC-FC2", "RTE-NO-DOMAIN"]);
    let left_out = judged(&all, &[("routes", json!({"exclude": ["ord*"]}))]);
    assert_eq!(codes(&left_out), [""; 0]);
    // Another step of the workflow takes them after all.
    let waves = [("routes", json!({"exclude": ["ord*"]})), ("routes", json!({"include": ["orders"]}))];
    assert_eq!(codes(&judged(&all, &waves)), ["SVC-FC2", "RTE-NO-DOMAIN"]);
}

#[test]
fn what_no_step_moves_is_told() {
    let mut all = inventory();
    all.routes[0].domains = vec!["a.example.com".to_owned()];
    all.plugins = vec![unlisted()];
    all.plugins[0].custom = true;
    let missing = |steps: &[(&str, Value)]| -> Vec<String> {
        let found = judged(&all, steps);
        found.into_iter().filter(|one| one.code == "FTR-NO-STEP").map(|one| one.object).collect()
    };
    assert!(missing(&[]).is_empty(), "an assessment on its own promises nothing");
    let some = missing(&[("routes", json!({}))]);
    assert!(some.contains(&"plugins".to_owned()), "{some:?}");
    assert!(missing(&[("instance", json!({}))]).contains(&"routes".to_owned()));
    let all_steps = ["routes", "security", "plugins", "parameters", "observability"];
    assert!(missing(&all_steps.map(|name| (name, json!({})))).is_empty());
}
