//! Which event about a step may follow, from its state. Part of the fold.

use crate::{Event, StepState, StepStatus};

/// The table of what may follow: which step statuses an event may meet.
pub(crate) fn allowed(event: &Event, step: &StepState) -> bool {
    use StepStatus::{Applied, Done, Failed, Pending, Retrying, Running, Skipped, Undoing, Undone, Waiting};
    let status = step.status;
    match event {
        // Running and Pending: the process died and its successor begins a new attempt or goes on.
        Event::StepStarted { .. } => {
            matches!(status, Waiting | Running | Pending | Retrying | Failed | Undone | Applied)
        }
        // A step that is done, or being taken back, keeps the code that did it.
        Event::StepSwapped { .. } => !matches!(status, Done | Undoing),
        Event::StepPlanned { .. } => matches!(status, Running | Pending),
        Event::StepPending { .. }
        | Event::StepApplied { .. }
        | Event::StepWaits { .. }
        | Event::StepAdmitted { .. } => matches!(status, Running | Pending),
        // A late word counts, too, as long as nobody has gone on without it.
        Event::StepApproved { plan, .. } | Event::StepRejected { plan, .. } => {
            matches!(status, Running | Pending | Retrying | Failed)
                && step.approval.as_ref().is_some_and(|approval| approval.plan.digest == *plan)
        }
        Event::StepFailed { .. } => matches!(status, Running | Pending | Applied),
        Event::StepVerified { .. } | Event::StepDone { .. } => status == Applied,
        Event::StepSkipped { risk: None, .. } => matches!(status, Waiting | Failed | Retrying),
        Event::StepPassedOver { .. } => matches!(status, Waiting | Retrying | Failed | Undone),
        Event::StepResolved { .. } => status == Running,
        // A person skips whatever is not done and not being taken back.
        Event::StepSkipped { .. } => !matches!(status, Done | Undoing),
        Event::StepUndoing { .. } => status == Undone || step.is_touched(),
        Event::StepUndone { .. } | Event::UndoFailed { .. } => status == Undoing,
        // An answer may arrive after the step has been given up, and must not be lost.
        Event::CallIntended { .. }
        | Event::CallAnswered { .. }
        | Event::OperationSettled { .. }
        | Event::Checkpointed { .. }
        | Event::Decided { .. } => {
            !matches!(status, Waiting | Skipped) || matches!(event, Event::Decided { .. })
        }
        _ => true,
    }
}
