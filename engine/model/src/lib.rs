//! The engine's vocabulary: ids, the frozen run, events, and the fold from events to state.
//!
//! Pure data: no I/O, no async, no clock. Every other engine crate speaks in these words, and so
//! do the journal, the command line and the JSON it prints.

mod allowed;
mod artifact;
mod awaited;
mod canonical;
mod code;
mod conditions;
mod definition;
mod differ;
mod document;
mod envelope;
mod error;
mod event;
mod event_names;
mod expression;
mod finding;
mod fold;
mod ids;
mod operation;
mod planned;
mod sealed;
mod step_state;
mod time;
mod units;
mod waiver;
mod window;

pub use artifact::ArtifactRef;
pub use awaited::{Approval, Awaited, Given};
pub use canonical::{Digest, canonical_json, digest_bytes, digest_json, digest_list};
pub use code::{Code, LibraryRef};
pub use conditions::{ApprovalRule, Conditions, OnTimeout};
pub use definition::{Backoff, ConnectionDefinition, OnFailure, RetryPolicy, RunDefinition, StepDefinition};
pub use differ::{Difference, differences, differences_by};
pub use document::Document;
pub use envelope::{Actor, ChainBroken, Envelope, GENESIS, verify_chain};
pub use error::{APPROVAL_LATE, CHECKPOINT_MANUAL, ErrorClass, GATE_FAILED, StepError};
pub use event::{CallRecord, Event, Holder, RunOutcome, UndoScope};
pub use expression::{Expression, ExpressionMistake, Reference, Scope, fill, pieces};
pub use finding::{Checkpoint, CheckpointResult, Finding, Severity};
pub use fold::{IllegalEvent, RERUN, RESUME, RETRY, RunState, RunStatus};
pub use ids::{ConnectionName, Generation, InvalidName, MigratorName, OperationKey, RunId, Seq, StepName};
pub use operation::{ObjectRef, Operation, Outcome, Plan, Settled, Verb};
pub use planned::{is_planned, planned_id};
pub use sealed::{SEALED, Sealed};
pub use step_state::{OperationState, StepState, StepStatus};
pub use time::Timestamp;
pub use units::{UnitMistake, parse_duration, parse_percent};
pub use waiver::{Day, Waived, Waiver};
pub use window::{Hours, TimeOfDay, Weekday, Window};
