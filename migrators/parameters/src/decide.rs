//! Decides which parameters are written: a pure function of the source's values, the target's features
//! and the settings.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_apig::wire::FeatureView;
use gateshift_gateway_model::TargetInstance;
use gateshift_sdk::model::{Document, Finding, ObjectRef, Operation, OperationKey, Plan, Severity, Verb};
use gateshift_sdk::to_json;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::facts::{Assessed, Facts, PARAMETER, RESTART, Wanted, restart_key};
use crate::table::{Weight, table};
use crate::value;

/// Field of the source's configuration that names parameters its version does not have.
const NOT_IN_FORCE: &str = "NoSupportedConfigList";
/// Setting it turns compression on, so it goes before the switch of compression.
const ZIP: &str = "ZipAlgorithm";

/// Settings of the step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Parameters whose loss is accepted, each with the reason.
    pub(crate) acknowledge: BTreeMap<String, String>,
    /// Parameters that keep the target's value.
    pub(crate) exclude: BTreeSet<String>,
    /// Leave a restart that is needed to the operator.
    pub(crate) no_restart: bool,
}

/// A parameter that has to be written.
struct Change<'a> {
    name: &'a str,
    feature: &'a FeatureView,
    value: String,
    restart: bool,
}

impl Change<'_> {
    /// What needs a restart first; what excludes something else is turned off before that is turned on.
    fn rank(&self) -> (bool, bool, bool, &str) {
        (!self.restart, self.name != ZIP, self.value == "true", self.name)
    }
}

/// Decides.
pub(crate) fn decide(
    source: &BTreeMap<String, Value>,
    target: &TargetInstance,
    features: &[FeatureView],
    settings: &Settings,
) -> Plan {
    let mut findings = Vec::new();
    let mut facts = Facts {
        gateway: target.gateway.clone(),
        environment: target.environment.clone(),
        unsupported: unsupported(source, settings, &mut findings),
        ..Facts::default()
    };
    let mut changes = compare(source, features, settings, &mut facts, &mut findings);
    changes.sort_by(|one, other| one.rank().cmp(&other.rank()));
    restart_finding(&changes, settings, &mut findings);
    let summary = format!("{} parameters to set, {} equal already", changes.len(), facts.equal);
    Plan { operations: operations(&changes, settings), findings, facts: to_json(&facts), summary }
}

fn unsupported(
    source: &BTreeMap<String, Value>,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Assessed> {
    let mut found = BTreeMap::new();
    for one in &table().unsupported {
        let Some(value) = source.get(&one.name) else { continue };
        let on = switched_on(value) || switched_on(&value["Enable"]);
        let reason = settings.acknowledge.get(&one.name).filter(|reason| !reason.trim().is_empty());
        if on {
            let severity = match (one.severity, reason) {
                (Weight::Block, None) => Severity::Block,
                _ => Severity::Warn,
            };
            let accepted = reason.map_or_else(String::new, |reason| format!(" (accepted: {reason})"));
            let message =
                format!("it is on at the source and the target does not have it: {}{accepted}", one.effect);
            let action = format!("{}, or set `acknowledge: {{{}: <reason>}}`", one.instead, one.name);
            findings.push(
                Finding::new(severity, "PAR-UNSUPPORTED", object(&one.name), message).with_action(action),
            );
        }
        let harmless = one.severity == Weight::Warn;
        let assessed = Assessed { value: value.clone(), on, reason: reason.cloned(), harmless };
        found.insert(one.name.clone(), assessed);
    }
    found
}

/// A switch may be answered as text.
fn switched_on(value: &Value) -> bool {
    value == true
        || value == 1
        || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1")
}

fn compare<'a>(
    source: &'a BTreeMap<String, Value>,
    features: &'a [FeatureView],
    settings: &Settings,
    facts: &mut Facts,
    findings: &mut Vec<Finding>,
) -> Vec<Change<'a>> {
    let dead = not_in_force(source);
    let lost = |name: &str| table().unsupported.iter().any(|one| one.name == name);
    let silent = table().known.iter().filter(|one| !source.contains_key(&one.name));
    let names = source.keys().map(String::as_str).chain(silent.map(|one| one.name.as_str()));
    let mut changes = Vec::new();
    let mut unknown = Vec::new();
    for name in names.filter(|name| *name != NOT_IN_FORCE && !lost(name) && !dead.contains(*name)) {
        let Some(feature) = find(features, name) else {
            if let Some(value) = source.get(name).filter(|value| says_something(value)) {
                no_match(name, value, settings, findings);
            }
            continue;
        };
        let default = table().known(name).and_then(|one| one.default.as_deref());
        let set = source.get(name).and_then(|value| value::text(value, feature));
        let Some(wanted) = set.clone().or_else(|| default.map(str::to_owned)) else {
            unknown.push(name);
            continue;
        };
        let kind = feature.definition.value_type.as_str();
        if settings.exclude.contains(name) {
            continue;
        }
        if value::same(kind, &wanted, feature.effective()) {
            facts.equal += 1;
            facts.wanted.insert(name.to_owned(), wanted_of(feature, feature.effective()));
            continue;
        }
        if default.is_some_and(|default| value::same(kind, default, &wanted)) {
            default_differs(name, &wanted, feature.effective(), findings);
        }
        if let Some(cause) = value::refusal(&wanted, feature) {
            refused(name, &wanted, feature, &cause, settings, findings);
            continue;
        }
        facts.wanted.insert(name.to_owned(), wanted_of(feature, &wanted));
        let restart = table().known(name).is_some_and(|one| one.restart);
        changes.push(Change { name, feature, value: wanted, restart });
    }
    if !unknown.is_empty() {
        findings.push(
            Finding::new(
                Severity::Info,
                "PAR-DEFAULT-DIFFERS",
                "parameters",
                format!("the source says nothing about {} and no document tells its default; the target's values stay", unknown.join(", ")),
            )
            .with_action("compare them in both consoles if they matter to you"),
        );
    }
    changes
}

/// By the name for people, exactly or but for the case of letters. Names on the wire are never guessed.
fn find<'a>(features: &'a [FeatureView], name: &str) -> Option<&'a FeatureView> {
    let exact = features.iter().find(|one| one.definition.display_name == name);
    exact.or_else(|| features.iter().find(|one| one.definition.display_name.eq_ignore_ascii_case(name)))
}

fn wanted_of(feature: &FeatureView, value: &str) -> Wanted {
    let definition = &feature.definition;
    Wanted { feature: definition.name.clone(), value: value.to_owned(), kind: definition.value_type.clone() }
}

/// Names in the list, however it is written.
fn not_in_force(source: &BTreeMap<String, Value>) -> BTreeSet<String> {
    let text = source.get(NOT_IN_FORCE).map(Value::to_string).unwrap_or_default();
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).map(str::to_owned).collect()
}

fn says_something(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value.as_str().is_none_or(|text| !text.is_empty())
}

fn no_match(name: &str, value: &Value, settings: &Settings, findings: &mut Vec<Finding>) {
    if settings.exclude.contains(name) || settings.acknowledge.contains_key(name) {
        return;
    }
    findings.push(
        Finding::new(
            Severity::Warn,
            "PAR-NO-MATCH",
            object(name),
            format!("the target lists no parameter of that name; at the source it is {value}"),
        )
        .with_action(
            "look for it in the target's console, or set `acknowledge` with the reason why it may go",
        ),
    );
}

fn default_differs(name: &str, wanted: &str, present: &str, findings: &mut Vec<Finding>) {
    let text =
        format!("the source's default is `{wanted}`, the target has `{present}`; the source's is written");
    findings.push(
        Finding::new(Severity::Warn, "PAR-DEFAULT-DIFFERS", object(name), text)
            .with_action("list it under `exclude` to keep the target's"),
    );
}

fn refused(
    name: &str,
    wanted: &str,
    feature: &FeatureView,
    cause: &str,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) {
    let reason = settings.acknowledge.get(name);
    let severity = if reason.is_some() { Severity::Warn } else { Severity::Block };
    let present = feature.effective();
    let text = format!("the source has `{wanted}`, the target `{present}`, and it cannot be set: {cause}");
    findings.push(Finding::new(severity, "PAR-VALUE", object(name), text).with_action(format!(
        "change it at the source, or keep the target's value with `acknowledge: {{{name}: <reason>}}`"
    )));
}

fn restart_finding(changes: &[Change<'_>], settings: &Settings, findings: &mut Vec<Finding>) {
    let names: Vec<&str> = changes.iter().filter(|one| one.restart).map(|one| one.name).collect();
    if names.is_empty() {
        return;
    }
    let who = if settings.no_restart {
        "as told, the gateway is not restarted, and they do not act before somebody does it"
    } else {
        "the gateway is restarted after they are set"
    };
    findings.push(
        Finding::new(
            Severity::Warn,
            "PAR-RESTART",
            "parameters",
            format!("{} act after a restart; {who}", names.join(", ")),
        )
        .with_action("let this step run before traffic moves"),
    );
}

fn operations(changes: &[Change<'_>], settings: &Settings) -> Vec<Operation> {
    let one = |change: &Change<'_>| Operation {
        key: OperationKey::new(format!("parameter/{}", change.name)),
        verb: Verb::Update,
        object: ObjectRef { kind: PARAMETER.to_owned(), name: change.name.to_owned() },
        before: json!({"value": change.feature.value, "inForce": change.feature.effective()}).into(),
        after: json!({
            "feature": change.feature.definition.name,
            "value": change.value,
            "kind": change.feature.definition.value_type,
        })
        .into(),
        waits_for: Vec::new(),
    };
    let (first, rest): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.restart);
    let mut operations: Vec<Operation> = first.into_iter().map(one).collect();
    if !operations.is_empty() && !settings.no_restart {
        let waits_for = operations.iter().map(|one| one.key.clone()).collect();
        operations.push(Operation {
            key: restart_key(),
            verb: Verb::Deploy,
            object: ObjectRef { kind: RESTART.to_owned(), name: "gateway".to_owned() },
            before: Document::default(),
            after: Document::default(),
            waits_for,
        });
    }
    operations.extend(rest.into_iter().map(one));
    operations
}

fn object(name: &str) -> String {
    format!("parameters/{name}")
}
