//! What a plan says besides its operations. Part of the journal: fields are only ever added.

use gateshift_sdk::model::{Plan, StepError};
use serde::{Deserialize, Serialize};

/// Facts of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    /// Target gateway.
    pub(crate) gateway: String,
    /// Its environment.
    pub(crate) environment: String,
    /// Plugins that are carried over.
    pub(crate) plugins: Vec<PluginFact>,
}

/// A plugin that is carried over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PluginFact {
    /// Id at the source.
    pub(crate) id: String,
    /// Name.
    pub(crate) name: String,
    /// The operator's own.
    pub(crate) custom: bool,
    /// Operation that installs it.
    pub(crate) key: String,
    /// A rule of it is in force.
    pub(crate) on: bool,
    /// Place in the source's order: stage, then order inside the stage, smaller first.
    pub(crate) order: Option<(u8, i64)>,
    /// Place in the target's order as it was expected.
    pub(crate) expected: Option<(u8, i64)>,
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

/// Pairs whose order is one way at the source and the other way at the target. Equal places say nothing.
pub(crate) fn flips(
    plugins: &[PluginFact],
    target: impl Fn(&PluginFact) -> Option<(u8, i64)>,
) -> Vec<(&PluginFact, &PluginFact)> {
    let on: Vec<_> =
        plugins.iter().filter(|one| one.on).filter_map(|one| Some((one, one.order?, target(one)?))).collect();
    let mut flips = Vec::new();
    for (at, one) in on.iter().enumerate() {
        for other in &on[at + 1..] {
            let (before, after) = (one.1.cmp(&other.1), one.2.cmp(&other.2));
            if before.is_ne() && after == before.reverse() {
                flips.push(if before.is_lt() { (one.0, other.0) } else { (other.0, one.0) });
            }
        }
    }
    flips
}

/// Kind of the operations that make a class.
pub(crate) const CLASS: &str = "plugin-class";
/// Kind of the operations that install a class.
pub(crate) const PLUGIN: &str = "plugin";
/// Kind of the operations that attach a plugin.
pub(crate) const ATTACHMENT: &str = "plugin-attachment";
/// Name under which an operation's `after` holds the key of the operation it needs; not sent.
pub(crate) const OF: &str = "of";
