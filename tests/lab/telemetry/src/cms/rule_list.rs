//! `DescribeMetricRuleList` and `DescribeMetricRuleCount`.

use gateshift_lab_kernel::{Answer, Call};
use serde_json::{Map, Value, json};

use super::Cms;
use super::alarm::state;
use super::rule::Rule;
use crate::answer::{invalid, page, text};

/// The list.
pub(super) fn list(cms: &Cms, call: &Call) -> Answer {
    let query = &call.query;
    let fits = |name: &str, value: &str| text(query, name).is_none_or(|wanted| wanted == value);
    let ids: Option<Vec<&str>> = text(query, "RuleIds").map(|ids| ids.split(',').map(str::trim).collect());
    let enabled = query.get("EnableState").and_then(Value::as_bool);
    let dimensions = match text(query, "Dimensions") {
        Some(given) => serde_json::from_str(given)
            .map_err(|_| invalid("Dimensions", "it is a JSON object of dimensions"))?,
        None => Map::new(),
    };
    let now = cms.cloud.clock.now_ms();
    let rules = cms.state.lock().rules.clone();
    let mut found: Vec<(&Rule, &str)> = rules
        .iter()
        .filter(|rule| {
            let content = &rule.content;
            ids.as_ref().is_none_or(|ids| ids.contains(&rule.id.as_str()))
                && enabled.is_none_or(|wanted| wanted == rule.enabled)
                && fits("Namespace", &content.namespace)
                && fits("MetricName", &content.metric)
                && text(query, "RuleName").is_none_or(|part| content.name.contains(part))
                && (dimensions.is_empty() || rule.watches(&dimensions))
        })
        .map(|rule| (rule, state(rule, cms.observed.as_ref(), now)))
        .collect();
    if let Some(wanted) = text(query, "AlertState") {
        found.retain(|(_, state)| *state == wanted);
    }
    let (shown, ..) = page(&found, query, ("Page", "PageSize"))?;
    let rows: Vec<Value> = shown.iter().map(|(rule, state)| rule.row(state)).collect();
    Ok(json!({
        "Code": 200, "Success": true, "Message": "success", "Total": found.len().to_string(),
        "Alarms": {"Alarm": rows},
    }))
}

/// How many there are in which state.
pub(super) fn count(cms: &Cms, call: &Call) -> Answer {
    let fits = |name: &str, value: &str| text(&call.query, name).is_none_or(|wanted| wanted == value);
    let now = cms.cloud.clock.now_ms();
    let rules = cms.state.lock().rules.clone();
    let found = rules.iter().filter(|rule| {
        fits("Namespace", &rule.content.namespace) && fits("MetricName", &rule.content.metric)
    });
    let (mut ok, mut alarm, mut no_data, mut off, mut total) = (0, 0, 0, 0, 0);
    for rule in found {
        total += 1;
        match state(rule, cms.observed.as_ref(), now) {
            _ if !rule.enabled => off += 1,
            "OK" => ok += 1,
            "ALARM" => alarm += 1,
            _ => no_data += 1,
        }
    }
    Ok(json!({
        "Code": "200", "Success": true, "Message": "success",
        "MetricRuleCount": {"Ok": ok, "Alarm": alarm, "Nodata": no_data, "Disable": off, "Total": total},
    }))
}
