//! The gates of a shift as a plan keeps them: which there are, what they tolerate, and how their numbers are
//! asked for.

use serde::{Deserialize, Serialize};

use super::load::LoadBound;
use super::rate::Tolerance;

/// The gates of a shift, part of the facts of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gates {
    /// Requests, failures, refusals and times of both gateways.
    #[serde(default)]
    pub(crate) health: Option<Health>,
    /// The target's own load.
    #[serde(default)]
    pub(crate) load: Option<LoadGate>,
    /// Numbers of the business.
    #[serde(default)]
    pub(crate) business: Vec<Business>,
}

/// The gate `health`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// Requests of the target before a stage is passed.
    pub(crate) min_requests: u64,
    /// Tolerated failures.
    pub(crate) errors: Tolerance,
    /// Tolerated refusals.
    pub(crate) refused: Tolerance,
    /// Tolerated times; none when times are not judged.
    pub(crate) latency: Option<Latency>,
    /// How the numbers are asked for.
    pub(crate) expressions: Expressions,
}

/// Tolerated times: the longer of both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Latency {
    /// So many times the source's.
    pub(crate) ratio: f64,
    /// So many milliseconds more.
    pub(crate) floor_ms: f64,
}

/// Metric expressions; `{gateway}` and `{window}` are filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Expressions {
    /// All requests.
    pub(crate) requests: String,
    /// Those answered 5xx.
    pub(crate) failed: String,
    /// Those answered 4xx.
    pub(crate) refused: String,
    /// Requests by `le`, the bound of their time in milliseconds.
    pub(crate) within: String,
    /// What stands for `{gateway}` in place of the ids: (source, target).
    pub(crate) names: Option<(String, String)>,
}

/// The gate `load`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LoadGate {
    /// Measures: (name, metric expression).
    pub(crate) measures: Vec<(String, String)>,
    /// Bounds in place of those of the target's specification.
    pub(crate) bounds: Vec<LoadBound>,
}

/// A gate over numbers of the business.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Business {
    /// Its name.
    pub(crate) name: String,
    /// Cases of the target before a stage is passed.
    pub(crate) min_cases: u64,
    /// Tolerated cases without success.
    pub(crate) tolerance: Tolerance,
}

impl Expressions {
    /// Each has to tell both gateways apart, and to keep to the window.
    pub(super) fn check(&self) -> Result<(), String> {
        let all = [
            ("requests", &self.requests),
            ("failed", &self.failed),
            ("refused", &self.refused),
            ("within", &self.within),
        ];
        let mark = |text: &str| ["{gateway}", "{window}"].into_iter().find(|mark| !text.contains(mark));
        all.into_iter()
            .filter(|(name, text)| *name != "within" || !text.is_empty())
            .find_map(|(name, text)| Some((name, mark(text)?)))
            .map_or(Ok(()), |(name, mark)| Err(format!("the expression `{name}` has no {mark}")))
    }
}

/// Expressions over the metrics that the gateways' product delivers. The label is an assumption that a live
/// account has to confirm, which is why all can be set.
pub(super) fn of_product() -> Expressions {
    let class = |class: &str| {
        format!(
            r#"sum(increase(envoy_http_downstream_rq{{gateway_id="{{gateway}}",response_code_class="{class}xx"}}[{{window}}]))"#
        )
    };
    Expressions {
        requests: r#"sum(increase(envoy_http_downstream_rq_total{gateway_id="{gateway}"}[{window}]))"#.to_owned(),
        failed: class("5"),
        refused: class("4"),
        within: r#"sum by (le) (increase(envoy_http_downstream_rq_time_bucket{gateway_id="{gateway}"}[{window}]))"#
            .to_owned(),
        names: None,
    }
}

/// Expressions over what Envoy itself gives to Prometheus; `{gateway}` is the job that scrapes it.
pub(super) fn of_envoy() -> Expressions {
    let class = |class: &str| {
        format!(
            r#"sum(increase(envoy_http_downstream_rq_xx{{job="{{gateway}}",envoy_response_code_class="{class}"}}[{{window}}]))"#
        )
    };
    Expressions {
        requests: r#"sum(increase(envoy_http_downstream_rq_completed{job="{gateway}"}[{window}]))"#
            .to_owned(),
        failed: class("5"),
        refused: class("4"),
        within: r#"sum by (le) (increase(envoy_http_downstream_rq_time_bucket{job="{gateway}"}[{window}]))"#
            .to_owned(),
        names: None,
    }
}
