//! What a plan says besides its operations.

use std::collections::BTreeMap;

use gateshift_sdk::model::{Plan, StepError};
use serde::{Deserialize, Serialize};

/// Facts of a plan. Part of the journal: fields are only ever added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Target gateway.
    pub(crate) gateway: String,
    /// Its environment.
    pub(crate) environment: String,
    /// API that holds the routes.
    pub(crate) api: String,
    /// Lists: id at the source -> operations.
    pub(crate) lists: BTreeMap<String, Vec<String>>,
    /// Routes whose effective list is written on the route, by id at the source.
    pub(crate) flattened: Vec<String>,
    /// Authentications: id at the source -> operation.
    pub(crate) authentications: BTreeMap<String, String>,
    /// Authentications that wait for a secret that a person sets, by name.
    pub(crate) by_hand: Vec<String>,
    /// Consumers: id at the source -> operation.
    pub(crate) consumers: BTreeMap<String, String>,
}

impl Facts {
    /// The facts of a plan.
    pub(crate) fn of(plan: &Plan) -> Result<Self, StepError> {
        serde_json::from_value(plan.facts.clone()).map_err(|error| {
            StepError::permanent(
                "GS-PLAN-SHAPE",
                format!("the plan's facts have another shape than expected: {error}"),
            )
            .with_hint("the plan was made with another version of this migrator; plan the step anew")
        })
    }
}
