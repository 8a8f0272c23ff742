//! Whether the parts of a scenario fit together: every name that is used is defined, every route
//! can be routed. All problems are gathered; each names the object and what to write instead.

use std::collections::{BTreeMap, BTreeSet};

use super::yaml::ScenarioError;
use super::{Compare, Destination, PathKind, Route, RouteStatus, Scenario, Service, ServiceType};
use crate::state::parameters;
use crate::world;

impl Scenario {
    /// Checks a completed scenario.
    ///
    /// # Errors
    /// [`ScenarioError::Meaning`] with every problem found.
    pub fn check(&self) -> Result<(), ScenarioError> {
        let mut problems = Vec::new();
        self.check_network(&mut problems);
        self.check_gateway(&mut problems);
        self.check_domains(&mut problems);
        self.check_services(&mut problems);
        self.check_routes(&mut problems);
        self.check_policies(&mut problems);
        self.check_callers(&mut problems);
        self.check_plugins(&mut problems);
        self.check_alerts(&mut problems);
        if problems.is_empty() { Ok(()) } else { Err(ScenarioError::Meaning { problems }) }
    }

    fn check_network(&self, problems: &mut Vec<String>) {
        let network = &self.network;
        unique(problems, "vpc", network.vpcs.iter().map(|vpc| &vpc.id));
        unique(problems, "vswitch", network.vswitches.iter().map(|vswitch| &vswitch.id));
        unique(problems, "security group", network.security_groups.iter().map(|group| &group.id));
        unique(problems, "certificate", network.certificates.iter().map(|cert| &cert.id));
        let vpcs: BTreeSet<&String> = network.vpcs.iter().map(|vpc| &vpc.id).collect();
        let users = network.vswitches.iter().map(|vswitch| ("vswitch", &vswitch.id, &vswitch.vpc));
        let groups = network.security_groups.iter().map(|group| ("security group", &group.id, &group.vpc));
        for (what, id, vpc) in users.chain(groups) {
            if !vpcs.contains(vpc) {
                problems.push(format!("{what} {id:?} is in vpc {vpc:?}, which network.vpcs does not list"));
            }
        }
        for certificate in &network.certificates {
            if certificate.names.is_empty() {
                problems.push(format!("certificate {:?} has no names; give it at least one", certificate.id));
            }
        }
    }

    fn check_gateway(&self, problems: &mut Vec<String>) {
        let (gateway, network) = (&self.gateway, &self.network);
        if gateway.name.is_empty() {
            problems.push("gateway.name is empty; give the gateway a name".to_owned());
        }
        if !network.vpcs.iter().any(|vpc| vpc.id == gateway.vpc) {
            problems.push(format!("gateway.vpc {:?} is not listed in network.vpcs", gateway.vpc));
        }
        if !(1..=2).contains(&gateway.vswitches.len()) {
            problems
                .push(format!("the gateway has {} vswitches; give it one or two", gateway.vswitches.len()));
        }
        for id in &gateway.vswitches {
            let fits = |vswitch: &super::VSwitch| vswitch.id == *id && vswitch.vpc == gateway.vpc;
            if !network.vswitches.iter().any(fits) {
                problems.push(format!("vswitch {id:?} of the gateway is not one of vpc {:?}", gateway.vpc));
            }
        }
        if gateway.entries.is_empty() {
            problems.push("gateway.entries is empty; list internet, intranet or both".to_owned());
        }
        for rule in &gateway.security_rules {
            if !network.security_groups.iter().any(|group| group.id == rule.group) {
                problems.push(format!(
                    "security rule for {:?}, which is no security group of the network",
                    rule.group
                ));
            }
        }
        if let Some(tracing) = &gateway.tracing
            && !tracing.service.is_empty()
            && !self.services.iter().any(|service| service.name == tracing.service)
        {
            problems.push(format!(
                "gateway.tracing names service {:?}, which services does not list",
                tracing.service
            ));
        }
        for (name, value) in &gateway.parameters {
            if let Err(problem) = parameters::fits(name, value) {
                problems.push(format!("gateway.parameters: {problem}"));
            }
        }
    }

    fn check_domains(&self, problems: &mut Vec<String>) {
        unique(problems, "domain", self.domains.iter().map(|domain| &domain.name));
        for domain in &self.domains {
            let name = &domain.name;
            if !is_host(name) {
                problems.push(format!("domain {name:?} is no host name, wildcard name or *"));
            }
            if domain.certificate.is_empty() {
                if domain.force_https {
                    problems.push(format!("domain {name:?} has force_https but no certificate"));
                }
            } else if !self.network.certificates.iter().any(|cert| cert.id == domain.certificate) {
                problems.push(format!(
                    "domain {name:?} uses certificate {:?}, which network.certificates does not list",
                    domain.certificate
                ));
            }
        }
    }

    fn check_services(&self, problems: &mut Vec<String>) {
        unique(problems, "source", self.sources.iter().map(|source| &source.name));
        unique(problems, "service", self.services.iter().map(|service| &service.name));
        let mut backends: BTreeMap<String, (&str, bool)> = BTreeMap::new();
        for service in &self.services {
            self.check_service(problems, service);
            let upstream = world::upstream_of(self, service);
            let (other, alive) = *backends.entry(upstream).or_insert((&service.name, service.alive));
            if alive != service.alive {
                problems.push(format!(
                    "services {other:?} and {:?} are the same backend but differ in alive",
                    service.name
                ));
            }
        }
    }

    fn check_service(&self, problems: &mut Vec<String>, service: &Service) {
        let name = &service.name;
        if let Some(kind) = service.kind.registry() {
            match self.sources.iter().find(|source| source.name == service.source) {
                None if service.source.is_empty() => problems
                    .push(format!("service {name:?} needs a source: there is not exactly one of its kind")),
                None => problems.push(format!(
                    "service {name:?} comes from source {:?}, which sources does not list",
                    service.source
                )),
                Some(source) if source.kind != kind => problems.push(format!(
                    "service {name:?} comes from source {:?}, which is of another kind",
                    source.name
                )),
                Some(_) => {}
            }
        }
        if matches!(service.kind, ServiceType::Vip | ServiceType::Dns) {
            if service.addresses.is_empty() {
                problems.push(format!("service {name:?} needs addresses"));
            }
            for address in &service.addresses {
                if service.port == 0 && world::port_of(address).is_none() {
                    problems.push(format!(
                        "address {address:?} of service {name:?} has no port; write host:port, or give the service a port"
                    ));
                }
            }
        } else if !service.addresses.is_empty() {
            problems.push(format!("service {name:?} has addresses, which only types vip and dns have"));
        }
        unique(problems, &format!("version of service {name:?}"), service.versions.iter().map(|v| &v.name));
    }

    fn check_routes(&self, problems: &mut Vec<String>) {
        unique(problems, "route", self.routes.iter().map(|route| &route.name));
        let domains: BTreeSet<&str> = self.domains.iter().map(|domain| domain.name.as_str()).collect();
        let services: BTreeMap<&str, &Service> =
            self.services.iter().map(|service| (service.name.as_str(), service)).collect();
        for route in &self.routes {
            check_match(problems, &domains, route);
            if route.serving.is_some() && route.status != RouteStatus::Edited {
                problems.push(format!("route {:?} has serving, which only an edited route has", route.name));
            }
            check_action(problems, &services, route);
            if route.serving.is_some() {
                check_action(problems, &services, &route.as_served());
            }
        }
    }
}

fn check_match(problems: &mut Vec<String>, domains: &BTreeSet<&str>, route: &Route) {
    let name = &route.name;
    if route.domains.is_empty() {
        problems.push(format!("route {name:?} belongs to no domain"));
    }
    for domain in &route.domains {
        if !domains.contains(domain.as_str()) {
            problems.push(format!("route {name:?} is on domain {domain:?}, which domains does not list"));
        }
    }
    if route.kind != PathKind::Regex && !route.path.starts_with('/') {
        problems.push(format!("path {:?} of route {name:?} does not begin with /", route.path));
    }
    if route.kind == PathKind::Regex {
        expression(problems, &format!("route {name:?}"), &route.path);
    }
    for condition in route.headers.iter().chain(&route.query) {
        if condition.kind == Compare::Regex {
            expression(problems, &format!("route {name:?}"), &condition.value);
        }
    }
    for method in &route.methods {
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            problems.push(format!("method {method:?} of route {name:?} is no HTTP method in capitals"));
        }
    }
}

/// Whether a text is an expression; `of` says whose.
pub(super) fn expression(problems: &mut Vec<String>, of: &str, text: &str) {
    if regex::Regex::new(text).is_err() {
        problems.push(format!("{text:?} of {of} is no regular expression"));
    }
}

fn check_action(problems: &mut Vec<String>, services: &BTreeMap<&str, &Service>, route: &Route) {
    let name = &route.name;
    let ways = usize::from(!route.to.is_empty())
        + usize::from(route.mock.is_some())
        + usize::from(route.redirect.is_some());
    if ways != 1 {
        problems.push(format!("route {name:?} needs exactly one of to, mock and redirect"));
    }
    if route.mock.as_ref().is_some_and(|mock| !(200..=599).contains(&mock.status)) {
        problems.push(format!("mock of route {name:?} needs a status from 200 to 599"));
    }
    if route.redirect.as_ref().is_some_and(|to| !matches!(to.status, 301 | 302 | 303 | 307 | 308)) {
        problems.push(format!("redirect of route {name:?} needs status 301, 302, 303, 307 or 308"));
    }
    for destination in route.to.iter().chain(&route.fallback) {
        check_destination(problems, services, name, destination);
    }
    let sum: u32 = route.to.iter().filter_map(|to| to.weight).sum();
    if !route.to.is_empty() && sum != 100 {
        problems.push(format!("weights of route {name:?} add up to {sum}, not to 100"));
    }
}

fn check_destination(
    problems: &mut Vec<String>,
    services: &BTreeMap<&str, &Service>,
    route: &str,
    destination: &Destination,
) {
    let name = &destination.service;
    match services.get(name.as_str()) {
        None => {
            problems.push(format!("route {route:?} goes to service {name:?}, which services does not list"))
        }
        Some(service) => {
            let version = &destination.version;
            if !version.is_empty() && !service.versions.iter().any(|known| known.name == *version) {
                problems.push(format!(
                    "route {route:?} goes to version {version:?}, which service {name:?} does not have"
                ));
            }
        }
    }
}

/// Whether no name occurs twice.
pub(super) fn unique<'a>(problems: &mut Vec<String>, what: &str, names: impl Iterator<Item = &'a String>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            problems.push(format!("{what} {name:?} is listed twice"));
        }
    }
}

fn is_host(name: &str) -> bool {
    let rest = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name == "*" || rest.split('.').all(label)
}
