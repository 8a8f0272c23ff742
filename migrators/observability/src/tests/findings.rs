//! What the plan says before anything is written, and what the logs checkpoint answers.

use gateshift_gateway_model::{Observability as Observed, Tracing};
use gateshift_sdk::api::{Host, Migrator};
use gateshift_sdk::model::{CheckpointResult, MigratorName, Severity};
use serde_json::json;

use super::world::{SOURCE, State, TARGET, World, codes, delivery, given, rule, run};
use crate::Observability;

#[tokio::test]
async fn each_finding_of_alerts_comes_when_it_should() {
    let foreign = json!({"AlertName": "p99", "PromQL": format!("rt{{gateway=\"{SOURCE}\"}} > 1")});
    let other = json!({"AlertName": "p99", "PromQL": "rt{gateway=\"gw-source-2\"} > 1"});
    let mut mute = rule("a", "cpu_usage", "80");
    mute["ContactGroups"] = json!("");
    let cases = [
        (None, vec![], json!({}), vec!["OBS-ALERT-NOT-READ"]),
        (None, vec![], json!({"skip": ["alerts"]}), vec![]),
        (Some(vec![rule("a", "cpu_usage", "80")]), vec![other], json!({}), vec![]),
        (Some(vec![rule("a", "cpu_usage", "80")]), vec![foreign], json!({}), vec!["OBS-ALERT-UNMAPPED"]),
        (
            Some(vec![rule("a", "qps", "80"), rule("b", "cpu_usage", "1")]),
            vec![],
            json!({}),
            vec!["OBS-ALERT-UNMAPPED"],
        ),
        (Some(vec![mute.clone()]), vec![], json!({}), vec!["OBS-ALERT-CONTACT"]),
        (Some(vec![mute]), vec![], json!({"contactGroups": ["ops"]}), vec![]),
        // Nothing to carry over: the baseline, which tells whom the source's rules tell, if anybody.
        (Some(vec![rule("a", "qps", "80")]), vec![], json!({}), vec!["OBS-ALERT-UNMAPPED"]),
        (Some(vec![]), vec![], json!({}), vec!["OBS-ALERT-BASELINE"]),
        (Some(vec![]), vec![], json!({"contactGroups": ["ops"]}), vec![]),
    ];
    for (rules, arms, settings, expected) in cases {
        let world = World::new(State { rules, arms, ..State::default() });
        let host = world.host();
        let input = given(&host, settings.clone(), Observed::default(), TARGET).await;
        let plan = Observability.plan(&host, &input).await.unwrap();
        let mut found = codes(&plan);
        found.retain(|code| *code != "OBS-METRICS-OFF");
        assert_eq!(found, expected, "{settings}");
    }
}

#[tokio::test]
async fn the_baseline_follows_the_size() {
    let world = World::new(State::default());
    let host = world.host();
    let mut input =
        given(&host, json!({"contactGroups": ["ops", "shop"]}), Observed::default(), TARGET).await;
    let (plan, output, answers) = run(&host, &mut input).await;
    let thresholds: Vec<String> = plan
        .operations
        .iter()
        .map(|one| {
            let parameters = &one.after.value()["parameters"];
            let text = |name: &str| parameters[name].as_str().unwrap().to_owned();
            format!("{} {}", text("MetricName"), text("Escalations.Critical.Threshold"))
        })
        .collect();
    assert_eq!(
        thresholds,
        [
            "EnvoyCpuUsageRate 60",
            "EnvoyMemoryUsageRate 75",
            "EnvoyClientActiveConnection 48000",
            "EnvoyClientNewSSL 1600"
        ]
    );
    assert_eq!(answers[2].result, CheckpointResult::Pass, "{}", answers[2].message);
    assert!(output["alerts"]["baseline-cpu"].as_str().unwrap().starts_with("gateshift-"));
}

#[tokio::test]
async fn a_collector_without_counterpart_blocks_and_one_with_it_is_named() {
    let source = || Observed {
        tracing: Some(Tracing {
            kind: "SKYWALKING".into(),
            sample_percent: 5,
            service: Some("7".into()),
            port: Some(11800),
        }),
        ..Observed::default()
    };
    let world = World::new(State::default());
    let host = world.host();
    let mut input = given(&host, json!({"skip": ["alerts"]}), source(), TARGET).await;
    let plan = Observability.plan(&host, &input).await.unwrap();
    assert_eq!(
        plan.blocking().map(|finding| finding.code.as_str()).collect::<Vec<_>>(),
        ["OBS-TRACE-SERVICE"]
    );
    let routes = json!({"api": "a", "domains": {}, "sources": {}, "services": {"7": "svc-9"}, "routes": {}});
    input.outputs.insert(MigratorName::new("routes").unwrap(), routes);
    let plan = Observability.plan(&host, &input).await.unwrap();
    let finding = &plan.findings[0];
    assert_eq!((finding.code.as_str(), finding.severity), ("OBS-TRACE-MANUAL", Severity::Manual));
    let action = finding.action.as_ref().unwrap();
    assert!(action.contains("service `7` (svc-9) and port 11800"), "{action}");
}

#[tokio::test]
async fn the_logs_are_answered_for_by_a_marked_request() {
    use CheckpointResult::{Fail, Manual, Pass, Waived};
    let own = delivery("aliyun-product-data-1-cn-hangzhou", "mse-log", false);
    let state = |project: Option<&str>, store: &str| State {
        project: project.map(str::to_owned),
        delivers_to: ("aliyun-product-data-1-cn-hangzhou".into(), store.into()),
        ..State::default()
    };
    let home = Some("aliyun-product-data-1-cn-hangzhou");
    let cases = [
        (None, state(None, "apig-access-log"), json!({}), Pass, 0),
        (Some(own.clone()), state(home, "apig-access-log"), json!({}), Pass, 1),
        (Some(own.clone()), state(home, "elsewhere"), json!({}), Fail, 1),
        (Some(own.clone()), state(home, "elsewhere"), json!({"logstore": "elsewhere"}), Pass, 1),
        (Some(own.clone()), state(None, "apig-access-log"), json!({}), Manual, 0),
        (Some(own), state(home, "elsewhere"), json!({"skip": ["logs"]}), Waived, 0),
    ];
    for (access_log, state, settings, expected, requests) in cases {
        let world = World::new(State { rules: None, ..state });
        let host = world.host();
        let source = Observed { access_log, ..Observed::default() };
        let mut input = given(&host, settings.clone(), source, TARGET).await;
        let (_, _, answers) = run(&host, &mut input).await;
        assert_eq!(
            (answers[1].result, world.lock().records.len()),
            (expected, requests),
            "{}",
            answers[1].message
        );
        assert_eq!(answers[2].result, Manual, "no connection to the rules");
        if expected == Fail {
            assert!(host.record().slept.as_secs() <= 120, "two minutes at most");
        }
    }
}

#[tokio::test]
async fn the_address_of_a_webhook_is_kept_sealed_and_written_open() {
    const ADDRESS: &str = "https://hooks.example.com/?access_token=hunter2";
    let mut loud = rule("a", "cpu_usage", "80");
    loud["Webhook"] = json!(ADDRESS);
    let world = World::new(State { rules: Some(vec![loud]), ..State::default() });
    let host = world.host();
    let mut input = given(&host, json!({"skip": ["logs"]}), Observed::default(), TARGET).await;
    let (plan, output, answers) = run(&host, &mut input).await;
    assert_eq!(answers[2].result, CheckpointResult::Pass, "{}", answers[2].message);
    for kept in
        [serde_json::to_string(&plan).unwrap(), output.to_string(), serde_json::to_string(&answers).unwrap()]
    {
        assert!(!kept.contains("hunter2"), "{kept}");
    }
    assert_eq!(world.lock().rules.as_ref().unwrap()[1]["Webhook"], ADDRESS);
    assert!(host.now().0 > 0);
}
