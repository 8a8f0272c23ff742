//! The rules a gateway should have at least: made when no rule of the source can be carried over.

use crate::alert::{AlertWish, Between, Parameters, rule_id};
use crate::metrics::{Live, TABLE};

/// The baseline for a gateway of a size; the errors name rules that the account has no metric for.
pub(crate) fn baseline(spec: &str, between: &Between<'_>, live: &Live) -> (Vec<AlertWish>, Vec<String>) {
    let units = TABLE.units.get(spec);
    let (mut rules, mut missing) = (Vec::new(), Vec::new());
    for rule in &TABLE.baseline {
        let per_unit =
            rule.above_per_unit.zip(units).map(|(each, units)| u64::from(each) * u64::from(*units));
        let threshold = rule.above.map(u64::from).or(per_unit);
        let (Some(threshold), Some((statistics, period))) = (threshold, live.usual(&rule.metric)) else {
            missing.push(rule.metric.clone());
            continue;
        };
        let origin = format!("baseline-{}", rule.name);
        let level = |field: &str| format!("Escalations.Critical.{field}");
        let parameters = [
            ("RuleId".to_owned(), rule_id(&origin, between.target)),
            ("RuleName".to_owned(), format!("{} ({})", rule.name, between.name)),
            ("Namespace".to_owned(), TABLE.namespace.clone()),
            ("MetricName".to_owned(), rule.metric.clone()),
            ("Resources".to_owned(), serde_json::json!([{"instanceId": between.target}]).to_string()),
            ("ContactGroups".to_owned(), between.contacts.join(",")),
            ("Period".to_owned(), period.to_owned()),
            (level("Statistics"), statistics.to_owned()),
            (level("ComparisonOperator"), "GreaterThanThreshold".to_owned()),
            (level("Threshold"), threshold.to_string()),
            (level("Times"), "3".to_owned()),
        ];
        rules.push(AlertWish { origin, enabled: true, parameters: Parameters::from(parameters) });
    }
    (rules, missing)
}
