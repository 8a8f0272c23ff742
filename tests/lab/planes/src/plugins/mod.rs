//! Plugins: which rule is in force for a request, and the effects that a request can show, one a file.
//! A plugin whose effect is not modelled marks its answers with a digest of the rule in force, so that
//! a rule that was lost, changed or put on another level shows all the same.

mod basic_auth;
mod bot_detect;
mod cache_control;
mod callers;
mod cors;
mod custom_response;
mod hmac_auth;
mod hsts;
mod http_real_ip;
mod ip_restriction;
mod jwt_auth;
mod key_auth;
mod key_rate_limit;
mod mark;
mod read;
mod request_block;
mod request_validation;
#[cfg(test)]
mod tests;
mod traffic_tag;
mod transformer;

use std::collections::HashMap;
use std::fmt::Debug;

use gateshift_lab_kernel::policy::{PluginRule, Scope};
use serde_json::Value;

use crate::plane::Reply;
use crate::policies::{Facts, Onward};
use crate::routing::DomainIndex;

/// What a rule in force does to a request and to its answer.
pub(crate) trait Effect: Debug + Send + Sync {
    /// An answer in place of the upstream's, or a change of what goes on.
    fn request(&self, _facts: &Facts<'_>, _onward: &mut Onward) -> Option<Reply> {
        None
    }

    /// A change of the answer.
    fn response(&self, _facts: &Facts<'_>, _reply: &mut Reply) {}
}

/// A rule with its surroundings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule<'a> {
    plugin: &'a str,
    config: &'a Value,
    text: &'a str,
    /// The rule of the whole gateway, where some plugins keep their callers.
    global: Option<&'a Value>,
    /// It is the rule of a domain or a route.
    specific: bool,
    /// Some domain or route has a rule.
    others_specific: bool,
}

/// The rules of all plugins of a gateway, in the order in which the plugins see a request.
#[derive(Debug, Default)]
pub(crate) struct Plugins(Vec<Plugin>);

/// The rules of one plugin.
#[derive(Debug, Default)]
struct Plugin {
    gateway: Option<usize>,
    domains: DomainIndex<usize>,
    routes: HashMap<String, usize>,
    effects: Vec<Box<dyn Effect>>,
}

impl Plugins {
    /// Sorts the rules by plugin and place.
    pub(crate) fn compile(rules: &[PluginRule]) -> Self {
        let mut groups: Vec<Vec<&PluginRule>> = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for rule in rules {
            let number = *numbers.entry(rule.plugin.as_str()).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[number].push(rule);
        }
        Self(groups.iter().map(|rules| Plugin::compile(rules)).collect())
    }

    /// The effects of the rules in force for a host and a route.
    pub(crate) fn in_force<'a>(
        &'a self,
        host: &'a str,
        route: Option<&'a str>,
    ) -> impl Iterator<Item = &'a dyn Effect> {
        self.0.iter().filter_map(move |plugin| plugin.chosen(host, route))
    }
}

impl Plugin {
    fn compile(rules: &[&PluginRule]) -> Self {
        let global = rules.iter().find(|rule| rule.scope == Scope::Gateway).map(|rule| &rule.config);
        let others_specific = rules.iter().any(|rule| rule.scope != Scope::Gateway);
        let mut plugin = Self::default();
        for rule in rules {
            let number = plugin.effects.len();
            let PluginRule { plugin: name, config, text, scope } = rule;
            let specific = *scope != Scope::Gateway;
            plugin.effects.push(effect(Rule {
                plugin: name,
                config,
                text,
                global,
                specific,
                others_specific,
            }));
            match scope {
                Scope::Gateway => plugin.gateway = Some(number),
                Scope::Domains(names) => {
                    names.iter().for_each(|name| plugin.domains.insert(name, number));
                }
                Scope::Routes(names) => {
                    names.iter().for_each(|name| {
                        plugin.routes.insert(name.clone(), number);
                    });
                }
            }
        }
        plugin
    }

    /// The route's rule, else the domain's, an exact name before a wildcard, else the gateway's.
    fn chosen(&self, host: &str, route: Option<&str>) -> Option<&dyn Effect> {
        let own = route.and_then(|name| self.routes.get(name));
        let number = own.or_else(|| self.domains.best(host)).or(self.gateway.as_ref())?;
        self.effects.get(*number).map(AsRef::as_ref)
    }
}

/// The effect of a rule.
fn effect(rule: Rule<'_>) -> Box<dyn Effect> {
    match rule.plugin {
        "basic-auth" => Box::new(basic_auth::BasicAuth::read(rule)),
        "bot-detect" => Box::new(bot_detect::BotDetect::read(rule.config)),
        "cache-control" => Box::new(cache_control::CacheControl::read(rule.config)),
        "cors" => Box::new(cors::CorsPlugin::read(rule.config)),
        "custom-response" => Box::new(custom_response::CustomResponse::read(rule.config)),
        "hmac-auth" => Box::new(hmac_auth::HmacAuth::read(rule)),
        "hsts" => Box::new(hsts::Hsts::read(rule.config)),
        "http-real-ip" => Box::new(http_real_ip::HttpRealIp::read(rule.config)),
        "ip-restriction" => Box::new(ip_restriction::IpRestriction::read(rule.config)),
        "jwt-auth" => Box::new(jwt_auth::JwtAuth::read(rule)),
        "key-auth" => Box::new(key_auth::KeyAuth::read(rule)),
        "key-rate-limit" => Box::new(key_rate_limit::KeyRateLimit::read(rule.config)),
        "request-block" => Box::new(request_block::RequestBlock::read(rule.config)),
        "request-validation" => Box::new(request_validation::RequestValidation::read(rule.config)),
        "traffic-tag" => Box::new(traffic_tag::TrafficTag::read(rule.config)),
        "transformer" => Box::new(transformer::Transformer::read(rule.config)),
        other => Box::new(mark::Mark::of(other, rule.text)),
    }
}
