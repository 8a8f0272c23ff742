//! What the plan remembers for the phases after it.

use gateshift_sdk::model::{Plan, StepError};
use serde::{Deserialize, Serialize};

use crate::tracing::TraceWish;

/// Facts of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Facts {
    /// Id of the target gateway.
    pub(crate) gateway: String,
    /// Its name.
    pub(crate) name: String,
    /// Its region.
    pub(crate) region: String,
    pub(crate) tracing: TraceFacts,
    pub(crate) logs: LogFacts,
    pub(crate) alerts: AlertFacts,
}

/// Tracing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceFacts {
    pub(crate) skipped: bool,
    /// As it shall be; absent when the source does not trace.
    pub(crate) wanted: Option<TraceWish>,
}

/// Access logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogFacts {
    pub(crate) skipped: bool,
    /// The source delivers its access logs.
    pub(crate) delivers: bool,
    /// What a person has to set, in words; absent when nothing.
    pub(crate) by_hand: Option<String>,
    /// Project where the source's logs are; absent when it is the product's own.
    pub(crate) project: Option<String>,
    /// Where the target's records are looked for.
    pub(crate) store: String,
    /// With the fields of nginx.
    #[serde(default)]
    pub(crate) nginx_format: bool,
}

/// Alert rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertFacts {
    pub(crate) skipped: bool,
    /// There is a connection to read and write rules through.
    pub(crate) connected: bool,
    /// Rules of the source that were not carried over.
    pub(crate) unmapped: u64,
    /// Key of each rule's operation, by its id at the source or its name in the baseline.
    pub(crate) rules: Vec<(String, String)>,
}

impl Facts {
    /// The facts of a plan.
    pub(crate) fn of(plan: &Plan) -> Result<Self, StepError> {
        serde_json::from_value(plan.facts.clone()).map_err(|error| {
            StepError::permanent("GS-PLAN-FACTS", format!("the plan's facts cannot be read: {error}"))
                .with_hint("the plan was made with another version; resume the run with that one, or start a new run")
        })
    }
}
