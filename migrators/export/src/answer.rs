//! From a message to a call of the migrator, and from its result to a message.

use gateshift_abi::{ERROR, OK};
use gateshift_model::StepError;
use gateshift_step_api::Migrator;
use gateshift_step_api::wire::{Ask, Description};
use serde::Serialize;

use crate::guest::Answer;
use crate::remote::RemoteHost;

/// Does what is asked.
pub(crate) async fn answer(migrator: &dyn Migrator, host: &RemoteHost, ask: Ask<'_>) -> Answer {
    match ask {
        Ask::Describe => well(&describe(migrator)),
        Ask::Check { settings } => well(&migrator.check(&settings)),
        Ask::Plan { input } => result(migrator.plan(host, &input).await),
        Ask::Foresee { input, plan } => well(&migrator.foresee(&input, &plan)),
        Ask::Apply { input, plan } => result(migrator.apply(host, &input, &plan).await),
        Ask::Verify { input, plan, output } => result(migrator.verify(host, &input, &plan, &output).await),
        Ask::Undo { input, plan } => result(migrator.undo(host, &input, plan.as_deref()).await),
    }
}

fn describe(migrator: &dyn Migrator) -> Description {
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    Description {
        manifest: migrator.manifest(),
        never_waived: owned(migrator.never_waived()),
        looks_ahead: migrator.looks_ahead(),
        does_without: owned(migrator.does_without()),
    }
}

fn well<T: Serialize>(value: &T) -> Answer {
    match serde_json::to_string(value) {
        Ok(json) => (OK, json),
        Err(error) => failed(&StepError::permanent(
            "GS-MIGRATOR-GARBAGE",
            format!("the answer cannot be written as JSON: {error}"),
        )),
    }
}

fn result<T: Serialize>(result: Result<T, StepError>) -> Answer {
    match result {
        Ok(value) => well(&value),
        Err(error) => failed(&error),
    }
}

fn failed(error: &StepError) -> Answer {
    (ERROR, serde_json::to_string(error).unwrap_or_default())
}
