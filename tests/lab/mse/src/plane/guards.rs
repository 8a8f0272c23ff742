//! What stands before the routes: address lists, authentication, plugins, parameters.

use std::cmp::Reverse;

use gateshift_lab_kernel::gateway::MatchKind;
use gateshift_lab_kernel::policy::{
    AddressList, AuthResource, AuthScheme, GlobalAuth, Parameters, PluginRule, Scope,
};
use serde_json::Value;

use super::policies::token;
use super::target;
use crate::scenario::{AuthKind, Authentication, Level, PathKind};
use crate::state::{Gateway, IpList};

/// The lists that are on.
pub(super) fn lists(gateway: &Gateway) -> Vec<AddressList> {
    let on = gateway.ip_lists.iter().filter(|list| list.status == "on");
    on.map(|list| AddressList {
        scope: scope_of_list(gateway, list),
        white: list.is_white,
        networks: list
            .content
            .split([',', ';', '\n', ' '])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect(),
        layer4: false,
    })
    .collect()
}

fn scope_of_list(gateway: &Gateway, list: &IpList) -> Scope {
    let resources: Vec<Value> = serde_json::from_str(&list.resource_ids).unwrap_or_default();
    let ids = || resources.iter().filter_map(Value::as_i64);
    match list.resource_type.as_str() {
        "DOMAIN" => {
            let named = resources.iter().filter_map(Value::as_str).map(str::to_owned);
            let by_id = ids().filter_map(|id| Some(gateway.domain(id)?.spec.name.clone()));
            Scope::Domains(named.chain(by_id).collect())
        }
        "ROUTE" => Scope::Routes(ids().filter_map(|id| Some(gateway.route(id)?.name.clone())).collect()),
        _ => Scope::Gateway,
    }
}

/// The authentications that are on.
pub(super) fn authentications(gateway: &Gateway) -> Vec<GlobalAuth> {
    let on = gateway.authentications.iter().map(|auth| &auth.spec).filter(|spec| spec.enabled);
    on.filter_map(|spec| {
        Some(GlobalAuth {
            name: spec.name.clone(),
            white: spec.white,
            resources: spec
                .resources
                .iter()
                .map(|resource| AuthResource {
                    domain: resource.domain.clone(),
                    path: resource.path.clone(),
                    kind: match resource.kind {
                        PathKind::Exact => MatchKind::Exact,
                        PathKind::Prefix => MatchKind::Prefix,
                        PathKind::Regex => MatchKind::Regex,
                    },
                    ignore_case: resource.ignore_case,
                })
                .collect(),
            scheme: scheme(gateway, spec)?,
        })
    })
    .collect()
}

fn scheme(gateway: &Gateway, spec: &Authentication) -> Option<AuthScheme> {
    Some(match spec.kind {
        AuthKind::Jwt => AuthScheme::Jwt {
            issuer: spec.issuer.clone(),
            subject: spec.subject.clone(),
            jwks: spec.jwks.clone(),
            token: token(&spec.token),
        },
        AuthKind::Oidc | AuthKind::Idaas => AuthScheme::Oidc {
            issuer: spec.issuer.clone(),
            client_id: spec.client_id.clone(),
            client_secret: spec.client_secret.clone(),
            login_url: spec.login_url.clone(),
            redirect_url: spec.redirect_url.clone(),
            cookie_domain: spec.cookie_domain.clone(),
        },
        AuthKind::External => {
            let external = spec.external.as_ref()?;
            AuthScheme::External {
                target: target(gateway, &external.service)?,
                header: external.header.clone(),
            }
        }
    })
}

/// The rules that are on of plugins that are on, in the order in which they see a request.
pub(super) fn plugins(gateway: &Gateway) -> Vec<PluginRule> {
    let mut on: Vec<_> = gateway.plugins.iter().filter(|plugin| plugin.spec.enabled).collect();
    on.sort_by_key(|plugin| (plugin.phase, Reverse(plugin.priority)));
    let rules = on.into_iter().flat_map(|plugin| plugin.rules.iter().map(move |rule| (plugin, rule)));
    rules
        .filter(|(_, rule)| rule.enabled)
        .map(|(plugin, rule)| PluginRule {
            plugin: plugin.spec.name.clone(),
            scope: match rule.level {
                Level::Gateway => Scope::Gateway,
                Level::Domain => Scope::Domains(
                    rule.resources
                        .iter()
                        .filter_map(|id| Some(gateway.domain(*id)?.spec.name.clone()))
                        .collect(),
                ),
                Level::Route => Scope::Routes(
                    rule.resources.iter().filter_map(|id| Some(gateway.route(*id)?.name.clone())).collect(),
                ),
            },
            // A script is no YAML; it is handed on as the text that it is.
            config: serde_saphyr::from_str(&rule.config)
                .unwrap_or_else(|_| Value::String(rule.config.clone())),
            text: rule.config.clone(),
        })
        .collect()
}

/// The parameters.
pub(super) fn parameters(gateway: &Gateway) -> Parameters {
    let all = &gateway.parameters;
    let flag = |name: &str| all.get(name).and_then(Value::as_bool).unwrap_or(false);
    let number = |name: &str| all.get(name).and_then(Value::as_u64).unwrap_or(0);
    let known = [
        "XffTrustedNum",
        "EnableSlashMerge",
        "EnableGzip",
        "EnableGenerateRequestId",
        "PreserveExternalRequestID",
        "EnableHttp2",
    ];
    Parameters {
        trusted_hops: u32::try_from(number("XffTrustedNum")).unwrap_or(0),
        merge_slashes: flag("EnableSlashMerge"),
        gzip: flag("EnableGzip"),
        request_id: flag("EnableGenerateRequestId"),
        keep_request_id: flag("PreserveExternalRequestID"),
        http2: flag("EnableHttp2"),
        others: all
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    }
}
