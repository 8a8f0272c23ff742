//! A plan while it is being made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gateshift_apig::convert::policy::Class;
use gateshift_apig::dialect::{Dialect, Examples};
use gateshift_apig::wire::{PolicyView, RouteView};
use gateshift_gateway_model::{ManagedBy, Route, Service};
use gateshift_sdk::model::{Document, Finding, ObjectRef, Operation, OperationKey, Severity, Verb};
use serde_json::Value;

use super::{Given, api_name};
use crate::facts::Facts;
use crate::references::{keys, resolve_by};

/// What has been decided so far.
pub(crate) struct Draft<'a> {
    pub(crate) given: &'a Given<'a>,
    /// Routes that are taken, in ascending order of creation.
    pub(crate) routes: Vec<&'a Route>,
    /// Services that are looked at, in the order of the inventory.
    pub(crate) services: Vec<&'a Service>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) facts: Facts,
    /// Policy classes in use.
    pub(crate) classes: BTreeSet<Class>,
    /// The target's words for the keys of configurations.
    pub(crate) dialect: Dialect,
    /// Hosts that stand for a domain named `*`.
    pub(crate) star: Vec<String>,
    examples: Examples,
    by_id: HashMap<&'a str, &'a Service>,
    /// Policies that are there, by the id of what they are attached to.
    attached: HashMap<&'a str, Vec<&'a PolicyView>>,
    /// Routes that are there, by name.
    existing: HashMap<&'a str, &'a RouteView>,
    /// Ids of objects that exist already, by key.
    ids: BTreeMap<String, String>,
}

impl<'a> Draft<'a> {
    /// Nothing decided but which routes and services it is about.
    pub(crate) fn new(given: &'a Given<'a>) -> Self {
        let mut routes: Vec<&Route> =
            given.inventory.routes.iter().filter(|route| given.settings.takes(route)).collect();
        // Their Ingress objects make them.
        routes.retain(|route| !(given.settings.ingress && route.managed_by == ManagedBy::Ingress));
        routes.sort_by_key(|route| route.created_at);
        let used: BTreeSet<&str> = routes.iter().flat_map(|route| route.services()).collect();
        let all = !given.settings.selects();
        let services = given
            .inventory
            .services
            .iter()
            .filter(|service| all || used.contains(service.id.as_str()))
            .collect();
        let facts = Facts {
            gateway: given.target.gateway.clone(),
            environment: given.target.environment.clone(),
            api: format!("api/{}", api_name(given.inventory, given.settings)),
            ..Facts::default()
        };
        Self {
            given,
            routes,
            services,
            operations: Vec::new(),
            findings: Vec::new(),
            facts,
            classes: BTreeSet::new(),
            // A description that is wrong was found with the settings, before any plan.
            dialect: Dialect::new(&given.settings.templates).unwrap_or_default(),
            star: Vec::new(),
            examples: Examples::of(&given.observed.classes),
            by_id: given.inventory.services.iter().map(|one| (one.id.as_str(), one)).collect(),
            attached: attached(&given.observed.policies),
            existing: given.observed.routes.iter().map(|view| (view.name.as_str(), view)).collect(),
            ids: BTreeMap::new(),
        }
    }

    /// The service of that id at the source.
    pub(crate) fn service(&self, id: &str) -> Option<&'a Service> {
        self.by_id.get(id).copied()
    }

    /// The route of that name on the target.
    pub(crate) fn existing(&self, name: &str) -> Option<&'a RouteView> {
        self.existing.get(name).copied()
    }

    /// The policy of a class on a resource of the target.
    pub(crate) fn policy_on(&self, class: Class, kind: &str, id: &str) -> Option<&'a PolicyView> {
        let there = self.attached.get(id)?;
        there.iter().copied().find(|one| one.is_on(class.name(), kind, id))
    }

    /// The policies on a resource of the target.
    pub(crate) fn policies_on(&self, id: &str) -> &[&'a PolicyView] {
        self.attached.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the target's example of a class shows a number under that key.
    pub(crate) fn shows(&self, class: Class, key: &str) -> bool {
        self.examples.show_number(&self.dialect, class, key)
    }

    /// Adds an operation; it waits for every object it refers to.
    pub(crate) fn operate(&mut self, key: &str, verb: Verb, kind: &str, name: &str, after: Value) {
        self.operations.push(Operation {
            key: OperationKey::new(key),
            verb,
            object: ObjectRef { kind: kind.to_owned(), name: name.to_owned() },
            before: Document::default(),
            waits_for: keys(&after).into_iter().map(OperationKey::new).collect(),
            after: after.into(),
        });
    }

    /// Adopts an identical object that exists already.
    pub(crate) fn adopt(&mut self, key: &str, kind: &str, name: &str, after: Value, id: &str) {
        self.ids.insert(key.to_owned(), id.to_owned());
        self.facts.adopted.insert(key.to_owned(), id.to_owned());
        self.operate(key, Verb::Adopt, kind, name, after);
    }

    /// An operation's body as it would be on the wire; `None` while something it refers to does not
    /// exist.
    pub(crate) fn resolved(&self, after: &Value) -> Option<Value> {
        resolve_by(after.clone(), &|key| self.ids.get(key).cloned().ok_or(()))
            .ok()
            .map(|resolved| resolved.body)
    }

    /// Adds a finding.
    pub(crate) fn find(
        &mut self,
        severity: Severity,
        code: &str,
        object: String,
        message: impl Into<String>,
        action: &str,
    ) {
        self.findings.push(Finding::new(severity, code, object, message).with_action(action));
    }

    /// Something of the same name is there and is not the same.
    pub(crate) fn conflict(&mut self, code: &str, object: String, difference: &str) {
        let message = format!("it exists on the target and is not the same: {difference}");
        self.find(
            Severity::Block,
            code,
            object,
            message,
            "this run did not make it and will not touch it: make it equal, rename or remove it, or exclude the routes that need it",
        );
    }
}

fn attached(policies: &[PolicyView]) -> HashMap<&str, Vec<&PolicyView>> {
    let mut found: HashMap<&str, Vec<&PolicyView>> = HashMap::new();
    for policy in policies {
        let places = policy.attachments.iter();
        let ids: BTreeSet<&str> = places
            .flat_map(|one| {
                one.attach_resource_ids.iter().map(String::as_str).chain([one.attach_resource_id.as_str()])
            })
            .collect();
        for id in ids {
            found.entry(id).or_default().push(policy);
        }
    }
    found
}
