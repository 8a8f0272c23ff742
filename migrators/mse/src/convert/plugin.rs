//! Plugins: the list knows the binary, the detail knows the rules. What a rule's level number means is
//! told in two ways by the product's own documents, so the level is read off what the rule names.

use gateshift_gateway_model::{Domain, Level, Plugin, PluginRule, Route, Stage};
use gateshift_sdk::model::{Finding, SEALED, Sealed};
use serde_json::Value;

use super::{some, take, unclear};
use crate::fetch::id_text;
use crate::wire::{PluginDetail, PluginItem, RuleItem};

/// The platform's plugin that runs scripts; it has no binary of the operator's.
const LUA: &str = "lua";

/// A plugin from the item of the list and the detail.
pub(crate) fn plugin(
    item: &Value,
    detail: &Value,
    routes: &[Route],
    domains: &[Domain],
    findings: &mut Vec<Finding>,
) -> Option<Plugin> {
    let name = item["Name"].as_str().unwrap_or_default();
    let object = format!("plugins/{name}");
    let both = take::<PluginItem>(item, &object)
        .and_then(|item| take::<PluginDetail>(detail, &object).map(|detail| (item, detail)));
    let (item, detail) = match both {
        Ok(both) => both,
        Err(finding) => {
            findings.push(*finding);
            return None;
        }
    };
    let custom = item.category == 0 && item.name != LUA;
    let stage = stage(item.phase);
    if custom && !detail.gateway_config_list.is_empty() {
        if stage.is_none() {
            let number = item.phase.map_or_else(|| "none".to_owned(), |number| number.to_string());
            findings.push(unclear(&object, format!("its phase is {number}, which no document explains")));
        }
        if !matches!(item.wasm_lang, Some(0..=4)) {
            findings.push(unclear(&object, "no document explains the number of its language"));
        }
    }
    let rules: Vec<PluginRule> =
        detail.gateway_config_list.iter().map(|rule| convert_rule(rule, routes, domains)).collect();
    Some(Plugin {
        id: id_text(&item.id),
        name: item.name,
        custom,
        category: item.category,
        stage,
        priority: item.priority,
        version: item.version,
        language: item.wasm_lang,
        binary: sealed(&item.wasm_file),
        image: some(&detail.image_name),
        mode: item.mode.or(detail.mode),
        summary: item.summary,
        enabled: item.status.unwrap_or_else(|| rules.iter().any(|rule| rule.enabled)),
        publish_state: item.publish_state,
        rules,
    })
}

fn convert_rule(rule: &RuleItem, routes: &[Route], domains: &[Domain]) -> PluginRule {
    let resources: Vec<(String, String)> = rule
        .resource_list
        .iter()
        .map(|one| (one.id.as_ref().map(id_text).unwrap_or_default(), one.name.clone()))
        .collect();
    PluginRule {
        id: id_text(&rule.id),
        level: level(rule.config_level, &resources, routes, domains),
        level_number: rule.config_level,
        resources,
        config: rule.config.clone(),
        enabled: rule.enable,
    }
}

/// The level by what the rule names: all of it routes, or all of it domains, by id and name alike. What
/// fits both or neither has no level; it is for people to say.
fn level(number: i64, resources: &[(String, String)], routes: &[Route], domains: &[Domain]) -> Option<Level> {
    let fits = |(id, name): &(String, String), own_id: &str, own_name: &str| {
        let by_id = id.is_empty() || id == own_id;
        let by_name = name.is_empty() || name.eq_ignore_ascii_case(own_name);
        by_id && by_name && !(id.is_empty() && name.is_empty())
    };
    let route = |one: &(String, String)| routes.iter().find(|route| fits(one, &route.id, &route.name));
    let domain = |one: &(String, String)| domains.iter().find(|domain| fits(one, &domain.id, &domain.name));
    if number == 0 {
        let whole = !resources.iter().any(|one| route(one).is_some() || domain(one).is_some());
        return whole.then_some(Level::Gateway);
    }
    let ids: Option<Vec<String>> = resources.iter().map(|one| route(one).map(|one| one.id.clone())).collect();
    let names: Option<Vec<String>> =
        resources.iter().map(|one| domain(one).map(|one| one.name.clone())).collect();
    match (ids, names) {
        _ if resources.is_empty() => None,
        (Some(ids), None) => Some(Level::Routes { ids }),
        (None, Some(names)) => Some(Level::Domains { names }),
        _ => None,
    }
}

fn stage(number: Option<i64>) -> Option<Stage> {
    Some(match number? {
        0 => Stage::Default,
        1 => Stage::Authorization,
        2 => Stage::Authentication,
        3 => Stage::Statistics,
        _ => return None,
    })
}

/// An address that was sealed; an empty or masked one is none.
fn sealed(text: &str) -> Option<Sealed> {
    text.strip_prefix(SEALED).map(Sealed::from_cipher)
}

#[cfg(test)]
mod tests;
