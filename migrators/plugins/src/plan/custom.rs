//! Classes of the operator's own plugins: uploaded again from where the binary is.

use std::collections::BTreeMap;

use gateshift_apig::wire::PluginClassView;
use gateshift_gateway_model::{Plugin, Stage};
use gateshift_sdk::model::{Severity, Verb};
use gateshift_sdk::name;
use serde_json::{Value, json};

use super::{Class, Draft, Reference, touches, weight};
use crate::read::{BinaryLook, Read};
use crate::table::stage_rank;

/// The target takes no order of 0: then every own plugin of the stage moves up by this much.
const SHIFT: i64 = 10;
/// How much of a summary goes over; how much the target takes is not documented.
const SUMMARY_LETTERS: usize = 100;

/// By how much the order inside each stage moves.
pub(super) fn shifts(plugins: &[Read<'_>]) -> BTreeMap<Stage, i64> {
    let own = plugins.iter().map(|read| read.plugin).filter(|plugin| plugin.custom && plugin.priority == 0);
    own.filter_map(|plugin| Some((plugin.stage?, SHIFT))).collect()
}

/// The class; `None` when it cannot be described, which is a finding then.
pub(super) fn class(draft: &mut Draft<'_>, read: &Read<'_>, shifts: &BTreeMap<Stage, i64>) -> Option<Class> {
    let plugin = read.plugin;
    let Some((stage, language)) = plugin.stage.map(stage_token).zip(plugin.language.and_then(language_token))
    else {
        let text = "the numbers of its stage and its language are not both known";
        draft.find(
            weight(read),
            "SRC-UNCLEAR",
            &plugin.name,
            text,
            "look it up in the console of the source, and leave it behind with `exclude`",
        );
        return None;
    };
    let priority = plugin.priority + plugin.stage.and_then(|stage| shifts.get(&stage)).copied().unwrap_or(0);
    let order = stage_rank(stage).map(|rank| (rank, -priority));
    let class_name = name::plain(&plugin.name);
    let after = json!({
        "name": class_name,
        "alias": plugin.name,
        "description": description(draft, plugin),
        "version": version(&plugin.version),
        "versionDescription": format!("version {} of the source gateway", plugin.version),
        "wasmLanguage": language,
        "executeStage": stage,
        "executePriority": priority,
    });
    let there = draft.given.observed.classes.iter().find(|one| one.name == class_name);
    if let Some(there) = there {
        return existing(draft, read, there.clone(), &after, order);
    }
    let key = match address(draft, read) {
        Some(address) => {
            let mut after = after;
            after["wasmUrl"] = address;
            draft.class(Verb::Create, &plugin.name, after)
        }
        None => by_hand(draft, read, after),
    };
    Some(Class { reference: Reference::Key(key), order })
}

/// A class of that name belongs to the account, and perhaps to somebody else.
fn existing(
    draft: &mut Draft<'_>,
    read: &Read<'_>,
    there: PluginClassView,
    after: &Value,
    order: Option<(u8, i64)>,
) -> Option<Class> {
    let name = &read.plugin.name;
    let same = there.source == "Custom"
        && after["description"] == there.description.as_str()
        && after["version"] == there.version.as_str();
    if !same && !draft.given.settings.allow.contains(name) {
        let text = format!(
            "the account has a class of that name already ({}, version {}), and nobody can tell whether it is the same binary",
            there.source, there.version
        );
        let action = format!("set `allow: [{name}]` if it is the one, or rename or remove it");
        draft.find(weight(read), "PLG-CONFLICT", name, text, &action);
        return None;
    }
    let mut after = after.clone();
    after["id"] = json!(there.plugin_class_id);
    let key = draft.class(Verb::Adopt, name, after);
    let installed = draft
        .given
        .observed
        .plugins
        .iter()
        .any(|one| one.plugin_class_info.plugin_class_id == there.plugin_class_id);
    let reference = if installed { Reference::Id(there.plugin_class_id) } else { Reference::Key(key) };
    Some(Class { reference, order })
}

/// Where the binary is, sealed: where the operator says, or where the source keeps it.
fn address(draft: &Draft<'_>, read: &Read<'_>) -> Option<Value> {
    let given = draft.given.binaries.get(&read.plugin.name).cloned();
    given.or_else(|| {
        let binary = read.plugin.binary.as_ref()?;
        (read.binary == Some(BinaryLook::Open)).then(|| json!(binary))
    })
}

/// A person uploads it; the step waits for it and goes on.
fn by_hand(draft: &mut Draft<'_>, read: &Read<'_>, mut after: Value) -> gateshift_sdk::model::OperationKey {
    let plugin = read.plugin;
    let why = match read.binary {
        None => "the source does not tell where its binary is",
        Some(BinaryLook::Expired) => "the address of its binary is signed for a time that ends",
        Some(_) => "the address of its binary is none that the target could fetch",
    };
    let action = format!(
        "set `binaries: {{{}: <address>}}`, or upload it in the target's console under the name `{}`, language {}, stage {}, order {}: the step waits for it",
        plugin.name,
        after["name"].as_str().unwrap_or_default(),
        after["wasmLanguage"],
        after["executeStage"],
        after["executePriority"]
    );
    draft.find(Severity::Manual, "PLG-WASM-URL", &plugin.name, format!("{why}{}", touches(read)), &action);
    after["byHand"] = json!(true);
    draft.class(Verb::Adopt, &plugin.name, after)
}

/// Says where the class comes from, so that a later run knows its own: a version of a plugin at the source
/// has one binary.
fn description(draft: &Draft<'_>, plugin: &Plugin) -> String {
    let hash = draft.given.settings.binaries.get(&plugin.name).and_then(|binary| binary.sha256());
    let text = if plugin.summary.is_empty() { &plugin.name } else { &plugin.summary };
    let text: String = text.chars().take(SUMMARY_LETTERS).collect();
    let hash = hash.map(|hash| format!(" sha256:{}", hash.to_ascii_lowercase())).unwrap_or_default();
    let gateway = &draft.given.inventory.origin.gateway;
    format!("{text} [from {gateway}, plugin {}, version {}{hash}]", plugin.id, plugin.version)
}

/// Versions of the target have three numbers.
fn version(text: &str) -> String {
    let plain = text.trim().trim_start_matches(['v', 'V']);
    let numbers: Option<Vec<u64>> = plain.split('.').map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([major]) => format!("{major}.0.0"),
        Some([major, minor]) => format!("{major}.{minor}.0"),
        Some([major, minor, patch]) => format!("{major}.{minor}.{patch}"),
        _ => "1.0.0".to_owned(),
    }
}

fn stage_token(stage: Stage) -> &'static str {
    match stage {
        Stage::Authentication => "AUTHN",
        Stage::Authorization => "AUTHZ",
        Stage::Statistics => "STATS",
        Stage::Default => "UNSPECIFIED_PHASE",
    }
}

fn language_token(number: i64) -> Option<&'static str> {
    let number = usize::try_from(number).ok()?;
    ["Cpp", "TinyGo", "Rust", "AssemblyScript", "Zig"].get(number).copied()
}
