//! Rule lists in both forms, whole and broken.

use gateshift_gateway_model::{RefusalKind, Route};
use gateshift_sdk::model::{Finding, Severity};
use serde_json::{Value, json};

use super::rules;
use crate::Answers;
use crate::convert;

fn routes(ids: &[u64]) -> Vec<Route> {
    let one = |id: &u64| {
        let detail = json!({
            "Id": id, "Name": format!("r{id}"), "Status": 3, "GmtCreate": "2024-01-07 18:07:57",
            "DestinationType": "Mock", "DirectResponse": {"Code": 200, "Body": ""},
            "RoutePredicates": {"PathPredicates": {"Path": "/", "Type": "PRE"}},
        });
        convert::route(&json!({}), &detail, &mut Vec::new()).unwrap()
    };
    ids.iter().map(one).collect()
}

fn read(action: &str, data: Value) -> (Vec<Route>, Vec<Finding>) {
    let (mut answers, mut routes, mut findings) = (Answers::default(), routes(&[1, 2]), Vec::new());
    answers.push(action, "", json!({ "Data": data }));
    rules(&answers, &mut routes, &mut findings);
    (routes, findings)
}

fn flow(id: u64, route: u64) -> Value {
    json!({"Id": id, "RouteId": route, "RouteName": "x", "Threshold": 10, "Enable": 1, "BehaviorType": 0,
        "BodyEncoding": 1, "ResponseStatusCode": 429, "ResponseContentBody": "{}"})
}

fn with(mut rule: Value, more: Value) -> Value {
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rule
}

#[test]
fn both_forms_are_one_rule() {
    let newer = with(
        flow(5, 1),
        json!({"LimitMode": 1, "StatDurationMs": 1000, "ResponseAdditionalHeaders": "a=b", "IdList": [5]}),
    );
    let data = json!({"Result": [flow(5, 1)], "Results": [newer], "TotalSize": 1});
    let (routes, findings) = read("ListGatewayFlowRule", data);
    assert!(findings.is_empty(), "{findings:?}");
    let [limit] = routes[0].policies.rate_limits.as_slice() else { panic!("{:?}", routes[0].policies) };
    assert_eq!(
        (limit.id.as_str(), limit.threshold, limit.mode, limit.window_ms),
        ("5", 10, Some(1), Some(1000))
    );
    assert_eq!(limit.refusal.extra_headers.as_deref(), Some("a=b"));
    assert_eq!(limit.refusal.kind, RefusalKind::Content { status: 429, body: "{}".into(), json: true });
    assert!(routes[1].policies.rate_limits.is_empty());
}

#[test]
fn either_form_alone_is_enough() {
    for data in [json!({"Result": [flow(5, 1)]}), json!({"Results": [flow(5, 1)]})] {
        let (routes, findings) = read("ListGatewayFlowRule", data);
        assert_eq!((routes[0].policies.rate_limits.len(), findings.len()), (1, 0));
    }
}

#[test]
fn a_group_gives_its_members_what_they_lack_and_may_name_routes() {
    let group = with(flow(5, 1), json!({"IdList": [5, 6], "LimitMode": 2}));
    let data = json!({"Result": [flow(5, 1), flow(6, 2)], "Results": [group]});
    let (routes, findings) = read("ListGatewayFlowRule", data);
    assert!(findings.is_empty(), "{findings:?}");
    for route in &routes {
        assert_eq!(route.policies.rate_limits.len(), 1);
        assert_eq!(route.policies.rate_limits[0].mode, Some(2));
    }
    let over = json!({"Results": [with(flow(5, 1), json!({"IdList": [2]}))]});
    let (routes, findings) = read("ListGatewayFlowRule", over);
    assert!(findings.is_empty(), "{findings:?}");
    assert!(routes.iter().all(|route| route.policies.rate_limits.len() == 1));
}

#[test]
fn what_cannot_be_placed_is_found_and_what_is_off_is_noted() {
    for (data, code, severity) in [
        (json!({"Result": [with(flow(5, 1), json!({"Enable": 0}))]}), "POL-RULE-OFF", Severity::Info),
        (json!({"Result": [flow(5, 77)]}), "SRC-UNCLEAR", Severity::Block),
        (json!({"Result": [flow(5, 0)]}), "SRC-UNCLEAR", Severity::Block),
        (json!({"Results": [with(flow(5, 1), json!({"IdList": [5, 99]}))]}), "SRC-UNCLEAR", Severity::Block),
        (json!({"Result": [with(flow(5, 1), json!({"BehaviorType": 3}))]}), "SRC-UNCLEAR", Severity::Block),
        (json!({"Result": [with(flow(5, 1), json!({"BodyEncoding": 3}))]}), "SRC-UNCLEAR", Severity::Block),
        (json!({"Result": [with(flow(5, 1), json!({"Threshold": null}))]}), "SRC-UNCLEAR", Severity::Block),
        (json!({"Result": [flow(5, 1)], "TotalSize": 2}), "SRC-UNCLEAR", Severity::Block),
        (
            json!({"Result": [flow(5, 1)], "Results": [with(flow(5, 1), json!({"Threshold": 11}))]}),
            "SRC-UNCLEAR",
            Severity::Block,
        ),
    ] {
        let (_, findings) = read("ListGatewayFlowRule", data.clone());
        assert_eq!(findings.len(), 1, "{data}: {findings:?}");
        assert_eq!((findings[0].code.as_str(), findings[0].severity), (code, severity), "{data}");
    }
}

#[test]
fn the_other_two_kinds() {
    let rule = json!({"Id": 1, "RouteId": 2, "Enable": 1, "MaxConcurrency": 40, "BehaviorType": 1, "ResponseRedirectUrl": "https://x"});
    let (routes, findings) = read("ListGatewayIsolationRule", json!({ "Results": [rule] }));
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(routes[1].policies.concurrency_limits[0].threshold, 40);
    let refusal = &routes[1].policies.concurrency_limits[0].refusal;
    assert_eq!(refusal.kind, RefusalKind::Redirect { url: "https://x".into() });
    let rule = json!({"Id": 1, "RouteId": 1, "Enable": 1, "Strategy": 0, "TriggerRatio": 50, "StatDurationSec": 10,
        "RecoveryTimeoutSec": 12, "MinRequestAmount": 5, "MaxAllowedMs": 0});
    let (routes, findings) = read("ListGatewayCircuitBreakerRule", json!({"Result": [rule.clone()]}));
    assert!(findings.is_empty(), "{findings:?}");
    let breaker = &routes[0].policies.circuit_breakers[0];
    assert_eq!((breaker.strategy, breaker.trigger_ratio, breaker.max_allowed_ms), (Some(0), 50, None));
    let half = with(rule, json!({"StatDurationSec": null}));
    assert_eq!(read("ListGatewayCircuitBreakerRule", json!({ "Result": [half] })).1.len(), 1);
}
