//! A plan while it is being made.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_apig::convert::policy::Class;
use gateshift_gateway_model::{Route, Service};
use gateshift_sdk::model::{Finding, ObjectRef, Operation, OperationKey, Severity, Verb};
use serde_json::Value;

use super::{Given, api_name};
use crate::facts::Facts;
use crate::references::resolve_by;

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
    /// Ids of objects that exist already, by key.
    ids: BTreeMap<String, String>,
}

impl<'a> Draft<'a> {
    /// Nothing decided but which routes and services it is about.
    pub(crate) fn new(given: &'a Given<'a>) -> Self {
        let mut routes: Vec<&Route> =
            given.inventory.routes.iter().filter(|route| given.settings.takes(route)).collect();
        routes.sort_by_key(|route| route.created_at);
        let used: BTreeSet<&str> =
            routes.iter().flat_map(|route| route.targets()).map(|target| target.service.as_str()).collect();
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
            ids: BTreeMap::new(),
        }
    }

    /// Adds an operation; it waits for every object it refers to.
    pub(crate) fn operate(&mut self, key: &str, verb: Verb, kind: &str, name: &str, after: Value) {
        let seen = std::cell::RefCell::new(BTreeSet::new());
        let noted = resolve_by(&after, &|key| {
            seen.borrow_mut().insert(key.to_owned());
            Ok::<_, std::convert::Infallible>(key.to_owned())
        });
        // It cannot fail; what it found is the point.
        drop(noted);
        self.operations.push(Operation {
            key: OperationKey::new(key),
            verb,
            object: ObjectRef { kind: kind.to_owned(), name: name.to_owned() },
            before: Value::Null,
            after,
            waits_for: seen.into_inner().into_iter().map(OperationKey::new).collect(),
        });
    }

    /// Adopts an identical object that exists already.
    pub(crate) fn adopt(&mut self, key: &str, kind: &str, name: &str, after: Value, id: &str) {
        self.ids.insert(key.to_owned(), id.to_owned());
        self.operate(key, Verb::Adopt, kind, name, after);
    }

    /// An operation's body as it would be on the wire; `None` while something it refers to does not
    /// exist.
    pub(crate) fn resolved(&self, after: &Value) -> Option<Value> {
        resolve_by(after, &|key| self.ids.get(key).cloned().ok_or(())).ok().map(|resolved| resolved.body)
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
