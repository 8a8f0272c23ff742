//! Every row of the tables as a finding or as none, from the data.

use gateshift_gateway_model::{
    AuthScheme, Authentication, Inventory, Level, Oidc, Plugin, PluginRule, ServiceKind, SourceKind,
};
use gateshift_sdk::model::{Finding, Sealed, Severity};
use serde_json::{Value, json};

use crate::judge::tests::inventory;
use crate::{Ahead, Compat, Edited, judge};

fn judged(inventory: &Inventory) -> Vec<Finding> {
    judge(inventory, 2, Compat::built_in().unwrap(), Edited::Block, &Ahead::default())
}

fn about<'a>(findings: &'a [Finding], code: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|finding| finding.code == code).collect()
}

fn data() -> Value {
    serde_json::from_str(include_str!("../../../data/compat.json")).unwrap()
}

fn plugin(name: &str, enabled: bool, level: Level) -> Plugin {
    let rule = json!({"id": "1", "level": level, "level_number": 0, "config": Sealed::from_cipher("x"), "enabled": true});
    let rules: Vec<PluginRule> = vec![serde_json::from_value(rule).unwrap()];
    serde_json::from_value(json!({"id": "7", "name": name, "custom": false, "category": 1, "priority": 10, "enabled": enabled, "rules": rules})).unwrap()
}

#[test]
fn every_official_plugin_is_carried_over_or_blocks_with_a_way_out() {
    for row in data()["tables"]["official_plugins"]["rows"].as_array().unwrap() {
        let name = row["id"].as_str().unwrap();
        let mut all = inventory();
        all.plugins = vec![plugin(name, true, Level::Routes { ids: vec!["7".to_owned()] })];
        let findings = judged(&all);
        let found = about(&findings, "PLG-UNSUPPORTED");
        if row["target_supported"] == true {
            assert!(found.is_empty(), "{name}: {found:?}");
            continue;
        }
        assert_eq!((found.len(), found[0].severity), (1, Severity::Block), "{name}");
        assert!(found[0].message.contains("orders") && found[0].action.is_some(), "{name}: {:?}", found[0]);
        all.plugins = vec![plugin(name, false, Level::Gateway)];
        assert_eq!(about(&judged(&all), "PLG-UNSUPPORTED")[0].severity, Severity::Info, "{name} is off");
        all.plugins = vec![plugin(name, true, Level::Domains { names: vec!["a.example.com".to_owned()] })];
        assert!(about(&judged(&all), "PLG-UNSUPPORTED")[0].message.contains("a.example.com"), "{name}");
    }
    let mut all = inventory();
    all.plugins = vec![plugin("brand-new", true, Level::Gateway)];
    assert_eq!(about(&judged(&all), "PLG-UNSUPPORTED")[0].severity, Severity::Warn, "the guide is silent");
    all.plugins[0].custom = true;
    assert!(about(&judged(&all), "PLG-UNSUPPORTED").is_empty());
}

#[test]
fn only_the_identity_service_has_no_counterpart() {
    let oidc = || Oidc {
        issuer: String::new(),
        client_id: String::new(),
        client_secret: None,
        login_url: String::new(),
        redirect_url: String::new(),
        cookie_domain: String::new(),
        scopes: String::new(),
    };
    let one = |scheme, enabled| Authentication {
        id: "1".into(),
        name: "login".into(),
        enabled,
        white: true,
        resource_mode: None,
        resource_config: None,
        resources: Vec::new(),
        scheme,
    };
    for (scheme, enabled, expected) in [
        (AuthScheme::Oidc(oidc()), true, None),
        (AuthScheme::Idaas(oidc()), true, Some(Severity::Block)),
        (AuthScheme::Idaas(oidc()), false, Some(Severity::Info)),
    ] {
        let mut all = inventory();
        all.authentications = vec![one(scheme, enabled)];
        let findings = judged(&all);
        let found = about(&findings, "AUTH-IDAAS");
        assert_eq!(found.first().map(|finding| finding.severity), expected);
        if let Some(found) = found.first() {
            assert!(found.action.as_ref().unwrap().contains("OIDC") && found.message.contains("orders"));
        }
    }
}

#[test]
fn every_source_and_service_of_the_tables_is_judged_by_its_row() {
    for (table, key) in [("sources", "mse_source"), ("services", "mse_source_type")] {
        for row in data()["tables"][table]["rows"].as_array().unwrap() {
            let note = &data()["annotations"][table][row["id"].as_str().unwrap()];
            for token in note[key].as_array().unwrap() {
                let token = token.as_str().unwrap().split(' ').next().unwrap().to_owned();
                let mut all = inventory();
                if table == "sources" {
                    let kind = SourceKind::Other(token.clone());
                    all.sources = vec![gateshift_gateway_model::Source {
                        id: "1".into(),
                        name: "s".into(),
                        kind,
                        instance: String::new(),
                        usable: true,
                        ingress: false,
                        ingress_class: None,
                        ingress_namespace: None,
                    }];
                } else {
                    all.services[0].kind = ServiceKind::Other { name: token.clone() };
                }
                let findings = judged(&all);
                let found = about(&findings, "SRC-UNSUPPORTED");
                assert_eq!(found.is_empty(), row["target_supported"] == true, "{table} {token}");
                if table == "services" && !found.is_empty() {
                    assert!(
                        found[0].severity == Severity::Block && found[0].message.contains("orders"),
                        "{token}"
                    );
                }
            }
        }
    }
}

#[test]
fn each_unsupported_parameter_says_what_it_costs_when_it_is_on() {
    for row in data()["parameters"]["unsupported"].as_array().unwrap() {
        let name = row["name"].as_str().unwrap();
        for (value, on) in [
            (json!(true), true),
            (json!({"Enable": true}), true),
            (json!("{\"Enable\":true}"), true),
            (json!(false), false),
            (json!({"Enable": false}), false),
            (Value::Null, false),
        ] {
            let mut all = inventory();
            all.parameters = [(name.to_owned(), value.clone())].into();
            let findings = judged(&all);
            let found = about(&findings, "PAR-UNSUPPORTED");
            assert_eq!(found.len(), usize::from(on), "{name} {value}");
            if let Some(found) = found.first() {
                let high = ["EnableXffTrustedCidrs", "EnableK8sSourceWorkloadFilter"].contains(&name);
                assert_eq!(found.severity, if high { Severity::Block } else { Severity::Warn }, "{name}");
                assert!(found.message.contains("orders") && found.action.is_some(), "{found:?}");
            }
        }
    }
}

#[test]
fn the_gateway_s_network_edition_and_certificates() {
    let mut all = inventory();
    all.origin.region = "cn-hangzhou".into();
    all.taken_at = 0;
    all.instance.edition = "mse_serverless".into();
    all.instance.entries = serde_json::from_value(
        json!([{"http_ports": [8080], "https_ports": [443], "ipv6": ["fd00::1"], "network": "public"}]),
    )
    .unwrap();
    all.domains = serde_json::from_value(json!([{"id": "1", "name": "a.example.com", "protocol": "https", "force_https": false, "certificate": "c-1", "http2": "gateway", "managed_by": "operator", "state": "published"}])).unwrap();
    all.certificates =
        serde_json::from_value(json!([{"identifier": "c-1", "sans": [], "not_after": 86_400_000_i64 * 5}]))
            .unwrap();
    let findings = judged(&all);
    for code in ["INS-SERVERLESS", "NET-PORT", "NET-IPV6", "NET-IP-CHANGE", "DOM-ICP", "DOM-CERT"] {
        assert_eq!(about(&findings, code).len(), 1, "{code}");
    }
    assert!(about(&findings, "DOM-CERT")[0].message.contains("1970-01-06"));
    all.origin.region = "ap-southeast-1".into();
    all.certificates[0].not_after = Some(86_400_000 * 365);
    let findings = judged(&all);
    assert!(about(&findings, "DOM-ICP").is_empty() && about(&findings, "DOM-CERT").is_empty());
}
