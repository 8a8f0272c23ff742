//! The checks, in the order in which a run would meet them.

use gateshift_model::{Plan, Severity, StepError};
use gateshift_step_api::Manifest;
use serde_json::{Value, json};

use crate::host::{Seen, World};
use crate::report::Report;
use crate::work::{Bench, Given, Make, bounded, is_defect, told};

/// Most writes at which it is killed.
const KILLS: usize = 12;

/// Tries everything.
pub async fn trial(make: Make<'_>, given: &Given) -> Report {
    let mut report = Report::default();
    let manifest = match make() {
        Ok(migrator) => migrator.manifest(),
        Err(error) => {
            report.add("it can be started", Err(told(&error)));
            return report;
        }
    };
    let bench = Bench { make, manifest: &manifest, given };
    report.add("its manifest is sound", sound(&manifest));
    report.add("its manifest is the same each time", constant(&bench));
    report.add("it takes the settings", takes(&bench));
    report
        .add("settings that nobody expects are refused or taken, and end nothing", hostile_settings(&bench));
    forward(&bench, &mut report).await;
    report.add("answers that nobody expects end nothing", hostile_answers(&bench).await);
    report.add("undoing what was never planned is harmless", undo_of_nothing(&bench).await);
    report
}

fn sound(manifest: &Manifest) -> Result<(), String> {
    if manifest.contract != 1 {
        return Err(format!("it is written for contract {}, and this program knows 1", manifest.contract));
    }
    if manifest.version.is_empty() || manifest.description.is_empty() {
        return Err("it has no version or no description".to_owned());
    }
    if manifest.settings["type"] != "object" {
        return Err("the schema of its settings is not that of an object".to_owned());
    }
    let unknown = manifest.connections.iter().find(|(_, used)| used.kinds.is_empty());
    unknown.map_or(Ok(()), |(role, _)| Err(format!("connection `{role}` names no kind")))
}

fn constant(bench: &Bench<'_>) -> Result<(), String> {
    let again = (bench.make)().map_err(|error| told(&error))?.manifest();
    if again == *bench.manifest { Ok(()) } else { Err("a new process says something else".to_owned()) }
}

fn takes(bench: &Bench<'_>) -> Result<(), String> {
    let found = (bench.make)().map_err(|error| told(&error))?.check(&bench.given.settings);
    match found.iter().find(|finding| finding.severity >= Severity::Decide) {
        Some(finding) => Err(format!("{}: {} (give others with --settings)", finding.code, finding.message)),
        None => Ok(()),
    }
}

fn hostile_settings(bench: &Bench<'_>) -> Result<(), String> {
    let mut deep = json!(1);
    (0..100).for_each(|_| deep = json!([deep]));
    let names =
        bench.manifest.settings["properties"].as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
    let wrong = |value: Value| -> Value {
        names
            .iter()
            .flatten()
            .map(|name| (name.clone(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let long = "\u{0}\u{1F600}\"\\".repeat(50_000);
    for settings in [
        Value::Null,
        json!([]),
        json!(1e308),
        deep.clone(),
        wrong(Value::Null),
        wrong(deep),
        wrong(json!(long)),
        wrong(json!(-1)),
    ] {
        let migrator = (bench.make)().map_err(|error| told(&error))?;
        let defects = migrator.check(&settings).into_iter().find(|one| one.code.starts_with("GS-MIGRATOR-"));
        if let Some(defect) = defects {
            return Err(format!("{}: {}", defect.code, defect.message));
        }
    }
    Ok(())
}

/// The whole way of a step, and all that can happen on it.
async fn forward(bench: &Bench<'_>, report: &mut Report) {
    let host = bench.host(World::Usual);
    let planned = bench.plan(&host).await;
    report.add("it plans", planned.as_ref().map(drop).map_err(told));
    report.add(
        "planning writes nothing",
        none(&host.seen().writes.iter().map(|call| call.action.clone()).collect::<Vec<_>>()),
    );
    let Ok(plan) = planned else {
        for name in [
            "planning twice gives the same plan",
            "it applies",
            "applying twice writes once",
            "killed at any write it ends the same",
            "throttled it says so",
            "it verifies",
            "it undoes, twice",
        ] {
            report.leave_out(name, "it has no plan (give --settings, --answers or --outputs)");
        }
        return;
    };
    report.add("planning twice gives the same plan", same_plan(bench, &plan).await);
    let host = bench.host(World::Usual);
    let output = match bench.input() {
        Ok(input) => bench.apply(&host, input, &plan).await,
        Err(error) => Err(StepError::permanent("GS-STEP-UNKNOWN", error)),
    };
    report.add("it applies", output.as_ref().map(drop).map_err(told));
    let seen = host.seen().clone();
    report.add("every write belongs to an operation of the plan", belongs(&seen, &plan));
    report.add("it asks only for what its manifest declares", none(&seen.undeclared));
    if let Ok(output) = output {
        report.add("applying twice writes once", twice(bench, &plan, &seen).await);
        report.add("killed at any write it ends the same", killed(bench, &plan, &seen).await);
        report.add("it verifies", verifies(bench, &plan, &seen, &output).await);
        report.add("it undoes, twice", undoes(bench, &plan, &seen).await);
    }
    report.add("throttled it says so and may be tried again", throttled(bench, &plan).await);
}

fn none(list: &[String]) -> Result<(), String> {
    if list.is_empty() { Ok(()) } else { Err(list.join("; ")) }
}

async fn same_plan(bench: &Bench<'_>, plan: &Plan) -> Result<(), String> {
    let again = bench.plan(&bench.host(World::Usual)).await.map_err(|error| told(&error))?;
    if again == *plan { Ok(()) } else { Err("the same world and settings gave another plan".to_owned()) }
}

fn belongs(seen: &Seen, plan: &Plan) -> Result<(), String> {
    let known = |call: &&gateshift_step_api::CallRequest| {
        call.operation.as_ref().is_some_and(|key| plan.operations.iter().any(|one| one.key == *key))
    };
    match seen.writes.iter().find(|call| !known(call)) {
        Some(call) => Err(format!(
            "{} names no operation of the plan: after a crash nobody would look for it",
            call.action
        )),
        None => Ok(()),
    }
}

async fn twice(bench: &Bench<'_>, plan: &Plan, seen: &Seen) -> Result<(), String> {
    let host = bench.host(World::Usual);
    bench.apply(&host, bench.after(seen)?, plan).await.map_err(|error| told(&error))?;
    none(
        &host
            .seen()
            .writes
            .iter()
            .map(|call| format!("it wrote again with {}", call.action))
            .collect::<Vec<_>>(),
    )
}

/// Killed while a write is under way, and gone on with by another process.
async fn killed(bench: &Bench<'_>, plan: &Plan, whole: &Seen) -> Result<(), String> {
    for at in 0..whole.writes.len().min(KILLS) {
        let host = bench.host(World::Silent(at));
        let begun = bench.apply(&host, bench.input()?, plan);
        tokio::select! {
            ended = begun => return Err(format!("it did not wait for the answer of write {}: {}", at + 1, ended.map_or_else(|error| told(&error), |_| "it was done".to_owned()))),
            () = host.silent.notified() => {}
        }
        let seen = host.seen().clone();
        let next = bench.host(World::Usual);
        bench
            .apply(&next, bench.after(&seen)?, plan)
            .await
            .map_err(|error| format!("killed at write {}: {}", at + 1, told(&error)))?;
        let settled = seen
            .settled
            .keys()
            .chain(next.seen().settled.keys())
            .cloned()
            .collect::<std::collections::BTreeSet<_>>();
        if let Some(open) = whole.settled.keys().find(|key| !settled.contains(*key)) {
            return Err(format!("killed at write {}, operation `{open}` was never settled", at + 1));
        }
    }
    Ok(())
}

async fn throttled(bench: &Bench<'_>, plan: &Plan) -> Result<(), String> {
    let host = bench.host(World::Throttled);
    match bench.apply(&host, bench.input()?, plan).await {
        Ok(_) => Ok(()),
        Err(error) if error.class == gateshift_model::ErrorClass::Retryable => Ok(()),
        Err(error) => Err(format!("it gave up for good: {}", told(&error))),
    }
}

async fn verifies(bench: &Bench<'_>, plan: &Plan, seen: &Seen, output: &Value) -> Result<(), String> {
    let host = bench.host(World::Usual);
    let migrator = (bench.make)().map_err(|error| told(&error))?;
    let input = bench.after(seen)?;
    bounded(migrator.verify(&host, &input, plan, output)).await.map_err(|error| told(&error))?;
    none(
        &host
            .seen()
            .writes
            .iter()
            .map(|call| format!("verifying wrote with {}", call.action))
            .collect::<Vec<_>>(),
    )
}

async fn undoes(bench: &Bench<'_>, plan: &Plan, seen: &Seen) -> Result<(), String> {
    for _ in 0..2 {
        let host = bench.host(World::Usual);
        let migrator = (bench.make)().map_err(|error| told(&error))?;
        let input = bench.after(seen)?;
        let undone = bounded(migrator.undo(&host, &input, Some(plan))).await.map_err(|error| told(&error))?;
        if let Some(left) = undone.left.first() {
            return Err(format!("it leaves something: {left}"));
        }
        none(&host.seen().undeclared)?;
    }
    Ok(())
}

async fn undo_of_nothing(bench: &Bench<'_>) -> Result<(), String> {
    let host = bench.host(World::Usual);
    let migrator = (bench.make)().map_err(|error| told(&error))?;
    let input = bench.input()?;
    let undone = bounded(migrator.undo(&host, &input, None)).await;
    let wrote: Vec<String> =
        host.seen().writes.iter().map(|call| format!("it wrote with {}", call.action)).collect();
    undone.map(drop).or_else(|error| if is_defect(&error) { Err(told(&error)) } else { Ok(()) })?;
    none(&wrote)
}

/// A failure is an answer; a crash, an endless loop or garbage is none.
async fn hostile_answers(bench: &Bench<'_>) -> Result<(), String> {
    let mut deep = json!(1);
    (0..100).for_each(|_| deep = json!({ "data": deep }));
    for answer in
        [Value::Null, json!([]), json!("text"), json!(-1), deep, json!({ "data": "x".repeat(4 << 20) })]
    {
        let host = bench.host(World::Nonsense(answer));
        let plan = match bench.plan(&host).await {
            Ok(plan) => plan,
            Err(error) if is_defect(&error) => return Err(told(&error)),
            Err(_) => continue,
        };
        if let Err(error) = bench.apply(&host, bench.input()?, &plan).await
            && is_defect(&error)
        {
            return Err(told(&error));
        }
    }
    Ok(())
}
