//! Writing rules. A rule that is written under an id that exists takes its place: nothing warns.

use std::collections::BTreeMap;

use gateshift_lab_kernel::{ACCOUNT, Answer, ApiError, Call};
use serde_json::{Map, Value};

use super::metrics::{PERIODS, STATISTICS, find};
use super::rule::{LEVELS, Level, Rule, RuleContent};
use super::{Cms, done};
use crate::answer::{invalid, number, text};

/// Comparisons that a threshold may be used with.
const OPERATORS: [&str; 12] = [
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanThreshold",
    "NotEqualToThreshold",
    "EqualToThreshold",
    "GreaterThanYesterday",
    "LessThanYesterday",
    "GreaterThanLastWeek",
    "LessThanLastWeek",
    "GreaterThanLastPeriod",
    "LessThanLastPeriod",
];

/// `PutResourceMetricRule`.
pub(super) fn put(cms: &Cms, call: &Call) -> Answer {
    let mut state = cms.state.lock();
    let content = content(&call.query, &state.groups)?;
    let id = text(&call.query, "RuleId").unwrap_or_default().to_owned();
    let now = cms.cloud.clock.now_ms();
    match state.rules.iter_mut().find(|rule| rule.id == id) {
        Some(rule) => (rule.content, rule.updated_ms) = (content, now),
        None => {
            state.rules.push(Rule { id, enabled: true, created_ms: now, updated_ms: now, content });
        }
    }
    Ok(done())
}

/// `EnableMetricRules` and `DisableMetricRules`.
pub(super) fn switch(cms: &Cms, call: &Call, enabled: bool) -> Answer {
    let mut state = cms.state.lock();
    let ids = known(&state.rules, &call.query, "RuleId")?;
    state.rules.iter_mut().filter(|rule| ids.contains(&rule.id)).for_each(|rule| rule.enabled = enabled);
    Ok(done())
}

/// `DeleteMetricRules`.
pub(super) fn delete(cms: &Cms, call: &Call) -> Answer {
    let mut state = cms.state.lock();
    let ids = known(&state.rules, &call.query, "Id")?;
    state.rules.retain(|rule| !ids.contains(&rule.id));
    Ok(done())
}

/// The ids of a call, all of which exist.
fn known(rules: &[Rule], query: &Map<String, Value>, name: &str) -> Result<Vec<String>, ApiError> {
    let ids: Vec<String> = query
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    match ids.iter().find(|id| !rules.iter().any(|rule| rule.id == **id)) {
        Some(id) => {
            Err(ApiError::new(404, "ResourceNotFound", format!("The specified resource is not found: {id}.")))
        }
        None if ids.is_empty() => Err(invalid(name, "no id is given")),
        None => Ok(ids),
    }
}

fn content(query: &Map<String, Value>, groups: &[String]) -> Result<RuleContent, ApiError> {
    let given = |name: &str| text(query, name).unwrap_or_default().to_owned();
    let (namespace, metric) = (given("Namespace"), given("MetricName"));
    if find(&namespace, &metric).is_none() {
        return Err(invalid("MetricName", format!("{namespace} has no metric {metric}")));
    }
    for name in ["CompositeExpression", "Prometheus"] {
        if query.get(name).is_some_and(|value| !value.is_null()) {
            return Err(invalid(name, "the lab takes rules with thresholds only"));
        }
    }
    let period: i64 = text(query, "Period").unwrap_or("60").parse().unwrap_or_default();
    if !PERIODS.contains(&period) {
        return Err(invalid("Period", format!("{metric} has the periods {PERIODS:?}")));
    }
    let contacts: Vec<String> = given("ContactGroups").split(',').map(|one| one.trim().to_owned()).collect();
    if let Some(group) = contacts.iter().find(|group| !groups.contains(group)) {
        return Err(ApiError::new(
            404,
            "ContactGroupNotExists",
            format!("There is no contact group {group}."),
        ));
    }
    Ok(RuleContent {
        name: given("RuleName"),
        resources: resources(&given("Resources"))?,
        effective: text(query, "EffectiveInterval").unwrap_or("00:00-23:59").to_owned(),
        not_effective: given("NoEffectiveInterval"),
        no_data: text(query, "NoDataPolicy").unwrap_or("KEEP_LAST_STATE").to_owned(),
        silence: number(query, "SilenceTime").unwrap_or(86_400),
        send_ok: query.get("SendOK").and_then(Value::as_bool),
        subject: given("EmailSubject"),
        webhook: given("Webhook"),
        levels: levels(query.get("Escalations"))?,
        namespace,
        metric,
        period,
        contacts,
    })
}

/// The things a rule watches; the account's number is added where it is left out.
fn resources(given: &str) -> Result<Vec<Map<String, Value>>, ApiError> {
    let mut found: Vec<Map<String, Value>> = serde_json::from_str(given)
        .map_err(|_| invalid("Resources", "it is a JSON list of objects with dimensions"))?;
    if found.is_empty() || found.iter().any(|one| !one.get("instanceId").is_some_and(Value::is_string)) {
        return Err(invalid("Resources", "each of at least one has an instanceId"));
    }
    for one in &mut found {
        one.entry("userId").or_insert_with(|| Value::from(ACCOUNT));
    }
    Ok(found)
}

fn levels(given: Option<&Value>) -> Result<BTreeMap<String, Level>, ApiError> {
    let mut found = BTreeMap::new();
    for name in LEVELS {
        let Some(one) = given.and_then(|given| given.get(name)).and_then(Value::as_object) else { continue };
        let at = |field: &str| format!("Escalations.{name}.{field}");
        let one_of = |field: &str, allowed: &[&str]| match text(one, field) {
            Some(value) if allowed.contains(&value) => Ok(value.to_owned()),
            other => Err(invalid(
                &at(field),
                format!("{} is not one of {}", other.unwrap_or("nothing"), allowed.join(", ")),
            )),
        };
        let threshold = text(one, "Threshold").unwrap_or_default().to_owned();
        if threshold.parse::<f64>().is_err() {
            return Err(invalid(&at("Threshold"), format!("`{threshold}` is no number")));
        }
        let times = number(one, "Times").unwrap_or(1);
        if times < 1 {
            return Err(invalid(&at("Times"), "it is at least 1"));
        }
        let level = Level {
            statistics: one_of("Statistics", &STATISTICS)?,
            operator: one_of("ComparisonOperator", &OPERATORS)?,
            threshold,
            times,
        };
        found.insert(name.to_owned(), level);
    }
    if found.is_empty() {
        return Err(invalid("Escalations", "at least one level has a threshold"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gateshift_lab_kernel::Product;
    use serde_json::{Value, json};

    use super::Cms;
    use crate::testing::{Made, call, cloud};

    fn rule(id: &str, metric: &str, threshold: &str) -> Value {
        json!({
            "RuleId": id, "RuleName": format!("{metric} is high"), "Namespace": "acs_cnapigateway", "MetricName": metric,
            "Resources": "[{\"instanceId\":\"gw-1\"}]", "ContactGroups": "Default Contact Group", "Period": "60",
            "Escalations": {"Critical": {"Statistics": "Average", "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": threshold, "Times": 2}},
        })
    }

    #[test]
    fn a_rule_is_written_shown_switched_and_deleted() {
        let (cloud, made) = (cloud(), Arc::new(Made::default()));
        let minute = cloud.clock.now_ms().div_euclid(60_000) * 60_000;
        made.request("gw-1", minute - 70_000, "/", 200);
        made.request("gw-1", minute - 10_000, "/", 200);
        let cms = Cms::new(cloud, made, Vec::new());
        let ask = |operation: &str, given: Value| cms.call(&call(operation, given)).unwrap();
        let list = |given: Value| -> Vec<(String, String, bool)> {
            let answer = ask("DescribeMetricRuleList", given);
            let rows = answer["Alarms"]["Alarm"].as_array().unwrap().clone();
            assert_eq!(answer["Total"], rows.len().to_string());
            let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
            rows.iter()
                .map(|row| (text(row, "RuleId"), text(row, "AlertState"), row["EnableState"] == true))
                .collect()
        };
        ask("PutResourceMetricRule", rule("a", "EnvoyNetworkOutBytes", "99"));
        ask("PutResourceMetricRule", rule("b", "EnvoyNetworkOutBytes", "100"));
        ask("PutResourceMetricRule", rule("c", "EnvoyCpuUsageRate", "60"));
        let state = |id: &str, state: &str, on| (id.to_owned(), state.to_owned(), on);
        let due = [state("a", "ALARM", true), state("b", "OK", true), state("c", "INSUFFICIENT_DATA", true)];
        assert_eq!(list(json!({})), due);
        ask("DisableMetricRules", json!({"RuleId": ["a", "c"]}));
        ask("EnableMetricRules", json!({"RuleId": ["c"]}));
        assert_eq!(list(json!({"EnableState": false})), [state("a", "ALARM", false)]);
        // Written again, it takes the place of the other and stays out of force.
        ask("PutResourceMetricRule", rule("a", "EnvoyNetworkOutBytes", "500"));
        assert_eq!(list(json!({"RuleIds": "a,x"})), [state("a", "OK", false)]);
        assert_eq!(
            list(json!({"Dimensions": "{\"instanceId\":\"gw-1\"}", "MetricName": "EnvoyCpuUsageRate"})).len(),
            1
        );
        assert_eq!(list(json!({"Dimensions": "{\"instanceId\":\"gw\"}"})), []);
        assert_eq!(ask("DescribeMetricRuleCount", json!({}))["MetricRuleCount"]["Disable"], 1);
        ask("DeleteMetricRules", json!({"Id": ["a", "b"]}));
        assert_eq!(list(json!({})), [state("c", "INSUFFICIENT_DATA", true)]);
        let gone = cms.call(&call("DeleteMetricRules", json!({"Id": ["a"]}))).unwrap_err();
        assert_eq!(gone.code, "ResourceNotFound");
    }

    #[test]
    fn a_rule_that_could_never_speak_up_is_refused() {
        let cms = Cms::new(cloud(), Arc::new(Made::default()), Vec::new());
        for (pointer, value) in [
            ("/MetricName", json!("QPS")),
            ("/Namespace", json!("acs_other")),
            ("/Period", json!("61")),
            ("/ContactGroups", json!("nobody")),
            ("/Resources", json!("gw-1")),
            ("/Resources", json!("[]")),
            ("/Resources", json!("[{\"id\":\"gw-1\"}]")),
            ("/Escalations", json!({})),
            ("/Escalations/Critical/Statistics", json!("P99")),
            ("/Escalations/Critical/ComparisonOperator", json!(">")),
            ("/Escalations/Critical/Threshold", json!("much")),
            ("/Escalations/Critical/Times", json!(0)),
        ] {
            let mut given = rule("a", "EnvoyCpuUsageRate", "60");
            *given.pointer_mut(pointer).unwrap() = value.clone();
            let refused = cms.call(&call("PutResourceMetricRule", given)).unwrap_err();
            let due = if pointer == "/ContactGroups" { "ContactGroupNotExists" } else { "ParameterInvalid" };
            assert_eq!(refused.code, due, "{pointer} {value}");
        }
        assert_eq!(cms.export(), Vec::<Value>::new());
    }
}
