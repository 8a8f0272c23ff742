//! The contradictions of the API that a client has to survive.

use gateshift_lab_kernel::Product;
use serde_json::{Value, json};

use crate::lab::{Lab, small};

fn has(row: &Value, name: &str) -> bool {
    row.get(name).is_some()
}

#[test]
fn list_and_detail_of_a_route_differ() {
    let lab = small();
    for row in lab.rows("ListGatewayRoute") {
        let detail = lab.data("GetGatewayRouteDetail", json!({ "RouteId": row["Id"] }));
        assert_eq!((&row["EnableWaf"], &detail["EnableWaf"]), (&json!("false"), &json!(false)));
        for only_in_list in ["Type", "Comment", "DynamicRoute"] {
            assert!(has(&row, only_in_list) && !has(&detail, only_in_list), "{only_in_list}");
        }
        for only_in_detail in ["Description", "Timeout", "Retry", "Policies", "AhasStatus"] {
            assert!(!has(&row, only_in_detail) && has(&detail, only_in_detail), "{only_in_detail}");
        }
        assert!(row["GmtCreate"].as_str().unwrap().ends_with("+0000"));
        assert_eq!(detail["GmtCreate"].as_str().unwrap().len(), "2022-01-07 18:07:57".len());
        let text: Value = serde_json::from_str(row["Predicates"].as_str().unwrap()).unwrap();
        assert_eq!(text, row["RoutePredicates"]);
    }
}

#[test]
fn list_and_detail_of_a_service_differ() {
    let lab = Lab::yaml(crate::scenarios::FULL);
    let rows = lab.rows("ListGatewayService");
    let row = rows.iter().find(|row| row["Name"] == "secure").unwrap();
    let detail = lab.data("GetGatewayServiceDetail", json!({ "ServiceId": row["Id"] }));
    assert_eq!((&row["HealthCheck"], &detail["HealthCheck"]), (&json!(true), &json!("true")));
    assert_eq!(row["GatewayTrafficPolicy"]["Tls"]["Mode"], "SIMPLE");
    assert_eq!(detail["GatewayTrafficPolicy"]["TlsSetting"]["TlsMode"], "SIMPLE");
    assert_eq!(row["HealehStatus"], row["HealthStatus"]);
    assert_eq!(row["HealthCheckInfo"]["Check"], true);
    assert!(!has(&detail, "HealthCheckInfo") && !has(&detail, "HealehStatus"));
    assert!(has(&detail, "VersionDetails") && !has(row, "VersionDetails"));
}

#[test]
fn list_and_detail_of_a_domain_differ() {
    let lab = small();
    for row in lab.data("ListGatewayDomain", json!({})).as_array().unwrap() {
        let detail = lab.data("GetGatewayDomainDetail", json!({ "Id": row["Id"].to_string() }));
        assert!(has(row, "Type") && has(row, "Status") && !has(row, "MtlsEnabled"));
        assert!(!has(&detail, "Type") && !has(&detail, "Status") && has(&detail, "MtlsEnabled"));
    }
}

#[test]
fn spellings_are_the_products_own() {
    let lab = Lab::yaml(crate::scenarios::FULL);
    let kinds: Vec<Value> = lab
        .rows("ListGatewayRoute")
        .iter()
        .map(|row| row["RoutePredicates"]["PathPredicates"]["Type"].clone())
        .collect();
    for kind in ["PRE", "EQUAL", "ERGULAR"] {
        assert!(kinds.contains(&json!(kind)), "{kind}");
    }
    let sources = lab.data("ListServiceSource", json!({}));
    let tokens: Vec<&str> =
        sources.as_array().unwrap().iter().map(|row| row["Source"].as_str().unwrap()).collect();
    assert_eq!(tokens, ["K8s", "MSE", "MSE_ZK", "SAE", "EDAS"]);
}

#[test]
fn three_forms_of_paging() {
    let lab = small();
    for name in ["a", "b", "c"] {
        lab.data(
            "AddBlackWhiteList",
            json!({ "Name": name, "Content": "192.0.2.1", "ResourceType": "GATEWAY" }),
        );
    }
    let lists = lab.data("GatewayBlackWhiteList", json!({}));
    assert_eq!((&lists["PageSize"], &lists["TotalSize"]), (&json!(1), &json!(3)));
    assert_eq!(lists["Result"].as_array().unwrap().len(), 1);

    let total = lab.rows("ListGatewayRoute").len();
    let mut ids = Vec::new();
    for number in 1.. {
        let page = lab.data("ListGatewayRoute", json!({ "PageNumber": number, "PageSize": 3 }));
        assert_eq!(page["TotalSize"], json!(total));
        let rows = page["Result"].as_array().unwrap().clone();
        if rows.is_empty() {
            break;
        }
        ids.extend(rows.iter().map(|row| row["Id"].clone()));
    }
    assert_eq!(ids.len(), total);

    let consumers = lab.data("ListGatewayAuthConsumer", json!({ "PageNum": "2", "PageSize": "7" }));
    assert_eq!((&consumers["PageNumber"], &consumers["PageSize"]), (&json!(2), &json!(7)));
    for (operation, query) in [
        ("ListGatewayRoute", json!({ "PageNumber": 0 })),
        ("ListGatewayService", json!({ "PageSize": -1 })),
        ("ListGatewayAuthConsumer", json!({ "PageNum": "one", "PageSize": "10" })),
    ] {
        let error = lab.call(operation, query).unwrap_err();
        assert_eq!((error.status, error.code.as_str()), (400, "InvalidParameter"), "{operation}");
    }
}

#[test]
fn some_refusals_come_with_status_200() {
    let lab = small();
    let nowhere = json!({ "GatewayUniqueId": "gw-does-not-exist" });
    let error = lab.raw("GetGateway", nowhere.clone()).unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (404, "NotFound"));
    for (operation, query) in [
        ("ListGatewayDomain", nowhere.clone()),
        ("ListGatewayRoute", json!({ "FilterParams": nowhere })),
        ("GetGatewayRouteDetail", json!({ "GatewayUniqueId": lab.gateway, "RouteId": 1 })),
        ("GetGatewayDomainDetail", json!({ "GatewayUniqueId": lab.gateway, "Id": "1" })),
    ] {
        let answer = lab.raw(operation, query).unwrap();
        assert_eq!(
            (&answer["Success"], &answer["HttpStatusCode"]),
            (&json!(false), &json!(404)),
            "{operation}"
        );
        assert!(!has(&answer, "Data"), "{operation}");
    }
    let error = lab.call("GetGatewayServiceDetail", json!({ "ServiceId": 1 })).unwrap_err();
    assert_eq!(error.status, 404);
    let rules = json!({ "FilterParams": nowhere.to_string() });
    assert_eq!(lab.raw("ListGatewayFlowRule", rules).unwrap_err().status, 404);
}

#[test]
fn the_gateway_is_looked_for_where_each_operation_has_it() {
    let lab = small();
    let plain = json!({ "GatewayUniqueId": lab.gateway });
    let error = lab.raw("ListGatewayRoute", json!({ "PageSize": 10 })).unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (400, "InvalidParameter"));
    assert!(lab.raw("ListGatewayDomain", plain).is_ok());
    let rules = lab.call("ListGatewayFlowRule", json!({})).unwrap();
    assert!(has(&rules["Data"], "Result") && has(&rules["Data"], "Results") && !has(&rules, "Success"));
}

#[test]
fn neither_the_list_nor_the_detail_of_a_gateway_is_complete() {
    let lab = Lab::yaml(crate::scenarios::FULL);
    let rows = lab.raw("ListGateway", json!({})).unwrap();
    let row = &rows["Data"]["Result"][0];
    let detail = lab.data("GetGateway", json!({}));
    assert_eq!(row["VpcId"], detail["Vpc"]);
    for only_in_list in ["InternetSlb", "Slb", "GatewayEntry", "MseVersion", "GatewayVersion"] {
        assert!(has(row, only_in_list) && !has(&detail, only_in_list), "{only_in_list}");
    }
    for only_in_detail in ["SecurityGroup", "Vswitch", "LogConfigDetails", "XtraceDetails"] {
        assert!(!has(row, only_in_detail) && has(&detail, only_in_detail), "{only_in_detail}");
    }
    let entry = &row["GatewayEntry"][0];
    let (name, ip) = (entry["EntryDomain"].as_str().unwrap(), entry["IpList"][0].as_str().unwrap());
    assert!(name.starts_with("gw-") && name.ends_with(".cn-shanghai.alicloudapi.com"), "{name}");
    assert_eq!(lab.cloud.hosts.lock()[name], [ip.parse::<std::net::IpAddr>().unwrap()]);
    assert_eq!(row["InternetSlb"][0]["SlbIp"], ip);
    assert_eq!(
        (&row["Slb"][0]["Type"], &row["Slb"][0]["SlbPort"]),
        (&json!("PRIVATE_NET"), &json!("80,443"))
    );
    let addresses: Vec<String> = lab.mse.gateways()[0].addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, [ip, row["Slb"][0]["SlbIp"].as_str().unwrap()]);
}

#[test]
fn registries_show_what_the_gateway_does_not_use_too() {
    let lab = Lab::yaml(crate::scenarios::FULL);
    let names = |query: Value| -> Vec<String> {
        let data = lab.data("PullServices", query);
        let groups = data.as_array().unwrap();
        let services = groups.iter().flat_map(|group| group["Services"].as_array().unwrap());
        services.map(|service| service["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(json!({ "SourceType": "K8S", "Namespace": "shop" })), ["plain", "unused"]);
    assert_eq!(names(json!({ "SourceType": "MSE" })), ["registered"]);
    assert_eq!(names(json!({ "Namespace": "nowhere" })), Vec::<String>::new());
}

#[test]
fn lists_can_be_filtered_and_sorted() {
    let lab = small();
    let names = |query: Value| -> Vec<String> {
        let data = lab.data("ListGatewayRoute", query);
        let rows = data["Result"].as_array().unwrap();
        rows.iter().map(|row| row["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(json!({ "FilterParams": { "Status": 4 } })), ["search"]);
    assert_eq!(names(json!({ "FilterParams": { "DomainName": "*.example.com" } })), ["recommend", "health"]);
    assert_eq!(names(json!({ "FilterParams": { "Name": "orders" } })), ["orders", "orders-vip"]);
    assert_eq!(names(json!({ "FilterParams": { "Path": "/orders/" } })), ["export"]);
    let newest = names(json!({ "OrderItem": "GmtCreate", "DescSort": true, "PageSize": 1 }));
    assert_eq!(newest, ["next-season"]);
    let services = lab.data("ListGatewayService", json!({ "FilterParams": { "SourceType": "VIP" } }));
    assert_eq!(services["Result"][0]["Name"], "legacy");
    assert_eq!(services["TotalSize"], 1);
}
