//! What an event is about, and its name in the journal.

use crate::{Event, StepName};

impl Event {
    /// The step it is about.
    #[must_use]
    pub fn step(&self) -> Option<&StepName> {
        match self {
            Self::RunCreated { .. }
            | Self::RunClaimed { .. }
            | Self::UndoRequested { .. }
            | Self::PauseRequested { .. }
            | Self::PauseLifted { .. }
            | Self::CancelRequested { .. }
            | Self::RequestTaken { .. }
            | Self::RunInterrupted { .. }
            | Self::RunFinished { .. } => None,
            Self::Decided { step, .. } => step.as_ref(),
            Self::StepStarted { step, .. }
            | Self::StepSwapped { step, .. }
            | Self::StepPlanned { step, .. }
            | Self::CallIntended { step, .. }
            | Self::CallAnswered { step, .. }
            | Self::OperationSettled { step, .. }
            | Self::Checkpointed { step, .. }
            | Self::StepPending { step, .. }
            | Self::StepResolved { step, .. }
            | Self::StepPassedOver { step, .. }
            | Self::StepWaits { step, .. }
            | Self::StepAdmitted { step, .. }
            | Self::StepApproved { step, .. }
            | Self::StepRejected { step, .. }
            | Self::StepApplied { step, .. }
            | Self::StepVerified { step, .. }
            | Self::StepDone { step, .. }
            | Self::StepFailed { step, .. }
            | Self::StepSkipped { step, .. }
            | Self::StepUndoing { step }
            | Self::StepUndone { step, .. }
            | Self::UndoFailed { step, .. } => Some(step),
        }
    }

    /// Its name in the journal, `step_started`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RunCreated { .. } => "run_created",
            Self::RunClaimed { .. } => "run_claimed",
            Self::StepStarted { .. } => "step_started",
            Self::StepSwapped { .. } => "step_swapped",
            Self::StepPlanned { .. } => "step_planned",
            Self::CallIntended { .. } => "call_intended",
            Self::CallAnswered { .. } => "call_answered",
            Self::OperationSettled { .. } => "operation_settled",
            Self::Checkpointed { .. } => "checkpointed",
            Self::StepPending { .. } => "step_pending",
            Self::StepResolved { .. } => "step_resolved",
            Self::StepPassedOver { .. } => "step_passed_over",
            Self::StepWaits { .. } => "step_waits",
            Self::StepAdmitted { .. } => "step_admitted",
            Self::StepApproved { .. } => "step_approved",
            Self::StepRejected { .. } => "step_rejected",
            Self::StepApplied { .. } => "step_applied",
            Self::StepVerified { .. } => "step_verified",
            Self::StepDone { .. } => "step_done",
            Self::StepFailed { .. } => "step_failed",
            Self::StepSkipped { .. } => "step_skipped",
            Self::UndoRequested { .. } => "undo_requested",
            Self::StepUndoing { .. } => "step_undoing",
            Self::StepUndone { .. } => "step_undone",
            Self::UndoFailed { .. } => "undo_failed",
            Self::Decided { .. } => "decided",
            Self::PauseRequested { .. } => "pause_requested",
            Self::PauseLifted { .. } => "pause_lifted",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::RequestTaken { .. } => "request_taken",
            Self::RunInterrupted { .. } => "run_interrupted",
            Self::RunFinished { .. } => "run_finished",
        }
    }
}
