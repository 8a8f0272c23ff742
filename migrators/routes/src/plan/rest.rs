//! Groups of routes that the operator wants as REST APIs. One such API leads all its operations to one
//! destination, and chooses among them by path and method alone: a group of which anything asks for more
//! is refused, with every reason.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_apig::convert::policy::{Class, ON_OPERATION};
use gateshift_apig::dialect;
use gateshift_gateway_model::selection::fits;
use gateshift_gateway_model::{Destination, Inventory, Level, ManagedBy, MatchKind, PublishState, Route};
use gateshift_sdk::model::{Severity, Verb};
use gateshift_sdk::name;
use serde_json::{Value, json};

use super::draft::Draft;
use super::policies::{Owner, attach};
use super::routes::Ready;
use crate::facts::RestFact;
use crate::references::PARENT;
use crate::settings::RestGroup;

/// Methods an operation can have.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];
/// Most reasons that one finding lists.
const REASONS: usize = 6;

/// A group that fits: its API, and its routes by id.
pub(super) struct Group<'a> {
    name: &'a str,
    base_path: &'a str,
    members: BTreeSet<&'a str>,
}

impl Group<'_> {
    /// Whether a route is one of them.
    pub(super) fn has(&self, route: &Route) -> bool {
        self.members.contains(route.id.as_str())
    }
}

/// The groups that fit. The others are findings, and their routes stay what they are.
pub(super) fn groups<'a>(draft: &mut Draft<'a>) -> Vec<Group<'a>> {
    let settings = draft.given.settings;
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let mut fit = Vec::new();
    for (name, group) in &settings.rest {
        let routes: Vec<&'a Route> = draft.routes.iter().copied().filter(|one| named(group, one)).collect();
        let mut reasons = together(&routes);
        for route in &routes {
            let own = unfit(draft.given.inventory, &group.base_path, route);
            reasons.extend(own.into_iter().map(|reason| format!("`{}` {reason}", route.name)));
            if let Some(other) = taken.insert(&route.id, name) {
                reasons.push(format!("`{}` is in the group `{other}`, too", route.name));
            }
        }
        if format!("api/{name}") == draft.facts.api {
            reasons.push("the API of the other routes has that name".to_owned());
        }
        if reasons.is_empty() {
            let members = routes.iter().map(|route| route.id.as_str()).collect();
            fit.push(Group { name, base_path: &group.base_path, members });
            continue;
        }
        let more = reasons.len().saturating_sub(REASONS);
        let more = if more > 0 { format!("; and {more} more reasons") } else { String::new() };
        let shown = reasons[..reasons.len().min(REASONS)].join("; ");
        draft.find(
            Severity::Block,
            "RTE-REST-UNFIT",
            format!("settings/rest/{name}"),
            format!("its routes cannot become one REST API: {shown}{more}"),
            "take these routes out of the group: as routes of the HTTP API they are carried over as they are",
        );
    }
    fit
}

fn named(group: &RestGroup, route: &Route) -> bool {
    group.routes.iter().any(|glob| fits(glob, &route.name))
}

/// Why routes cannot be one group.
fn together(routes: &[&Route]) -> Vec<String> {
    let Some(first) = routes.first() else { return vec!["no route has such a name".to_owned()] };
    let mut reasons = Vec::new();
    let domains = |route: &Route| route.domains.iter().cloned().collect::<BTreeSet<_>>();
    let mock = |route: &Route| matches!(route.destination, Destination::Mock { .. });
    let same = |route: &Route| (mock(route) && mock(first)) || route.destination == first.destination;
    for other in &routes[1..] {
        if domains(other) != domains(first) {
            reasons.push(format!("`{}` has other domains than `{}`", other.name, first.name));
        }
        if !same(other) {
            reasons.push(format!("`{}` leads elsewhere than `{}`", other.name, first.name));
        }
    }
    reasons
}

/// Why a route cannot be an operation.
fn unfit(inventory: &Inventory, base_path: &str, route: &Route) -> Vec<String> {
    let mut reasons: Vec<&str> = Vec::new();
    let mut when = |unfit: bool, reason: &'static str| {
        if unfit {
            reasons.push(reason);
        }
    };
    let path = &route.matching.path;
    when(path.kind != MatchKind::Exact, "does not match one exact path");
    when(path.ignore_case, "ignores the case of its path");
    when(below(base_path, &path.value).is_none(), "has a path that is not below the base path");
    when(
        path.value.contains(['{', '}', ' ', '?', '#']),
        "has a path with signs that an operation cannot have",
    );
    when(route.matching.methods.is_empty(), "takes any method");
    let strange = |method: &String| !METHODS.contains(&method.as_str());
    when(route.matching.methods.iter().any(strange), "has a method that an operation cannot have");
    when(
        !route.matching.headers.is_empty() || !route.matching.queries.is_empty(),
        "is chosen by headers or query parameters, too",
    );
    let plain = matches!(
        route.destination,
        Destination::Single { .. } | Destination::Weighted { .. } | Destination::Mock { .. }
    );
    when(!plain, "redirects, or leads to versions of a service");
    when(route.targets().any(|target| target.dubbo.is_some()), "becomes Dubbo calls");
    when(route.state != PublishState::Published, "is not published as it is stored");
    when(route.managed_by == ManagedBy::Ingress, "belongs to an Ingress controller");
    when(guarded(inventory, route), "asks for a consumer");
    let of_route = |level: &Level| matches!(level, Level::Routes { ids } if ids.contains(&route.id));
    let rules = inventory.plugins.iter().filter(|plugin| plugin.enabled).flat_map(|plugin| &plugin.rules);
    let ruled = rules.filter(|rule| rule.enabled).any(|rule| {
        let named = rule.resources.iter().any(|(id, name)| *id == route.id || *name == route.name);
        rule.level.as_ref().is_some_and(of_route) || named
    });
    when(ruled, "has a plugin of its own");
    // Lists of several levels may have to be written out on each route.
    let listed = |level: &Level| *level != Level::Gateway;
    let lists = inventory.access_lists.iter().any(|list| list.enabled && listed(&list.level));
    when(lists, "may need address lists of its own, since the source has some below the gateway");
    reasons.into_iter().map(str::to_owned).collect()
}

fn guarded(inventory: &Inventory, route: &Route) -> bool {
    let grants = inventory.consumers.iter().flat_map(|consumer| &consumer.grants);
    inventory.guarded_routes.contains(&route.id) || grants.into_iter().any(|grant| grant.route == route.id)
}

/// A path as seen from the base path; `None` when it is not below it.
fn below<'a>(base_path: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(base_path.trim_end_matches('/'))?;
    (rest.starts_with('/') && rest.len() > 1).then_some(rest)
}

/// Adds the API of a group with its operations, their policies and their publication.
pub(super) fn add(draft: &mut Draft<'_>, group: &Group<'_>, members: Vec<(&Route, Ready)>) {
    let Some((_, first)) = members.first() else { return };
    let api = format!("api/{}", group.name);
    let environment = backend(draft, first);
    let mut deployed = environment.clone();
    deployed["gatewayId"] = json!(draft.given.target.gateway);
    let origin = &draft.given.inventory.origin;
    let body = json!({
        "name": group.name,
        "type": "Rest",
        "basePath": group.base_path,
        "protocols": ["HTTP", "HTTPS"],
        "belongGatewayId": draft.given.target.gateway,
        "description": format!("routes of {} {}", origin.product, origin.gateway),
        "deployConfigs": [deployed],
    });
    let there = draft.given.observed.rest.get(group.name);
    let mut fact = RestFact { api: api.clone(), routes: BTreeMap::new() };
    match there {
        None => draft.operate(&api, Verb::Create, "api", group.name, body),
        Some((view, _)) => {
            let wanted = draft.resolved(&body);
            let unknown = || Some("it refers to objects that are not there yet".to_owned());
            match wanted.map_or_else(unknown, |wanted| super::api_difference(&wanted, view)) {
                None => draft.adopt(&api, "api", group.name, body, &view.http_api_id),
                Some(difference) => {
                    draft.conflict("API-CONFLICT", format!("apis/{}", group.name), &difference);
                }
            }
        }
    }
    let mut published = Vec::new();
    let mut all_there = there.is_some();
    for (route, ready) in members {
        for method in &route.matching.methods {
            let path = below(group.base_path, &route.matching.path.value).unwrap_or_default();
            let key = format!("operation/{}/{method} {path}", group.name);
            let name = if route.matching.methods.len() == 1 {
                ready.name.clone()
            } else {
                name::plain(&format!("{}-{}", ready.name, method.to_ascii_lowercase()))
            };
            let mut body = json!({
                PARENT: api, "name": name, "path": path, "method": method, "description": ready.body["description"],
            });
            if let Destination::Mock { status, body: content } = &route.destination {
                body["mock"] = json!({"enable": true, "responseCode": status, "responseContent": content});
            }
            let view =
                there.and_then(|(_, all)| all.iter().find(|one| one.method == *method && one.path == path));
            all_there &= view.is_some_and(|view| view.status == "Deployed");
            match view {
                None => draft.operate(&key, Verb::Create, "operation", &name, body),
                Some(view) => {
                    let wanted = draft.resolved(&body).unwrap_or_default();
                    match view.difference(&wanted) {
                        None => draft.adopt(&key, "operation", &name, body, &view.operation_id),
                        Some(difference) => {
                            draft.conflict("RTE-CONFLICT", format!("routes/{}", route.name), &difference);
                        }
                    }
                }
            }
            let existing = view.map(|view| view.operation_id.as_str());
            policies(draft, (&key, &name, existing), &ready.policies);
            published.push(json!({"operationId": key, "action": "Publish"}));
            fact.routes.entry(route.id.clone()).or_default().push(key);
        }
    }
    draft.facts.rest.push(fact);
    let key = format!("deployment/rest/{}", group.name);
    let config = json!({
        "gatewayId": draft.given.target.gateway, "environment": environment, "operationDeployments": published,
    });
    let body = json!({PARENT: api, "config": config});
    match there.filter(|_| all_there) {
        Some((view, _)) => draft.adopt(&key, "rest-deployment", group.name, body, &view.http_api_id),
        None => draft.operate(&key, Verb::Deploy, "rest-deployment", group.name, body),
    }
}

/// Where the operations lead, from the body of any route of the group.
fn backend(draft: &Draft<'_>, ready: &Ready) -> Value {
    let backend = &ready.body["backendConfig"];
    json!({
        "environmentId": draft.given.target.environment,
        "backendScene": backend["scene"],
        "customDomainIds": ready.body["domainIds"],
        "serviceConfigs": backend["services"],
    })
}

/// The route's policies on one of its operations. What an operation answers by itself is no policy.
fn policies(
    draft: &mut Draft<'_>,
    (key, name, existing): (&str, &str, Option<&str>),
    wanted: &[(Class, Value)],
) {
    for (class, config) in wanted.iter().filter(|(class, _)| *class != Class::DirectResponse) {
        let view = draft.given.observed.classes.iter().find(|view| view.name == class.name());
        draft.findings.extend(view.and_then(|view| dialect::attaches(*class, ON_OPERATION, view)));
        let there = existing.and_then(|id| draft.policy_on(*class, ON_OPERATION, id));
        match (there, draft.resolved(config)) {
            (Some(view), Some(resolved)) => {
                let spoken = draft.dialect.speak(*class, resolved);
                if let Some(difference) = gateshift_apig::convert::policy::difference(&spoken, view) {
                    let object = format!("operations/{name}/{}", class.name());
                    draft.conflict("POL-CONFLICT", object, &difference);
                }
            }
            _ => {
                let owner = Owner { key: name, name, prefix: name, operation: key, kind: ON_OPERATION };
                attach(draft, &owner, *class, config.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn paths_are_cut_at_the_base_path() {
        for (base, path, expected) in [
            ("/", "/orders", Some("/orders")),
            ("/v1", "/v1/orders", Some("/orders")),
            ("/v1/", "/v1/orders/new", Some("/orders/new")),
            ("/v1", "/v1", None),
            ("/v1", "/v1/", None),
            ("/v1", "/v10/orders", None),
            ("/v1", "/orders", None),
        ] {
            assert_eq!(below(base, path), expected, "{base} {path}");
        }
    }
}
