//! The stories: graphs of several shapes, and what an operator does with each.

use std::time::Duration;

use gateshift_model::{
    Conditions, Day, MigratorName, OnFailure, RunDefinition, StepDefinition, UndoScope, Waiver,
};
use serde_json::{Value, json};

use crate::Command;
use crate::testing::{definition, name, step};
use crate::tests::approvals::approval;
use crate::tests::outputs::steps;
use crate::tests::windows::night;

/// What the operator does next.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    Drive,
    Resume,
    Undo(UndoScope),
    Act(Command),
    /// Asks whoever drives the run next, through the inbox.
    Ask(Command),
    /// Another user does it.
    By(&'static str, Command),
    /// Puts so many things right in the outside world.
    Click(u64),
}

/// A workflow and what becomes of it.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) definition: RunDefinition,
    pub(crate) stages: Vec<Stage>,
    /// Processes come to rest rather than wait for people and windows.
    pub(crate) no_wait: bool,
}

fn makes(count: u64) -> Value {
    json!({ "objects": count })
}

fn carries(mut step: StepDefinition) -> StepDefinition {
    step.undo = UndoScope::Traffic;
    step
}

fn failing(mut step: StepDefinition, on_failure: OnFailure) -> StepDefinition {
    step.on_failure = on_failure;
    step
}

fn waiver(code: &str) -> Waiver {
    Waiver {
        code: code.into(),
        object: "*".into(),
        owner: "ann".into(),
        reason: "agreed".into(),
        // Far enough for every jump of the clock.
        expires: Day::parse("1971-01-01").unwrap(),
    }
}

fn why() -> String {
    "asked for".into()
}

/// Two steps in a row, the second broken until somebody clicks, and one after it.
fn broken(on_failure: OnFailure) -> Vec<StepDefinition> {
    vec![
        step("a", &[], makes(2)),
        failing(step("b", &["a"], json!({"objects": 2, "broken": 1})), on_failure),
        step("c", &["b"], makes(1)),
    ]
}

/// Three steps in a row, the second under a condition.
fn conditional(conditions: &Conditions) -> Vec<StepDefinition> {
    let mut steps = vec![
        step("a", &[], makes(1)),
        step("b", &["a"], json!({"objects": 2, "pending": 1})),
        step("c", &["b"], makes(1)),
    ];
    steps[1].conditions = conditions.clone();
    steps
}

pub(crate) fn all() -> Vec<Story> {
    use Stage::{Act, Ask, By, Click, Drive, Resume, Undo};
    let story = |name, steps, stages| Story { name, definition: definition(steps), stages, no_wait: false };
    let parallel = || {
        vec![
            step("a", &[], json!({"objects": 2, "checkpoint": "pass"})),
            step("b", &["a"], json!({"objects": 2, "pending": 2})),
            step("c", &["a"], json!({"objects": 2, "fail_attempts": 2})),
            step("d", &["a"], Value::Null),
            carries(step("e", &["b", "c", "d"], makes(1))),
        ]
    };
    let mut slow = step("slow", &[], json!({"objects": 1, "fail_attempts": 1, "pending": 1}));
    slow.retry.initial = Duration::from_secs(7200);
    slow.retry.max = Duration::from_secs(7200);
    let waived = RunDefinition {
        waivers: vec![waiver("FND"), waiver("asked")],
        ..definition(vec![
            step("a", &[], json!({"objects": 2, "finding": "block"})),
            step("b", &["a"], json!({"objects": 1, "checkpoint": "fail"})),
        ])
    };
    let frugal = MigratorName::new("frugal").unwrap();
    let mut skipping = broken(OnFailure::Hold);
    skipping[2].uses = frugal;
    let skip = Command::Skip { step: name("b"), reason: why(), risk: "nobody looked".into() };
    let rolls = vec![
        step("a", &[], makes(1)),
        carries(step("share", &["a"], makes(2))),
        failing(step("c", &["share"], json!({"objects": 1, "broken": 1})), OnFailure::Rollback),
    ];
    let approve = || Command::Approve { step: name("b"), plan: None, reason: why() };
    let reject = Command::Reject { step: name("b"), plan: None, reason: why() };
    let rerun = |from| Command::Rerun { from: name(from), reason: why() };
    vec![
        story("parallel", parallel(), vec![Drive]),
        story(
            "timers",
            vec![
                slow,
                step("p", &[], json!({"objects": 1, "pending": 3})),
                step("q", &["p", "slow"], makes(1)),
            ],
            vec![Drive],
        ),
        story("hold", broken(OnFailure::Hold), vec![Drive, Click(1), Resume]),
        story("undo on failure", broken(OnFailure::Undo), vec![Drive, Click(1), Resume]),
        story(
            "continue",
            broken(OnFailure::Continue),
            vec![Drive, Click(1), Act(Command::Retry { step: None, reason: why() })],
        ),
        story("rollback on failure", rolls, vec![Drive, Click(1), Act(rerun("share"))]),
        Story { name: "waivers", definition: waived, stages: vec![Drive], no_wait: false },
        story(
            "by hand",
            vec![step("a", &[], json!({"objects": 1, "manual": 2})), step("b", &["a"], makes(1))],
            vec![Drive, Click(1), Resume, Click(2), Resume],
        ),
        story("way back", parallel(), vec![Drive, Undo(UndoScope::Traffic), Undo(UndoScope::All)]),
        story("skipped", skipping, vec![Drive, Act(skip), Resume, Undo(UndoScope::All)]),
        story(
            "canceled",
            broken(OnFailure::Hold),
            vec![Drive, Act(Command::Cancel { undo: false, reason: why() })],
        ),
        story(
            "canceled and taken back",
            broken(OnFailure::Hold),
            vec![Drive, Act(Command::Cancel { undo: true, reason: why() })],
        ),
        story(
            "paused and repeated",
            broken(OnFailure::Hold),
            vec![
                Click(1),
                Act(Command::Pause { connection: None, reason: why() }),
                Drive,
                Resume,
                Act(rerun("b")),
            ],
        ),
        story(
            "asked to pause",
            parallel(),
            vec![Ask(Command::Pause { connection: None, reason: why() }), Drive, Resume],
        ),
        story(
            "asked to skip",
            vec![step("a", &[], makes(2)), step("b", &["a"], makes(1)), step("c", &["b"], makes(1))],
            vec![
                Ask(Command::Skip { step: name("c"), reason: why(), risk: "none".into() }),
                Drive,
                Undo(UndoScope::All),
            ],
        ),
        story("passed over", steps(), vec![Drive, Undo(UndoScope::All)]),
        story("in its window", conditional(&night()), vec![Drive]),
        Story {
            no_wait: true,
            ..story(
                "approved",
                conditional(&approval(2)),
                vec![Drive, By("ann", approve()), Resume, By("bob", approve()), Resume],
            )
        },
        Story {
            no_wait: true,
            ..story(
                "rejected, then approved",
                conditional(&approval(1)),
                vec![Drive, By("ann", reject), Resume, Resume, By("bob", approve()), Resume],
            )
        },
        story(
            "stuck",
            vec![step("a", &[], makes(1)), step("b", &["a"], json!({"objects": 1, "undo_broken": 1}))],
            vec![Drive, Undo(UndoScope::All), Click(1), Resume],
        ),
    ]
}
