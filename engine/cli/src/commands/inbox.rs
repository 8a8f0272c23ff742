//! `inbox`: what waits for a person, over all runs of the journal; from the journal alone.

use std::collections::BTreeMap;

use gateshift_audit::shell;
use gateshift_executor::{may_approve, open_approval, short, state_of};
use gateshift_journal::{Journal, RunFilter};
use gateshift_model::{Actor, Plan, RunId, RunOutcome, RunState, RunStatus, StepName, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::args::MaybeRun;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, describe};
use crate::wiring::{Store, actor, find_run};

/// Operations of a plan that are listed; `--json` has all.
const LISTED: usize = 8;

/// Something that waits for a person.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    run: RunId,
    workflow: String,
    /// `approval` or `decision`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<StepName>,
    /// What it is about.
    what: String,
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Asked>,
    commands: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    plan: String,
    operations: Vec<String>,
    people: Vec<String>,
    given: Vec<Actor>,
    missing: u32,
    /// Whether it is for whoever asks.
    yours: bool,
}

pub(super) async fn run(given: &MaybeRun, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let store = Store::of(store, None)?;
    let journal = store.read().await?;
    let runs = match &given.run {
        Some(run) => vec![find_run(&*journal, Some(run)).await?],
        None => journal.runs(RunFilter::default()).await?.into_iter().map(|one| one.run).collect(),
    };
    let mut items = Vec::new();
    for run in runs {
        let state = state_of(&*journal, run).await?;
        items.extend(of_run(&*journal, run, &state, &store.to_string()).await?);
    }
    let text: Vec<String> = items.iter().map(text).collect();
    let text = if text.is_empty() { "nothing waits for a person".to_owned() } else { text.join("\n") };
    output.data(&json!({ "items": items }), &text);
    Ok(Exit::Done)
}

async fn of_run(
    journal: &dyn Journal,
    run: RunId,
    state: &RunState,
    store: &str,
) -> Result<Vec<Item>, CliError> {
    use RunOutcome::{Blocked, Canceled, Done, Held, Paused, RolledBack, Stuck};
    let mut items = Vec::new();
    let ended = matches!(state.status, RunStatus::Finished(Done | RolledBack | Canceled | Stuck | Blocked));
    if !ended && !state.undoing && state.canceling.is_none() {
        for step in &state.definition.steps {
            let Some((rule, known)) = open_approval(state, &step.name) else { continue };
            if known.missing(rule) == 0 {
                continue;
            }
            let bytes = journal.get_artifact(&known.plan.digest).await?;
            let plan: Plan = serde_json::from_slice(&bytes).unwrap_or_default();
            let digest = short(&known.plan.digest).to_owned();
            let command = |verb: &str, more: &str| {
                format!(
                    "gateshift {verb} {run} {} --plan {digest}{more} --store {}",
                    shell(step.name.as_str()),
                    shell(store)
                )
            };
            let me = actor();
            let said = known.given.iter().any(|given| given.by == me);
            items.push(Item {
                run,
                workflow: state.definition.name.clone(),
                kind: "approval",
                step: Some(step.name.clone()),
                what: summary(&plan),
                since: known.asked,
                until: known.until,
                commands: vec![command("approve", ""), command("reject", " --reason WHY")],
                approval: Some(Asked {
                    plan: digest.clone(),
                    operations: plan
                        .operations
                        .iter()
                        .map(|one| format!("{} {}", one.verb.word(), one.key))
                        .collect(),
                    people: rule.people.clone(),
                    given: known.given.iter().map(|given| given.by.clone()).collect(),
                    missing: known.missing(rule),
                    yours: may_approve(rule, &me) && !said && (rule.runner_may_approve || state.runner != me),
                }),
            });
        }
    }
    if items.is_empty() && matches!(state.status, RunStatus::Finished(Held | Blocked | Stuck | Paused)) {
        items.push(Item {
            run,
            workflow: state.definition.name.clone(),
            kind: "decision",
            step: None,
            what: format!(
                "{}: {}",
                describe::run_status(state.status),
                state.reason.as_deref().unwrap_or("nobody said why")
            ),
            since: state.updated,
            until: None,
            approval: None,
            commands: vec![format!("gateshift why {run} --store {}", shell(store))],
        });
    }
    Ok(items)
}

/// A plan in a line: what its author says, and how many operations of which kind.
fn summary(plan: &Plan) -> String {
    let mut verbs: BTreeMap<&str, usize> = BTreeMap::new();
    for operation in &plan.operations {
        *verbs.entry(operation.verb.word()).or_default() += 1;
    }
    let counts: Vec<String> = verbs.iter().map(|(verb, count)| format!("{count} to {verb}")).collect();
    let counts = if counts.is_empty() { "no operations".to_owned() } else { counts.join(", ") };
    if plan.summary.is_empty() { counts } else { format!("{} ({counts})", plan.summary) }
}

fn text(item: &Item) -> String {
    let step = item.step.as_ref().map(|step| format!(" step {step}")).unwrap_or_default();
    let mut lines = vec![format!("{} {}{step}: {}", item.run, item.workflow, item.what)];
    if let Some(asked) = &item.approval {
        let given: Vec<&str> = asked.given.iter().map(|one| one.0.as_str()).collect();
        let given = if given.is_empty() { "nobody so far".to_owned() } else { given.join(", ") };
        let yours = if asked.yours { "; yours to say" } else { "" };
        lines.push(format!(
            "  plan {} waits for {} more of {} (approved by {given}){yours}",
            asked.plan,
            asked.missing,
            asked.people.join(", ")
        ));
        lines.extend(asked.operations.iter().take(LISTED).map(|one| format!("    {one}")));
        if asked.operations.len() > LISTED {
            lines.push(format!("    and {} more", asked.operations.len() - LISTED));
        }
    }
    let until = item.until.map(|until| format!(", until {until}")).unwrap_or_default();
    lines.push(format!("  since {}{until}", item.since));
    lines.extend(item.commands.iter().map(|command| format!("  {command}")));
    lines.join("\n")
}
