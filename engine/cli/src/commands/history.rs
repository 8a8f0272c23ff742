//! `history`: every event of a run, from the journal alone.

use gateshift_executor::{event_of, system_clock};
use gateshift_journal::history;
use gateshift_model::{Actor, Envelope, Event, StepName, Timestamp};
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
    let wanted = Wanted::of(given, system_clock()());
    let mut lines = Vec::new();
    let mut shown = Vec::new();
    let events = history(&*journal, id).await?;
    let actors = events.iter().map(|envelope| envelope.actor.0.chars().count()).max().unwrap_or(0);
    for envelope in events {
        let event = event_of(&envelope)?;
        if !wanted.fits(&envelope, &event) {
            continue;
        }
        lines.push(format!(
            "{:>6}  {:<24}  {:<actors$}  {}",
            envelope.seq,
            envelope.at,
            envelope.actor,
            describe::event(&event)
        ));
        shown.push(envelope);
    }
    if shown.is_empty() {
        output.say("no event of this run fits what was asked for");
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

/// Which events are shown.
struct Wanted<'a> {
    step: Option<&'a str>,
    actor: Option<&'a str>,
    since: Option<Timestamp>,
    calls: bool,
}

impl<'a> Wanted<'a> {
    fn of(given: &'a History, now: Timestamp) -> Self {
        Self {
            step: given.step.as_deref(),
            actor: given.actor.as_deref(),
            since: given.since.map(|since| since.moment(now)),
            calls: given.calls,
        }
    }

    fn fits(&self, envelope: &Envelope, event: &Event) -> bool {
        self.step.is_none_or(|step| event.step().map(StepName::as_str) == Some(step))
            && self.actor.is_none_or(|actor| is(&envelope.actor, actor))
            && self.since.is_none_or(|since| envelope.at >= since)
            && (self.calls || !matches!(event, Event::CallAnswered { .. }))
    }
}

/// Whether an actor is meant: by the whole name, or by what stands behind `user:`.
fn is(actor: &Actor, wanted: &str) -> bool {
    actor.0 == wanted || actor.0.split_once(':').is_some_and(|(_, name)| name == wanted)
}

#[cfg(test)]
mod tests {
    use gateshift_model::{Actor, Envelope, Event, GENESIS, RunId, StepName, Timestamp};

    use super::Wanted;

    #[test]
    fn every_filter_narrows() {
        let event = |step: &str| Event::StepDone { step: StepName::new(step).unwrap(), attempt: 1 };
        let events: Vec<(Envelope, Event)> =
            [("user:ann", "a", 10), ("engine", "a", 20), ("user:bob", "b", 30)]
                .into_iter()
                .map(|(actor, step, at)| {
                    let (run, actor) = (RunId(uuid::Uuid::nil()), Actor(actor.into()));
                    (Envelope::seal(run, 1, 1, Timestamp(at), actor, GENESIS, &event(step)), event(step))
                })
                .collect();
        let all = Wanted { step: None, actor: None, since: None, calls: false };
        let cases = [
            (Wanted { ..all }, 3),
            (Wanted { step: Some("a"), ..all }, 2),
            (Wanted { step: Some("c"), ..all }, 0),
            (Wanted { actor: Some("ann"), ..all }, 1),
            (Wanted { actor: Some("user:ann"), ..all }, 1),
            (Wanted { actor: Some("an"), ..all }, 0),
            (Wanted { actor: Some("engine"), ..all }, 1),
            (Wanted { since: Some(Timestamp(20)), ..all }, 2),
            (Wanted { since: Some(Timestamp(31)), ..all }, 0),
            (Wanted { step: Some("a"), since: Some(Timestamp(11)), ..all }, 1),
        ];
        for (number, (wanted, count)) in cases.iter().enumerate() {
            let found = events.iter().filter(|(envelope, event)| wanted.fits(envelope, event)).count();
            assert_eq!(found, *count, "case {number}");
        }
    }
}
