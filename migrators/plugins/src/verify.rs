//! Answers the three checkpoints of the plugins by reading everything back. Whether a plugin does to a
//! request what it did before is shown by the `verify` step, which asks both gateways.

use std::collections::BTreeMap;

use gateshift_apig::Client;
use gateshift_apig::wire::{PluginAttachmentView, PluginClassView, PluginView};
use gateshift_gateway_model::Plugged;
use gateshift_sdk::api::{Host, StepInput};
use gateshift_sdk::model::{Checkpoint, CheckpointResult, Operation, Plan, StepError};
use serde_json::{Value, json};

use crate::apply::difference;
use crate::facts::{ATTACHMENT, CLASS, Facts, OF, PluginFact, flips};
use crate::read::open;
use crate::table::{stage_rank, table};

/// What the target shows.
struct Shown {
    classes: Vec<PluginClassView>,
    plugins: Vec<PluginView>,
    attachments: Vec<PluginAttachmentView>,
}

/// Answers the checkpoints.
pub(crate) async fn verify(
    host: &dyn Host,
    input: &StepInput,
    plan: &Plan,
    output: &Value,
) -> Result<Vec<Checkpoint>, StepError> {
    let facts = Facts::of(plan)?;
    let made: Plugged = serde_json::from_value(output.clone()).map_err(|error| {
        let text = format!("the step's output has another shape than expected: {error}");
        StepError::permanent("GS-OUTPUT-SHAPE", text)
    })?;
    let client = Client::new(host, input.run, &facts.gateway, &facts.environment);
    let shown = Shown {
        classes: client.plugin_classes().await?,
        plugins: client.plugins().await?,
        attachments: client.plugin_attachments(None).await?,
    };
    let (official, own): (Vec<&PluginFact>, Vec<&PluginFact>) =
        facts.plugins.iter().partition(|one| !one.custom);
    Ok(vec![
        installed("plugins.official_installed_configured_working", host, plan, &made, &shown, &official)?,
        installed("plugins.custom_uploaded_and_working", host, plan, &made, &shown, &own)?,
        effective(&facts, &made, &shown),
    ])
}

fn installed(
    name: &str,
    host: &dyn Host,
    plan: &Plan,
    made: &Plugged,
    shown: &Shown,
    plugins: &[&PluginFact],
) -> Result<Checkpoint, StepError> {
    let mut wrong = Vec::new();
    let mut evidence = Vec::new();
    for plugin in plugins {
        let id = made.plugins.get(&plugin.id).map(String::as_str).unwrap_or_default();
        let there = shown.plugins.iter().find(|one| one.plugin_id == id);
        if there.is_none() {
            wrong.push(format!("{} is not installed", plugin.name));
        }
        if plugin.custom {
            wrong.extend(unpublished(plan, shown, plugin));
        }
        let of_plugin = |one: &&Operation| {
            one.object.kind == ATTACHMENT && one.after.string(OF).as_deref() == Some(plugin.key.as_str())
        };
        for operation in plan.operations.iter().filter(of_plugin) {
            let planned = operation.after.value();
            let found = shown.attachments.iter().find(|one| {
                let ids = planned["attachResourceIds"].as_array().into_iter().flatten();
                one.plugin_id == id
                    && planned["attachResourceType"] == one.attach_resource_type.as_str()
                    && ids
                        .filter_map(Value::as_str)
                        .any(|id| one.resource_infos.iter().any(|own| own.resource_id == id))
            });
            let different = match found {
                None => Some("it is not there".to_owned()),
                Some(found) => difference(host, &planned, found)?,
            };
            wrong.extend(different.map(|different| format!("{}: {different}", operation.object.name)));
            let config = open(host, &planned["pluginConfig"])?;
            evidence.push(json!({"attachment": operation.object.name, "bytes": config.len(), "enable": planned["enable"]}));
        }
    }
    let message = match (plugins.len(), wrong.as_slice()) {
        (0, _) => "the source has none".to_owned(),
        (count, []) => format!(
            "{count} are installed, with every configuration byte for byte and switched as at the source"
        ),
        (_, wrong) => some_of(wrong),
    };
    Ok(Checkpoint::judge(
        name,
        wrong.is_empty(),
        message,
        json!({"attachments": evidence, "wrong": wrong, "table": table().dated}),
    ))
}

/// A class of the operator's own that is not published.
fn unpublished(plan: &Plan, shown: &Shown, plugin: &PluginFact) -> Option<String> {
    let operation =
        plan.operations.iter().find(|one| one.object.kind == CLASS && one.object.name == plugin.name)?;
    let name = operation.after.string("name").unwrap_or_default();
    let class = shown.classes.iter().find(|one| one.name == name);
    match class {
        Some(class) if class.publish_status == "Success" => None,
        Some(class) => Some(format!("class {name} is {}", class.publish_status)),
        None => Some(format!("class {name} is not there")),
    }
}

/// Orders as the target shows them now that everything is installed.
fn effective(facts: &Facts, made: &Plugged, shown: &Shown) -> Checkpoint {
    let mut orders: BTreeMap<&str, Option<(u8, i64)>> = BTreeMap::new();
    for plugin in &facts.plugins {
        let id = made.plugins.get(&plugin.id).map(String::as_str).unwrap_or_default();
        let class = shown.plugins.iter().find(|one| one.plugin_id == id).map(|one| &one.plugin_class_info);
        let order = class.and_then(|class| stage_rank(&class.execute_stage).zip(class.priority()));
        orders.insert(&plugin.name, order.map(|(stage, priority)| (stage, -priority)));
    }
    let at = |one: &PluginFact| orders.get(one.name.as_str()).copied().flatten();
    // Flips that the plan told are the operator's decision by now.
    let told: Vec<(&str, &str)> = flips(&facts.plugins, |one| one.expected).into_iter().map(names).collect();
    let flipped: Vec<(&str, &str)> = flips(&facts.plugins, at).into_iter().map(names).collect();
    // Where the target's place of a plugin is documented nowhere, the plan could not tell; a flip is a warning
    // there as everywhere.
    let foreseen = |name: &str| facts.plugins.iter().any(|one| one.name == name && one.expected.is_some());
    let untold = || flipped.iter().filter(|pair| !told.contains(pair));
    let known = |(first, second): &&(&str, &str)| foreseen(first) && foreseen(second);
    let new: Vec<_> = untold().filter(known).collect();
    let late: Vec<_> = untold().filter(|pair| !known(pair)).collect();
    let blind: Vec<&str> = facts
        .plugins
        .iter()
        .filter(|one| one.on && (one.order.is_none() || at(one).is_none()))
        .map(|one| one.name.as_str())
        .collect();
    let evidence = json!({"flipped": flipped, "told": told, "shown_now": late, "unknown": blind});
    let name = "plugins.rules_effective";
    if !new.is_empty() {
        let text = format!(
            "the target runs them in another order than the source, and the plan did not say so: {new:?}"
        );
        return Checkpoint::new(name, CheckpointResult::Fail, text, evidence);
    }
    if blind.len() > 1 {
        let text = format!("nobody tells in which order these work: {}", blind.join(", "));
        return Checkpoint::new(name, CheckpointResult::Unclear, text, evidence);
    }
    let text = if flipped.is_empty() {
        "levels and order are as at the source".to_owned()
    } else if late.is_empty() {
        format!("levels are as at the source, order is but for what the plan told: {flipped:?}")
    } else {
        format!(
            "levels are as at the source; order differs in {flipped:?}, of which the target showed only now: {late:?}"
        )
    };
    Checkpoint::new(name, CheckpointResult::Pass, text, evidence)
}

fn names<'a>((first, second): (&'a PluginFact, &'a PluginFact)) -> (&'a str, &'a str) {
    (&first.name, &second.name)
}

/// The first few of many texts.
fn some_of(texts: &[String]) -> String {
    let shown = texts.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("; ");
    if texts.len() > 3 { format!("{shown}; and {} more", texts.len() - 3) } else { shown }
}
