//! Whether policies, lists, authentication, consumers and plugins fit what they are about.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::check::{expression, unique};
use super::{
    AccessList, AuthKind, Authentication, Level, PathKind, Plugin, Rewrite, Route, Scenario, ServiceType,
};
use crate::state::plugins;

impl Scenario {
    pub(super) fn check_alerts(&self, problems: &mut Vec<String>) {
        unique(problems, "alert", self.alerts.iter().map(|alert| &alert.id));
        for alert in &self.alerts {
            if alert.critical.or(alert.warn).or(alert.info).is_none() {
                let name = &alert.name;
                problems.push(format!("alert {name:?} has no threshold; give it critical, warn or info"));
            }
        }
    }

    pub(super) fn check_policies(&self, problems: &mut Vec<String>) {
        for route in &self.routes {
            let name = &route.name;
            if let Some(rewrite) = &route.rewrite {
                check_rewrite(problems, route, rewrite);
            }
            if let Some(mirror) = &route.mirror {
                if !self.services.iter().any(|service| service.name == mirror.service) {
                    problems.push(format!(
                        "route {name:?} mirrors to service {:?}, which services does not list",
                        mirror.service
                    ));
                }
                if mirror.percent > 100 {
                    problems.push(format!("mirror of route {name:?} is more than 100 percent"));
                }
            }
            if route.circuit_breaker.as_ref().is_some_and(|breaker| !(1..=100).contains(&breaker.ratio)) {
                problems.push(format!("circuit_breaker of route {name:?} needs a ratio from 1 to 100"));
            }
            for destination in route.to.iter().filter(|to| to.dubbo.is_some()) {
                let service = self.services.iter().find(|service| service.name == destination.service);
                if service.is_some_and(|service| service.kind != ServiceType::Nacos) {
                    problems.push(format!(
                        "route {name:?} has dubbo for service {:?}, which is not of type nacos",
                        destination.service
                    ));
                }
            }
        }
    }

    pub(super) fn check_callers(&self, problems: &mut Vec<String>) {
        unique(problems, "access list", self.access_lists.iter().map(|list| &list.name));
        unique(problems, "authentication", self.authentications.iter().map(|auth| &auth.name));
        unique(problems, "consumer", self.consumers.iter().map(|consumer| &consumer.name));
        for list in &self.access_lists {
            self.check_level(problems, &format!("access list {:?}", list.name), list.level, &list.on);
            check_addresses(problems, list);
        }
        for auth in &self.authentications {
            self.check_authentication(problems, auth);
        }
        for consumer in &self.consumers {
            let name = &consumer.name;
            if serde_json::from_str::<serde_json::Value>(&consumer.jwks).is_err() {
                problems.push(format!("jwks of consumer {name:?} is no JSON"));
            }
            let all: Vec<&String> = consumer.grants.iter().chain(&consumer.off_grants).collect();
            unique(problems, &format!("grant of consumer {name:?}"), all.iter().copied());
            for route in all {
                if !self.routes.iter().any(|known| known.name == *route) {
                    problems.push(format!(
                        "consumer {name:?} has a grant for route {route:?}, which routes does not list"
                    ));
                }
            }
        }
    }

    fn check_authentication(&self, problems: &mut Vec<String>, auth: &Authentication) {
        let name = &auth.name;
        for resource in &auth.resources {
            if !self.domains.iter().any(|domain| domain.name == resource.domain) {
                problems.push(format!(
                    "authentication {name:?} is about domain {:?}, which domains does not list",
                    resource.domain
                ));
            }
            if resource.kind == PathKind::Regex {
                expression(problems, &format!("authentication {name:?}"), &resource.path);
            }
        }
        let missing = match auth.kind {
            AuthKind::Jwt => auth.jwks.is_empty().then_some("jwks"),
            AuthKind::Oidc | AuthKind::Idaas => auth.client_id.is_empty().then_some("client_id"),
            AuthKind::External => auth.external.is_none().then_some("external"),
        };
        if let Some(missing) = missing {
            problems.push(format!("authentication {name:?} needs {missing}"));
        }
        if let Some(external) = &auth.external
            && !self.services.iter().any(|service| service.name == external.service)
        {
            problems.push(format!(
                "authentication {name:?} asks service {:?}, which services does not list",
                external.service
            ));
        }
    }

    pub(super) fn check_plugins(&self, problems: &mut Vec<String>) {
        unique(problems, "plugin", self.plugins.iter().map(|plugin| &plugin.name));
        for plugin in &self.plugins {
            check_plugin(problems, plugin);
            for rule in &plugin.rules {
                self.check_level(
                    problems,
                    &format!("a rule of plugin {:?}", plugin.name),
                    rule.level,
                    &rule.on,
                );
            }
        }
    }

    /// Whether something that applies on a level names what there is on that level.
    fn check_level(&self, problems: &mut Vec<String>, what: &str, level: Level, on: &[String]) {
        let (word, known): (&str, BTreeSet<&str>) = match level {
            Level::Gateway => {
                if !on.is_empty() {
                    problems.push(format!("{what} is for the whole gateway and cannot be on {on:?}"));
                }
                return;
            }
            Level::Domain => ("domain", self.domains.iter().map(|domain| domain.name.as_str()).collect()),
            Level::Route => ("route", self.routes.iter().map(|route| route.name.as_str()).collect()),
        };
        if on.is_empty() {
            problems.push(format!("{what} is on no {word}; name them under on"));
        }
        for name in on.iter().filter(|name| !known.contains(name.as_str())) {
            problems.push(format!("{what} is on {word} {name:?}, which {word}s does not list"));
        }
    }
}

fn check_rewrite(problems: &mut Vec<String>, route: &Route, rewrite: &Rewrite) {
    let name = &route.name;
    let ways = [&rewrite.path, &rewrite.prefix, &rewrite.regex];
    if ways.into_iter().flatten().count() > 1 {
        problems.push(format!("rewrite of route {name:?} has more than one of path, prefix and regex"));
    }
    if rewrite.regex.is_some() != rewrite.substitution.is_some() {
        problems.push(format!("rewrite of route {name:?} needs regex and substitution together"));
    }
    if let Some(pattern) = &rewrite.regex {
        expression(problems, &format!("the rewrite of route {name:?}"), pattern);
    }
    if rewrite.prefix.is_some() && route.kind != PathKind::Prefix {
        problems.push(format!("rewrite of route {name:?} changes a prefix, but the route matches no prefix"));
    }
}

fn check_addresses(problems: &mut Vec<String>, list: &AccessList) {
    if list.addresses.is_empty() {
        problems.push(format!("access list {:?} has no addresses", list.name));
    }
    for text in &list.addresses {
        let (address, bits) =
            text.split_once('/').map_or((text.as_str(), None), |(address, bits)| (address, Some(bits)));
        let good = address.parse::<IpAddr>().is_ok_and(|address| {
            let most = if address.is_ipv4() { 32 } else { 128 };
            bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= most))
        });
        if !good {
            problems.push(format!("{text:?} of access list {:?} is no address or network", list.name));
        }
    }
}

fn check_plugin(problems: &mut Vec<String>, plugin: &Plugin) {
    let name = &plugin.name;
    let official = plugins::official_named(name).is_some();
    if plugin.custom {
        if official {
            problems.push(format!("plugin {name:?} is custom but has the name of an official one"));
        }
        if plugin.phase.is_none() || plugin.wasm_url.is_empty() {
            problems.push(format!("plugin {name:?} is custom and needs phase and wasm_url"));
        }
    } else if !official {
        problems.push(format!("plugin {name:?} is no official plugin; say custom: true if it is your own"));
    }
}
