//! Decides what is made on the target: a pure function of the inventory, of what the target has and of the
//! settings. Classes come first, then installations, then attachments: those on routes, on domains, and
//! those on the whole gateway last, since they touch everything.

mod attach;
mod custom;
mod embedded;
mod official;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use gateshift_gateway_model::{Inventory, Stage, TargetInstance, TargetRoutes};
use gateshift_sdk::model::{Document, Finding, ObjectRef, Operation, OperationKey, Plan, Severity, Verb};
use gateshift_sdk::to_json;
use serde_json::{Value, json};

use crate::facts::{CLASS, Facts, OF, PLUGIN, PluginFact, flips};
use crate::observe::Observed;
use crate::read::Read;
use crate::settings::Settings;

/// What a plan is made from.
pub(crate) struct Given<'a> {
    /// The source.
    pub(crate) inventory: &'a Inventory,
    /// Its plugins with rules, as they were read.
    pub(crate) plugins: &'a [Read<'a>],
    /// The target as it is.
    pub(crate) observed: &'a Observed,
    /// Attachments of the target, with sealed configurations.
    pub(crate) attached: &'a [Attached],
    /// The target gateway.
    pub(crate) target: &'a TargetInstance,
    /// What routes became.
    pub(crate) routes: &'a TargetRoutes,
    /// Settings of the step.
    pub(crate) settings: &'a Settings,
    /// Where binaries are, sealed, by name.
    pub(crate) binaries: &'a BTreeMap<String, Value>,
}

/// An attachment that is there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attached {
    pub(crate) plugin: String,
    pub(crate) kind: String,
    pub(crate) resources: BTreeSet<String>,
    pub(crate) enable: bool,
    pub(crate) config: Value,
}

/// A class that a plugin is installed from.
struct Class {
    /// Its id, or the key of the operation that makes it.
    reference: Reference,
    /// Place in the target's order, as far as it is known.
    order: Option<(u8, i64)>,
}

enum Reference {
    Id(String),
    Key(OperationKey),
}

/// A plan while it is being made.
pub(crate) struct Draft<'a> {
    given: &'a Given<'a>,
    classes: Vec<Operation>,
    installs: Vec<Operation>,
    /// With their place in the order of levels.
    attachments: Vec<(u8, Operation)>,
    findings: Vec<Finding>,
    facts: Facts,
}

/// Makes the plan.
pub(crate) fn plan(given: &Given<'_>) -> Plan {
    let facts = Facts {
        gateway: given.target.gateway.clone(),
        environment: given.target.environment.clone(),
        plugins: Vec::new(),
    };
    let mut draft = Draft {
        given,
        classes: Vec::new(),
        installs: Vec::new(),
        attachments: Vec::new(),
        findings: Vec::new(),
        facts,
    };
    let shifts = custom::shifts(given.plugins);
    for read in given.plugins {
        one(&mut draft, read, &shifts);
    }
    order(&mut draft);
    draft.attachments.sort_by_key(|(level, _)| *level);
    let attachments = draft.attachments.into_iter().map(|(_, operation)| operation);
    let summary = format!(
        "{} plugins with {} attachments on gateway {}, {} classes of the operator's own to upload",
        draft.installs.len(),
        attachments.len(),
        given.target.gateway,
        draft.classes.len(),
    );
    let operations = draft.classes.into_iter().chain(draft.installs).chain(attachments).collect();
    Plan { operations, findings: draft.findings, facts: to_json(&draft.facts), summary }
}

fn one(draft: &mut Draft<'_>, read: &Read<'_>, shifts: &BTreeMap<Stage, i64>) {
    let (plugin, name) = (read.plugin, read.plugin.name.as_str());
    if draft.given.settings.exclude.contains(name) {
        let text = format!("it stays behind, as told{}", touches(read));
        draft.find(Severity::Warn, "PLG-LEFT-OUT", name, text, "see to it that nothing depends on it");
        return;
    }
    let class = if plugin.custom { custom::class(draft, read, shifts) } else { official::class(draft, read) };
    let Some(class) = class else { return };
    let key = OperationKey::new(format!("plugin/{name}"));
    let installed = install(draft, name, &key, &class);
    draft.facts.plugins.push(PluginFact {
        id: plugin.id.clone(),
        name: name.to_owned(),
        custom: plugin.custom,
        key: key.as_str().to_owned(),
        on: is_on(read),
        order: plugin.stage.map(|stage| (source_rank(stage), -plugin.priority)),
        expected: class.order,
    });
    attach::all(draft, read, &key, installed.as_deref());
}

/// Installs a class, unless it is installed; then what it is installed as.
fn install(draft: &mut Draft<'_>, name: &str, key: &OperationKey, class: &Class) -> Option<String> {
    let (after, waits_for, installed) = match &class.reference {
        Reference::Id(id) => {
            let found =
                draft.given.observed.plugins.iter().find(|one| &one.plugin_class_info.plugin_class_id == id);
            (json!({"pluginClassId": id}), Vec::new(), found.map(|one| one.plugin_id.clone()))
        }
        Reference::Key(key) => (json!({OF: key}), vec![key.clone()], None),
    };
    draft.installs.push(Operation {
        key: key.clone(),
        verb: if installed.is_some() { Verb::Adopt } else { Verb::Create },
        object: ObjectRef { kind: PLUGIN.to_owned(), name: name.to_owned() },
        before: Document::default(),
        after: after.into(),
        waits_for,
    });
    installed
}

/// Orders of the two products that differ for plugins that are on.
fn order(draft: &mut Draft<'_>) {
    let flipped: Vec<(String, String)> = flips(&draft.facts.plugins, |one| one.expected)
        .into_iter()
        .map(|(first, second)| (first.name.clone(), second.name.clone()))
        .collect();
    for (first, second) in flipped {
        let text = format!("at the source it works before {second}, on the target after it");
        draft.find(
            Severity::Warn,
            "PLG-ORDER",
            &first,
            text,
            "look whether one of them needs what the other does to a request, and test both on one route",
        );
    }
}

impl Draft<'_> {
    /// Adds a finding about a plugin.
    fn find(
        &mut self,
        severity: Severity,
        code: &str,
        plugin: &str,
        message: impl Into<String>,
        action: &str,
    ) {
        self.findings
            .push(Finding::new(severity, code, format!("plugins/{plugin}"), message).with_action(action));
    }

    /// Adds an operation on a class.
    fn class(&mut self, verb: Verb, name: &str, after: Value) -> OperationKey {
        let key = OperationKey::new(format!("class/{name}"));
        self.classes.push(Operation {
            key: key.clone(),
            verb,
            object: ObjectRef { kind: CLASS.to_owned(), name: name.to_owned() },
            before: Document::default(),
            after: after.into(),
            waits_for: Vec::new(),
        });
        key
    }
}

/// A rule of it is in force.
fn is_on(read: &Read<'_>) -> bool {
    read.plugin.enabled && read.rules.iter().any(|one| one.rule.enabled)
}

/// What blocks for a plugin in use is a warning for one that is off.
fn weight(read: &Read<'_>) -> Severity {
    if is_on(read) { Severity::Block } else { Severity::Warn }
}

/// Where it works, in words.
fn touches(read: &Read<'_>) -> String {
    let places: Vec<String> =
        read.rules.iter().filter(|one| one.rule.enabled).map(|one| one.place()).collect();
    if places.is_empty() {
        "; no rule of it is on".to_owned()
    } else {
        format!("; it works on {}", places.join(", "))
    }
}

fn source_rank(stage: Stage) -> u8 {
    match stage {
        Stage::Authentication => 0,
        Stage::Authorization => 1,
        Stage::Statistics => 2,
        Stage::Default => 3,
    }
}
