//! A plan while it is being made.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_apig::convert::policy::ON_ROUTE;
use gateshift_apig::convert::security::Guard;
use gateshift_apig::wire::PolicyView;
use gateshift_sdk::model::{Document, Finding, ObjectRef, Operation, OperationKey, Severity, Verb};
use serde_json::{Value, json};

use super::Given;
use crate::facts::Facts;
use crate::sealing;

/// Longest description of a policy.
const DESCRIPTION: usize = 200;

/// What has been decided so far.
pub(crate) struct Draft<'a> {
    pub(crate) given: &'a Given<'a>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) facts: Facts,
    /// Policy classes in use, with the kinds of resources they go to.
    pub(crate) classes: BTreeSet<(Guard, &'static str)>,
    /// Policies that are there, by class and id of the resource.
    by_point: BTreeMap<(&'a str, &'a str), Vec<&'a PolicyView>>,
    /// Policies that are there, by class and name.
    by_name: BTreeMap<(&'a str, &'a str), &'a PolicyView>,
}

/// A policy to be made.
pub(crate) struct Wanted<'a> {
    pub(crate) key: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) guard: Guard,
    pub(crate) name: &'a str,
    pub(crate) note: &'a str,
    pub(crate) config: Value,
    /// Kind of resource and its id.
    pub(crate) point: (&'static str, &'a str),
}

impl<'a> Draft<'a> {
    pub(crate) fn new(given: &'a Given<'a>) -> Self {
        let facts = Facts {
            gateway: given.target.gateway.clone(),
            environment: given.target.environment.clone(),
            api: given.routes.api.clone(),
            ..Facts::default()
        };
        let (mut by_point, mut by_name) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
        for view in &given.observed.policies {
            by_name.entry((view.class_name.as_str(), view.name.as_str())).or_insert(view);
            for at in &view.attachments {
                let listed = at.attach_resource_ids.iter().chain([&at.attach_resource_id]);
                for id in listed {
                    by_point.entry((view.class_name.as_str(), id.as_str())).or_default().push(view);
                }
            }
        }
        Self {
            given,
            operations: Vec::new(),
            findings: Vec::new(),
            facts,
            classes: BTreeSet::new(),
            by_point,
            by_name,
        }
    }

    /// Adds an operation.
    pub(crate) fn operate(
        &mut self,
        key: &str,
        verb: Verb,
        object: (&str, &str),
        after: Value,
        waits_for: &[&str],
    ) {
        self.operations.push(Operation {
            key: OperationKey::new(key),
            verb,
            object: ObjectRef { kind: object.0.to_owned(), name: object.1.to_owned() },
            before: Document::default(),
            after: after.into(),
            waits_for: waits_for.iter().map(|key| OperationKey::new(*key)).collect(),
        });
    }

    /// The body that makes a policy.
    pub(crate) fn body(&mut self, wanted: &Wanted<'_>) -> Value {
        self.classes.insert((wanted.guard, wanted.point.0));
        let mut body = json!({
            "name": wanted.name,
            "className": wanted.guard.name(),
            "config": wanted.config,
            "attachResourceIds": [wanted.point.1],
            "attachResourceType": wanted.point.0,
            "gatewayId": self.given.target.gateway,
        });
        if !wanted.note.is_empty() {
            body["description"] = json!(wanted.note.chars().take(DESCRIPTION).collect::<String>());
        }
        if wanted.point.0 == ON_ROUTE {
            body["environmentId"] = json!(self.given.target.environment);
        }
        body
    }

    /// The policy of that class at a point, or of that name.
    pub(crate) fn there(&self, wanted: &Wanted<'_>) -> Option<&'a PolicyView> {
        let class = wanted.guard.name();
        // Consumer authentication is one of a kind on a route, whatever its name.
        let named = wanted.guard != Guard::Authentication;
        let at_point = self.by_point.get(&(class, wanted.point.1)).into_iter().flatten().copied();
        let mut mine = at_point.filter(|view| {
            view.is_on(class, wanted.point.0, wanted.point.1) && (!named || view.name == wanted.name)
        });
        mine.next().or_else(|| self.by_name.get(&(class, wanted.name)).copied().filter(|_| named))
    }

    /// Whether a policy that is there is exactly the wanted one.
    pub(crate) fn conflict(&mut self, wanted: &Wanted<'_>, view: &PolicyView, code: &str) -> bool {
        let found = serde_json::from_str(&view.config).unwrap_or_default();
        let elsewhere = !view.is_on(wanted.guard.name(), wanted.point.0, wanted.point.1);
        let difference = if elsewhere {
            Some("it is attached to something else".to_owned())
        } else {
            sealing::difference(&wanted.config, &found, false)
        };
        let Some(difference) = difference else { return false };
        let message = format!("it exists on the target and is not the same: {difference}");
        self.find(
            Severity::Block,
            code,
            format!("{}/{}", wanted.kind, view.name),
            message,
            "this run did not make it and will not touch it: make it equal, rename or remove it",
        );
        true
    }

    /// Adds a finding.
    pub(crate) fn find(
        &mut self,
        severity: Severity,
        code: &str,
        object: impl Into<String>,
        message: impl Into<String>,
        action: &str,
    ) {
        self.findings.push(Finding::new(severity, code, object, message).with_action(action));
    }
}
