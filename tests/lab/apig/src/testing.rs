//! What the tests of this crate share: an account with a network and a world, and calls whose
//! parameters and answers are checked against the API contract.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use gateshift_lab_kernel::{
    AddressPool, Answer, Call, Certificate, Cloud, LabClock, Network, Product, SecurityGroup, Upstream,
    VSwitch, World,
};
use serde_json::{Map, Value, json};

use crate::{AliDns, Apig, Ecs, Options, Timing, Vpc};

/// The lab of one test.
pub(crate) struct Lab {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) apig: Apig,
    pub(crate) dns: AliDns,
    vpc: Vpc,
    ecs: Ecs,
}

/// Everything happens at once.
pub(crate) fn at_once() -> Timing {
    Timing {
        creating_ms: 0,
        balancer_ms: 0,
        restarting_ms: 0,
        deleting_ms: 0,
        deploying_ms: 0,
        associating_ms: 0,
        publishing_ms: 0,
    }
}

impl Lab {
    /// An account in which nothing takes time.
    pub(crate) fn new() -> Self {
        Self::with(Options { timing: at_once(), ..Options::default() }, 1.0)
    }

    /// An account with these options and a clock of this speed.
    pub(crate) fn with(options: Options, speed: f64) -> Self {
        let cloud = Cloud::new(LabClock::new(speed), network(), world(), AddressPool::new(77, 77));
        Self {
            apig: Apig::with_options(cloud.clone(), options),
            dns: AliDns::new(cloud.clone()),
            vpc: Vpc::new(cloud.clone()),
            ecs: Ecs::new(cloud.clone()),
            cloud,
        }
    }

    /// A call to the gateway product; parameters go where the contract has them.
    pub(crate) fn call(&self, operation: &str, parameters: Value) -> Answer {
        checked(&self.apig, operation, &parameters)
    }

    /// The `data` of an accepted call.
    pub(crate) fn ok(&self, operation: &str, parameters: Value) -> Value {
        let answer = self.call(operation, parameters.clone());
        let body = answer
            .unwrap_or_else(|error| panic!("{operation} {parameters}: {} {}", error.code, error.message));
        body.get("data").cloned().unwrap_or_default()
    }

    /// The code of a refused call.
    pub(crate) fn refused(&self, operation: &str, parameters: Value) -> String {
        match self.call(operation, parameters.clone()) {
            Err(error) => error.code,
            Ok(body) => panic!("{operation} {parameters} was accepted: {body}"),
        }
    }

    /// The text under a name in the data of an accepted call.
    pub(crate) fn id(&self, operation: &str, parameters: Value, name: &str) -> String {
        let data = self.ok(operation, parameters);
        data[name].as_str().unwrap_or_else(|| panic!("{operation} answered {data}")).to_owned()
    }

    /// A call to DNS.
    pub(crate) fn dns(&self, operation: &str, parameters: Value) -> Answer {
        checked(&self.dns, operation, &parameters)
    }

    /// A call to VPC.
    pub(crate) fn vpc(&self, operation: &str, parameters: Value) -> Answer {
        checked(&self.vpc, operation, &parameters)
    }

    /// A call to ECS.
    pub(crate) fn ecs(&self, operation: &str, parameters: Value) -> Answer {
        checked(&self.ecs, operation, &parameters)
    }

    /// A new gateway; gateway id and environment id.
    pub(crate) fn gateway(&self, name: &str) -> (String, String) {
        let id = self.id("CreateGateway", gateway_body(name), "gatewayId");
        let data = self.ok("GetGateway", json!({ "gatewayId": id }));
        let environment =
            get(&data, "/environments/0/environmentId").as_str().expect("an environment").to_owned();
        (id, environment)
    }
}

/// A body for `CreateGateway` that is accepted.
pub(crate) fn gateway_body(name: &str) -> Value {
    json!({
        "name": name, "gatewayType": "API", "gatewayEdition": "Professional", "chargeType": "POSTPAY",
        "spec": "apigw.small.x1", "vpcId": "vpc-1", "networkAccessConfig": {"type": "Internet"},
        "zoneConfig": {"selectOption": "Manual", "zones": [
            {"zoneId": "cn-hangzhou-h", "vSwitchId": "vsw-h"}, {"zoneId": "cn-hangzhou-i", "vSwitchId": "vsw-i"},
        ]},
    })
}

/// A value that must be there.
pub(crate) fn get<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer} of {value}"))
}

fn network() -> Network {
    let switch = |id: &str, zone: &str| VSwitch {
        id: id.to_owned(),
        vpc_id: "vpc-1".to_owned(),
        zone_id: format!("cn-hangzhou-{zone}"),
        cidr: "10.0.1.0/24".to_owned(),
        available_addresses: 200,
    };
    let group = |id: &str, vpc: &str| SecurityGroup {
        id: id.to_owned(),
        name: id.to_owned(),
        vpc_id: vpc.to_owned(),
    };
    let vpc = |id: &str| gateshift_lab_kernel::Vpc {
        id: id.to_owned(),
        name: id.to_owned(),
        cidr: "10.0.0.0/8".to_owned(),
    };
    Network {
        region: "cn-hangzhou".to_owned(),
        vpcs: vec![vpc("vpc-1"), vpc("vpc-2")],
        vswitches: vec![switch("vsw-h", "h"), switch("vsw-i", "i")],
        security_groups: vec![group("sg-backend", "vpc-1"), group("sg-foreign", "vpc-2")],
        certificates: vec![Certificate {
            identifier: "1001-cn-hangzhou".to_owned(),
            name: "shop".to_owned(),
            common_name: "shop.example.com".to_owned(),
            sans: vec!["shop.example.com".to_owned(), "*.shop.example.com".to_owned()],
            not_before_ms: 0,
            not_after_ms: 4_000_000_000_000,
        }],
    }
}

fn world() -> World {
    let versioned = ["v1", "v2"].map(|version| BTreeMap::from([("version".to_owned(), version.to_owned())]));
    let up = |alive: bool| Upstream { alive, instances: versioned.to_vec() };
    let mut upstreams = BTreeMap::new();
    for name in [
        "k8s://c-1/default/orders",
        "k8s://c-1/shop/cart",
        "nacos://mse-1/public/DEFAULT_GROUP/stock",
        "fc3://resize@LATEST",
        "fc3://resize@prod",
        "sae-k8s://public/coupons",
        "vip://10.1.0.7:8080,10.1.0.8:8080",
    ] {
        upstreams.insert(name.to_owned(), up(true));
    }
    upstreams.insert("dns://billing.internal.example:80".to_owned(), up(false));
    World { upstreams }
}

static CONTRACTS: LazyLock<BTreeMap<&'static str, Value>> = LazyLock::new(|| {
    let read = |text: &str| serde_json::from_str(text).expect("a contract file");
    BTreeMap::from([
        ("apig", read(include_str!("../../front/contract/apig.json"))),
        ("alidns", read(include_str!("../../front/contract/alidns.json"))),
        ("vpc", read(include_str!("../../front/contract/vpc.json"))),
        ("ecs", read(include_str!("../../front/contract/ecs.json"))),
    ])
});

/// Operations of a product's contract.
pub(crate) fn contract(product: &str) -> &'static Map<String, Value> {
    CONTRACTS[product]["operations"].as_object().expect("operations")
}

fn checked(product: &dyn Product, operation: &str, parameters: &Value) -> Answer {
    let facts = contract(product.name())
        .get(operation)
        .unwrap_or_else(|| panic!("{operation} is not in the contract"));
    assert!(product.operations().contains(&operation), "{operation} is not announced");
    let answer = product.call(&call(facts, operation, parameters));
    if let Ok(body) = &answer {
        let mut problems = Vec::new();
        fits(operation, &facts["response"], body, &mut problems);
        assert!(problems.is_empty(), "{operation} answers against its contract: {problems:?}");
    }
    answer
}

/// Sorts parameters into path, query and body as the contract has them, checking names and types.
fn call(facts: &Value, operation: &str, parameters: &Value) -> Call {
    let request = &facts["request"];
    let in_path =
        |name: &str| request["path"].as_array().is_some_and(|list| list.iter().any(|one| one == name));
    let mut call = Call {
        operation: operation.to_owned(),
        path: BTreeMap::new(),
        query: Map::new(),
        body: Map::new(),
        request_id: "test".to_owned(),
    };
    for (name, value) in parameters.as_object().expect("an object of parameters") {
        if in_path(name) {
            call.path.insert(name.clone(), value.as_str().expect("text in the path").to_owned());
            continue;
        }
        let (place, into) = if request["query"].get(name).is_some() {
            (&request["query"][name], &mut call.query)
        } else {
            (&request["body"][name], &mut call.body)
        };
        let schema = place.get("of").unwrap_or(place);
        assert!(!schema.is_null(), "{operation} has no parameter {name}");
        let mut problems = Vec::new();
        fits(name, schema, value, &mut problems);
        assert!(problems.is_empty(), "{operation}: {problems:?}");
        into.insert(name.clone(), value.clone());
    }
    call
}

/// A JSON value against a schema of the contract.
fn fits(place: &str, schema: &Value, value: &Value, problems: &mut Vec<String>) {
    let kind = schema["type"].as_str().unwrap_or("none");
    let good = match kind {
        "any" => true,
        "object" | "map" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    };
    if !good {
        problems.push(format!("{place}: {value} where {kind} is due"));
        return;
    }
    match (kind, value) {
        ("object", Value::Object(map)) if schema.get("recursive").is_none() => {
            for (key, item) in map {
                match schema["fields"].get(key) {
                    Some(field) => fits(&format!("{place}.{key}"), field, item, problems),
                    None => problems.push(format!("{place}.{key}: unknown")),
                }
            }
        }
        ("map", Value::Object(map)) => {
            map.iter()
                .for_each(|(key, item)| fits(&format!("{place}.{key}"), &schema["values"], item, problems));
        }
        ("array", Value::Array(items)) => {
            items.iter().for_each(|item| fits(&format!("{place}[]"), &schema["items"], item, problems));
        }
        _ => {}
    }
}

#[test]
fn every_operation_served_is_in_the_contract() {
    let lab = Lab::new();
    for product in [&lab.apig as &dyn Product, &lab.dns, &lab.vpc, &lab.ecs] {
        for operation in product.operations() {
            assert!(contract(product.name()).contains_key(*operation), "{} {operation}", product.name());
        }
    }
}
