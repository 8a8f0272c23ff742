//! Rules become attachments: each rule one, on the gateway, on domains or on routes.

use std::collections::BTreeSet;

use gateshift_gateway_model::Level;
use gateshift_sdk::model::{Document, ObjectRef, Operation, OperationKey, Severity, Verb};
use serde_json::{Value, json};

use super::{Draft, embedded, services};
use crate::facts::{ATTACHMENT, OF};
use crate::read::{Read, ReadRule};
use crate::table::CALLERS;

/// Kinds of resources on the target.
pub(super) const ON_GATEWAY: &str = "Gateway";
pub(super) const ON_DOMAIN: &str = "GatewayDomain";
pub(super) const ON_ROUTE: &str = "GatewayRoute";

/// Attachments of one plugin while they are being made.
pub(super) struct Mounts<'a> {
    pub(super) read: &'a Read<'a>,
    plugin: &'a OperationKey,
    installed: Option<&'a str>,
    /// Resources that have one.
    taken: BTreeSet<(&'static str, String)>,
}

/// One attachment to be.
pub(super) struct Mount {
    /// Last part of its key.
    pub(super) key: String,
    pub(super) kind: &'static str,
    pub(super) resources: Vec<String>,
    pub(super) enable: bool,
    pub(super) config: Value,
}

/// Attaches every rule of a plugin.
pub(super) fn all(draft: &mut Draft<'_>, read: &Read<'_>, plugin: &OperationKey, installed: Option<&str>) {
    let mut mounts = Mounts { read, plugin, installed, taken: BTreeSet::new() };
    if !read.plugin.enabled && read.rules.iter().any(|one| one.rule.enabled) {
        draft.find(
            Severity::Warn,
            "PLG-STATE",
            &read.plugin.name,
            "the plugin is off and a rule of it is on; what decides at the source is the plugin, so the rules are made off",
            "look whether it works at the source; if it does, turn the attachments on after this step",
        );
    }
    for rule in &read.rules {
        one(draft, &mut mounts, rule);
    }
}

fn one(draft: &mut Draft<'_>, mounts: &mut Mounts<'_>, rule: &ReadRule<'_>) {
    let name = &mounts.read.plugin.name;
    let enable = mounts.read.plugin.enabled && rule.rule.enabled;
    let severity = if enable { Severity::Block } else { Severity::Warn };
    let Some(level) = &rule.rule.level else {
        let named: Vec<&str> = rule.rule.resources.iter().map(|(_, name)| name.as_str()).collect();
        let text = format!(
            "rule {} has level {} and names [{}], which fits routes and domains alike, or neither",
            rule.rule.id,
            rule.rule.level_number,
            named.join(", ")
        );
        draft.find(severity, "PLG-LEVEL", name, text, "look the rule up in the console of the source; remove it, or leave the plugin behind with `exclude`");
        return;
    };
    match &rule.said {
        Err(place) => {
            let allowed = draft.given.settings.allow.contains(name);
            let text = format!(
                "the configuration of rule {} ({}) is no readable YAML ({place}): its bytes could be copied, but nobody could tell whether rules or services in it mean the same on the target",
                rule.rule.id,
                rule.place()
            );
            let severity = if allowed { Severity::Warn } else { severity };
            draft.find(
                severity,
                "PLG-YAML",
                name,
                text,
                "correct it at the source, or set `allow` to copy it as it is",
            );
        }
        Ok(said) => {
            services::check(draft, mounts.read, said);
            callers(draft, mounts.read, rule, level, &said.keys);
            if let Some(pieces) = &said.embedded {
                embedded::attach(draft, mounts, rule, enable, pieces);
                return;
            }
        }
    }
    let (kind, resources) = resources(draft, name, rule, level);
    let config = json!(rule.rule.config);
    mount(draft, mounts, Mount { key: rule.rule.id.clone(), kind, resources, enable, config });
}

/// Ids at the target of what a rule names; what was not carried over is told.
fn resources(
    draft: &mut Draft<'_>,
    name: &str,
    rule: &ReadRule<'_>,
    level: &Level,
) -> (&'static str, Vec<String>) {
    let routes = draft.given.routes;
    let (kind, all): (_, Vec<(&String, Option<&String>)>) = match level {
        Level::Gateway => return (ON_GATEWAY, vec![draft.given.target.gateway.clone()]),
        Level::Domains { names } => {
            (ON_DOMAIN, names.iter().map(|one| (one, routes.domains.get(one))).collect())
        }
        Level::Routes { ids } => {
            (ON_ROUTE, ids.iter().map(|one| (one, routes.routes.get(one).map(|route| &route.id))).collect())
        }
    };
    let lost: Vec<&str> = all.iter().filter(|(_, id)| id.is_none()).map(|(name, _)| name.as_str()).collect();
    if !lost.is_empty() {
        let text = format!("rule {} is on {}, which were not carried over", rule.rule.id, lost.join(", "));
        draft.find(Severity::Warn, "PLG-LEFT-OUT", name, text, "nothing, if they stay behind on purpose");
    }
    (kind, all.into_iter().filter_map(|(_, id)| id.cloned()).collect())
}

/// Keys of plugins that know callers, at a level where they do not act.
fn callers(draft: &mut Draft<'_>, read: &Read<'_>, rule: &ReadRule<'_>, level: &Level, keys: &[String]) {
    if !CALLERS.contains(&read.plugin.name.as_str()) {
        return;
    }
    let misplaced: &[&str] =
        if *level == Level::Gateway { &["allow"] } else { &["consumers", "global_auth"] };
    let found: Vec<&str> = keys.iter().map(String::as_str).filter(|key| misplaced.contains(key)).collect();
    if !found.is_empty() {
        let text = format!(
            "rule {} on {} says {}, which acts only at another level",
            rule.rule.id,
            rule.place(),
            found.join(", ")
        );
        draft.find(
            Severity::Warn,
            "PLG-LEVEL",
            &read.plugin.name,
            text,
            "test who gets in on both gateways before traffic moves",
        );
    }
}

/// Adds an attachment, or adopts the identical one that is there.
pub(super) fn mount(draft: &mut Draft<'_>, mounts: &mut Mounts<'_>, mount: Mount) {
    let name = mounts.read.plugin.name.as_str();
    if mount.resources.is_empty() {
        return;
    }
    let severity = if mount.enable { Severity::Block } else { Severity::Warn };
    for id in &mount.resources {
        if !mounts.taken.insert((mount.kind, id.clone())) {
            let text = format!("two rules of it are on the same {}", mount.kind);
            draft.find(severity, "PLG-CONFLICT", name, text, "remove one of them at the source");
            return;
        }
    }
    let wanted: BTreeSet<String> = mount.resources.iter().cloned().collect();
    let of_plugin = draft.given.attached.iter().filter(|one| Some(one.plugin.as_str()) == mounts.installed);
    let there =
        of_plugin.filter(|one| one.kind == mount.kind).find(|one| !one.resources.is_disjoint(&wanted));
    let same = there.map(|there| {
        there.resources == wanted && there.enable == mount.enable && there.config == mount.config
    });
    if same == Some(false) {
        let text = format!(
            "it is attached to {} {} already, and not in the same way",
            mount.kind,
            mount.resources.join(", ")
        );
        draft.find(severity, "PLG-CONFLICT", name, text, "this run did not make it and will not touch it: make it equal, remove it, or leave the plugin behind with `exclude`");
        return;
    }
    let level = match mount.kind {
        ON_ROUTE => 0,
        ON_DOMAIN => 1,
        _ => 2,
    };
    let operation = Operation {
        key: OperationKey::new(format!("attachment/{name}/{}", mount.key)),
        verb: if same == Some(true) { Verb::Adopt } else { Verb::Attach },
        object: ObjectRef {
            kind: ATTACHMENT.to_owned(),
            name: format!("{name} on {} ({})", mount.kind, mount.key),
        },
        before: Document::default(),
        after: json!({
            OF: mounts.plugin,
            "gatewayId": draft.given.target.gateway,
            "environmentId": draft.given.target.environment,
            "attachResourceType": mount.kind,
            "attachResourceIds": mount.resources,
            "enable": mount.enable,
            "pluginConfig": mount.config,
        })
        .into(),
        waits_for: vec![mounts.plugin.clone()],
    };
    draft.attachments.push((level, operation));
}
