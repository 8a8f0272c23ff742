//! Consumers and the routes they may use. On each route the order is: authentication attached and off,
//! grants, authentication on, route published again. Any other order would refuse callers for a while.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_apig::convert::policy::ON_ROUTE;
use gateshift_apig::convert::security::{Guard, consumer};
use gateshift_gateway_model::{Consumer, Plugin, TargetRoute};
use gateshift_sdk::model::{Severity, Verb};
use gateshift_sdk::name;
use serde_json::json;

use super::draft::{Draft, Wanted};
use crate::sealing;

/// Plugins that keep consumers of their own.
const OWN_CONSUMERS: [&str; 5] = ["key-auth", "basic-auth", "hmac-auth", "jwt-auth", "oauth"];

/// Adds consumers, and authentication and grants of routes.
pub(crate) fn add(draft: &mut Draft<'_>) {
    for one in &draft.given.inventory.consumers {
        add_consumer(draft, one);
    }
    let keeps = |one: &&Plugin| OWN_CONSUMERS.contains(&one.name.as_str()) && !one.rules.is_empty();
    for plugin in draft.given.inventory.plugins.iter().filter(keeps) {
        draft.find(
            Severity::Info,
            "CON-PLUGIN-KEPT",
            format!("plugins/{}", plugin.name),
            "its consumers stay in the plugin, with the same credentials and headers",
            "nothing; callers see no change",
        );
    }
    let mut grants: BTreeMap<&str, Vec<&Consumer>> = BTreeMap::new();
    for one in &draft.given.inventory.consumers {
        for grant in one.grants.iter().filter(|grant| grant.enabled) {
            grants.entry(&grant.route).or_default().push(one);
        }
    }
    let rules = draft.given.observed.rules.iter();
    let made: Made<'_> = rules.map(|rule| (rule.consumer_id.as_str(), rule.resource_id.as_str())).collect();
    let guarded: BTreeSet<&str> = draft.given.inventory.guarded_routes.iter().map(String::as_str).collect();
    let all: BTreeSet<&str> = grants.keys().copied().chain(guarded.iter().copied()).collect();
    for route in all {
        if let Some(target) = draft.given.routes.routes.get(route) {
            let allowed = grants.get(route).map(Vec::as_slice).unwrap_or_default();
            add_route(draft, (route, target), allowed, guarded.contains(route), &made);
        }
    }
}

fn add_consumer(draft: &mut Draft<'_>, one: &Consumer) {
    let (key, body) = (format!("consumer/{}", one.name), consumer::body(one));
    let object = format!("consumers/{}", one.name);
    let off = one.grants.iter().filter(|grant| !grant.enabled).count();
    if off > 0 {
        draft.find(
            Severity::Info,
            "CON-GRANT-OFF",
            &*object,
            format!("{off} of its grants are off at the source; the target has no grants that are off, so they are not made"),
            "grant the routes on the target when they shall be used",
        );
    }
    let routes = &draft.given.routes.routes;
    let left: Vec<&str> = one
        .grants
        .iter()
        .filter(|grant| grant.enabled && !routes.contains_key(&grant.route))
        .map(|grant| grant.name.as_str())
        .collect();
    if !left.is_empty() {
        let message =
            format!("routes that it may use are not moved, and the grants are left out: {}", left.join(", "));
        draft.find(
            Severity::Info,
            "CON-GRANT-OFF",
            &*object,
            message,
            "nothing, unless these routes shall be moved after all",
        );
    }
    draft.facts.consumers.insert(one.id.clone(), key.clone());
    let verb = match draft.given.observed.consumers.get(&one.name) {
        None => Verb::Create,
        Some(known) => {
            let difference = sealing::difference(&body, &known.view, false);
            match difference.or_else(|| consumer::surplus(&body, &known.view)) {
                None => Verb::Adopt,
                Some(difference) => {
                    draft.find(
                        Severity::Block,
                        "CON-NAME",
                        object,
                        format!("the account has a consumer of that name that is not the same: {difference}"),
                        "consumers belong to the whole account, and this run touches none that it did not make: rename one of the two, or make them equal",
                    );
                    return;
                }
            }
        }
    };
    draft.operate(&key, verb, ("consumer", &one.name), body, &[]);
}

/// Grants that are there: ids of consumer and route.
type Made<'a> = BTreeSet<(&'a str, &'a str)>;

/// What one route needs.
fn add_route(
    draft: &mut Draft<'_>,
    (route, target): (&str, &TargetRoute),
    allowed: &[&Consumer],
    guarded: bool,
    there_already: &Made<'_>,
) {
    let key = format!("route-authentication/{route}");
    let policy = name::plain(&format!("{}-authentication", target.name));
    let wanted = |enable| Wanted {
        key: &key,
        kind: "route-authentication",
        guard: Guard::Authentication,
        name: &policy,
        note: "",
        config: consumer::authentication(enable),
        point: (ON_ROUTE, &target.id),
    };
    let there = draft.there(&wanted(true));
    if let Some(view) = there
        && draft.conflict(&wanted(true), view, "AUTH-CONFLICT")
    {
        return;
    }
    if guarded {
        let verb = if there.is_some() { Verb::Adopt } else { Verb::Attach };
        let body = draft.body(&wanted(there.is_some()));
        draft.operate(&key, verb, ("route-authentication", &target.name), body, &[]);
    }
    let mut new = guarded && there.is_none();
    let mut waits: Vec<String> = Vec::new();
    for of in allowed {
        let (grant, consumer_key) = (format!("grant/{}/{route}", of.name), format!("consumer/{}", of.name));
        let known = draft.given.observed.consumers.get(&of.name);
        let made =
            known.is_some_and(|known| there_already.contains(&(known.id.as_str(), target.id.as_str())));
        new |= !made;
        let body = consumer::rule(
            &consumer_key,
            &draft.given.target.environment,
            &draft.given.routes.api,
            &target.id,
        );
        let verb = if made { Verb::Adopt } else { Verb::Create };
        draft.operate(
            &grant,
            verb,
            ("grant", &format!("{} on {}", of.name, target.name)),
            body,
            &[&consumer_key],
        );
        waits.push(grant);
    }
    if guarded && there.is_none() {
        let mut body = draft.body(&wanted(true));
        body["of"] = json!(key);
        let before: Vec<&str> = waits.iter().map(String::as_str).chain([key.as_str()]).collect();
        draft.operate(
            &format!("{key}/on"),
            Verb::Update,
            ("route-authentication-on", &target.name),
            body,
            &before,
        );
        waits.push(format!("{key}/on"));
    }
    if new && guarded && target.deployed {
        let before: Vec<&str> = waits.iter().map(String::as_str).collect();
        let body = json!({"routeId": target.id, "name": target.name});
        draft.operate(
            &format!("publication/{route}"),
            Verb::Deploy,
            ("publication", &target.name),
            body,
            &before,
        );
    }
}
