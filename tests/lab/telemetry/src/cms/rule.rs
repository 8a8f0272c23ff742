//! An alert rule: what it watches, when it speaks up, whom it tells.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Id; who writes a rule chooses it.
    pub id: String,
    /// In force.
    pub enabled: bool,
    /// Lab milliseconds.
    pub created_ms: i64,
    /// Lab milliseconds.
    pub updated_ms: i64,
    /// What was written.
    pub content: RuleContent,
}

/// What a rule says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleContent {
    /// Name.
    pub name: String,
    /// Namespace of the metric.
    pub namespace: String,
    /// Metric.
    pub metric: String,
    /// What is watched: a list of dimensions.
    pub resources: Vec<Map<String, Value>>,
    /// Seconds of a period.
    pub period: i64,
    /// When it is in force, `00:00-23:59`.
    pub effective: String,
    /// When it is not.
    pub not_effective: String,
    /// What a period without data means.
    pub no_data: String,
    /// Seconds between two messages about the same.
    pub silence: i64,
    /// The end of an alarm is told, too.
    pub send_ok: Option<bool>,
    /// Subject of mails.
    pub subject: String,
    /// Address that is called.
    pub webhook: String,
    /// Contact groups.
    pub contacts: Vec<String>,
    /// Thresholds by level: `Critical`, `Warn`, `Info`.
    pub levels: BTreeMap<String, Level>,
}

/// When a level is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Statistic of the metric.
    pub statistics: String,
    /// `GreaterThanThreshold` and so on.
    pub operator: String,
    /// A number as text.
    pub threshold: String,
    /// Periods in a row.
    pub times: i64,
}

/// The levels, the worst first.
pub(super) const LEVELS: [&str; 3] = ["Critical", "Warn", "Info"];

impl Rule {
    /// The rule as lists show it.
    pub(super) fn row(&self, state: &str) -> Value {
        let content = &self.content;
        let level = |name: &str| {
            content.levels.get(name).map_or_else(
                || json!({}),
                |one| {
                    json!({
                        "Statistics": one.statistics, "ComparisonOperator": one.operator,
                        "Threshold": one.threshold, "Times": one.times,
                    })
                },
            )
        };
        let resources = json!(content.resources).to_string();
        let mut row = json!({
            "RuleId": self.id,
            "RuleName": content.name,
            "Namespace": content.namespace,
            "MetricName": content.metric,
            "Resources": resources,
            "Dimensions": resources,
            "Period": content.period.to_string(),
            "EffectiveInterval": content.effective,
            "NoEffectiveInterval": content.not_effective,
            "NoDataPolicy": content.no_data,
            "SilenceTime": content.silence,
            "ContactGroups": content.contacts.join(","),
            "MailSubject": content.subject,
            "Webhook": content.webhook,
            "Escalations": {"Critical": level("Critical"), "Warn": level("Warn"), "Info": level("Info")},
            "CompositeExpression": {},
            "Prometheus": {},
            "Labels": {"Labels": []},
            "AlertState": state,
            "EnableState": self.enabled,
            "SourceType": "METRIC",
            "GmtCreate": self.created_ms,
            "GmtUpdate": self.updated_ms.to_string(),
        });
        if let Some(send) = content.send_ok {
            row["SendOK"] = send.into();
        }
        row
    }

    /// The rule by content.
    pub(super) fn exported(&self) -> Value {
        let content = &self.content;
        let levels: BTreeMap<&String, Value> = content
            .levels
            .iter()
            .map(|(name, one)| (name, json!([one.statistics, one.operator, one.threshold, one.times])))
            .collect();
        json!({
            "name": content.name, "namespace": content.namespace, "metric": content.metric,
            "resources": content.resources, "period": content.period, "contacts": content.contacts,
            "levels": levels, "enabled": self.enabled,
        })
    }

    /// Whether one of the watched things has all these dimensions.
    pub(super) fn watches(&self, dimensions: &Map<String, Value>) -> bool {
        let has =
            |one: &Map<String, Value>| dimensions.iter().all(|(name, value)| one.get(name) == Some(value));
        self.content.resources.iter().any(has)
    }
}
