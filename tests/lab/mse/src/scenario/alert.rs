//! Alert rules of the account: they are kept outside the gateway, in one of three places.

use serde::{Deserialize, Serialize};

use super::{is_default, is_true, yes};

/// An alert rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Display name.
    pub name: String,
    /// Id; derived from the name when left out.
    #[serde(default)]
    pub id: String,
    /// Who keeps it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keeper: Keeper,
    /// What it watches.
    #[serde(default, skip_serializing_if = "is_default")]
    pub about: About,
    /// Namespace of its metric.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Metric.
    pub metric: String,
    /// Statistic of the metric.
    #[serde(default = "default_statistics")]
    pub statistics: String,
    /// Comparison, in the API's spelling.
    #[serde(default = "default_operator")]
    pub operator: String,
    /// Threshold of the worst level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<f64>,
    /// Threshold of the middle level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn: Option<f64>,
    /// Threshold of the lowest level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<f64>,
    /// Periods in a row.
    #[serde(default = "three")]
    pub times: u32,
    /// Seconds of a period.
    #[serde(default = "minute")]
    pub period: u32,
    /// Seconds between two messages.
    #[serde(default = "day")]
    pub silence: u32,
    /// When it is in force.
    #[serde(default = "always")]
    pub effective: String,
    /// Groups of people it tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Address it calls.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub webhook: String,
    /// In force.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
}

impl Alert {
    /// A rule that speaks up above a value.
    #[must_use]
    pub fn above(name: &str, metric: &str, critical: f64) -> Self {
        Self {
            name: name.to_owned(),
            id: String::new(),
            keeper: Keeper::default(),
            about: About::default(),
            namespace: default_namespace(),
            metric: metric.to_owned(),
            statistics: default_statistics(),
            operator: default_operator(),
            critical: Some(critical),
            warn: None,
            info: None,
            times: three(),
            period: minute(),
            silence: day(),
            effective: always(),
            contacts: Vec::new(),
            webhook: String::new(),
            enabled: true,
        }
    }
}

/// Who keeps a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// CloudMonitor.
    #[default]
    Cms,
    /// ARMS, in the newer form.
    Arms,
    /// ARMS, in the older form.
    ArmsOlder,
}

/// What a rule watches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The gateway.
    #[default]
    Gateway,
    /// Every gateway of the account.
    Every,
    /// A gateway that is not in the scenario.
    Another,
}

fn default_namespace() -> String {
    "acs_mse_gateway".to_owned()
}

fn default_statistics() -> String {
    "Average".to_owned()
}

fn default_operator() -> String {
    "GreaterThanThreshold".to_owned()
}

fn three() -> u32 {
    3
}

fn minute() -> u32 {
    60
}

fn day() -> u32 {
    86_400
}

fn always() -> String {
    "00:00-23:59".to_owned()
}
