//! Groups of people that rules tell. They are made elsewhere; a rule names groups that exist.

use gateshift_lab_kernel::{Answer, Call};
use serde_json::{Value, json};

use super::Cms;
use crate::answer::page;

/// The group that every account has.
pub(super) const USUAL: &str = "Default Contact Group";

/// `DescribeContactGroupList`.
pub(super) fn list(cms: &Cms, call: &Call) -> Answer {
    let groups = cms.state.lock().groups.clone();
    let (shown, ..) = page(&groups, &call.query, ("PageNumber", "PageSize"))?;
    let rows: Vec<Value> = shown
        .iter()
        .map(|name| {
            json!({
                "Name": name, "Describe": "", "Contacts": {"Contact": []}, "EnableSubscribed": true,
                "EnabledWeeklyReport": false, "CreateTime": 1_736_125_200_000_i64, "UpdateTime": 1_736_125_200_000_i64,
            })
        })
        .collect();
    Ok(json!({
        "Code": "200", "Success": true, "Message": "success", "Total": groups.len(),
        "ContactGroups": {"ContactGroup": shown}, "ContactGroupList": {"ContactGroup": rows},
    }))
}
