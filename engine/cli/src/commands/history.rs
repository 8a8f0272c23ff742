//! `history`: every event of a run, from the journal alone.

use gateshift_executor::event_of;
use gateshift_journal::history;
use gateshift_model::Event;
use serde_json::json;

use crate::args::History;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, describe};
use crate::wiring::{Store, find_run};

pub(super) async fn run(given: &History, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let store = Store::of(store, None)?;
    let journal = store.read().await?;
    let id = find_run(&*journal, given.run.as_deref()).await?;
    let mut lines = Vec::new();
    let mut shown = Vec::new();
    for envelope in history(&*journal, id).await? {
        let event = event_of(&envelope)?;
        let other_step = given
            .step
            .as_ref()
            .is_some_and(|step| event.step().map(gateshift_model::StepName::as_str) != Some(step));
        if other_step || (!given.calls && matches!(event, Event::CallAnswered { .. })) {
            continue;
        }
        lines.push(format!(
            "{:>6}  {}  {:<14} {}",
            envelope.seq,
            envelope.at,
            envelope.actor,
            describe::event(&event)
        ));
        shown.push(envelope);
    }
    if output.events.is_some() {
        for envelope in &shown {
            output.event(&serde_json::to_value(envelope).unwrap_or_default());
        }
        return Ok(Exit::Done);
    }
    output.data(&json!({"run": id, "events": shown}), &lines.join("\n"));
    Ok(Exit::Done)
}
