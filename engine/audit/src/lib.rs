//! What an auditor and an operator ask of a history: is it whole, may it be handed to a stranger, and
//! why does the run not go on.
//!
//! Pure: histories come in, answers go out. Whoever calls reads the journal, the files and the clock.

mod bundle;
mod damage;
mod sign;
mod verify;
mod why;

#[cfg(test)]
mod testing;

pub use bundle::{Bundle, BundleError, FORMAT, Verified, verify_bundle};
pub use damage::{BROKEN, Damage};
pub use sign::{AuditKey, KeyError, PublicKey, Signature};
pub use verify::{NamedArtifact, Sound, artifacts_of, verify_artifact, verify_history, verify_noted};
pub use why::{
    Answer, Asked, Blocking, Call, Circumstances, Failure, NotRun, Owner, StepAnswer, Story, Turn, Wait,
    explain, outcome_word, render, shell, status_word,
};
