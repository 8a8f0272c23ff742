//! The calls that the official client makes against this product when it is driven through all it
//! can do, in that order and with those parameters.

use serde_json::{Value, json};

use crate::checker;
use crate::lab::{Lab, small};

fn accepted(lab: &Lab, operation: &str, mut query: Value) -> Value {
    query["GatewayUniqueId"] = json!(lab.gateway);
    checker::check_call(operation, &query);
    let answer = lab.raw(operation, query).unwrap();
    checker::check_answer(operation, &answer);
    assert_ne!(answer["Success"], false, "{operation}: {answer}");
    answer["Data"].clone()
}

#[test]
fn writes_of_the_official_client() {
    let lab = small();
    let domain_name = "check-1.example.com";
    let new = accepted(
        &lab,
        "AddGatewayDomain",
        json!({ "Name": domain_name, "Protocol": "HTTP", "MustHttps": false }),
    );
    let listed = lab.data("ListGatewayDomain", json!({ "DomainName": domain_name }));
    let domain = listed[0]["Id"].as_i64().unwrap();
    assert_eq!(new, domain);
    accepted(&lab, "UpdateGatewayDomain", json!({ "Id": domain, "Protocol": "HTTP", "MustHttps": false }));

    let service = lab.rows("ListGatewayService")[0]["Id"].clone();
    let route = accepted(
        &lab,
        "AddGatewayRoute",
        json!({
            "Name": "check-1",
            "RouteOrder": 100,
            "DestinationType": "Single",
            "DomainIdListJSON": format!("[{domain}]"),
            "Predicates": {
                "PathPredicates": { "Path": "/check", "Type": "PRE", "IgnoreCase": false },
                "MethodPredicates": ["GET"],
            },
            "Services": [{ "ServiceId": service, "Percent": 100 }],
        }),
    );
    let status = || lab.data("GetGatewayRouteDetail", json!({ "RouteId": route }))["Status"].clone();
    assert_eq!(status(), 0);
    accepted(
        &lab,
        "UpdateGatewayRouteTimeout",
        json!({
            "Id": route, "TimeoutJSON": { "Status": "on", "TimeUnit": "s", "UnitNum": 5 },
        }),
    );
    accepted(&lab, "ApplyGatewayRoute", json!({ "RouteId": route.to_string() }));
    assert_eq!(status(), 2);
    accepted(&lab, "OfflineGatewayRoute", json!({ "RouteId": route.to_string() }));
    assert_eq!(status(), 5);
    accepted(&lab, "DeleteGatewayRoute", json!({ "RouteId": route.to_string() }));
    accepted(&lab, "DeleteGatewayDomain", json!({ "Id": domain.to_string() }));
    assert_eq!(lab.data("ListGatewayDomain", json!({ "DomainName": domain_name })), json!([]));

    let list = accepted(
        &lab,
        "AddBlackWhiteList",
        json!({
            "Name": "check-1", "ResourceType": "GATEWAY", "Type": "IP", "IsWhite": false, "Status": "off",
            "Content": "192.0.2.0/24",
        }),
    );
    let rows = lab.rows("GatewayBlackWhiteList");
    assert_eq!((&rows[0]["Id"], &rows[0]["Status"]), (&list, &json!("off")));
    let gone = accepted(&lab, "DeleteBlackWhiteList", json!({ "Id": list }));
    assert_eq!(gone["Status"], false);
    assert!(lab.rows("GatewayBlackWhiteList").is_empty());

    assert_eq!(lab.data("GetGatewayConfig", json!({}))["EnableGzip"], true);
    accepted(&lab, "UpdateGatewayConfig", json!({ "ConfigName": "EnableGzip", "ConfigValue": "false" }));
    assert_eq!(lab.data("GetGatewayConfig", json!({}))["EnableGzip"], false);
}

#[test]
fn writes_that_make_no_sense_are_refused() {
    let lab = small();
    let domain = lab.data("ListGatewayDomain", json!({}))[0].clone();
    let service = lab.rows("ListGatewayService")[0]["Id"].clone();
    let route = |change: Value| {
        let mut query = json!({
            "Name": "new",
            "DomainIdListJSON": format!("[{}]", domain["Id"]),
            "Predicates": { "PathPredicates": { "Path": "/new", "Type": "PRE" } },
            "Services": [{ "ServiceId": service, "Percent": 100 }],
        });
        query.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        query
    };
    let before = lab.rows("ListGatewayRoute");
    let published = lab.route("orders");
    for (operation, query) in [
        ("AddGatewayDomain", json!({ "Name": domain["Name"], "Protocol": "HTTP" })),
        ("AddGatewayDomain", json!({ "Name": "x.example.com", "Protocol": "HTTPS" })),
        (
            "AddGatewayDomain",
            json!({ "Name": "x.example.com", "Protocol": "HTTPS", "CertIdentifier": "9-cn-hangzhou" }),
        ),
        ("AddGatewayDomain", json!({ "Name": "x.example.com", "Protocol": "SPDY" })),
        ("DeleteGatewayDomain", json!({ "Id": domain["Id"].to_string() })),
        ("AddGatewayRoute", route(json!({ "Name": "orders" }))),
        ("AddGatewayRoute", route(json!({ "DomainIdListJSON": "[]" }))),
        ("AddGatewayRoute", route(json!({ "DomainIdListJSON": "[1]" }))),
        ("AddGatewayRoute", route(json!({ "DomainIdListJSON": "one" }))),
        ("AddGatewayRoute", route(json!({ "Predicates": {} }))),
        (
            "AddGatewayRoute",
            route(json!({ "Predicates": { "PathPredicates": { "Path": "/", "Type": "REGEX" } } })),
        ),
        (
            "AddGatewayRoute",
            route(json!({ "Predicates": { "PathPredicates": { "Path": "/(", "Type": "ERGULAR" } } })),
        ),
        ("AddGatewayRoute", route(json!({ "Services": [] }))),
        ("AddGatewayRoute", route(json!({ "Services": [{ "ServiceId": 1 }] }))),
        ("AddGatewayRoute", route(json!({ "Services": [{ "ServiceId": service, "Version": "v9" }] }))),
        (
            "AddGatewayRoute",
            route(
                json!({ "DestinationType": "Multiple", "Services": [{ "ServiceId": service, "Percent": 90 }] }),
            ),
        ),
        (
            "AddGatewayRoute",
            route(json!({ "DestinationType": "Mock", "DirectResponseJSON": { "Code": 99 } })),
        ),
        ("DeleteGatewayRoute", json!({ "RouteId": published.to_string() })),
        ("OfflineGatewayRoute", json!({ "RouteId": lab.route("next-season").to_string() })),
        ("UpdateGatewayConfig", json!({ "ConfigName": "EnableGzip", "ConfigValue": "perhaps" })),
        ("UpdateGatewayConfig", json!({ "ConfigName": "EnableMagic", "ConfigValue": "true" })),
        ("AddBlackWhiteList", json!({ "Content": "192.0.2.1", "ResourceType": "PLANET" })),
        ("DeleteBlackWhiteList", json!({ "Id": 5 })),
    ] {
        match lab.call(operation, query.clone()) {
            Ok(answer) => {
                checker::check_answer(operation, &answer);
                assert_eq!(answer["Success"], false, "{operation} {query}: {answer}");
            }
            Err(error) => assert_eq!(error.code, "InvalidParameter", "{operation} {query}"),
        }
    }
    assert_eq!(lab.rows("ListGatewayRoute"), before);
    assert_eq!(lab.data("ListGatewayDomain", json!({})).as_array().unwrap().len(), 2);
}
