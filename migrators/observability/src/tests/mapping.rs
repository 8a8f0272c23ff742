//! Alert rules: what is carried over, field by field, and what is not, with its reason.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{SOURCE, TARGET, rule};
use crate::alert::{Between, carry, concerns, differences, mentions, parameters, rule_id};
use crate::metrics::{Live, TABLE};

fn live() -> Live {
    let names = ["EnvoyCpuUsageRate", "EnvoyMemoryUsageRate", "EnvoyClientActiveConnection"];
    let items = names.map(|name| {
        json!({"Namespace": TABLE.namespace, "MetricName": name, "Periods": "60,300", "Statistics": "Average, Maximum"})
    });
    Live::of(&items)
}

fn between(contacts: &[String]) -> Between<'_> {
    Between { source: SOURCE, target: TARGET, name: "shop", contacts }
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut rule = rule("a", "cpu_usage", "80");
    change(&mut rule);
    rule
}

#[test]
fn every_field_is_carried_over() {
    let rule = with(|rule| {
        rule["EffectiveInterval"] = json!("08:00-20:00");
        rule["NoDataPolicy"] = json!("OK");
        rule["MailSubject"] = json!("look");
        rule["Escalations"]["Warn"] = json!({"Statistics": "Maximum", "ComparisonOperator": "GreaterThanThreshold", "Threshold": "70", "Times": 5});
    });
    let wish = carry(&rule, &between(&[]), &live()).unwrap();
    let parameters: Vec<String> =
        wish.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        parameters,
        [
            "ContactGroups=ops,shop",
            "EffectiveInterval=08:00-20:00",
            "EmailSubject=look",
            "Escalations.Critical.ComparisonOperator=GreaterThanThreshold",
            "Escalations.Critical.Statistics=Average",
            "Escalations.Critical.Threshold=80",
            "Escalations.Critical.Times=3",
            "Escalations.Warn.ComparisonOperator=GreaterThanThreshold",
            "Escalations.Warn.Statistics=Maximum",
            "Escalations.Warn.Threshold=70",
            "Escalations.Warn.Times=5",
            "MetricName=EnvoyCpuUsageRate",
            "Namespace=acs_cnapigateway",
            "NoDataPolicy=OK",
            "Period=60",
            r#"Resources=[{"instanceId":"gw-target","userId":"17"}]"#,
            &format!("RuleId={}", rule_id("a", TARGET)),
            "RuleName=rule a (shop)",
            "SilenceTime=86400",
        ]
    );
    assert!(wish.enabled);
    let own = ["night".to_owned(), "day".to_owned()];
    assert_eq!(carry(&rule, &between(&own), &live()).unwrap().parameters["ContactGroups"], "night,day");
}

#[test]
fn what_cannot_be_said_at_the_target_is_refused_with_its_reason() {
    let cases = [
        (with(|rule| rule["MetricName"] = json!("qps")), "no metric that is known to mean the same as `qps`"),
        (with(|rule| rule["MetricName"] = json!("new_tls")), "has no EnvoyClientNewSSL"),
        (with(|rule| rule["Period"] = json!("900")), "no period of 900 s"),
        (with(|rule| rule["Escalations"]["Critical"]["Statistics"] = json!("Sum")), "no statistic Sum"),
        (with(|rule| rule["Escalations"] = json!({})), "no threshold"),
        (with(|rule| rule["Escalations"]["Critical"]["PreCondition"] = json!("$x > 1")), "precondition"),
        (
            with(|rule| rule["CompositeExpression"]["ExpressionRaw"] = json!("$a && $b")),
            "joins several metrics",
        ),
        (with(|rule| rule["Prometheus"] = json!({"PromQL": "up == 0"})), "query of its own"),
        (
            with(|rule| {
                rule["Resources"] = json!(format!("[{{\"instanceId\":\"{SOURCE}\",\"route\":\"r\"}}]"))
            }),
            "a part of the gateway only (route)",
        ),
        (with(|rule| rule["Resources"] = json!("[{\"resource\":\"_ALL\"}]")), "every gateway of the account"),
    ];
    for (rule, reason) in cases {
        let cause = carry(&rule, &between(&[]), &live()).unwrap_err();
        assert!(cause.contains(reason), "{cause}: {reason}");
    }
}

#[test]
fn a_rule_concerns_the_gateway_it_names_whole() {
    for (resources, expected) in [
        (format!("[{{\"instanceId\":\"{SOURCE}\"}}]"), true),
        (format!("[{{\"instanceId\":\"{SOURCE}-2\"}}]"), false),
        (format!("[{{\"instanceId\":\"x{SOURCE}\"}}]"), false),
        ("[{\"resource\":\"_ALL\"}]".to_owned(), true),
        ("[{\"instanceId\":\"gw-other\"}]".to_owned(), false),
    ] {
        assert_eq!(
            concerns(&with(|rule| rule["Resources"] = json!(resources)), SOURCE),
            expected,
            "{resources}"
        );
    }
    let elsewhere = with(|rule| {
        rule["Namespace"] = json!("acs_ecs_dashboard");
        rule["Resources"] = json!("[{\"resource\":\"_ALL\"}]");
    });
    assert!(!concerns(&elsewhere, SOURCE), "all instances of another product");
    assert!(mentions(&json!({"a": [format!("x {SOURCE}, y")]}), SOURCE));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What was written reads back as what was wished, and any other value shows.
    #[test]
    fn a_wish_equals_its_answer_and_nothing_else(
        id in "[a-z0-9]{1,8}", threshold in 0u32..100_000, times in 1u32..9, groups in proptest::collection::vec("[a-z]{1,5}", 1..4),
        place in 0usize..14,
    ) {
        let source = with(|rule| {
            rule["RuleId"] = json!(id);
            rule["ContactGroups"] = json!(groups.join(","));
            rule["Escalations"]["Critical"]["Threshold"] = json!(threshold.to_string());
            rule["Escalations"]["Critical"]["Times"] = json!(times);
        });
        let wish = carry(&source, &between(&[]), &live()).unwrap();
        // As the account would answer: other spellings of the same.
        let mut answer = source.clone();
        for name in ["RuleId", "RuleName", "Namespace", "MetricName"] {
            answer[name] = json!(wish.parameters[name]);
        }
        answer["Resources"] = json!(format!("[{{\"userId\":\"17\",\"regionId\":\"r\",\"instanceId\":\"{TARGET}\"}}]"));
        answer["ContactGroups"] = json!(json!(groups.iter().rev().collect::<Vec<_>>()).to_string());
        answer["Escalations"]["Critical"]["Threshold"] = json!(format!("{threshold}.0"));
        prop_assert_eq!(differences(&wish.parameters, &parameters(&answer)), Vec::<String>::new());

        let names: Vec<String> = wish.parameters.keys().cloned().collect();
        let name = &names[place % names.len()];
        let mut changed = parameters(&answer);
        changed.insert(name.clone(), "[{\"instanceId\":\"another\"}]".to_owned());
        prop_assert_eq!(differences(&wish.parameters, &changed).len(), 1);
        changed.remove(name);
        prop_assert_eq!(differences(&wish.parameters, &changed).len(), 1);
    }

    #[test]
    fn ids_of_rules_are_stable_and_differ(origins in proptest::collection::btree_set("[a-z0-9-]{1,12}", 2..20)) {
        let ids: BTreeSet<String> =
            origins.iter().flat_map(|one| [rule_id(one, "gw-1"), rule_id(one, "gw-2")]).collect();
        prop_assert_eq!(ids.len(), origins.len() * 2);
        prop_assert!(origins.iter().all(|one| ids.contains(&rule_id(one, "gw-1"))));
    }
}
