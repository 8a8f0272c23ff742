//! What a plan says besides its operations. Part of the journal: fields are only ever added.

use std::collections::BTreeMap;

use gateshift_sdk::model::{OperationKey, Plan, StepError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Facts of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    /// Target gateway.
    pub(crate) gateway: String,
    /// Its environment.
    pub(crate) environment: String,
    /// Parameters that have to hold, by the source's name.
    pub(crate) wanted: BTreeMap<String, Wanted>,
    /// Parameters equal from the start.
    pub(crate) equal: u64,
    /// Parameters without a counterpart that the source answers, by name.
    pub(crate) unsupported: BTreeMap<String, Assessed>,
}

/// A parameter that has to hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// Name on the target's wire.
    pub(crate) feature: String,
    /// Value.
    pub(crate) value: String,
    /// Kind of value.
    pub(crate) kind: String,
}

/// A parameter without a counterpart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Assessed {
    /// Value at the source.
    pub(crate) value: Value,
    /// It is on.
    pub(crate) on: bool,
    /// Why the operator accepts the loss.
    pub(crate) reason: Option<String>,
    /// Nobody needs to accept it.
    pub(crate) harmless: bool,
}

impl Facts {
    /// The facts of a plan.
    pub(crate) fn of(plan: &Plan) -> Result<Self, StepError> {
        serde_json::from_value(plan.facts.clone()).map_err(|error| {
            let text = format!("the plan's facts have another shape than expected: {error}");
            StepError::permanent("GS-PLAN-SHAPE", text)
                .with_hint("the plan was made with another version of this migrator; plan the step anew")
        })
    }
}

/// Kind of the operations that set a parameter.
pub(crate) const PARAMETER: &str = "parameter";
/// Kind of the operation that restarts the gateway.
pub(crate) const RESTART: &str = "restart";

/// Key of the operation that restarts the gateway.
pub(crate) fn restart_key() -> OperationKey {
    OperationKey::new("restart/gateway")
}
