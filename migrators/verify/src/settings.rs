//! Settings of the step, their schema and what is judged beyond it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many near misses are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NearMisses {
    /// One or two for each way in which each condition can be broken.
    All,
    /// The most telling ones, fewer a route the more routes there are.
    #[default]
    Sample,
}

/// `with:` of the step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Requests per second to each gateway.
    pub(crate) rate: u32,
    /// How many answers may differ.
    pub(crate) max_mismatches: u64,
    /// Matching requests a route.
    pub(crate) per_route: usize,
    /// Comparisons under way at a time.
    pub(crate) side_by_side: usize,
    /// Near misses.
    pub(crate) near_misses: NearMisses,
    /// Routes, by name, that may be sent other methods than the safe ones.
    pub(crate) unsafe_routes: Vec<String>,
    /// Routes that the `routes` step left out are not compared.
    pub(crate) skip_left_out: bool,
    /// Seconds for one exchange.
    pub(crate) timeout: u64,
    /// Requests about policies, lists, credentials and plugins for one route.
    pub(crate) per_route_effects: usize,
    /// Such requests in all.
    pub(crate) effects: usize,
    /// Rate and concurrency limits are provoked.
    pub(crate) limits: bool,
    /// Limits above this many requests are not provoked.
    pub(crate) limit_threshold: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate: 50,
            max_mismatches: 0,
            per_route: 3,
            side_by_side: 8,
            near_misses: NearMisses::Sample,
            unsafe_routes: Vec::new(),
            skip_left_out: false,
            timeout: 10,
            per_route_effects: 24,
            effects: 20_000,
            limits: false,
            limit_threshold: 10,
        }
    }
}

impl Settings {
    /// Near misses a route may have, among `routes` of them.
    pub(crate) fn near_limit(&self, routes: usize) -> usize {
        match (self.near_misses, routes) {
            (NearMisses::All, _) => usize::MAX,
            (NearMisses::Sample, 0..=300) => 4,
            (NearMisses::Sample, 301..=2000) => 2,
            (NearMisses::Sample, _) => 1,
        }
    }
}

/// JSON Schema of the settings.
pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "rate": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 50, "description": "requests per second to each gateway"},
            "maxMismatches": {"type": "integer", "minimum": 0, "default": 0, "description": "how many answers may differ before the run is held"},
            "perRoute": {"type": "integer", "minimum": 1, "maximum": 100, "default": 3, "description": "matching requests for each route"},
            "sideBySide": {"type": "integer", "minimum": 1, "maximum": 256, "default": 8, "description": "comparisons under way at a time"},
            "nearMisses": {"enum": ["all", "sample"], "default": "sample", "description": "requests that break one condition of a route: all of them, or the most telling ones"},
            "unsafeRoutes": {"type": "array", "items": {"type": "string"}, "default": [], "description": "routes, by name, that may be sent other methods than GET, HEAD and OPTIONS, with an empty body"},
            "skipLeftOut": {"type": "boolean", "default": false, "description": "do not compare routes that the `routes` step left out"},
            "timeout": {"type": "integer", "minimum": 1, "maximum": 600, "default": 10, "description": "seconds for one request"},
            "perRouteEffects": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 24, "description": "requests for one route that show its policies, lists, credentials and plugins"},
            "effects": {"type": "integer", "minimum": 0, "maximum": 1000000, "default": 20000, "description": "such requests in all; what is left out is named in the report"},
            "limits": {"type": "boolean", "default": false, "description": "provoke rate and concurrency limits of routes by a burst of requests"},
            "limitThreshold": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10, "description": "limits above this many requests are not provoked"}
        }
    })
}
