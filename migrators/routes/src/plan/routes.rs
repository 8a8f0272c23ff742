//! Routes with their policies, in ascending order of creation, and their publication.

use std::collections::BTreeSet;

use gateshift_apig::convert;
use gateshift_apig::convert::policy::{Class, ON_ROUTE};
use gateshift_apig::wire::RouteView;
use gateshift_gateway_model::{Destination, Route, ServiceKind};
use gateshift_sdk::model::{Severity, Verb};
use gateshift_sdk::name;
use serde_json::{Value, json};

use super::draft::Draft;
use super::policies::{Owner, attach};
use super::route_limits::{carried, published, weighted};
use super::route_notes::{defaults, order_of};
use super::{policy_notes, rest};
use crate::facts::RouteFact;
use crate::references::PARENT;

/// A route with everything it refers to in place.
pub(super) struct Ready {
    pub(super) name: String,
    key: String,
    published: bool,
    pub(super) body: Value,
    pub(super) policies: Vec<(Class, Value)>,
}

/// Adds every route that is taken.
pub(crate) fn add(draft: &mut Draft<'_>) {
    let mut names = BTreeSet::new();
    let mut deployments = Vec::new();
    let mut adopted: Vec<Option<i64>> = Vec::new();
    let mut kept = Vec::new();
    let groups = rest::groups(draft);
    let mut members: Vec<Vec<(&Route, Ready)>> = groups.iter().map(|_| Vec::new()).collect();
    for route in draft.routes.clone() {
        let Some(ready) = judge(draft, route, &mut names) else { continue };
        if let Some(at) = groups.iter().position(|group| group.has(route)) {
            members[at].push((route, ready));
            continue;
        }
        draft.facts.routes.push(RouteFact {
            id: route.id.clone(),
            name: ready.name.clone(),
            key: ready.key.clone(),
            published: ready.published,
        });
        kept.push(route);
        let existing = draft.existing(&ready.name);
        adopted.push(existing.map(|view| view.create_timestamp));
        match existing {
            Some(view) => adopt(draft, &ready, view),
            None => deployments.extend(create(draft, ready)),
        }
    }
    for (group, members) in groups.iter().zip(members) {
        rest::add(draft, group, members);
    }
    for (key, name, body) in deployments {
        draft.operate(&key, Verb::Deploy, "deployment", &name, body);
    }
    order_of(draft, &kept, &adopted);
    defaults(draft, &kept);
    policy_notes::together(draft, &kept);
}

fn judge(draft: &mut Draft<'_>, route: &Route, names: &mut BTreeSet<String>) -> Option<Ready> {
    let object = format!("routes/{}", route.name);
    let published = published(draft, route, &object)?;
    carried(draft, route, &object);
    policy_notes::carried(draft, route, &object);
    let known =
        |name: &str| draft.facts.domains.contains_key(name) || (name == "*" && !draft.star.is_empty());
    let missing: Vec<&String> = route.domains.iter().filter(|name| !known(name)).collect();
    if published && (!missing.is_empty() || route.domains.is_empty()) {
        let message = if missing.is_empty() {
            "it belongs to no domain and cannot be published".to_owned()
        } else {
            format!("it belongs to domains that are not in the inventory: {missing:?}")
        };
        draft.find(
            Severity::Block,
            "RTE-NO-DOMAIN",
            object.clone(),
            message,
            "give it a domain at the source, or exclude it",
        );
        return None;
    }
    if let Some(lost) = route.services().find(|id| !draft.facts.services.contains_key(*id)) {
        let name = route.targets().find(|one| one.service == lost).map(|one| one.name.as_str());
        let message = match name {
            Some(name) => format!("it leads to service `{name}`, which is not carried over"),
            None => {
                let name = draft.service(lost).map_or(lost, |service| service.name.as_str());
                format!("its requests are copied to service `{name}`, which is not carried over")
            }
        };
        draft.find(
            Severity::Block,
            "RTE-SERVICE",
            object,
            message,
            "see the finding about that service, or exclude the route",
        );
        return None;
    }
    let adjusted = weighted(draft, route, &object)?;
    let mut name = name::plain(&route.name);
    if !names.insert(name.clone()) {
        name = name::plain(&format!("{} #{}", route.name, route.id));
        names.insert(name.clone());
    }
    Some(ready(draft, &adjusted, name, published))
}

fn ready(draft: &mut Draft<'_>, route: &Route, name: String, published: bool) -> Ready {
    let domain = |name: &str| draft.facts.domains.get(name).cloned().unwrap_or_default();
    let service = |id: &str| draft.facts.services.get(id).cloned().unwrap_or_default();
    let mut known: Vec<String> = Vec::new();
    for name in &route.domains {
        let stand_ins =
            if draft.facts.domains.contains_key(name) { std::slice::from_ref(name) } else { &draft.star };
        let taken = name == "*" || draft.facts.domains.contains_key(name);
        let new = stand_ins.iter().filter(|one| taken && !known.contains(one)).cloned().collect::<Vec<_>>();
        known.extend(new);
    }
    let mut route = Route { domains: known, ..route.clone() };
    port_by_registry(draft, &mut route);
    let registry = |id: &str| match draft.service(id).map(|one| &one.kind) {
        Some(ServiceKind::Nacos { namespace, group }) => Some((namespace.clone(), group.clone())),
        _ => None,
    };
    let references = convert::route::References { domain: &domain, service: &service, registry: &registry };
    let origin = &draft.given.inventory.origin;
    let described =
        if route.description.is_empty() { String::new() } else { format!(": {}", route.description) };
    let description = format!("{} route {} `{}`{described}", origin.product, route.id, route.name);
    let mut body =
        convert::route::body(&route, &name, &description, &draft.given.target.environment, &references);
    body[PARENT] = json!(draft.facts.api);
    let policies = convert::policy::of_route(&route, &service, &|class, key| draft.shows(class, key));
    draft.classes.extend(policies.iter().map(|(class, _)| *class));
    Ready { key: format!("route/{name}"), name, published, body, policies }
}

/// Ports of services in a Nacos registry are the registry's business.
fn port_by_registry(draft: &Draft<'_>, route: &mut Route) {
    let dynamic =
        |id: &str| draft.service(id).is_some_and(|one| matches!(one.kind, ServiceKind::Nacos { .. }));
    let targets = match &mut route.destination {
        Destination::Single { target } => std::slice::from_mut(target),
        Destination::Weighted { targets } | Destination::Versions { targets } => targets.as_mut_slice(),
        Destination::Mock { .. } | Destination::Redirect { .. } => &mut [],
    };
    let fallback = route.fallback.iter_mut().flat_map(|fallback| &mut fallback.targets);
    targets.iter_mut().chain(fallback).filter(|one| dynamic(&one.service)).for_each(|one| one.port = None);
    let mirror = route.policies.mirror.iter_mut();
    mirror.filter(|one| dynamic(&one.service)).for_each(|one| one.port = None);
}

/// Adds a route and its policies; returns its publication, which comes when all routes are there.
fn create(draft: &mut Draft<'_>, ready: Ready) -> Option<(String, String, Value)> {
    draft.operate(&ready.key, Verb::Create, "route", &ready.name, ready.body);
    let owner = Owner {
        key: &ready.name,
        name: &ready.name,
        prefix: &ready.name,
        operation: &ready.key,
        kind: ON_ROUTE,
    };
    for (class, config) in ready.policies {
        attach(draft, &owner, class, config);
    }
    let body = json!({PARENT: draft.facts.api, "routeId": ready.key});
    ready.published.then(|| (format!("deployment/{}", ready.name), ready.name, body))
}

/// A route of that name is there already.
fn adopt(draft: &mut Draft<'_>, ready: &Ready, view: &RouteView) {
    let difference = match draft.resolved(&ready.body) {
        None => Some("it refers to objects that are not there yet".to_owned()),
        Some(body) => convert::route::difference(&body, view)
            .or_else(|| state_difference(ready.published, view))
            .or_else(|| {
                ready
                    .policies
                    .iter()
                    .find_map(|(class, config)| policy_difference(draft, *class, config, view))
            })
            .or_else(|| surplus_policy(draft, &ready.policies, view)),
    };
    match difference {
        None => draft.adopt(&ready.key, "route", &ready.name, ready.body.clone(), &view.route_id),
        Some(difference) => draft.conflict("RTE-CONFLICT", format!("routes/{}", ready.name), &difference),
    }
}

fn state_difference(published: bool, view: &RouteView) -> Option<String> {
    let deployed = view.deploy_status == "Deployed";
    (deployed != published).then(|| format!("its state is {}", view.deploy_status))
}

fn policy_difference(draft: &Draft<'_>, class: Class, config: &Value, view: &RouteView) -> Option<String> {
    let found = draft.policy_on(class, class.attaches_to(), &view.route_id);
    match (found, draft.resolved(config)) {
        (Some(found), Some(config)) => {
            convert::policy::difference(&draft.dialect.speak(class, config), found)
                .map(|cause| format!("its {} policy: {cause}", class.name()))
        }
        (None, _) => Some(format!("it has no {} policy", class.name())),
        (_, None) => Some(format!("its {} policy refers to services that are not there yet", class.name())),
    }
}

/// A policy that is there, acts, and was not asked for.
fn surplus_policy(draft: &Draft<'_>, wanted: &[(Class, Value)], view: &RouteView) -> Option<String> {
    let surplus = draft.policies_on(&view.route_id).iter().find(|one| {
        let class = Class::named(&one.class_name).filter(|class| convert::policy::OF_ROUTES.contains(class));
        class.is_some_and(|class| wanted.iter().all(|(other, _)| *other != class))
            && convert::policy::difference(&json!({"enable": false}), one).is_some()
    });
    surplus.map(|one| format!("it has a {} policy that is not wanted", one.class_name))
}
