//! The calls this step makes, as thin as they can be.

use gateshift_sdk::api::{CallFailure, CallKind, Host};
use gateshift_sdk::call::{Call, roa, rpc};
use gateshift_sdk::list::whole;
use gateshift_sdk::model::{OperationKey, StepError};
use serde_json::{Value, json};

use crate::observed::{ObservedGateway, ObservedVswitch};

/// Role of the connection to the target's control plane.
pub(crate) const TARGET: &str = "target";
/// Role of the connection to the network's control plane.
pub(crate) const NETWORK: &str = "network";

const PAGE_SIZE: usize = 100;

/// Every gateway of the account.
pub(crate) async fn list_gateways(host: &dyn Host) -> Result<Vec<ObservedGateway>, StepError> {
    let call = |page: u64| {
        roa(TARGET, "ListGateways", CallKind::Read, "GET", &["v1", "gateways"])
            .query("pageNumber", page)
            .query("pageSize", PAGE_SIZE)
    };
    let items = whole(host, call, "/data/items", "/data/totalSize").await?;
    Ok(items.iter().map(gateway).collect())
}

fn gateway(item: &Value) -> ObservedGateway {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tags =
        item["tags"].as_array().into_iter().flatten().map(|tag| (text(&tag["key"]), text(&tag["value"])));
    ObservedGateway {
        id: text(&item["gatewayId"]),
        name: text(&item["name"]),
        status: text(&item["status"]),
        vpc: text(&item["vpc"]["vpcId"]),
        spec: text(&item["spec"]),
        tags: tags.collect(),
    }
}

/// The gateway in full; `None` when there is none of that id.
pub(crate) async fn get_gateway(host: &dyn Host, id: &str) -> Result<Option<Value>, StepError> {
    let call = roa(TARGET, "GetGateway", CallKind::Read, "GET", &["v1", "gateways", id]);
    match host.call(call.build()).await {
        Ok(reply) => Ok(Some(reply.body["data"].clone())),
        Err(failure) if gone(&failure) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// Zones where gateways can be made.
pub(crate) async fn list_zones(host: &dyn Host) -> Result<Vec<String>, StepError> {
    let call = roa(TARGET, "ListZones", CallKind::Read, "GET", &["v1", "zones"]);
    let body = host.call(call.build()).await?.body;
    let items = body["data"]["items"].as_array().into_iter().flatten();
    Ok(items.filter_map(|zone| zone["zoneId"].as_str().map(str::to_owned)).collect())
}

/// VPCs of the account in a region with that id: none or one.
pub(crate) async fn find_vpc(host: &dyn Host, region: &str, vpc: &str) -> Result<Vec<String>, StepError> {
    let call = |page: u64| network("DescribeVpcs", region, vpc, page);
    let items = whole(host, call, "/Vpcs/Vpc", "/TotalCount").await?;
    Ok(items
        .iter()
        .filter_map(|item| item["VpcId"].as_str())
        .filter(|id| *id == vpc)
        .map(str::to_owned)
        .collect())
}

/// vSwitches of a VPC.
pub(crate) async fn list_vswitches(
    host: &dyn Host,
    region: &str,
    vpc: &str,
) -> Result<Vec<ObservedVswitch>, StepError> {
    let call = |page: u64| network("DescribeVSwitches", region, vpc, page);
    let items = whole(host, call, "/VSwitches/VSwitch", "/TotalCount").await?;
    let vswitch = |item: &Value| ObservedVswitch {
        id: item["VSwitchId"].as_str().unwrap_or_default().to_owned(),
        zone: item["ZoneId"].as_str().unwrap_or_default().to_owned(),
        free: item["AvailableIpAddressCount"].as_u64().unwrap_or(0) as u32,
    };
    Ok(items.iter().map(vswitch).collect())
}

fn network(action: &str, region: &str, vpc: &str, page: u64) -> Call {
    rpc(NETWORK, action, CallKind::Read)
        .query("RegionId", region)
        .query("VpcId", vpc)
        .query("PageNumber", page)
        .query("PageSize", 50)
}

/// Asks for a gateway; the answer names its id long before it runs.
pub(crate) async fn create_gateway(
    host: &dyn Host,
    key: &OperationKey,
    body: &Value,
) -> Result<String, CallFailure> {
    let call = roa(TARGET, "CreateGateway", CallKind::Write, "POST", &["v1", "gateways"])
        .body(body.clone())
        .operation(key);
    let reply = host.call(call.build()).await?.body;
    reply["data"]["gatewayId"].as_str().map(str::to_owned).ok_or_else(|| CallFailure::Lost {
        connection: TARGET.to_owned(),
        action: "CreateGateway".to_owned(),
        cause: "the answer names no gateway id".to_owned(),
    })
}

/// Rules that let the gateway into security groups of backends.
pub(crate) async fn security_rules(host: &dyn Host, gateway: &str) -> Result<Vec<Value>, StepError> {
    let path = ["v1", "gateways", gateway, "authorized-security-groups-rules"];
    let call = roa(TARGET, "ListGatewayAuthorizedSecurityGroupRules", CallKind::Read, "GET", &path);
    let body = host.call(call.build()).await?.body;
    Ok(body["data"]["items"].as_array().cloned().unwrap_or_default())
}

/// Lets the gateway into a security group.
pub(crate) async fn add_security_rule(
    host: &dyn Host,
    key: &OperationKey,
    gateway: &str,
    body: &Value,
) -> Result<(), CallFailure> {
    let path = ["v1", "gateways", gateway, "security-group-rules"];
    let call = roa(TARGET, "AddGatewaySecurityGroupRule", CallKind::Write, "POST", &path)
        .body(body.clone())
        .operation(key)
        .serial(format!("gateway:{gateway}"));
    host.call(call.build()).await.map(|_| ())
}

/// Removes a rule; one that is gone already counts as removed.
pub(crate) async fn delete_security_rule(
    host: &dyn Host,
    key: &OperationKey,
    gateway: &str,
    rule: &str,
) -> Result<(), StepError> {
    let path = ["v1", "gateways", gateway, "security-group-rules", rule];
    let call = roa(TARGET, "DeleteGatewaySecurityGroupRule", CallKind::Write, "DELETE", &path)
        .operation(key)
        .serial(format!("gateway:{gateway}"));
    match host.call(call.build()).await {
        Ok(_) => Ok(()),
        Err(failure) if gone(&failure) => Ok(()),
        Err(failure) => Err(failure.into()),
    }
}

/// Scheduled scaling as it is.
pub(crate) async fn elastic_policy(host: &dyn Host, gateway: &str) -> Result<Value, StepError> {
    let path = ["v1", "gateways", gateway, "elastic-policy"];
    let call = roa(TARGET, "GetGatewayElasticPolicy", CallKind::Read, "GET", &path);
    Ok(host.call(call.build()).await?.body["data"]["elasticPolicy"].clone())
}

/// Sets scheduled scaling.
pub(crate) async fn set_elastic_policy(
    host: &dyn Host,
    key: &OperationKey,
    gateway: &str,
    policy: &Value,
) -> Result<(), CallFailure> {
    let path = ["v1", "gateways", gateway, "elastic-policy"];
    let call = roa(TARGET, "UpdateGatewayElasticPolicy", CallKind::IdempotentWrite, "POST", &path)
        .body(json!({ "elasticPolicy": policy }))
        .operation(key)
        .serial(format!("gateway:{gateway}"));
    host.call(call.build()).await.map(|_| ())
}

/// Deletes a gateway; one that is gone already counts as deleted.
pub(crate) async fn delete_gateway(host: &dyn Host, key: &OperationKey, id: &str) -> Result<(), StepError> {
    let call =
        roa(TARGET, "DeleteGateway", CallKind::Write, "DELETE", &["v1", "gateways", id]).operation(key);
    match host.call(call.build()).await {
        Ok(_) => Ok(()),
        Err(failure) if gone(&failure) => Ok(()),
        Err(failure) => Err(failure.into()),
    }
}

fn gone(failure: &CallFailure) -> bool {
    failure.code().is_some_and(|code| {
        code.starts_with("NotFound")
            || code.contains("GatewayNotFound")
            || code == "DatabaseError.RecordNotFound"
    })
}

/// The body of `CreateGateway` that the plan describes.
pub(crate) fn create_body(wanted: &Value) -> Value {
    let mut body = json!({
        "name": wanted["name"], "gatewayType": "API", "gatewayEdition": "Professional", "chargeType": "POSTPAY",
        "spec": wanted["spec"], "vpcId": wanted["vpc"], "zoneConfig": wanted["zoneConfig"],
        "networkAccessConfig": {"type": wanted["network"]}, "logConfig": {"sls": {"enable": wanted["accessLog"]}}, "tag": wanted["tags"],
    });
    if let Some(group) = wanted["resourceGroup"].as_str() {
        body["resourceGroupId"] = group.into();
    }
    body
}
