//! The failures of this crate, each with what to do next. None is tried again by itself: the same code would do
//! the same, and a person has another build, or another bound, to offer.

use std::time::Duration;

use gateshift_model::StepError;

use crate::codes;

const DEFECT: &str = "this is a defect of the migrator; `gateshift resume` tries the step again, `gateshift resume --with STEP=FILE` with another build of it";

/// The file is no library of a migrator.
pub(crate) fn no_library(cause: impl std::fmt::Display) -> StepError {
    StepError::permanent(codes::FILE, format!("the file is no library of a migrator: {cause}"))
        .with_hint("copy or build it again: `gateshift migrators scaffold` shows how one is made")
}

/// The library speaks another version of the interface, or of the contract.
pub(crate) fn contract(cause: impl std::fmt::Display) -> StepError {
    StepError::permanent(codes::CONTRACT, cause.to_string())
        .with_hint("build the migrator against the gateshift-export (or gateshift.h) of this version, or use the program it was built for")
}

/// What came is not what the contract says.
pub(crate) fn garbage(cause: impl std::fmt::Display) -> StepError {
    StepError::permanent(codes::GARBAGE, format!("the migrator does not keep to the contract: {cause}"))
        .with_hint(DEFECT)
}

/// The code broke off.
pub(crate) fn panicked(said: &str) -> StepError {
    let said = serde_json::from_str::<String>(said).unwrap_or_else(|_| said.to_owned());
    StepError::permanent(codes::PANIC, format!("the migrator panicked: {said}")).with_hint(DEFECT)
}

/// The process ended in the middle of its work.
pub(crate) fn lost(cause: impl std::fmt::Display) -> StepError {
    StepError::permanent(codes::LOST, format!("the migrator's process {cause}")).with_hint(DEFECT)
}

/// The process neither answers nor asks for anything.
pub(crate) fn stuck(patience: Duration) -> StepError {
    let patience = patience.as_secs_f64();
    let message = format!(
        "the migrator neither answered nor asked for anything for {patience} s; its process was ended"
    );
    StepError::permanent(codes::STUCK, message).with_hint(DEFECT)
}

/// No process could be had.
pub(crate) fn no_child(cause: impl std::fmt::Display) -> StepError {
    StepError::retryable(codes::CHILD, format!("cannot start a process for the migrator: {cause}"))
        .with_hint("look at the limits of this machine for processes and memory, then `gateshift resume`")
}
