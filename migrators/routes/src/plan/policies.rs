//! Policies: each is attached when it is made, to the route or service that was made just before it.

use gateshift_apig::convert::policy::{self, Class, ON_GATEWAY};
use gateshift_apig::dialect;
use gateshift_sdk::model::{Operation, Verb};
use gateshift_sdk::name;
use serde_json::{Value, json};

use super::draft::Draft;
use super::services::some_of;
use crate::references::given;

/// What a policy belongs to.
pub(super) struct Owner<'a> {
    /// Last part of the policy's operation key.
    pub(super) key: &'a str,
    /// Name for people.
    pub(super) name: &'a str,
    /// Beginning of the policy's name.
    pub(super) prefix: &'a str,
    /// Operation that makes it.
    pub(super) operation: &'a str,
    /// Kind of resource it is.
    pub(super) kind: &'a str,
}

/// Key of the operation that makes a policy.
fn key(class: Class, owner: &str) -> String {
    format!("policy/{}/{owner}", class.name())
}

/// Adds the making of a policy.
pub(super) fn attach(draft: &mut Draft<'_>, owner: &Owner<'_>, class: Class, config: Value) {
    let class_name = class.name();
    let mut body = json!({
        "name": name::plain(&format!("{}-{}", owner.prefix, class_name.to_ascii_lowercase())),
        "className": class_name,
        "config": draft.dialect.speak(class, config),
        "attachResourceIds": [owner.operation],
        "attachResourceType": owner.kind,
        "gatewayId": draft.given.target.gateway,
    });
    if matches!(owner.kind, policy::ON_ROUTE | policy::ON_OPERATION) {
        body["environmentId"] = json!(draft.given.target.environment);
    }
    draft.operate(
        &key(class, owner.key),
        Verb::Attach,
        "policy",
        &format!("{class_name} of {}", owner.name),
        body,
    );
}

/// Whether the target takes the classes that are written, each with what it is for.
pub(super) fn classes(draft: &mut Draft<'_>) {
    for class in draft.classes.clone() {
        let found = dialect::check_in(&draft.dialect, &[class], &draft.given.observed.classes);
        let beginning = key(class, "");
        let of_class = |one: &&Operation| one.key.as_str().starts_with(&beginning);
        let owner = |one: &Operation| one.object.name.split_once(" of ").map(|(_, owner)| owner.to_owned());
        let owners: Vec<String> = draft.operations.iter().filter(of_class).filter_map(owner).collect();
        draft.findings.extend(found.into_iter().map(|mut finding| {
            finding.message.push_str(&format!("; needed by {}", some_of(&owners)));
            finding
        }));
    }
}

/// The firewall for the gateway as a whole, which is attached to what no operation of this plan makes.
pub(super) fn gateway(draft: &mut Draft<'_>) {
    if !draft.given.inventory.has_gateway_waf() {
        return;
    }
    let (class, gateway) = (Class::Waf, draft.given.target.gateway.clone());
    draft.classes.insert(class);
    let view = draft.given.observed.classes.iter().find(|view| view.name == class.name());
    draft.findings.extend(view.and_then(|view| dialect::attaches(class, ON_GATEWAY, view)));
    let config = draft.dialect.speak(class, policy::waf());
    let there = draft.policy_on(class, ON_GATEWAY, &gateway);
    let (key, name) = (key(class, "gateway"), "Waf of the gateway");
    let body = json!({
        "name": name::plain(&format!("{}-waf", draft.given.target.name)),
        "className": class.name(),
        "config": config,
        "attachResourceIds": [given(&gateway)],
        "attachResourceType": ON_GATEWAY,
        "gatewayId": gateway,
    });
    match there.map(|view| (view, policy::difference(&config, view))) {
        None => draft.operate(&key, Verb::Attach, "policy", name, body),
        Some((view, None)) => draft.adopt(&key, "policy", name, body, &view.policy_id),
        Some((_, Some(difference))) => draft.conflict("POL-CONFLICT", "instance/waf".to_owned(), &difference),
    }
}
