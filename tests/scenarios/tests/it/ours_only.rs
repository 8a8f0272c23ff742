//! What was on the target before the run belongs to somebody else: it is not touched, and where it is
//! in the way the run stops and says so.

use gateshift_scenarios::{Cloud, Desk, Lab, configured, status};
use serde_json::{Value, json};

use crate::end::{PATIENCE, differences, lab};

/// A gateway of somebody else with a service and an API of its own; its id.
fn foreign(cloud: &Cloud, lab: &Lab, name: &str) -> String {
    let network =
        cloud.rpc("vpc", "2016-04-28", "DescribeVSwitches", &format!("RegionId={}", lab.text("region")));
    let switch = &network["VSwitches"]["VSwitch"][0];
    let gateway = cloud.apig(
        "POST",
        "/v1/gateways",
        &json!({
            "name": name, "gatewayType": "API", "spec": "apigw.small.x1", "chargeType": "POSTPAY", "vpcId": switch["VpcId"],
            "networkAccessConfig": {"type": "Internet"},
            "zoneConfig": {"selectOption": "Auto", "vSwitchId": switch["VSwitchId"]},
        }),
    );
    let id = gateway["gatewayId"].as_str().unwrap().to_owned();
    gateshift_scenarios::wait_for("the foreign gateway to run", PATIENCE, || {
        (cloud.apig("GET", &format!("/v1/gateways/{id}"), &Value::Null)["status"] == "Running").then_some(())
    });
    let service = json!({
        "gatewayId": id, "sourceType": "VIP",
        "serviceConfigs": [{"name": "theirs", "addresses": ["10.9.9.9:80"]}],
    });
    cloud.apig("POST", "/v1/services", &service);
    cloud.apig("POST", "/v1/http-apis", &json!({"name": "theirs", "type": "Http", "protocols": ["HTTP"]}));
    id
}

/// Everything in `before` is in `after`, unchanged.
fn assert_untouched(before: &Value, after: &Value) {
    for (kind, items) in before["apig"].as_object().unwrap() {
        let now = after["apig"][kind].as_array().unwrap();
        for item in items.as_array().unwrap() {
            assert!(now.contains(item), "{kind}: {item:#} was touched or removed; now {now:#?}");
        }
    }
}

#[test]
fn what_is_not_in_the_way_stays_as_it_is() {
    let lab = lab(41, 240, &[]);
    let cloud = lab.cloud();
    foreign(&cloud, &lab, "theirs");
    cloud.apig("POST", "/v1/domains", &json!({"name": "their.example.org", "protocol": "HTTP"}));
    let before = lab.state();
    let desk = Desk::new();
    let _ = desk.start(&configured(&desk, &lab)).wait(PATIENCE).expect(0);
    let after = lab.state();
    assert_untouched(&before, &after);
    assert!(after["apig"]["routes"].as_array().unwrap().len() > 20, "the run did its work");
}

#[test]
fn a_domain_with_other_settings_blocks() {
    let lab = lab(42, 240, &[]);
    let cloud = lab.cloud();
    let hosts = gateshift_scenarios::records(&lab.state());
    let names: Vec<&str> = hosts
        .iter()
        .map(|(host, _)| host.as_str())
        .filter(|host| host.starts_with("www.") || host.starts_with("api."))
        .collect();
    assert!(!names.is_empty(), "{hosts:?}");
    for name in &names {
        cloud.apig("POST", "/v1/domains", &json!({"name": name, "protocol": "HTTP", "http2Option": "Close"}));
    }
    let before = lab.state();
    let desk = Desk::new();
    let ended = desk.start(&configured(&desk, &lab)).wait(PATIENCE).expect(3);
    let found = status(&desk).unwrap();
    let findings =
        found["steps"].as_array().unwrap().iter().flat_map(|step| step["findings"].as_array().unwrap());
    let codes: Vec<&str> = findings
        .filter(|finding| finding["severity"] == "block")
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"DOM-CONFLICT"), "{codes:?}\n{}", ended.stdout);
    assert!(ended.stdout.contains("DOM-CONFLICT") && ended.stdout.contains(names[0]), "{}", ended.stdout);
    assert_untouched(&before, &lab.state());
}

#[test]
fn a_gateway_of_the_wanted_name_blocks() {
    let lab = lab(43, 240, &[]);
    let cloud = lab.cloud();
    let desk = Desk::new();
    // The name that the run would give: the one of the source.
    let answer = cloud.rpc("mse", "2019-05-31", "ListGateway", "");
    let name =
        answer["Data"]["Result"][0]["Name"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned();
    foreign(&cloud, &lab, &name);
    let before = lab.state();
    let ended = desk.start(&configured(&desk, &lab)).wait(PATIENCE).expect(3);
    assert!(ended.stdout.contains("INS-NAME-TAKEN"), "{}", ended.stdout);
    let found = differences(&before["apig"], &lab.state()["apig"]);
    assert!(found.is_empty(), "{found:#?}");
}
