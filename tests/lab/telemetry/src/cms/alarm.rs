//! In which state a rule is: the newest whole periods of what it watches, held against its thresholds.

use serde_json::Value;

use super::data::points;
use super::metrics::find;
use super::rule::{LEVELS, Level, Rule};
use crate::Observed;

/// `OK`, `ALARM`, or `INSUFFICIENT_DATA` while there is nothing to judge by.
pub(super) fn state(rule: &Rule, observed: &dyn Observed, now: i64) -> &'static str {
    let content = &rule.content;
    let Some(metric) = find(&content.namespace, &content.metric) else { return "INSUFFICIENT_DATA" };
    let period = content.period.max(1) * 1000;
    let longest = content.levels.values().map(|level| level.times).max().unwrap_or(1).max(1);
    let mut seen = false;
    for gateway in content.resources.iter().filter_map(|one| one.get("instanceId").and_then(Value::as_str)) {
        let points = points(observed, metric, gateway, period, (now - (longest + 1) * period, now));
        seen |= !points.is_empty();
        for level in LEVELS.iter().filter_map(|name| content.levels.get(*name)) {
            let newest = points.iter().rev().take(level.times.max(1) as usize);
            let values: Vec<f64> = newest.map(|point| point.value(&level.statistics)).collect();
            if values.len() as i64 == level.times.max(1) && values.iter().all(|value| reached(level, *value))
            {
                return "ALARM";
            }
        }
    }
    if seen { "OK" } else { "INSUFFICIENT_DATA" }
}

fn reached(level: &Level, value: f64) -> bool {
    let Ok(threshold) = level.threshold.parse::<f64>() else { return false };
    match level.operator.as_str() {
        "GreaterThanThreshold" => value > threshold,
        "GreaterThanOrEqualToThreshold" => value >= threshold,
        "LessThanThreshold" => value < threshold,
        "LessThanOrEqualToThreshold" => value <= threshold,
        "EqualToThreshold" => value == threshold,
        "NotEqualToThreshold" => value != threshold,
        // Comparisons with former times: the lab is too young for them.
        _ => false,
    }
}
