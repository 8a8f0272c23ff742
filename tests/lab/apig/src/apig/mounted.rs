//! Plugin rules and parameters as a data plane needs them.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateshift_lab_kernel::policy::{Parameters, PluginRule, Scope};
use serde_json::Value;

use super::gateway::Gateway;
use super::state::State;
use super::{guards, plugin_class};

/// A rule as it was written, and as it was understood.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) config: Value,
}

/// Reads what an attachment carries: base64 of YAML.
pub(crate) fn written(encoded: &str) -> Written {
    let bytes = STANDARD.decode(encoded.trim()).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let config = serde_saphyr::from_str(&text).unwrap_or_default();
    Written { text, config }
}

/// The rules in force, in the order in which their plugins see a request: by stage, then the higher
/// priority first, then the earlier attachment. A rule of an API holds for its routes without an own.
pub(crate) fn rules(state: &State, gateway: &str) -> Vec<PluginRule> {
    let mut found: Vec<(u8, i64, &str, PluginRule, bool)> = Vec::new();
    for (_, mount) in state.mounts.iter().filter(|(_, one)| one.enable && one.gateway_id == gateway) {
        let Some(class) =
            state.plugins.get(&mount.plugin_id).and_then(|one| plugin_class::named(state, &one.class))
        else {
            continue;
        };
        let Some(scope) = guards::scope(state, &mount.kind, &mount.resource_ids) else { continue };
        let rule = PluginRule {
            plugin: class.name.clone(),
            scope,
            config: mount.written.config.clone(),
            text: mount.written.text.clone(),
        };
        let of_api = mount.kind == "HttpApi";
        found.push((stage(&class.stage), -class.priority, &class.name, rule, of_api));
    }
    let own: BTreeSet<(&str, &str)> = found
        .iter()
        .filter(|(.., of_api)| !of_api)
        .flat_map(|(_, _, plugin, rule, _)| names(&rule.scope).iter().map(|name| (*plugin, name.as_str())))
        .collect();
    let own: BTreeSet<(String, String)> =
        own.into_iter().map(|(plugin, name)| (plugin.to_owned(), name.to_owned())).collect();
    found.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    found
        .into_iter()
        .map(|(_, _, _, mut rule, of_api)| {
            if let (true, Scope::Routes(routes)) = (of_api, &mut rule.scope) {
                routes.retain(|name| !own.contains(&(rule.plugin.clone(), name.clone())));
            }
            rule
        })
        .collect()
}

fn names(scope: &Scope) -> &[String] {
    match scope {
        Scope::Routes(names) => names,
        _ => &[],
    }
}

fn stage(stage: &str) -> u8 {
    match stage {
        "AUTHN" => 0,
        "AUTHZ" => 1,
        "STATS" => 2,
        _ => 3,
    }
}

/// The features that a request can show. The caller's request id is never kept: the product has no such
/// feature.
pub(crate) fn parameters(gateway: &Gateway) -> Parameters {
    let value = |name: &str| gateway.features.get(name).map(String::as_str).unwrap_or_default();
    let on = |name: &str| value(name) == "true";
    Parameters {
        trusted_hops: value("xff-trusted-num").parse().unwrap_or_default(),
        merge_slashes: on("enable-slash-merge"),
        gzip: on("enable-gzip") || value("zip-algorithm").contains("gzip"),
        request_id: on("enable-generate-request-id"),
        keep_request_id: false,
        http2: on("enable-http2"),
        others: gateway
            .features
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect(),
    }
}
