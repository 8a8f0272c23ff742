//! The world of the sample: one kind of thing, and a host that knows it.

use std::sync::Arc;

use gateshift_loader::{Library, Limits, Place};
use gateshift_plugin_tests::{example, limits, open, sample};
use gateshift_sdk::api::{Applied, CallFailure, CallRequest, Migrator, StepInput};
use gateshift_sdk::model::{Plan, StepError};
use gateshift_sdk::testing::{ScriptedHost, input, ok};
use serde_json::json;

/// The program that runs libraries for these tests.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_plugin-host-for-tests");

pub(crate) fn bounds() -> Limits {
    limits(PROGRAM)
}

pub(crate) fn library() -> Library {
    open(&example("gateshift_sample"), bounds()).unwrap()
}

pub(crate) fn isolated() -> Arc<dyn Migrator> {
    library().migrator(Place::Process).unwrap()
}

/// Refuses what the sample does not declare, as the real host does.
pub(crate) fn host() -> ScriptedHost {
    ScriptedHost::new(|request: &CallRequest| {
        let declared = ["ListThings", "CreateThing", "DeleteThing"].contains(&request.action.as_str());
        let refused = || StepError::permanent("GS-UNDECLARED-ACTION", request.action.clone());
        if declared { Ok(ok(json!({ "things": [] }))) } else { Err(CallFailure::Host(refused())) }
    })
}

/// A first attempt that does something wrong.
pub(crate) fn told(mode: &str, verb: &str) -> StepInput {
    input("thing", sample(mode, verb))
}

/// Plans and applies.
pub(crate) async fn whole(
    migrator: &dyn Migrator,
    host: &ScriptedHost,
    input: &StepInput,
) -> Result<(Plan, Applied), StepError> {
    let plan = migrator.plan(host, input).await?;
    let applied = migrator.apply(host, input, &plan).await?;
    migrator.verify(host, input, &plan, &json!({})).await?;
    Ok((plan, applied))
}
