//! What the data plane shall do, computed from the stored objects and the clock: published routes of
//! serving gateways, with the policies that are in force.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gateshift_lab_kernel::gateway::{
    Action, Domain, Forward, GatewayConfig, MatchKind, PathMatch, Route, Target, ValueMatch,
};
use gateshift_lab_kernel::policy::{Levels, Policies as InForce};
use serde_json::Value;

use super::gateway::Gateway;
use super::guards::Guard;
use super::policy::Policy;
use super::route::{self, Backend, Condition, Content, Destination, ValueCondition};
use super::state::{Cx, State};
use super::{effects, guards, mounted, rest};

/// The routing of every gateway that serves now.
pub(crate) fn gateways(cx: &Cx<'_>, state: &State) -> Vec<GatewayConfig> {
    state
        .gateways
        .iter()
        .filter(|(_, gateway)| gateway.serves(&cx.options.timing, cx.now))
        .map(|(id, gateway)| config(cx, state, id, gateway))
        .collect()
}

fn config(cx: &Cx<'_>, state: &State, id: &str, gateway: &Gateway) -> GatewayConfig {
    let policies = policies_by_resource(state, id);
    let mut used = BTreeSet::new();
    let mut routes = Vec::new();
    for (route_id, route) in
        state.routes.iter().filter(|(_, route)| route.environment_id == gateway.environment_id)
    {
        let Some(content) = route.serving(cx.now) else { continue };
        used.extend(content.domain_ids.iter().map(String::as_str));
        let (api_id, guard) = (route.api_id.as_str(), route.guard(cx.now));
        let view = View { cx, state, policies: &policies, id: route_id, api_id, guard };
        routes.extend(view.route(route, content, state.routes.serial(route_id)));
    }
    for (id, operation) in state.operations.iter() {
        let Some(publication) = operation.publication.as_ref() else { continue };
        if publication.environment_id != gateway.environment_id || cx.now < publication.effective_ms {
            continue;
        }
        used.extend(rest::domains(publication));
        let (api_id, guard) = (operation.api_id.as_str(), publication.guard.as_ref());
        let view = View { cx, state, policies: &policies, id, api_id, guard };
        routes.extend(rest::routes(&view, operation, state.operations.serial(id)));
    }
    let domains = state
        .domains
        .iter()
        .filter(|(domain_id, _)| used.contains(domain_id))
        .map(|(_, domain)| Domain {
            name: domain.name.clone(),
            certificate: domain.spec.cert_identifier.clone().filter(|_| domain.spec.protocol == "HTTPS"),
            force_https: domain.spec.protocol == "HTTPS" && domain.spec.force_https.unwrap_or(false),
        })
        .collect();
    let addresses = gateway.balancers.iter().flat_map(|balancer| balancer.ips.iter().copied()).collect();
    GatewayConfig {
        gateway_id: id.to_owned(),
        addresses,
        domains,
        routes,
        lists: guards::lists(state, id),
        levels: Levels::All,
        authentications: guards::authentications(state, id),
        plugins: mounted::rules(state, id),
        parameters: mounted::parameters(gateway),
    }
}

type Policies<'a> = HashMap<(&'a str, &'a str), &'a Policy>;

/// Enabled policies of a gateway's routes and APIs by (class, resource id).
fn policies_by_resource<'a>(state: &'a State, gateway: &str) -> Policies<'a> {
    let mut found = HashMap::new();
    for (_, attachment) in state.attachments.iter() {
        if attachment.gateway_id != gateway
            || !matches!(attachment.kind.as_str(), "GatewayRoute" | "HttpApi" | "Operation")
        {
            continue;
        }
        let Some(policy) = state.policies.get(&attachment.policy_id).filter(|policy| policy.is_enabled())
        else {
            continue;
        };
        for id in &attachment.resource_ids {
            found.insert((policy.class.as_str(), id.as_str()), policy);
        }
    }
    found
}

/// A route or an operation with what is needed to translate it.
pub(super) struct View<'a> {
    cx: &'a Cx<'a>,
    pub(super) state: &'a State,
    policies: &'a Policies<'a>,
    id: &'a str,
    api_id: &'a str,
    guard: Option<&'a Guard>,
}

impl View<'_> {
    /// The configuration of a class in force: the route's own, else the API's.
    fn policy(&self, class: &str) -> Option<&Value> {
        let own = self.policies.get(&(class, self.id));
        own.or_else(|| self.policies.get(&(class, self.api_id))).map(|policy| &policy.config)
    }

    fn route(&self, route: &route::Route, content: &Content, sequence: u64) -> Option<Route> {
        let condition = content.condition.as_ref()?;
        let path = condition.path.as_ref()?;
        let domains = content.domain_ids.iter().filter_map(|id| self.state.domains.get(id));
        Some(Route {
            name: route.name.clone(),
            domains: domains.map(|domain| domain.name.clone()).collect(),
            path: PathMatch {
                kind: kind(&path.kind),
                value: path.value.clone(),
                ignore_case: condition.ignore_uri_case,
            },
            methods: methods(condition),
            headers: values(&condition.headers),
            queries: values(&condition.query_params),
            created_ms: route.created_ms,
            sequence,
            action: self.action(content.backend.as_ref()?),
            policies: self.policies(),
        })
    }

    pub(super) fn policies(&self) -> InForce {
        let whole = |service: &str| {
            let service = self.state.services.get(service)?;
            Some(Target { upstream: service.upstream(self.state), labels: BTreeMap::new(), weight: 100 })
        };
        InForce {
            mirror: self.policy("FlowCopy").and_then(|config| effects::mirror(config, whole)),
            consumers: self.guard.map(|guard| guards::consumers(self.state, guard)),
            ..effects::policies(&|class| self.policy(class))
        }
    }

    fn action(&self, backend: &Backend) -> Action {
        match backend.scene.as_str() {
            "Mock" => self.policy("DirectResponse").map_or_else(no_policy, |config| Action::Mock {
                status: code(config, 200),
                body: config.get("body").and_then(Value::as_str).unwrap_or_default().to_owned(),
            }),
            "Redirect" => self.policy("Redirect").map_or_else(no_policy, |config| {
                let part =
                    |name: &str| config.get(name).and_then(Value::as_str).filter(|part| !part.is_empty());
                Action::Redirect {
                    status: code(config, 301),
                    host: part("host").map(str::to_owned),
                    path: part("path").map(str::to_owned),
                }
            }),
            scene => Action::Forward(self.forward(scene, backend)),
        }
    }

    fn forward(&self, scene: &str, backend: &Backend) -> Forward {
        let single = scene == "SingleService";
        let targets = backend.services.iter().filter_map(|one| {
            let weight = if single { 100 } else { one.weight.unwrap_or_default() };
            self.target(one, weight)
        });
        Forward {
            targets: targets.collect(),
            fallback: self.fallback(),
            timeout_ms: self.timeout_ms(),
            retries: self.retries(),
        }
    }

    fn target(&self, one: &Destination, weight: i64) -> Option<Target> {
        let service = self.state.services.get(&one.service_id)?;
        let labels = one.version.as_deref().and_then(|version| service.versions.get(version));
        Some(Target {
            upstream: service.upstream(self.state),
            labels: labels.cloned().unwrap_or_default(),
            weight: u32::try_from(weight).unwrap_or_default(),
        })
    }

    pub(super) fn fallback(&self) -> Vec<Target> {
        let listed =
            self.policy("Fallback").and_then(|config| config.get("serviceConfigs")).and_then(Value::as_array);
        let read = |one: &Value| serde_json::from_value::<Destination>(one.clone()).ok();
        listed
            .into_iter()
            .flatten()
            .filter_map(read)
            .filter_map(|one| self.target(&one, one.weight.unwrap_or(100)))
            .collect()
    }

    pub(super) fn timeout_ms(&self) -> u64 {
        let seconds = self.policy("Timeout").and_then(|config| config.get("unitNum")).and_then(Value::as_u64);
        seconds.map_or(self.cx.options.default_timeout_ms, |seconds| seconds * 1000)
    }

    pub(super) fn retries(&self) -> u32 {
        let attempts = self.policy("Retry").and_then(|config| config.get("attempts")).and_then(Value::as_u64);
        attempts
            .map_or(self.cx.options.default_retries, |attempts| u32::try_from(attempts).unwrap_or(u32::MAX))
    }
}

/// A mock or redirect destination whose policy is absent or off has nothing to answer with.
fn no_policy() -> Action {
    Action::Mock { status: 503, body: String::new() }
}

fn code(config: &Value, default: u16) -> u16 {
    config.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()).unwrap_or(default)
}

fn kind(kind: &str) -> MatchKind {
    match kind {
        "Prefix" => MatchKind::Prefix,
        "Regex" => MatchKind::Regex,
        _ => MatchKind::Exact,
    }
}

/// The product spells `OPTION`; HTTP does not.
fn methods(condition: &Condition) -> Vec<String> {
    let spelt = |method: &String| if method == "OPTION" { "OPTIONS".to_owned() } else { method.clone() };
    condition.methods.iter().map(spelt).collect()
}

fn values(conditions: &[ValueCondition]) -> Vec<ValueMatch> {
    conditions
        .iter()
        .map(|one| ValueMatch { name: one.name.clone(), kind: kind(&one.kind), value: one.value.clone() })
        .collect()
}
