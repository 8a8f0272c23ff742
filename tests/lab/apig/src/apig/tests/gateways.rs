//! Gateways: creation rules, life by the clock, what surrounds them.

use std::time::Duration;

use gateshift_lab_kernel::{LogTarget, Product, Tracing};
use serde_json::{Value, json};

use crate::apig::{Options, Timing};
use crate::testing::{Lab, at_once, gateway_body, get};

#[test]
fn what_a_creation_lacks_or_has_wrong_is_refused_by_name() {
    let lab = Lab::new();
    for (pointer, value, code) in [
        ("/networkAccessConfig", json!({}), "InvalidParameter.IsEmpty"),
        ("/networkAccessConfig", json!({"type": "Moon"}), "InvalidParameter.WithValue"),
        ("/name", json!(""), "InvalidParameter.IsEmpty"),
        ("/vpcId", json!(""), "InvalidParameter.IsEmpty"),
        ("/vpcId", json!("vpc-none"), "InvalidParameter.WithValue"),
        ("/vpcId", json!("vpc-2"), "InvalidParameter.WithValue"),
        ("/spec", json!("apigw.tiny"), "InvalidParameter.WithValue"),
        ("/zoneConfig", json!({}), "InvalidParameter.IsEmpty"),
        ("/zoneConfig", json!({"selectOption": "Auto"}), "InvalidParameter.IsEmpty"),
        ("/zoneConfig/zones/1/vSwitchId", json!("vsw-h"), "InvalidParameter.WithValue"),
        (
            "/zoneConfig/zones",
            json!([{"zoneId": "cn-hangzhou-h", "vSwitchId": "vsw-h"}]),
            "InvalidParameter.WithValue",
        ),
    ] {
        let mut body = gateway_body("edge");
        *body.pointer_mut(pointer).expect("a place in the body") = value.clone();
        assert_eq!(lab.refused("CreateGateway", body), code, "{pointer} {value}");
    }
    for name in ["networkAccessConfig", "vpcId", "spec", "zoneConfig", "name"] {
        let mut body = gateway_body("edge");
        body.as_object_mut().expect("an object").remove(name);
        assert_eq!(lab.refused("CreateGateway", body), "InvalidParameter.IsEmpty", "{name}");
    }
    assert!(lab.apig.created_counts().is_empty());
    lab.cloud.network.lock().vswitches[0].available_addresses = 0;
    assert_eq!(lab.refused("CreateGateway", gateway_body("edge")), "InvalidParameter.WithDetail");
}

#[test]
fn a_gateway_runs_first_and_is_reachable_later() {
    // 1000 lab seconds a second: Running after 50 ms, load balancers after 200 ms.
    let timing = Timing { creating_ms: 50_000, balancer_ms: 150_000, ..at_once() };
    let lab = Lab::with(Options { timing, ..Options::default() }, 1000.0);
    let (id, environment) = lab.gateway("edge");
    let status = || {
        let data = lab.ok("GetGateway", json!({ "gatewayId": id }));
        (data["status"].clone(), get(&data, "/loadBalancers/0/status").clone(), data)
    };
    let (first, balancer, data) = status();
    assert_eq!((first, balancer), (json!("Creating"), json!("NotCreate")));
    assert_eq!(get(&data, "/loadBalancers/0").get("address"), None);
    let service = json!({"gatewayId": id, "sourceType": "VIP", "serviceConfigs": [{"name": "a", "addresses": ["10.0.0.1:80"]}]});
    assert_eq!(lab.refused("CreateService", service.clone()), "Conflict.GatewayNotRunning");
    std::thread::sleep(Duration::from_millis(70));
    let (second, balancer, _) = status();
    assert_eq!((second, balancer), (json!("Running"), json!("NotCreate")));
    lab.ok("CreateService", service);
    assert!(lab.apig.gateways().is_empty());
    std::thread::sleep(Duration::from_millis(160));
    let (_, balancer, data) = status();
    assert_eq!(balancer, json!("Ready"));
    let address = get(&data, "/loadBalancers/0/address").as_str().expect("a name").to_owned();
    let ips = lab.cloud.hosts.lock().get(&address).cloned().expect("the name is known to the name server");
    assert_eq!(get(&data, "/loadBalancers/0/ipv4Addresses"), &json!(ips));
    let served = lab.apig.gateways();
    assert_eq!((served.len(), &served[0].addresses), (1, &ips));
    let detail = lab.ok("GetEnvironment", json!({"environmentId": environment, "withStatistics": true}));
    assert!(
        get(&detail, "/subDomainInfos/0/name").as_str().is_some_and(|name| name.ends_with("alicloudapi.com"))
    );
}

#[test]
fn deletion_takes_time_and_takes_everything_along() {
    let timing = Timing { deleting_ms: 60_000, ..at_once() };
    let lab = Lab::with(Options { timing, ..Options::default() }, 1000.0);
    let (id, _) = lab.gateway("edge");
    let groups = lab.cloud.network.lock().security_groups.len();
    lab.ok(
        "CreateService",
        json!({"gatewayId": id, "sourceType": "VIP",
        "serviceConfigs": [{"name": "a", "addresses": ["10.0.0.1:80"]}]}),
    );
    lab.ok("DeleteGateway", json!({ "gatewayId": id }));
    assert_eq!(lab.ok("GetGateway", json!({ "gatewayId": id }))["status"], "Deleting");
    assert_eq!(lab.refused("RestartGateway", json!({ "gatewayId": id })), "Conflict.GatewayIsDeleted");
    assert_eq!(lab.refused("DeleteGateway", json!({ "gatewayId": id })), "Conflict.GatewayIsDeleted");
    assert!(lab.apig.gateways().is_empty());
    std::thread::sleep(Duration::from_millis(80));
    assert_eq!(lab.refused("GetGateway", json!({ "gatewayId": id })), "NotFound.GatewayNotFound");
    assert_eq!(lab.ok("ListServices", json!({}))["totalSize"], 0);
    assert!(lab.cloud.hosts.lock().is_empty());
    assert_eq!(lab.cloud.network.lock().security_groups.len(), groups - 1);
    assert_eq!(lab.apig.created_counts()["gateway"], 1);
    let empty = lab.apig.export();
    assert!(empty.as_object().is_some_and(|map| map.values().all(|list| list == &json!([]))), "{empty}");
}

#[test]
fn a_subscription_gateway_stays() {
    let lab = Lab::new();
    let mut body = gateway_body("edge");
    body["chargeType"] = json!("PREPAY");
    let id = lab.id("CreateGateway", body, "gatewayId");
    assert_eq!(lab.refused("DeleteGateway", json!({ "gatewayId": id })), "Conflict.GatewayIsPrepaid");
}

#[test]
fn lists_filter_and_page() {
    let lab = Lab::new();
    for number in 0..5 {
        let mut body = gateway_body(&format!("edge-{number}"));
        body["tag"] = json!([{"key": "from", "value": format!("gw-{}", number % 2)}]);
        lab.ok("CreateGateway", body);
    }
    let page = lab.ok("ListGateways", json!({"pageNumber": 2, "pageSize": 2}));
    let names: Vec<&Value> =
        page["items"].as_array().expect("items").iter().map(|one| &one["name"]).collect();
    assert_eq!((names, &page["totalSize"]), (vec![&json!("edge-2"), &json!("edge-3")], &json!(5)));
    let tagged = lab.ok("ListGateways", json!({"tag": [{"key": "from", "value": "gw-1"}]}));
    assert_eq!(tagged["totalSize"], 2);
    assert_eq!(lab.ok("ListGateways", json!({"name": "edge-3"}))["totalSize"], 1);
    assert_eq!(lab.refused("ListGateways", json!({"pageSize": 101})), "InvalidParameter.WithValue");
    assert_eq!(lab.refused("ListGateways", json!({"pageNumber": 0})), "InvalidParameter.WithValue");
    let id = get(&page, "/items/0/gatewayId").as_str().expect("an id").to_owned();
    lab.ok("UpdateGatewayName", json!({"gatewayId": id, "name": "renamed"}));
    assert_eq!(lab.ok("ListGateways", json!({"keyword": "renamed"}))["totalSize"], 1);
    lab.call(
        "TagResources",
        json!({"resourceType": "gateway", "resourceId": [id], "tag": [{"key": "a", "value": "b"}]}),
    )
    .expect("tagged");
    let tags =
        lab.call("ListTagResources", json!({"ResourceType": "gateway", "ResourceId": [id]})).expect("tags");
    assert_eq!(tags["TagResources"].as_array().map(Vec::len), Some(2));
    lab.call("UntagResources", json!({"ResourceType": "gateway", "ResourceId": [id], "TagKey": ["a"]}))
        .expect("untagged");
    assert_eq!(lab.ok("ListGateways", json!({"tag": [{"key": "a"}]}))["totalSize"], 0);
}

#[test]
fn backend_rules_features_and_the_rest_of_the_surroundings() {
    let lab = Lab::new();
    let (id, _) = lab.gateway("edge");
    let own = lab.ok("GetGateway", json!({ "gatewayId": id }))["securityGroup"]["securityGroupId"].clone();
    let rule = |group: &Value, range: &str| json!({"gatewayId": id, "securityGroupId": group, "portRanges": [range]});
    let backend = json!("sg-backend");
    lab.ok("AddGatewaySecurityGroupRule", rule(&backend, "8080/8090"));
    for (group, range, code) in [
        (&backend, "8080/8090", "Conflict.SecurityGroupRuleExisted"),
        (&own, "1/2", "InvalidParameter.WithValue"),
        (&json!("sg-foreign"), "1/2", "InvalidParameter.WithValue"),
        (&json!("sg-none"), "1/2", "InvalidParameter.WithValue"),
        (&backend, "2/1", "InvalidParameter.WithValue"),
        (&backend, "80", "InvalidParameter.WithValue"),
    ] {
        assert_eq!(lab.refused("AddGatewaySecurityGroupRule", rule(group, range)), code, "{group} {range}");
    }
    let listed = lab.ok("ListGatewayAuthorizedSecurityGroupRules", json!({ "gatewayId": id }));
    let rule_id = get(&listed, "/items/0/securityGroupRuleId").clone();
    lab.ok("DeleteGatewaySecurityGroupRule", json!({"gatewayId": id, "securityGroupRuleId": rule_id}));
    assert_eq!(
        lab.ok("ListGatewayAuthorizableSecurityGroups", json!({ "gatewayId": id }))["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    let features = lab.ok("ListGatewayFeatures", json!({ "gatewayId": id }));
    for item in features["items"].as_array().expect("features") {
        let update = json!({"gatewayId": id, "name": item["definition"]["name"], "value": item["value"]});
        if item["definition"]["readOnly"] == true {
            assert_eq!(lab.refused("UpdateGatewayFeature", update), "InvalidParameter.WithDetail");
        } else {
            lab.ok("UpdateGatewayFeature", update);
        }
    }
    lab.ok("UpdateGatewayFeature", json!({"gatewayId": id, "name": "enable-gzip", "value": "true"}));
    assert_eq!(lab.apig.export()["gateways"][0]["features"], json!({"EnableGzip": "true"}));

    let policy = json!({"elasticEnabled": true, "elasticType": "CronHPA", "maxUnits": 4});
    lab.ok("UpdateGatewayElasticPolicy", json!({"gatewayId": id, "elasticPolicy": policy}));
    assert_eq!(lab.ok("GetGatewayElasticPolicy", json!({ "gatewayId": id }))["elasticPolicy"], policy);
    for operation in ["GetGatewayResourceQuotaUsage", "GetTraceConfig", "ListGatewayLoadBalancers"] {
        lab.call(operation, json!({ "gatewayId": id })).expect(operation);
    }
    for operation in ["ListZones", "DescribeRegions", "ListEnvironments"] {
        lab.call(operation, json!({})).expect(operation);
    }
}

#[test]
fn two_writes_at_once_meet_the_lock_when_it_is_on() {
    let options = Options { timing: at_once(), lock_ms: 3_600_000, ..Options::default() };
    let lab = Lab::with(options, 1.0);
    let (id, _) = lab.gateway("edge");
    lab.ok("UpdateGatewayName", json!({"gatewayId": id, "name": "a"}));
    assert_eq!(
        lab.refused("UpdateGatewayName", json!({"gatewayId": id, "name": "b"})),
        "Conflict.LockFailed"
    );
    assert_eq!(lab.ok("GetGateway", json!({ "gatewayId": id }))["name"], "a");
}

#[test]
fn tracing_and_logs_are_read_as_the_console_set_them() {
    let lab = Lab::new();
    let (id, _) = lab.gateway("edge");
    let trace = || lab.call("GetTraceConfig", json!({ "gatewayId": id })).expect("an answer")["data"].clone();
    assert_eq!(trace(), json!({"enable": false, "sampleRatio": 0}));
    let set = |kind: &str, sample, service: &str| {
        let (kind, service) = (kind.to_owned(), service.to_owned());
        lab.apig.set_tracing(&id, Some(Tracing { kind, sample, service, port: 11800 }))
    };
    for (kind, sample, service) in [("W3C", 10, ""), ("XTRACE", 101, ""), ("SKYWALKING", 10, "oap")] {
        assert_eq!(set(kind, sample, service).expect_err(kind).code, "InvalidParameter.WithValue");
    }
    assert_eq!(lab.apig.set_tracing("gw-none", None).expect_err("none").code, "NotFound.GatewayNotFound");
    let oap = json!({"gatewayId": id, "sourceType": "VIP", "serviceConfigs": [{"name": "oap", "addresses": ["10.0.0.1:80"]}]});
    let service = lab.ok("CreateService", oap)["serviceIds"][0].clone();
    set("SKYWALKING", 10, "oap").expect("it is there now");
    let due = json!({"enable": true, "sampleRatio": 10, "traceType": "SKYWALKING", "serviceId": service, "servicePort": "11800"});
    assert_eq!(trace(), due);
    lab.apig.set_tracing(&id, None).expect("off");
    assert_eq!(trace()["enable"], json!(false));

    // Nobody asked for logs at creation; the console offers the projects there are.
    let to = |project: &str| Some(LogTarget { project: project.to_owned(), ..LogTarget::own("r") });
    assert_eq!(lab.cloud.deliveries.lock().current(&id), None);
    assert_eq!(lab.apig.set_logs(&id, to("p")).expect_err("unknown").code, "InvalidParameter.WithValue");
    lab.cloud.deliveries.lock().switch("gw-source", to("p"), 0);
    lab.apig.set_logs(&id, to("p")).expect("known");
    assert_eq!(lab.cloud.deliveries.lock().current(&id), to("p").as_ref());
    lab.ok("DeleteGateway", json!({ "gatewayId": id }));
    assert_eq!(lab.cloud.deliveries.lock().current(&id), None);
}
