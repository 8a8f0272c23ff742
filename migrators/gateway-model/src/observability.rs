//! What tells people how the gateway does: traces, logs, alerts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything of the kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observability {
    /// Tracing; absent when it is off.
    pub tracing: Option<Tracing>,
    /// Delivery of access logs; absent when it is off.
    pub access_log: Option<LogDelivery>,
    /// Alert rules about this gateway.
    pub alerts: Vec<AlertRule>,
}

/// Tracing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracing {
    /// `XTRACE`, `SKYWALKING`, `OPENTELEMETRY`, `OTSKYWALKING` as the source writes it.
    pub kind: String,
    /// Percent of the requests.
    pub sample_percent: u32,
    /// Collecting service, by its id at the source.
    #[serde(default)]
    pub service: Option<String>,
    /// Its port.
    #[serde(default)]
    pub port: Option<u16>,
}

/// Delivery of access logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDelivery {
    /// Project.
    pub project: String,
    /// Store.
    pub store: String,
    /// Written in the form of nginx.
    #[serde(default)]
    pub nginx_format: bool,
}

/// Where an alert rule is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertPlace {
    /// CloudMonitor.
    CloudMonitor,
    /// ARMS.
    Arms,
}

/// An alert rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRule {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Where it is kept.
    pub place: AlertPlace,
    /// In force.
    pub enabled: bool,
    /// The rule as it was answered.
    pub definition: Value,
}
