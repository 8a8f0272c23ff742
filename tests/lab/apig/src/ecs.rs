//! ECS: security groups and their rules. Rules are stored and shown; the lab's network has no filter.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateshift_lab_kernel::{Answer, ApiError, Call, Cloud, Network, Product, SecurityGroup, Shared};
use serde_json::{Map, Value, json};

use crate::params::{Page, fits, text, texts};

const CREATED: &str = "2024-01-01T00:00:00Z";

/// The simulated security-group half of ECS of one account.
#[derive(Debug)]
pub struct Ecs {
    cloud: Arc<Cloud>,
    rules: Shared<Rules>,
}

#[derive(Debug, Default)]
struct Rules {
    last: u64,
    by_group: BTreeMap<String, Vec<Permission>>,
}

/// One rule, as it was authorised.
#[derive(Debug, Clone)]
struct Permission {
    id: String,
    fields: BTreeMap<String, String>,
}

/// What makes two rules the same; the description does not.
const KEYS: [&str; 7] = [
    "IpProtocol",
    "PortRange",
    "SourceCidrIp",
    "Ipv6SourceCidrIp",
    "SourceGroupId",
    "SourcePrefixListId",
    "Policy",
];

impl Ecs {
    /// Over the cloud's network.
    #[must_use]
    pub fn new(cloud: Arc<Cloud>) -> Self {
        Self { cloud, rules: Shared::default() }
    }
}

type Handler = fn(&Network, &mut Rules, &Call) -> Answer;

mod operations {
    use super::*;

    operation_table! { Handler;
        "DescribeSecurityGroups" => groups,
        "DescribeSecurityGroupAttribute" => attribute,
        "AuthorizeSecurityGroup" => authorize,
        "RevokeSecurityGroup" => revoke,
    }
}

impl Product for Ecs {
    fn name(&self) -> &'static str {
        "ecs"
    }

    fn call(&self, call: &Call) -> Answer {
        match operations::find(&call.operation) {
            Some(handler) => handler(&self.cloud.network.lock(), &mut self.rules.lock(), call),
            None => Err(ApiError::new(
                501,
                "NotImplemented",
                format!("the lab does not serve {}", call.operation),
            )),
        }
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::NAMES
    }
}

fn groups(network: &Network, rules: &mut Rules, call: &Call) -> Answer {
    let query = &call.query;
    let page = Page::read(query, ("PageNumber", "PageSize"), 10, 50, "InvalidParameter")?;
    let ids: Vec<String> = match text(query, "SecurityGroupIds") {
        Some(list) => serde_json::from_str(list)
            .map_err(|cause| ApiError::new(400, "InvalidParameter", format!("SecurityGroupIds: {cause}")))?,
        None => Vec::new(),
    };
    let items: Vec<Value> = network
        .security_groups
        .iter()
        .filter(|one| {
            fits(query, "SecurityGroupId", &one.id)
                && fits(query, "SecurityGroupName", &one.name)
                && fits(query, "VpcId", &one.vpc_id)
                && fits(query, "SecurityGroupType", "normal")
                && (ids.is_empty() || ids.contains(&one.id))
        })
        .map(|one| {
            json!({
                "SecurityGroupId": one.id,
                "SecurityGroupName": one.name,
                "SecurityGroupType": "normal",
                "VpcId": one.vpc_id,
                "CreationTime": CREATED,
                "RuleCount": rules.by_group.get(&one.id).map_or(0, Vec::len),
            })
        })
        .collect();
    Ok(json!({
        "SecurityGroups": {"SecurityGroup": page.of(&items)},
        "RegionId": network.region,
        "TotalCount": items.len(),
        "PageNumber": page.number,
        "PageSize": page.size,
    }))
}

fn group<'a>(network: &'a Network, call: &Call) -> Result<&'a SecurityGroup, ApiError> {
    let id = text(&call.query, "SecurityGroupId").unwrap_or_default();
    let found = network.security_groups.iter().find(|one| one.id == id);
    found.ok_or_else(|| {
        ApiError::new(404, "InvalidSecurityGroupId.NotFound", format!("there is no security group {id}"))
    })
}

fn attribute(network: &Network, rules: &mut Rules, call: &Call) -> Answer {
    let group = group(network, call)?;
    let permissions: Vec<Value> = rules
        .by_group
        .get(&group.id)
        .into_iter()
        .flatten()
        .filter(|_| text(&call.query, "Direction") != Some("egress"))
        .map(|one| {
            let mut view: Map<String, Value> =
                one.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            view.insert("SecurityGroupRuleId".to_owned(), json!(one.id));
            view.insert("Direction".to_owned(), json!("ingress"));
            Value::Object(view)
        })
        .collect();
    Ok(json!({
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "VpcId": group.vpc_id,
        "RegionId": network.region,
        "InnerAccessPolicy": "Accept",
        "Permissions": {"Permission": permissions},
    }))
}

/// The rules a call names: its `Permissions`, or the older form with everything at the top.
fn wanted(call: &Call) -> Result<Vec<BTreeMap<String, String>>, ApiError> {
    let listed: Vec<&Map<String, Value>> = match call.query.get("Permissions").and_then(Value::as_array) {
        Some(list) => list.iter().filter_map(Value::as_object).collect(),
        None => vec![&call.query],
    };
    listed.into_iter().map(read_rule).collect()
}

fn read_rule(map: &Map<String, Value>) -> Result<BTreeMap<String, String>, ApiError> {
    let mut fields: BTreeMap<String, String> = KEYS
        .iter()
        .chain(&["Description", "Priority", "NicType"])
        .filter_map(|name| text(map, name).map(|value| ((*name).to_owned(), value.to_owned())))
        .collect();
    for name in ["IpProtocol", "PortRange"] {
        if !fields.contains_key(name) {
            return Err(ApiError::new(400, "MissingParameter", format!("parameter {name} is mandatory")));
        }
    }
    fields.entry("Policy".to_owned()).or_insert_with(|| "Accept".to_owned());
    fields.entry("Priority".to_owned()).or_insert_with(|| "1".to_owned());
    Ok(fields)
}

fn same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> bool {
    let lower =
        |map: &BTreeMap<String, String>, key: &str| map.get(key).map(|value| value.to_ascii_lowercase());
    KEYS.iter().all(|key| lower(one, key) == lower(other, key))
}

/// Authorising a rule that is there already is no error, as at the real service.
fn authorize(network: &Network, rules: &mut Rules, call: &Call) -> Answer {
    let group = group(network, call)?;
    for fields in wanted(call)? {
        let list = rules.by_group.entry(group.id.clone()).or_default();
        if !list.iter().any(|one| same(&one.fields, &fields)) {
            rules.last += 1;
            list.push(Permission { id: format!("sgr-{:016x}", rules.last), fields });
        }
    }
    Ok(json!({}))
}

/// Revoking a rule that is not there is no error, as at the real service.
fn revoke(network: &Network, rules: &mut Rules, call: &Call) -> Answer {
    let group = group(network, call)?;
    let ids = texts(&call.query, "SecurityGroupRuleId");
    let wanted = if ids.is_empty() { wanted(call)? } else { Vec::new() };
    if let Some(list) = rules.by_group.get_mut(&group.id) {
        list.retain(|one| !ids.contains(&one.id) && !wanted.iter().any(|fields| same(&one.fields, fields)));
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Lab, get};

    #[test]
    fn rules_are_stored_once_and_can_be_revoked() {
        let lab = Lab::new();
        let rule = json!({
            "RegionId": "cn-hangzhou", "SecurityGroupId": "sg-backend",
            "Permissions": [{"IpProtocol": "TCP", "PortRange": "80/80", "SourceCidrIp": "10.0.0.0/8"}],
        });
        lab.ecs("AuthorizeSecurityGroup", rule.clone()).expect("authorised");
        lab.ecs("AuthorizeSecurityGroup", rule.clone()).expect("again");
        let shown = || {
            lab.ecs("DescribeSecurityGroupAttribute", json!({"SecurityGroupId": "sg-backend"}))
                .expect("shown")
        };
        assert_eq!(get(&shown(), "/Permissions/Permission").as_array().map(Vec::len), Some(1));
        let list = lab.ecs("DescribeSecurityGroups", json!({"VpcId": "vpc-1"})).expect("list");
        assert_eq!(get(&list, "/TotalCount"), &json!(1));
        lab.ecs("RevokeSecurityGroup", rule).expect("revoked");
        assert_eq!(get(&shown(), "/Permissions/Permission").as_array().map(Vec::len), Some(0));
        assert!(lab.ecs("DescribeSecurityGroupAttribute", json!({"SecurityGroupId": "sg-none"})).is_err());
    }
}
