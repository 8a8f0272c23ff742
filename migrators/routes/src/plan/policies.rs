//! Policies: each is attached when it is made, to the route or service that was made just before it.

use gateshift_apig::convert::policy::Class;
use gateshift_sdk::model::Verb;
use gateshift_sdk::name;
use serde_json::{Value, json};

use super::draft::Draft;

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
}

/// Adds the making of a policy.
pub(super) fn attach(draft: &mut Draft<'_>, owner: &Owner<'_>, class: Class, config: Value) {
    let class_name = class.name();
    let mut body = json!({
        "name": name::plain(&format!("{}-{}", owner.prefix, class_name.to_ascii_lowercase())),
        "className": class_name,
        "config": config,
        "attachResourceIds": [owner.operation],
        "attachResourceType": class.attaches_to(),
        "gatewayId": draft.given.target.gateway,
    });
    if class.attaches_to() == gateshift_apig::convert::policy::ON_ROUTE {
        body["environmentId"] = json!(draft.given.target.environment);
    }
    let key = format!("policy/{class_name}/{}", owner.key);
    draft.operate(&key, Verb::Attach, "policy", &format!("{class_name} of {}", owner.name), body);
}
