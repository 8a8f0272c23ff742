//! What the tables say of authentication, plugins and parameters.

use gateshift_gateway_model::{AuthScheme, Plugin, ServiceKind};
use gateshift_sdk::model::{Finding, Severity};
use serde_json::Value;

use super::users::{Scope, live, reached, routes_text};
use crate::Compat;

/// Authentication for the whole gateway, by the third table.
pub(super) fn authentications(scope: Scope<'_>, compat: &Compat, findings: &mut Vec<Finding>) {
    let routes: Vec<&str> = live(scope).map(|route| route.name.as_str()).collect();
    for one in &scope.inventory.authentications {
        let (token, code) = match &one.scheme {
            AuthScheme::Jwt { .. } => ("JWT", "FTR-NOT-CARRIED"),
            AuthScheme::Oidc(_) => ("OIDC", "FTR-NOT-CARRIED"),
            AuthScheme::Idaas(_) => ("IDaaS", "AUTH-IDAAS"),
            AuthScheme::External(_) => ("ExternalAuthZ", "FTR-NOT-CARRIED"),
        };
        let verdict = compat.authentication(token);
        if verdict.as_ref().is_some_and(|verdict| verdict.supported) {
            continue;
        }
        if matches!(one.scheme, AuthScheme::Idaas(_)) && scope.ahead.maps_login(&one.name) {
            continue;
        }
        let severity = if one.enabled { Severity::Block } else { Severity::Info };
        let off = if one.enabled { "" } else { "; it is switched off" };
        let message =
            format!("the target has no authentication of kind {token}{off}{}", routes_text(&routes));
        let instead = verdict.and_then(|verdict| verdict.substitute);
        let instead = instead.unwrap_or_else(|| "another kind of authentication".to_owned());
        let by_setting = match &one.scheme {
            AuthScheme::Idaas(_) => {
                format!(", or name it in `idaasAsOidc: [{}]` of the step `security`", one.name)
            }
            _ => String::new(),
        };
        findings.push(
            Finding::new(severity, code, format!("authentications/{}", one.name), message)
                .with_action(format!("replace it at the source by {instead}{by_setting}")),
        );
    }
}

/// Official plugins, by the fourth table. What is on the target is looked up by the step that installs them.
pub(super) fn plugins(scope: Scope<'_>, compat: &Compat, findings: &mut Vec<Finding>) {
    let official = scope.inventory.plugins.iter().filter(|plugin| !plugin.custom);
    for plugin in official.filter(|plugin| !scope.ahead.answers_plugin(&plugin.name)) {
        let object = format!("plugins/{}", plugin.name);
        let verdict = compat.plugin(&plugin.name);
        if verdict.as_ref().is_some_and(|verdict| verdict.supported) {
            continue;
        }
        let rules = plugin.rules.iter().filter(|rule| rule.enabled);
        let in_use = plugin.enabled && rules.clone().next().is_some();
        let touched = if in_use { touched(scope, plugin) } else { "; no rule of it is in force".to_owned() };
        let (severity, message, action) = match verdict {
            Some(verdict) => (
                if in_use { Severity::Block } else { Severity::Info },
                format!("the guide says that the target has no such plugin{touched}"),
                format!(
                    "instead: {}; or leave it behind with `exclude: [{name}]` of the step `plugins`",
                    verdict.substitute.unwrap_or_else(|| "none is known".to_owned()),
                    name = plugin.name,
                ),
            ),
            None => (
                if in_use { Severity::Warn } else { Severity::Info },
                format!("the guide does not list this plugin{touched}"),
                "whether the target has it is looked up by the step `plugins`".to_owned(),
            ),
        };
        findings.push(Finding::new(severity, "PLG-UNSUPPORTED", object, message).with_action(action));
    }
}

fn touched(scope: Scope<'_>, plugin: &Plugin) -> String {
    let rules = plugin.rules.iter().filter(|rule| rule.enabled);
    let levels: Vec<_> = rules.clone().filter_map(|rule| rule.level.as_ref()).collect();
    let unclear: Vec<&str> = rules
        .filter(|rule| rule.level.is_none())
        .flat_map(|rule| rule.resources.iter().map(|(_, name)| name.as_str()))
        .collect();
    let domains: Vec<&str> = levels
        .iter()
        .filter_map(|level| match level {
            gateshift_gateway_model::Level::Domains { names } => Some(names.iter().map(String::as_str)),
            _ => None,
        })
        .flatten()
        .collect();
    let mut text = routes_text(&reached(scope, &levels));
    if !domains.is_empty() {
        text.push_str(&format!(" (domains {})", domains.join(", ")));
    }
    if !unclear.is_empty() {
        text.push_str(&format!("; rules on {} may touch more", unclear.join(", ")));
    }
    text
}

/// Parameters without a counterpart that are switched on.
pub(super) fn parameters(scope: Scope<'_>, compat: &Compat, findings: &mut Vec<Finding>) {
    let inventory = scope.inventory;
    for (name, effect) in compat.unsupported_parameters() {
        if !inventory.parameters.get(name).is_some_and(is_on) || scope.ahead.accepts_parameter(name) {
            continue;
        }
        let block = effect.is_none_or(|effect| effect.action != "warn");
        let risk = effect.map_or_else(String::new, |effect| format!(": {}", effect.risk));
        let instead = effect.map_or("none is known", |effect| &effect.substitute);
        let kubernetes = name.contains("K8s");
        let routes: Vec<&str> = live(scope)
            .filter(|route| !kubernetes || leads_to_a_cluster(scope, route))
            .map(|route| route.name.as_str())
            .collect();
        let message = format!(
            "it is on at the source and has no counterpart on the target{risk}{}",
            routes_text(&routes)
        );
        findings.push(
            Finding::new(
                if block { Severity::Block } else { Severity::Warn },
                "PAR-UNSUPPORTED",
                format!("parameters/{name}"),
                message,
            )
            .with_action(format!(
                "instead: {instead}; turn it off at the source once you know what depends on it, or accept its loss with `acknowledge: {{ {name}: <reason> }}` of the step `parameters`"
            )),
        );
    }
}

fn leads_to_a_cluster(scope: Scope<'_>, route: &gateshift_gateway_model::Route) -> bool {
    route.targets().any(|target| {
        scope
            .inventory
            .service(&target.service)
            .is_some_and(|service| matches!(service.kind, ServiceKind::Kubernetes { .. }))
    })
}

fn is_on(value: &Value) -> bool {
    match value {
        Value::Bool(on) => *on,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => {
            matches!(text.as_str(), "on" | "1" | "true")
                || serde_json::from_str::<Value>(text).is_ok_and(|inner| inner.is_object() && is_on(&inner))
        }
        Value::Object(map) => map.get("Enable").or_else(|| map.get("enable")).is_some_and(is_on),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
