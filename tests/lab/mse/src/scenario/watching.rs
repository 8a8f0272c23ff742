//! Access logs and tracing of a gateway.

use serde::{Deserialize, Serialize};

use super::is_default;

/// Where access logs go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessLog {
    /// Log project.
    pub project: String,
    /// Log store.
    #[serde(default = "default_logstore")]
    pub store: String,
    /// In the format of nginx.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nginx_compatible: bool,
}

/// Tracing of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracing {
    /// Protocol.
    pub kind: TraceKind,
    /// Percent of the requests.
    #[serde(default = "all")]
    pub sample: u32,
    /// Service that collects, for those kinds that need one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service: String,
    /// Port of that service.
    #[serde(default, skip_serializing_if = "is_default")]
    pub port: u16,
}

/// Tracing protocols, in the API's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TraceKind {
    /// The provider's own.
    Xtrace,
    /// SkyWalking.
    Skywalking,
    /// OpenTelemetry.
    Opentelemetry,
    /// OpenTelemetry in front of SkyWalking.
    Otskywalking,
}

impl TraceKind {
    /// The API's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Xtrace => "XTRACE",
            Self::Skywalking => "SKYWALKING",
            Self::Opentelemetry => "OPENTELEMETRY",
            Self::Otskywalking => "OTSKYWALKING",
        }
    }
}

fn default_logstore() -> String {
    "mse_access_log".to_owned()
}

fn all() -> u32 {
    100
}
