//! `diff`: a plan against the world as it is now, two snapshots, or source and target of a workflow.

use std::collections::BTreeMap;
use std::path::Path;

use gateshift_assess::Snapshot;
use gateshift_gateway_model::diff::{Change, Changed, compare};
use gateshift_model::{Difference, Operation, RunDefinition, Verb, differences};
use serde::Serialize;
use serde_json::{Value, json};

use super::load;
use super::plan::PlanFile;
use super::preview::{failure, preview, read_bytes};
use crate::args::Diff;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{Store, from_file, of_run};

pub(super) async fn run(given: &Diff, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let differs = match &given.other {
        Some(other) => snapshots(&given.one, other, output)?,
        None if is_json(&given.one) => plan(given, store, output).await?,
        None => workflow(given, store, output).await?,
    };
    Ok(if differs { Exit::Changes } else { Exit::Done })
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
        || read_bytes(path).is_ok_and(|bytes| bytes.first() == Some(&b'{'))
}

fn snapshots(one: &Path, other: &Path, output: &Output) -> Result<bool, CliError> {
    let read = |path| Ok::<_, CliError>(Snapshot::parse(&read_bytes(path)?)?.read().inventory);
    let changed = compare(&read(one)?, &read(other)?);
    let text = if changed.is_empty() { "the two are the same".to_owned() } else { changes(&changed) };
    output.data(&json!({ "changed": changed }), &text);
    Ok(!changed.is_empty())
}

async fn plan(given: &Diff, store: Option<&str>, output: &Output) -> Result<bool, CliError> {
    let file = PlanFile::read(&given.one)?;
    let rehearsal = of_run(&file.definition, given.endpoints.endpoints.as_deref())?;
    let store = Store::of(store, Some(&given.one))?;
    let seen = preview(&file.definition, &rehearsal, &store, None, output).await?;
    let now = PlanFile::of(&file.definition, seen)?;
    let moved = file.moved(&now);
    let text =
        if moved.is_empty() { "the plan holds: nothing has moved".to_owned() } else { moved.join("\n") };
    output.data(&json!({ "moved": moved }), &text);
    Ok(!moved.is_empty())
}

/// How source and target stand to each other, for objects of one kind.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sides {
    only_in_source: Vec<String>,
    only_in_target: Vec<String>,
    different: BTreeMap<String, Vec<Difference>>,
    same: usize,
}

async fn workflow(given: &Diff, store: Option<&str>, output: &Output) -> Result<bool, CliError> {
    let checked = load::from(&given.one, &given.inputs, output)?;
    let rehearsal = from_file(given.endpoints.endpoints.as_deref())?;
    let store = Store::of(store, Some(&given.one))?;
    let definition = RunDefinition { rehearsal: rehearsal.frozen(), ..checked.definition };
    let seen = preview(&definition, &rehearsal, &store, None, output).await?;
    if let Some(error) = failure(&seen) {
        return Err(error);
    }
    let kinds = sides(seen.plans().flat_map(|(_, plan, _)| &plan.operations));
    let differs = kinds.values().any(|sides| {
        !sides.only_in_source.is_empty() || !sides.only_in_target.is_empty() || !sides.different.is_empty()
    });
    output.data(&json!({ "kinds": kinds }), &told(&kinds));
    Ok(differs)
}

/// What the operations of a plan say of both sides: what would be made is missing, what would be taken
/// as it is is the same.
fn sides<'a>(operations: impl Iterator<Item = &'a Operation>) -> BTreeMap<String, Sides> {
    let mut kinds: BTreeMap<String, Sides> = BTreeMap::new();
    for operation in operations {
        let sides = kinds.entry(operation.object.kind.clone()).or_default();
        let name = operation.object.name.clone();
        match operation.verb {
            Verb::Adopt => sides.same += 1,
            Verb::Delete => sides.only_in_target.push(name),
            Verb::Create | Verb::Attach => sides.only_in_source.push(name),
            Verb::Update | Verb::Deploy => {
                let fields = differences(&operation.before.value(), &operation.after.value());
                sides.different.insert(name, fields);
            }
        }
    }
    kinds
}

fn told(kinds: &BTreeMap<String, Sides>) -> String {
    let mut text = String::new();
    for (kind, sides) in kinds {
        text.push_str(&format!("{kind}: {} the same\n", sides.same));
        for name in &sides.only_in_source {
            text.push_str(&format!("  only in source: {name}\n"));
        }
        for name in &sides.only_in_target {
            text.push_str(&format!("  only in target: {name}\n"));
        }
        for (name, fields) in &sides.different {
            text.push_str(&format!("  different: {name}\n"));
            fields.iter().for_each(|one| text.push_str(&field(one)));
        }
    }
    text
}

/// Changed objects, a line each, their fields below.
pub(super) fn changes(changed: &[Changed]) -> String {
    let mut text = String::new();
    for one in changed {
        match &one.change {
            Change::Added => text.push_str(&format!("+ {}\n", one.object)),
            Change::Removed => text.push_str(&format!("- {}\n", one.object)),
            Change::Fields { fields } => {
                text.push_str(&format!("~ {}\n", one.object));
                fields.iter().for_each(|one| text.push_str(&field(one)));
            }
        }
    }
    text
}

fn field(one: &Difference) -> String {
    let path = if one.path.is_empty() { "all of it" } else { &one.path };
    let short = |value: &Value| {
        let text = value.to_string();
        match text.char_indices().nth(100) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        }
    };
    format!("    {path}: {} -> {}\n", short(&one.before), short(&one.after))
}

#[cfg(test)]
mod tests {
    use gateshift_model::{ObjectRef, Operation, OperationKey, Verb};
    use serde_json::{Value, json};

    use super::{sides, told};

    #[test]
    fn operations_tell_how_the_two_sides_stand() {
        let operation = |name: &str, verb, before: Value, after: Value| Operation {
            key: OperationKey::new(format!("route/{name}")),
            verb,
            object: ObjectRef { kind: "route".into(), name: name.into() },
            before: before.into(),
            after: after.into(),
            waits_for: Vec::new(),
        };
        let all = [
            operation("a", Verb::Create, Value::Null, json!({"w": 1})),
            operation("b", Verb::Adopt, Value::Null, json!({})),
            operation("c", Verb::Update, json!({"w": 1}), json!({"w": 2})),
            operation("d", Verb::Delete, json!({}), Value::Null),
        ];
        let text = told(&sides(all.iter()));
        for line in
            ["route: 1 the same", "only in source: a", "only in target: d", "different: c\n    w: 1 -> 2"]
        {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
