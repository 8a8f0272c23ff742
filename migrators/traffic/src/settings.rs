//! Settings of the step, and their schema.

use std::time::Duration;

use gateshift_sdk::model::{Finding, Severity, parse_duration, parse_percent};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gate::{self, Gates};

/// Requests of both gateways that the source of metrics counts; `{gateway}` and `{window}` are filled in.
///
/// The metric's name is the one the gateways' engine gives it; the label is an assumption that a
/// live account has to confirm, which is why both can be set.
const DEFAULT_EXPRESSION: &str =
    r#"sum(increase(envoy_http_downstream_rq_total{gateway_id="{gateway}"}[{window}]))"#;

/// What to do with wildcard records, which cannot be weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Wildcards {
    /// They block until the operator decides.
    #[default]
    Block,
    /// They stay with the source.
    Leave,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    stages: Vec<String>,
    #[serde(default = "default_hold")]
    hold: String,
    #[serde(default = "default_ttl")]
    ttl: String,
    #[serde(default = "default_min_requests")]
    min_requests: u64,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    wildcards: Wildcards,
    #[serde(default = "default_expression")]
    requests: String,
    gates: Option<Vec<Value>>,
    #[serde(default = "default_poll")]
    poll: String,
}

/// Settings with their units read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Shares in percent, ascending, each above 0; the last may be below 100.
    pub(crate) stages: Vec<f64>,
    /// Time at each stage.
    pub(crate) hold: Duration,
    /// TTL during the shift, seconds.
    pub(crate) ttl: u32,
    /// Requests of both gateways below which a stage cannot be judged.
    pub(crate) min_requests: u64,
    /// Hosts to move; all that point at the source when empty.
    pub(crate) hosts: Vec<String>,
    /// Wildcard records.
    pub(crate) wildcards: Wildcards,
    /// Expression that counts the requests of a gateway in a window.
    pub(crate) requests: String,
    /// What has to be fine before a stage is left.
    pub(crate) gates: Gates,
    /// Whether the workflow says which; else they are left away where they have no numbers.
    pub(crate) has_gates: bool,
    /// Time between two looks at the gates.
    pub(crate) poll: Duration,
}

fn default_hold() -> String {
    "30m".to_owned()
}

fn default_ttl() -> String {
    "60s".to_owned()
}

fn default_min_requests() -> u64 {
    20
}

fn default_poll() -> String {
    "30s".to_owned()
}

fn default_expression() -> String {
    DEFAULT_EXPRESSION.to_owned()
}

/// The JSON Schema.
pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["stages"],
        "properties": {
            "stages": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "percent"}, "description": "shares of traffic, ascending"},
            "hold": {"type": "string", "format": "duration", "default": "30m", "description": "time at each stage"},
            "ttl": {"type": "string", "format": "duration", "default": "60s", "description": "TTL of the records during the shift"},
            "minRequests": {"type": "integer", "minimum": 1, "default": 20, "description": "requests of both gateways below which a stage is not judged"},
            "hosts": {"type": "array", "items": {"type": "string"}, "description": "hosts to move; all that point at the source when left out"},
            "wildcards": {"enum": ["block", "leave"], "default": "block", "description": "wildcard records cannot be weighted: stop, or leave them with the source"},
            "requests": {"type": "string", "default": DEFAULT_EXPRESSION, "description": "metric expression that counts a gateway's requests; {gateway} and {window} are filled in"},
            "gates": gate::schema(),
            "poll": {"type": "string", "format": "duration", "default": "30s", "description": "time between two looks at the gates"}
        }
    })
}

/// Reads the settings; every mistake is a finding.
pub(crate) fn read(value: &Value) -> Result<Settings, Vec<Finding>> {
    let mistake = |object: &str, message: String, action: &str| {
        Finding::new(Severity::Block, "GS-SETTINGS", object, message).with_action(action)
    };
    let written: Written = match serde_json::from_value(value.clone()) {
        Ok(written) => written,
        Err(error) => {
            return Err(vec![mistake(
                "with",
                error.to_string(),
                "compare with `gateshift migrators info traffic`",
            )]);
        }
    };
    let mut findings = Vec::new();
    let stages: Vec<f64> = written.stages.iter().filter_map(|stage| parse_percent(stage).ok()).collect();
    if stages.len() < written.stages.len() {
        findings.push(mistake(
            "stages",
            "a stage is no percent".to_owned(),
            "write stages as `1%`, `5%`, `100%`",
        ));
    }
    if stages.is_empty() || stages[0] <= 0.0 || stages.windows(2).any(|pair| pair[0] >= pair[1]) {
        findings.push(mistake(
            "stages",
            "stages have to rise from above 0%".to_owned(),
            "for example `[1%, 5%, 20%, 50%, 100%]`",
        ));
    }
    let mut time = |object: &str, text: &str| {
        parse_duration(text).ok().filter(|time| !time.is_zero()).unwrap_or_else(|| {
            findings.push(mistake(
                object,
                format!("`{text}` is no duration"),
                "write durations as `30m`, `90s`, `2m30s`",
            ));
            Duration::from_secs(1)
        })
    };
    let hold = time("hold", &written.hold);
    let ttl = time("ttl", &written.ttl);
    let poll = time("poll", &written.poll);
    let gates = gate::read(written.gates.as_deref()).unwrap_or_else(|mistakes| {
        findings.extend(mistakes);
        Gates::default()
    });
    if findings.is_empty() {
        Ok(Settings {
            stages,
            hold,
            ttl: u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX).max(1),
            min_requests: written.min_requests,
            hosts: written.hosts.iter().map(|host| host.trim_end_matches('.').to_ascii_lowercase()).collect(),
            wildcards: written.wildcards,
            requests: written.requests,
            gates,
            has_gates: written.gates.is_some(),
            poll,
        })
    } else {
        Err(findings)
    }
}
