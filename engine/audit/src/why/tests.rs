//! There is always an answer, and it says what is true.

use gateshift_model::{
    Actor, ErrorClass, Event, Finding, Holder, RunOutcome, Severity, StepError, StepStatus, Timestamp,
    UndoScope,
};
use proptest::prelude::*;

use super::{Answer, Circumstances, NotRun, Owner, Story, explain, render, shell};
use crate::testing::{claimed, created, plan, run_id, seal, step_name, story};
use gateshift_model::Envelope;

const NOW: Timestamp = Timestamp(1_700_000_100_000);

fn holder() -> Holder {
    Holder { host: "box".into(), pid: 41, started: 7 }
}

fn owners() -> [Owner; 4] {
    let until = Timestamp(NOW.0 + 9_000);
    [
        Owner::Nobody,
        Owner::Working { holder: holder(), until },
        Owner::Gone { holder: holder(), until },
        Owner::Expired { holder: holder(), until: Timestamp(NOW.0 - 9_000) },
    ]
}

fn here(owner: Owner) -> Circumstances {
    let not_run = vec![NotRun { step: step_name("move"), because: "step `make` failed".into() }];
    Circumstances { run: run_id(), now: NOW, store: "a b/j.db".into(), owner, not_run }
}

fn told(events: &[Event], owner: Owner) -> (Answer, String) {
    let mut chain: Vec<Envelope> = Vec::new();
    for event in events {
        chain.push(seal(&chain, event));
    }
    let answer = explain(&Story::of(&chain).unwrap(), &here(owner));
    let text = render(&answer, NOW);
    (answer, text)
}

fn started() -> Vec<Event> {
    vec![created(), claimed(), Event::StepStarted { step: step_name("make"), attempt: 1, code: None }]
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

fn working() -> Owner {
    owners()[1].clone()
}

const RESUME: &str = "  gateshift resume 01980000-0000-7000-8000-000000000001 --store 'a b/j.db'";

#[test]
fn a_wait_tells_reason_values_next_look_and_since_when() {
    let mut events = started();
    events[2] = Event::StepStarted { step: step_name("move"), attempt: 1, code: None };
    for (requests, reason) in [(3, "stage 1%: too few"), (5, "stage 5%: too few"), (7, "stage 5%: too few")] {
        let step = step_name("move");
        let value = serde_json::json!({"requests": requests, "needed": 50});
        events.push(Event::Checkpointed { step: step.clone(), attempt: 1, value });
        let until = Timestamp(NOW.0 + 25_000);
        events.push(Event::StepPending { step, attempt: 1, until, reason: reason.into() });
    }
    let (answer, text) = told(&events, working());
    has(
        &text,
        &["step `move` waits: stage 5%: too few", "in 25 s", "looked 3 times", "needed 50", "requests 7"],
    );
    // The seventh event is the first with the present reason.
    assert_eq!(answer.steps[0].since, Some(Timestamp(1_700_000_000_000 + 7 * 1500)));
    has(&text, &["process 41 on box has it", "later: read, make", "gateshift rollback"]);
    assert!(text.lines().last().unwrap().starts_with("nothing to do: process 41 on box goes on"), "{text}");
    for owner in [owners()[0].clone(), owners()[2].clone(), owners()[3].clone()] {
        let (_, text) = told(&events, owner);
        has(&text, &["next: takes the run over", RESUME]);
    }
}

#[test]
fn a_retry_tells_attempt_and_next_time() {
    let mut events = started();
    let error = StepError::retryable("GS-THROTTLED", "too many calls");
    let retry_at = Some(Timestamp(NOW.0 + 4_000));
    events.push(Event::StepFailed { step: step_name("make"), attempt: 1, error, retry_at });
    let (_, text) = told(&events, working());
    has(&text, &["attempt 1 of 5", "GS-THROTTLED: too many calls", "next attempt at", "in 4.0 s"]);
}

#[test]
fn a_blocked_run_lists_its_findings_with_what_to_do() {
    let mut events = started();
    let (step, attempt) = (step_name("make"), 1);
    let findings = vec![
        Finding::new(Severity::Decide, "A-DECIDE", "routes/b", "which one"),
        Finding::new(Severity::Block, "A-BLOCK", "routes/a", "it is lost").with_action("exclude it"),
        Finding::new(Severity::Warn, "A-WARN", "routes/c", "it differs"),
    ];
    let planned = Event::StepPlanned {
        step: step.clone(),
        attempt,
        plan: plan(),
        operations: 1,
        summary: "one".into(),
        findings,
        waived: Vec::new(),
    };
    let error = StepError::new(ErrorClass::NeedsOperator, "GS-BLOCKED", "A-BLOCK routes/a: it is lost");
    let outcome = RunOutcome::Blocked;
    events.extend([
        planned,
        Event::StepFailed { step, attempt, error, retry_at: None },
        Event::RunFinished { outcome, reason: "step `make` failed".into() },
    ]);
    let (answer, text) = told(&events, Owner::Nobody);
    assert_eq!(answer.steps[0].blocking.len(), 2);
    has(
        &text,
        &["blocked: 2 findings of step `make`", "block A-BLOCK routes/a: it is lost", "-> exclude it"],
    );
    has(&text, &["not run: move because step `make` failed", RESUME, "gateshift explain A-DECIDE"]);
    assert!(!text.contains("A-WARN"), "{text}");
}

#[test]
fn who_stopped_it_and_what_resumes_it() {
    let mut events = started();
    events.push(Event::RunInterrupted { reason: "user:bob asked to stop: lunch".into() });
    let (answer, text) = told(&events, Owner::Nobody);
    assert_eq!(answer.by, Actor("engine".into()));
    has(&text, &["interrupted: it was stopped: user:bob asked to stop: lunch", "goes on where it stopped"]);
    assert_eq!(text.lines().last(), Some(RESUME));
}

#[test]
fn the_ends_say_what_became_of_it() {
    let mut events = started();
    events.push(Event::RunFinished { outcome: RunOutcome::Done, reason: String::new() });
    has(&told(&events, Owner::Nobody).1, &["it took 3.0 s", "nothing to do: it is done"]);
    events[3] = Event::UndoRequested { scope: UndoScope::Traffic, reason: "errors went up".into() };
    events.push(Event::RunFinished { outcome: RunOutcome::RolledBack, reason: String::new() });
    has(
        &told(&events, Owner::Nobody).1,
        &["rolled back: the traffic was taken back: errors went up (", "nothing to do"],
    );
    let details = serde_json::json!({"left": ["record 17"]});
    let error = StepError::needs_operator("GS-UNDO-LEFT", "record 17").with_details(details);
    events[4] = Event::StepUndoing { step: step_name("make") };
    events.push(Event::UndoFailed { step: step_name("make"), error });
    events.push(Event::RunFinished { outcome: RunOutcome::Stuck, reason: "step `make` is left".into() });
    has(&told(&events, Owner::Nobody).1, &["stuck: something could not", "left: record 17", RESUME]);
    has(&told(&events[..1], Owner::Nobody).1, &["submitted", "begins it", RESUME]);
}

#[test]
fn what_people_did_is_told_with_their_names_and_what_undoes_it() {
    let mut events = started();
    let (step, reason) = (step_name("move"), "not needed here".to_owned());
    events.push(Event::StepSkipped { step, reason, risk: Some("nobody looked".into()) });
    events.push(Event::PauseRequested { connection: None, reason: "lunch".into() });
    events.push(Event::RunFinished { outcome: RunOutcome::Paused, reason: "lunch".into() });
    let (_, text) = told(&events, Owner::Nobody);
    has(
        &text,
        &["paused: it was paused: lunch (engine)", "goes on where it was paused", RESUME, "gateshift cancel"],
    );
    has(&text, &["step `move` was skipped by engine: not needed here (risk accepted: nobody looked)"]);
    events.pop();
    has(&told(&events, Owner::Nobody).1, &["it is being paused: lunch (engine)", RESUME]);
    events.pop();
    events.push(Event::CancelRequested { undo: false, reason: "not today".into() });
    events.push(Event::RunFinished { outcome: RunOutcome::Canceled, reason: "not today".into() });
    let (answer, text) = told(&events, Owner::Nobody);
    has(&text, &["canceled: it was canceled: not today (engine)", "gateshift restart", "nothing to do"]);
    assert_eq!(answer.nothing_to_do.as_deref(), Some("it was canceled"));
}

#[test]
fn words_are_quoted_for_the_shell() {
    assert_eq!(
        [shell("a/b.db"), shell("a b"), shell("it's"), shell("")],
        ["a/b.db", "'a b'", r"'it'\''s'", "''"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn there_is_always_an_answer_that_ends_with_a_command_or_with_nothing_to_do(
        choices in prop::collection::vec(any::<u32>(), 0..60),
    ) {
        let events = story(&choices);
        for end in 1..=events.len() {
            let told = Story::of(&events[..end]).unwrap();
            for owner in owners() {
                let answer = explain(&told, &here(owner));
                let text = render(&answer, NOW);
                prop_assert!(!answer.because.is_empty());
                prop_assert!(!answer.next.is_empty() || answer.nothing_to_do.is_some());
                let last = text.lines().last().unwrap_or_default();
                prop_assert!(last.starts_with("  gateshift ") || last.starts_with("nothing to do: "), "{}", text);
                // Whatever is in trouble is in the answer.
                let failed = told.state.steps.iter().filter(|(_, own)| own.status == StepStatus::Failed);
                for (name, own) in failed {
                    let shown = answer.steps.iter().find(|step| step.name == *name);
                    prop_assert_eq!(shown.map(|step| step.error.is_some()), Some(own.error.is_some()));
                }
            }
        }
    }
}
