//! Rules of plugins: what makes them show themselves on routes under their level and on one beside it,
//! credentials of the plugins that ask for them, and a plain request for all others.

use std::collections::HashMap;

use gateshift_gateway_model::Level;
use serde_json::Value;

use super::triggers::{Trigger, hidden, triggers};
use super::{Base, PLACES};
use crate::access::{Skip, carry_caller};
use crate::draft::Draft;
use crate::generate::Maker;
use crate::ledger::{Expect, SubjectKind};
use crate::opened::{AUTH_PLUGINS, Caller};

/// Callers of one plugin that are asked about on one route.
const CALLERS: usize = 4;
/// Triggers of one rule.
const TRIGGERS: usize = 12;

/// What it shows, the caller with whether its credential is the right one, and what the source does.
type Variant<'a> = (String, Option<(&'a Caller, bool)>, Expect);

/// The subject of a rule.
fn subject(maker: &mut Maker<'_>, plugin: usize, rule: usize) -> usize {
    let one = &maker.access.inventory.plugins[plugin];
    let id = &one.rules[rule].id;
    maker.ledger.subject(SubjectKind::Plugin, format!("plugins/{}/{id}", one.name))
}

/// Requests for one route.
pub(super) fn requests(maker: &mut Maker<'_>, base: &Base) {
    let inventory = maker.access.inventory;
    let id = &maker.route_at(base.at).id;
    let host = &base.bare.door.host;
    for (at, plugin) in inventory.plugins.iter().enumerate() {
        let Some(number) = maker.access.rule(at, Some(id), host) else { continue };
        let rule = &plugin.rules[number];
        // A rule on a route is asked about there; a rule above it on some routes of each domain.
        let place = match &rule.level {
            Some(Level::Routes { .. }) => id,
            _ => &base.bare.door.domain,
        };
        let subject = subject(maker, at, number);
        let plain = maker.ledger.concern(subject, "a plain request under its level");
        if maker.ledger.enough(&plain, place, PLACES) {
            continue;
        }
        maker.effect(Some(base), base.bare.to_show(format!("plugin {}", plugin.name)).about(plain));
        let opened = maker.access.opened;
        let Some(config) = opened.config(at, number) else {
            maker.ledger.reason(subject, "its configuration is no YAML that could be read");
            continue;
        };
        if let Some(why) = hidden(&plugin.name, config) {
            maker.ledger.concern(subject, "its effect");
            maker.ledger.reason(subject, why);
        }
        if let Some(allowed) = maker.access.callers(at, Some(id), host) {
            credentials(maker, base, subject, at, &allowed);
        }
        for trigger in triggers(&plugin.name, config).into_iter().take(TRIGGERS) {
            let concern = maker.ledger.concern(subject, &trigger.aspect);
            let mut draft = triggered(&base.bare, &plugin.name, &trigger);
            draft.extras.expect = trigger.expect;
            maker.effect(Some(base), draft.about(concern));
        }
    }
}

/// A plain request with what triggers a plugin.
fn triggered(bare: &Draft, plugin: &str, trigger: &Trigger) -> Draft {
    let mut draft = bare.to_show(format!("plugin {plugin}: {}", trigger.aspect));
    for (name, value) in &trigger.headers {
        draft = draft.with_header(name, value.clone());
    }
    draft.queries.extend(trigger.queries.iter().cloned());
    if let Some(method) = trigger.method {
        draft.method = method.to_owned();
    }
    draft
}

/// Callers that a plugin knows, lets through here, knows and does not let through, and does not know.
fn credentials(maker: &mut Maker<'_>, base: &Base, subject: usize, at: usize, allowed: &[&Caller]) {
    let plugin = &maker.access.inventory.plugins[at].name;
    let all = maker.access.opened.callers(at);
    let mut variants: Vec<Variant<'_>> = vec![("no credential".to_owned(), None, Expect::Refused)];
    for caller in allowed.iter().take(CALLERS) {
        variants.push((format!("credential of {}", caller.name), Some((caller, true)), Expect::Passed));
    }
    let others = all.iter().filter(|caller| !allowed.iter().any(|one| one.name == caller.name));
    for caller in others.take(CALLERS) {
        variants.push((format!("credential of {}", caller.name), Some((caller, true)), Expect::Refused));
    }
    if let Some(caller) = all.first() {
        variants.push(("unknown credential".to_owned(), Some((caller, false)), Expect::Refused));
    }
    if allowed.is_empty() {
        maker.ledger.concern(subject, "a right credential");
        maker.ledger.reason(subject, "no credential that it accepts can be made");
    }
    for (aspect, carried, expect) in variants {
        let mut draft = base.bare.to_show(format!("plugin {plugin}: {aspect}"));
        match carried {
            Some((caller, true)) => carry_caller(&mut maker.vault, plugin, caller, &mut draft),
            Some((caller, false)) if caller.query => {
                draft.queries.push((caller.place.clone(), caller.wrong.clone()))
            }
            Some((caller, false)) => draft = draft.with_header(&caller.place, caller.wrong.clone()),
            None => {}
        }
        draft.extras.expect = Some(expect);
        let concern = maker.ledger.concern(subject, &aspect);
        maker.effect_without(Some(base), draft.about(concern), Skip::Plugin(at));
    }
}

/// Requests beside the levels, and the rules that no request shows.
pub(super) fn account(maker: &mut Maker<'_>, bases: &[Base]) {
    let inventory = maker.access.inventory;
    let by_id: HashMap<&str, usize> =
        bases.iter().enumerate().map(|(at, base)| (maker.route_at(base.at).id.as_str(), at)).collect();
    let mut by_host: HashMap<&str, Vec<&Base>> = HashMap::new();
    for base in bases {
        by_host.entry(base.bare.door.host.as_str()).or_default().push(base);
    }
    for (at, plugin) in inventory.plugins.iter().enumerate() {
        for (number, rule) in plugin.rules.iter().enumerate() {
            let subject = subject(maker, at, number);
            if !plugin.enabled || !rule.enabled {
                maker.ledger.concern(subject, "switched off");
                maker.ledger.reason(subject, "it is switched off; the step `plugins` reads that back");
                continue;
            }
            if maker.ledger.get(subject).aspects.is_empty() {
                maker.ledger.concern(subject, "a plain request under its level");
                maker.ledger.reason(
                    subject,
                    "no route that can be asked is under its level, or a nearer rule hides it",
                );
            }
            let other = match &rule.level {
                Some(Level::Routes { ids }) => {
                    let home = ids.iter().find_map(|id| by_id.get(id.as_str())).map(|at| &bases[*at]);
                    let same_host = home.and_then(|base| by_host.get(base.bare.door.host.as_str()));
                    let near = same_host.into_iter().flatten().copied();
                    near.chain(bases).find(|base| {
                        !maker.access.rules[at].on_route(&maker.route_at(base.at).id).contains(&number)
                    })
                }
                Some(Level::Domains { .. }) => bases
                    .iter()
                    .find(|base| !maker.access.rules[at].on_host(&base.bare.door.host).contains(&number)),
                Some(Level::Gateway) | None => None,
            };
            if let Some(other) = other {
                let config = maker.access.opened.config(at, number).unwrap_or(&Value::Null);
                beside(maker, subject, at, config, other);
            }
        }
    }
}

fn beside(maker: &mut Maker<'_>, subject: usize, at: usize, config: &Value, base: &Base) {
    let plugin = &maker.access.inventory.plugins[at].name;
    let concern = maker.ledger.concern(subject, "beside its level");
    let found = triggers(plugin, config);
    let telling = found.iter().find(|one| one.expect == Some(Expect::Refused)).or(found.first());
    let skip = if AUTH_PLUGINS.contains(&plugin.as_str()) { Skip::Plugin(at) } else { Skip::Nothing };
    let draft = match telling {
        Some(trigger) => triggered(&base.bare, plugin, trigger),
        None => base.bare.to_show(format!("beside plugin {plugin}")),
    };
    maker.effect_without(Some(base), draft.about(concern), skip);
}
