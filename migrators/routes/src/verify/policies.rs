//! Policies read back as planned, wherever they are attached.

use std::collections::BTreeMap;

use gateshift_apig::convert;
use gateshift_apig::wire::PolicyView;
use gateshift_sdk::model::Operation;

use super::Applied;

/// Policies of the plan that are attached to one kind of resource.
pub(super) fn planned<'a>(applied: &'a Applied<'_>, kind: &'a str) -> impl Iterator<Item = &'a Operation> {
    applied.of_kind("policy").filter(move |operation| operation.after.value()["attachResourceType"] == kind)
}

/// What the planned policies on one kind of resource differ in.
pub(super) fn differences(applied: &Applied<'_>, kind: &str, policies: &[PolicyView]) -> Vec<String> {
    let mut at: BTreeMap<(&str, &str), &PolicyView> = BTreeMap::new();
    for policy in policies {
        for attachment in policy.attachments.iter().filter(|one| one.attach_resource_type == kind) {
            let listed = attachment.attach_resource_ids.iter().map(String::as_str);
            for id in listed.chain([attachment.attach_resource_id.as_str()]) {
                at.insert((policy.class_name.as_str(), id), policy);
            }
        }
    }
    let one = |operation: &Operation| {
        let difference = match applied.wanted(operation) {
            None => Some("what it belongs to is not there".to_owned()),
            Some(wanted) => {
                let class = wanted.body["className"].as_str().unwrap_or_default();
                let owner = wanted.body["attachResourceIds"][0].as_str().unwrap_or_default();
                match at.get(&(class, owner)) {
                    None => Some("it is not there".to_owned()),
                    Some(view) => convert::policy::difference(&wanted.body["config"], view),
                }
            }
        };
        difference.map(|difference| format!("{}: {difference}", operation.object.name))
    };
    planned(applied, kind).filter_map(one).collect()
}
