//! What an assessment asks is answered by settings of later steps, in one file and without a waiver.

use gateshift_scenarios::{Desk, Lab, status};
use serde_json::Value;

use crate::end::PATIENCE;

const SOURCE: &str = r#"
gateway:
  name: questions
  parameters:
    EnableXffTrustedCidrs: { Enable: true, IpListContent: 10.0.0.0/8 }
domains:
  - { name: shop.example.com }
  - { name: secure.example.com, certificate: 7-cn-hangzhou, client_ca: partners }
  - { name: ingress.example.com, ingress: true }
network:
  certificates:
    - { id: 7-cn-hangzhou, name: secure, names: [secure.example.com], valid_from: 2026-01-01, valid_to: 2030-01-01 }
sources:
  - { name: cluster, type: k8s, ingress: { class: mse, namespace: shop, status: true } }
  - { name: zoo, type: zookeeper }
services:
  - { name: orders, type: k8s, port: 8080 }
  - { name: items, type: vip, addresses: ["10.1.0.7:8080"] }
  - { name: resize, type: function, function_service: images, qualifier: prod }
  - { name: resize-3, type: function, qualifier: LATEST }
  - { name: in-zookeeper, type: zookeeper }
routes:
  - { name: shop, domains: [shop.example.com], path: /, to: [items] }
  - { name: secure, domains: [secure.example.com], path: /, to: [items] }
  - { name: old-function, domains: [shop.example.com], path: /resize, to: [resize] }
  - { name: old-registry, domains: [shop.example.com], path: /zookeeper, to: [in-zookeeper] }
  - { name: from-ingress, domains: [ingress.example.com], path: /, to: [orders], ingress: true }
  - { name: rest-list, domains: [shop.example.com], path: /v1/items, match: exact, methods: [GET], to: [items], timeout: 7 }
  - { name: rest-add, domains: [shop.example.com], path: /v1/items, match: exact, methods: [POST, PUT], to: [items] }
authentications:
  - name: staff-login
    kind: idaas
    issuer: https://id.example.com
    client_id: staff
    client_secret: staff-client-secret
    login_url: https://staff.example.aliyunidaas.com/
    redirect_url: https://shop.example.com/oauth2/callback
    cookie_domain: shop.example.com
    scopes: [openid]
    resources: [{ domain: shop.example.com, path: /staff, match: prefix }]
plugins:
  - { name: try-path, rules: [{ level: route, on: [shop], config: "try_paths:\n- $uri/\n- /index.html\n" }] }
"#;

const HEAD: &str = r#"
apiVersion: gateshift/v1
name: answers
inputs:
  gateway: { type: string, required: true }
  region: { type: string, required: true }
connections:
  source: { uses: aliyun/mse, with: { region: "${{ inputs.region }}" } }
  target: { uses: aliyun/apig, with: { region: "${{ inputs.region }}" } }
  network: { uses: aliyun/vpc, with: { region: "${{ inputs.region }}" } }
steps:
  assess: { uses: assess, with: { gateway: "${{ inputs.gateway }}" } }
  instance: { uses: instance, needs: [assess] }
"#;

/// Code of a question, and the setting that answers it.
type Answer = (&'static str, &'static str);

/// Step, its needs, and the settings that answer a question each, with the code of the question.
const STEPS: [(&str, &str, &[Answer]); 4] = [
    (
        "parameters",
        "instance",
        &[("PAR-UNSUPPORTED", "acknowledge: { EnableXffTrustedCidrs: one proxy only }")],
    ),
    (
        "routes",
        "parameters",
        &[
            ("SVC-FC2", r#"functions: { "images/resize@prod": "resize-3@LATEST" }"#),
            (
                "DOM-MTLS-CA",
                r#"clientCa: { secure.example.com: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" }"#,
            ),
            ("RTE-INGRESS", "ingress: true"),
            ("SRC-UNSUPPORTED", "exclude: [old-registry]"),
            ("", "rest: { items-api: { basePath: /v1, routes: [rest-*] } }"),
        ],
    ),
    ("security", "routes", &[("AUTH-IDAAS", "idaasAsOidc: [staff-login]")]),
    ("plugins", "routes", &[("PLG-UNSUPPORTED", "exclude: [try-path]")]),
];

/// The workflow, without the answer to one question.
fn workflow(without: &str) -> String {
    let mut text = HEAD.to_owned();
    for (step, needs, answers) in STEPS {
        text.push_str(&format!("  {step}:\n    uses: {step}\n    needs: [{needs}]\n    with:\n"));
        let kept: Vec<&str> = answers
            .iter()
            .filter(|(code, _)| code.is_empty() || *code != without)
            .map(|(_, line)| *line)
            .collect();
        if kept.is_empty() {
            text = text.trim_end().trim_end_matches("with:").trim_end().to_owned();
            text.push('\n');
        }
        for line in kept {
            text.push_str(&format!("      {line}\n"));
        }
    }
    text.push_str("  observability: { uses: observability, needs: [routes], with: { skip: [tracing, logs, alerts] } }\n");
    text
}

fn arguments(desk: &Desk, lab: &Lab, command: &str, without: &str) -> Vec<String> {
    let file = desk.write(&format!("answers{without}.yaml"), &workflow(without));
    let endpoints = desk.endpoints(&lab.endpoints);
    let gateway = format!("gateway={}", lab.text("gateway"));
    let region = format!("region={}", lab.text("region"));
    let (file, endpoints) = (file.display().to_string(), endpoints.display().to_string());
    [command, &file, "--endpoints", &endpoints, "--set", &gateway, "--set", &region]
        .map(str::to_owned)
        .to_vec()
}

#[test]
fn every_question_blocks_until_its_setting_answers_it() {
    let home = Desk::new();
    let source = home.write("questions.yaml", SOURCE);
    let lab = Lab::up(&["--scenario", &source.display().to_string(), "--speed", "240"]);
    let desk = Desk::new();
    let questions = STEPS.iter().flat_map(|(_, _, answers)| *answers).map(|(code, _)| *code);
    for code in questions.filter(|code| !code.is_empty()) {
        let ended = desk.start(&arguments(&desk, &lab, "plan", code)).wait(PATIENCE).expect(3);
        assert!(ended.stdout.contains(code), "{code}: {}", ended.stdout);
    }
    let writes = lab.created();
    let _ = desk.start(&arguments(&desk, &lab, "plan", "")).wait(PATIENCE).expect(2);
    assert_eq!(lab.created(), writes, "planning makes nothing");

    let _ = desk.start(&arguments(&desk, &lab, "run", "")).wait(PATIENCE).expect(0);
    let (ended, state) = (status(&desk).unwrap(), lab.state());
    assert_eq!(ended["status"], "done", "{ended:#}");
    let apig = &state["apig"];
    let has = |kind: &str, text: &str| {
        let all = apig[kind].as_array().unwrap_or_else(|| panic!("no {kind} in {apig:#}"));
        assert!(all.iter().any(|one| one.to_string().contains(text)), "no {text} among {kind}: {all:#?}");
    };
    has("services", "resize-3");
    has("domains", "secure.example.com");
    has("httpApis", "HttpIngress");
    has("httpApis", "items-api");
    has("operations", "/items");
    let routes: Vec<&Value> = apig["routes"].as_array().unwrap().iter().collect();
    assert_eq!(routes.len(), 3, "{routes:#?}");
    let said = ended.to_string();
    for code in ["RTE-LEFT-OUT", "PLG-LEFT-OUT", "RTE-INGRESS"] {
        assert!(said.contains(code), "{code}: {ended:#}");
    }
}
