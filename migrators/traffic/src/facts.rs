//! What the plan hands to `apply` and to `rollback` beside its operations: the records as they were,
//! what points where, and the phases.

use std::time::Duration;

use gateshift_sdk::model::{OperationKey, Plan, StepError};
use serde::{Deserialize, Serialize};

use crate::gate::Gates;
use crate::records::RecordSet;

/// Facts of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Sets that are moved, as they were before anything was written.
    pub(crate) before: Vec<SetFacts>,
    /// Phases in order.
    pub(crate) phases: Vec<Phase>,
    /// Id of the source gateway.
    pub(crate) source: String,
    /// Id of the target gateway.
    pub(crate) target: String,
    /// Expression that counts requests.
    pub(crate) requests: String,
    /// Fewer requests than this are not judged.
    pub(crate) min_requests: u64,
    /// TTL during the shift, seconds.
    pub(crate) ttl: u32,
    /// Kind of the connection to the zones.
    #[serde(default)]
    pub(crate) driver: String,
    /// What has to be fine before a stage is left.
    #[serde(default)]
    pub(crate) gates: Gates,
    /// Seconds between two looks at the gates.
    #[serde(default)]
    pub(crate) poll: u64,
    /// Specification of the target.
    #[serde(default)]
    pub(crate) spec: String,
}

/// One set with its two sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SetFacts {
    /// As it was.
    pub(crate) set: RecordSet,
    /// Values of the target, as many as may be needed.
    pub(crate) target_values: Vec<String>,
}

/// A phase: its writes, what is expected behind them, and how long to stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Phase {
    /// `ttl`, `open`, `stage 5%`.
    pub(crate) name: String,
    /// Share behind this phase, percent.
    pub(crate) share: f64,
    /// Its operations.
    pub(crate) operations: Vec<OperationKey>,
    /// Seconds to stay after the writes are confirmed.
    pub(crate) stay: u64,
    /// Whether the share is measured before the next phase.
    pub(crate) stage: bool,
}

impl Phase {
    /// How long to stay.
    pub(crate) fn stay(&self) -> Duration {
        Duration::from_secs(self.stay)
    }
}

impl Facts {
    /// The facts of a plan.
    pub(crate) fn of(plan: &Plan) -> Result<Self, StepError> {
        serde_json::from_value(plan.facts.clone()).map_err(|error| {
            StepError::permanent("GS-PLAN-FACTS", format!("the plan's facts cannot be read: {error}"))
                .with_hint("the plan was made by another version; plan the step again")
        })
    }
}
