//! VPC: the reading half, over the account's network.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateshift_lab_kernel::{Answer, ApiError, Call, Cloud, Network, Product, VSwitch, Vpc as VpcFacts};
use serde_json::{Value, json};

use crate::params::{Page, fits, text};

const CREATED: &str = "2024-01-01T00:00:00Z";

/// The simulated VPC control plane of one account.
#[derive(Debug)]
pub struct Vpc {
    cloud: Arc<Cloud>,
}

impl Vpc {
    /// Over the cloud's network.
    #[must_use]
    pub fn new(cloud: Arc<Cloud>) -> Self {
        Self { cloud }
    }
}

type Handler = fn(&Network, &Call) -> Answer;

mod operations {
    use super::*;

    operation_table! { Handler;
        "DescribeRegions" => regions,
        "DescribeZones" => zones,
        "DescribeVpcs" => vpcs,
        "DescribeVpcAttribute" => vpc_attribute,
        "DescribeVSwitches" => vswitches,
        "DescribeVSwitchAttributes" => vswitch_attributes,
        "DescribeEipAddresses" => eips,
    }
}

impl Product for Vpc {
    fn name(&self) -> &'static str {
        "vpc"
    }

    fn call(&self, call: &Call) -> Answer {
        match operations::find(&call.operation) {
            Some(handler) => handler(&self.cloud.network.lock(), call),
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

/// Regional calls name their region; another region has nothing.
fn check_region(network: &Network, call: &Call) -> Result<(), ApiError> {
    match text(&call.query, "RegionId") {
        Some(region) if region != network.region => Err(ApiError::new(
            404,
            "InvalidRegionId.NotFound",
            format!("the account has nothing in region {region}"),
        )),
        _ => Ok(()),
    }
}

fn regions(network: &Network, _: &Call) -> Answer {
    let region = &network.region;
    let endpoint = format!("vpc.{region}.aliyuncs.com");
    Ok(
        json!({"Regions": {"Region": [{"RegionId": region, "LocalName": region, "RegionEndpoint": endpoint}]}}),
    )
}

fn zones(network: &Network, call: &Call) -> Answer {
    check_region(network, call)?;
    let zones: BTreeSet<&str> = network.vswitches.iter().map(|one| one.zone_id.as_str()).collect();
    let zones: Vec<Value> =
        zones.into_iter().map(|zone| json!({"ZoneId": zone, "LocalName": zone})).collect();
    Ok(json!({"Zones": {"Zone": zones}}))
}

fn paged(call: &Call, list: &str, item: &str, items: &[Value]) -> Answer {
    let page = Page::read(&call.query, ("PageNumber", "PageSize"), 10, 50, "InvalidParameter")?;
    let mut answer = json!({"TotalCount": items.len(), "PageNumber": page.number, "PageSize": page.size});
    let mut inner = json!({});
    inner[item] = Value::Array(page.of(items).to_vec());
    answer[list] = inner;
    Ok(answer)
}

fn vpc_view(network: &Network, one: &VpcFacts) -> Value {
    let switches: Vec<&str> = network
        .vswitches
        .iter()
        .filter(|switch| switch.vpc_id == one.id)
        .map(|switch| switch.id.as_str())
        .collect();
    json!({
        "VpcId": one.id,
        "VpcName": one.name,
        "CidrBlock": one.cidr,
        "RegionId": network.region,
        "Status": "Available",
        "IsDefault": false,
        "CreationTime": CREATED,
        "VSwitchIds": {"VSwitchId": switches},
    })
}

fn vpcs(network: &Network, call: &Call) -> Answer {
    check_region(network, call)?;
    let wanted: Vec<&str> =
        text(&call.query, "VpcId").map(|ids| ids.split(',').collect()).unwrap_or_default();
    let items: Vec<Value> = network
        .vpcs
        .iter()
        .filter(|one| wanted.is_empty() || wanted.contains(&one.id.as_str()))
        .filter(|one| fits(&call.query, "VpcName", &one.name))
        .map(|one| vpc_view(network, one))
        .collect();
    paged(call, "Vpcs", "Vpc", &items)
}

fn vpc_attribute(network: &Network, call: &Call) -> Answer {
    check_region(network, call)?;
    let id = text(&call.query, "VpcId").unwrap_or_default();
    let found = network.vpcs.iter().find(|one| one.id == id);
    let found =
        found.ok_or_else(|| ApiError::new(404, "InvalidVpcId.NotFound", format!("there is no VPC {id}")))?;
    Ok(vpc_view(network, found))
}

fn vswitch_view(one: &VSwitch) -> Value {
    json!({
        "VSwitchId": one.id,
        "VSwitchName": one.id,
        "VpcId": one.vpc_id,
        "ZoneId": one.zone_id,
        "CidrBlock": one.cidr,
        "AvailableIpAddressCount": one.available_addresses,
        "Status": "Available",
        "IsDefault": false,
        "CreationTime": CREATED,
    })
}

fn vswitches(network: &Network, call: &Call) -> Answer {
    check_region(network, call)?;
    let query = &call.query;
    let items: Vec<Value> = network
        .vswitches
        .iter()
        .filter(|one| {
            fits(query, "VSwitchId", &one.id)
                && fits(query, "VSwitchName", &one.id)
                && fits(query, "VpcId", &one.vpc_id)
                && fits(query, "ZoneId", &one.zone_id)
        })
        .map(vswitch_view)
        .collect();
    paged(call, "VSwitches", "VSwitch", &items)
}

fn vswitch_attributes(network: &Network, call: &Call) -> Answer {
    check_region(network, call)?;
    let id = text(&call.query, "VSwitchId").unwrap_or_default();
    let found = network.vswitches.iter().find(|one| one.id == id);
    let why = || ApiError::new(404, "InvalidVSwitchId.NotFound", format!("there is no vSwitch {id}"));
    Ok(vswitch_view(found.ok_or_else(why)?))
}

/// The account has no elastic addresses of its own: those of load balancers belong to the provider.
fn eips(network: &Network, call: &Call) -> Answer {
    check_region(network, call)?;
    paged(call, "EipAddresses", "EipAddress", &[])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Lab, get};

    #[test]
    fn answers_keep_the_contract_and_filters_filter() {
        let lab = Lab::new();
        let region = json!({"RegionId": "cn-hangzhou"});
        lab.vpc("DescribeRegions", json!({})).expect("regions");
        for operation in ["DescribeZones", "DescribeVpcs", "DescribeVSwitches", "DescribeEipAddresses"] {
            lab.vpc(operation, region.clone()).expect(operation);
        }
        let switches =
            lab.vpc("DescribeVSwitches", json!({"VpcId": "vpc-1", "PageSize": 1})).expect("switches");
        assert_eq!(get(&switches, "/TotalCount"), &json!(2));
        assert_eq!(get(&switches, "/VSwitches/VSwitch").as_array().map(Vec::len), Some(1));
        let vpc = lab.vpc("DescribeVpcAttribute", json!({"VpcId": "vpc-1"})).expect("vpc");
        assert_eq!(get(&vpc, "/VSwitchIds/VSwitchId/0"), &json!("vsw-h"));
        assert_eq!(
            lab.vpc("DescribeVSwitchAttributes", json!({"VSwitchId": "vsw-h"})).expect("one")["ZoneId"],
            "cn-hangzhou-h"
        );
        assert_eq!(
            lab.vpc("DescribeVpcAttribute", json!({"VpcId": "vpc-x"})).unwrap_err().code,
            "InvalidVpcId.NotFound"
        );
        assert!(lab.vpc("DescribeVpcs", json!({"RegionId": "mars"})).is_err());
    }
}
