//! Lets a step begin, or writes down what it waits for.

use gateshift_model::{Event, StepDefinition};

use crate::attempt::Failure;
use crate::conditions::{Admission, decide};
use crate::run::Session;

/// Whether the step begins now. If not, what it waits for is on the disk.
pub(crate) async fn admitted(
    session: &Session,
    step: &StepDefinition,
    attempt: u32,
) -> Result<bool, Failure> {
    if step.conditions.is_empty() {
        return Ok(true);
    }
    let now = session.now();
    let own = session.log.read(|state| state.step(&step.name).cloned()).unwrap_or_default();
    match decide(step, &own, now, session.options()) {
        Admission::Begins { new: false } => Ok(true),
        Admission::Begins { new: true } => {
            // Nobody needs to wait for it: without it nothing was begun, and it is asked again.
            session.log.relaxed(vec![Event::StepAdmitted { step: step.name.clone(), attempt }])?;
            Ok(true)
        }
        Admission::Waits(event) => {
            session.log.durable(vec![*event]).await?;
            Ok(false)
        }
        Admission::WaitsOn => Ok(false),
        Admission::Fails(error) => Err(error.into()),
    }
}
