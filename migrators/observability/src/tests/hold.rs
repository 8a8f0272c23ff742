//! What only a person can do holds until it is read back; what was written is taken back, and nothing else.

use gateshift_gateway_model::Observability as Observed;
use gateshift_sdk::api::Migrator;
use gateshift_sdk::model::{CheckpointResult, Outcome, planned_id};
use serde_json::{Value, json};

use super::world::{SOURCE, State, TARGET, World, codes, delivery, given, rule, run, tracing};
use crate::Observability;
use CheckpointResult::{Manual, Pass, Waived};

#[tokio::test]
async fn the_run_holds_until_the_operator_has_clicked() {
    let world = World::new(State { rules: Some(vec![rule("a", "cpu_usage", "80")]), ..State::default() });
    let host = world.host();
    let source = Observed {
        tracing: Some(tracing("OPENTELEMETRY")),
        access_log: Some(delivery("shop-logs", "gateway", true)),
        alerts: Vec::new(),
    };
    let mut input = given(&host, json!({}), source, TARGET).await;
    let (plan, output, answers) = run(&host, &mut input).await;
    assert_eq!(codes(&plan), ["OBS-TRACE-MANUAL", "OBS-LOG-PROJECT", "OBS-METRICS-OFF"]);
    let results = |answers: &[gateshift_sdk::model::Checkpoint]| {
        answers.iter().map(|one| one.result).collect::<Vec<_>>()
    };
    assert_eq!(results(&answers), [Manual, Manual, Pass]);
    for part in ["cn-hangzhou", "`shop` (gw-target)", "Parameters", "OpenTelemetry (W3C)", "sampling rate 20"]
    {
        assert!(answers[0].message.contains(part), "{}", answers[0].message);
    }
    for part in
        ["project `shop-logs`, logstore `gateway`", "compatible with nginx", "let the connection `logs` look"]
    {
        assert!(answers[1].message.contains(part), "{}", answers[1].message);
    }
    assert_eq!(output["manual"].as_array().unwrap().len(), 2);

    // Half of it.
    world.lock().trace = json!({"enable": true, "sampleRatio": 100, "traceType": "OPENTELEMETRY"});
    world.lock().project = Some("shop-logs".to_owned());
    let answers = Observability.verify(&host, &input, &plan, &output).await.unwrap();
    assert_eq!(results(&answers), [Manual, Manual, Pass]);
    assert!(answers[0].message.contains("sampling rate is 100 and shall be 20"), "{}", answers[0].message);
    assert!(answers[1].message.contains("no record"), "{}", answers[1].message);

    world.lock().trace["sampleRatio"] = json!(20);
    world.lock().delivers_to = ("shop-logs".to_owned(), "gateway".to_owned());
    let answers = Observability.verify(&host, &input, &plan, &output).await.unwrap();
    assert_eq!(results(&answers), [Pass, Manual, Pass]);
    let said = &answers[1].message;
    assert!(said.contains("compatible with nginx on") && said.contains("the product's own form"), "{said}");

    world.lock().nginx_format = true;
    let answers = Observability.verify(&host, &input, &plan, &output).await.unwrap();
    assert_eq!(results(&answers), [Pass, Pass, Pass]);
    assert_eq!(answers[1].evidence["record"]["status"], "404");
}

#[tokio::test]
async fn a_parameter_that_does_it_is_used_and_gets_its_former_value_back() {
    let item = json!({"value": "{}", "definition": {"name": "trace-config", "group": "Telemetry", "valueType": "json"}});
    let world = World::new(State { features: vec![item], ..State::default() });
    let host = world.host();
    let source = Observed { tracing: Some(tracing("XTRACE")), ..Observed::default() };
    let mut input = given(&host, json!({"skip": ["alerts"]}), source, TARGET).await;
    let (plan, _, answers) = run(&host, &mut input).await;
    assert_eq!(codes(&plan), ["OBS-METRICS-OFF"]);
    assert_eq!((answers[0].result, answers[2].result), (Pass, Waived));
    assert_eq!(world.lock().writes, ["UpdateGatewayFeature"]);
    Observability.undo(&host, &input, Some(&plan)).await.unwrap();
    assert_eq!(world.lock().features[0]["value"], "{}");
}

#[tokio::test]
async fn rules_of_others_stay_and_ours_go() {
    let mut disabled = rule("b", "memory_usage_rate", "75");
    disabled["EnableState"] = json!(false);
    let before = vec![rule("a", "cpu_usage", "80"), disabled];
    for lose in 0..=3 {
        let world = World::new(State { rules: Some(before.clone()), lose, ..State::default() });
        let host = world.host();
        let mut input = given(&host, json!({"skip": ["logs"]}), Observed::default(), TARGET).await;
        let (plan, output, answers) = run(&host, &mut input).await;
        assert_eq!(answers[2].result, Pass, "{}", answers[2].message);
        let made: Vec<Value> = world.lock().rules.clone().unwrap().split_off(2);
        assert_eq!(
            (made.len(), &made[0]["EnableState"], &made[1]["EnableState"]),
            (2, &json!(true), &json!(false))
        );
        assert_eq!(made[0]["RuleId"], output["alerts"]["a"]);
        assert_eq!(made[0]["Namespace"], "acs_cnapigateway");

        // A second step of its own finds them the same, and neither makes nor removes any.
        let writes = world.lock().writes.len();
        let again = world.host();
        let mut second = given(&again, json!({"skip": ["logs"]}), Observed::default(), TARGET).await;
        let (twice, _, answers) = run(&again, &mut second).await;
        assert_eq!((answers[2].result, world.lock().writes.len()), (Pass, writes));
        assert!(second.settled.values().all(|settled| settled.outcome == Outcome::Adopted));
        Observability.undo(&again, &second, Some(&twice)).await.unwrap();
        assert_eq!(world.lock().rules.as_ref().unwrap().len(), 4);

        let undone = Observability.undo(&host, &input, Some(&plan)).await.unwrap();
        assert!(undone.left.is_empty());
        assert_eq!(world.lock().rules.as_ref(), Some(&before), "as it was");
    }
}

#[tokio::test]
async fn a_rule_that_changed_after_the_plan_is_not_overwritten() {
    let world = World::new(State { rules: Some(vec![rule("a", "cpu_usage", "80")]), ..State::default() });
    let host = world.host();
    let input = given(&host, json!({"skip": ["logs"]}), Observed::default(), TARGET).await;
    let plan = Observability.plan(&host, &input).await.unwrap();
    let id = plan.operations[0].after.value()["parameters"]["RuleId"].clone();
    let mut foreign = rule("x", "EnvoyCpuUsageRate", "1");
    foreign["RuleId"] = id;
    world.lock().rules.as_mut().unwrap().push(foreign.clone());
    let error = Observability.apply(&host, &input, &plan).await.unwrap_err();
    assert_eq!(error.code, "GS-OURS-ONLY");
    assert!(world.lock().rules.as_ref().unwrap().contains(&foreign));
    let plan = Observability.plan(&host, &input).await.unwrap();
    assert!(codes(&plan).contains(&"OBS-ALERT-TAKEN"));
}

#[tokio::test]
async fn a_rule_that_is_gone_changed_or_off_fails_the_checkpoint() {
    let breaks: [fn(&mut Vec<Value>); 4] = [
        |rules| rules.truncate(1),
        |rules| rules[1]["EnableState"] = json!(false),
        |rules| rules[1]["Escalations"]["Critical"]["Threshold"] = json!("81"),
        |rules| rules[1]["Resources"] = json!(format!("[{{\"instanceId\":\"{SOURCE}\"}}]")),
    ];
    for spoil in breaks {
        let world = World::new(State { rules: Some(vec![rule("a", "cpu_usage", "80")]), ..State::default() });
        let host = world.host();
        let mut input = given(&host, json!({}), Observed::default(), TARGET).await;
        let (plan, output, answers) = run(&host, &mut input).await;
        assert_eq!(answers[2].result, Pass);
        spoil(world.lock().rules.as_mut().unwrap());
        let answers = Observability.verify(&host, &input, &plan, &output).await.unwrap();
        assert_eq!(answers[2].result, CheckpointResult::Fail, "{}", answers[2].message);
    }
}

#[tokio::test]
async fn a_gateway_that_is_not_made_yet_is_planned_for_and_asked_nothing() {
    let world = World::new(State { rules: Some(vec![rule("a", "cpu_usage", "80")]), ..State::default() });
    let host = world.host();
    let source = Observed { tracing: Some(tracing("XTRACE")), ..Observed::default() };
    let input = given(&host, json!({}), source, &planned_id("gateway/shop")).await;
    let plan = Observability.plan(&host, &input).await.unwrap();
    assert_eq!(plan.operations.len(), 1);
    let asked: Vec<String> = host.record().calls.iter().map(|call| call.action.clone()).collect();
    assert!(
        asked.iter().all(|action| !action.contains("Gateway") && action != "GetTraceConfig"),
        "{asked:?}"
    );
    let foreseen = Observability.foresee(&input, &plan).unwrap();
    assert_eq!(foreseen["alerts"]["a"], planned_id("alert/a"));
    assert_eq!(foreseen["manual"].as_array().unwrap().len(), 1);
}
