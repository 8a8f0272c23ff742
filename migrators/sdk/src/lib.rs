//! What a migrator author imports: the contract, builders for the two styles of cloud calls, the
//! walker that applies a plan, naming, and a scripted host for tests.

pub mod call;
pub mod list;
pub mod name;
pub mod sealed;
#[cfg(feature = "testing")]
pub mod testing;
pub mod walk;

pub use async_trait::async_trait;
pub use gateshift_model as model;
pub use gateshift_step_api as api;

use gateshift_model::{MigratorName, StepError};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Settings as a type. The schema was checked before, so a failure here is a defect of the migrator
/// and says so.
pub fn settings<T: DeserializeOwned>(input: &api::StepInput) -> Result<T, StepError> {
    serde_json::from_value(input.settings.clone()).map_err(|error| {
        StepError::permanent("GS-SETTINGS", format!("settings of step `{}` do not fit: {error}", input.step))
            .with_hint("run `gateshift validate` on the workflow")
    })
}

/// The output of the nearest earlier step done by the named migrator, as a type.
pub fn output_of<T: DeserializeOwned>(input: &api::StepInput, migrator: &str) -> Result<T, StepError> {
    let found = input.outputs.iter().find(|(name, _)| name.as_str() == migrator);
    let Some((_, output)) = found else {
        return Err(StepError::permanent(
            "GS-OUTPUT-MISSING",
            format!(
                "step `{}` needs the output of a `{migrator}` step before it, and there is none",
                input.step
            ),
        )
        .with_hint(format!("add a step that uses `{migrator}` and name it in `needs`")));
    };
    serde_json::from_value(output.clone()).map_err(|error| {
        StepError::permanent(
            "GS-OUTPUT-SHAPE",
            format!("output of `{migrator}` has another shape than expected: {error}"),
        )
        .with_hint("the run was begun with another version of that migrator; resume it with that one, or start a new run")
    })
}

/// The name of a migrator, written as a constant in its manifest.
///
/// # Panics
/// When the text is no name, which every test of a manifest shows.
#[must_use]
pub fn migrator_name(text: &'static str) -> MigratorName {
    MigratorName::new(text).unwrap_or_else(|error| unreachable!("a constant name: {error}"))
}

/// What `plan` answers when it needs to look at something that an earlier step has yet to make.
#[must_use]
pub fn not_yet(message: &str) -> StepError {
    StepError::permanent("GS-NOT-YET", message)
        .with_hint("plan again after the step `instance`, or run: this step plans itself then")
}

/// A value as JSON. Only types whose serialisation cannot fail are passed.
pub fn to_json<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The text of a value as JSON, written straight from it: the way to a large artifact that keeps no second
/// copy of it as a tree. Only types whose serialisation cannot fail are passed.
pub fn to_bytes<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
