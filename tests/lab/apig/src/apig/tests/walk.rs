//! The walk an official client takes through the product: plugins, consumers, every list there is.

use serde_json::{Value, json};

use super::routes::Ground;
use crate::apig::operations;
use crate::dispatch::is_read;
use crate::testing::contract;

#[test]
fn plugins_are_installed_attached_and_taken_away() {
    let ground = Ground::new();
    let lab = &ground.lab;
    let route = ground.create(ground.route("orders"));
    let classes = lab.ok("ListPluginClasses", json!({"pageSize": 100}));
    let class = classes["items"][0]["pluginClassId"].clone();
    lab.ok("GetPluginClass", json!({ "pluginClassId": class }));
    let install = json!({"pluginClassId": class, "gatewayIds": [ground.gateway]});
    let plugin = lab.ok("InstallPlugin", install.clone())["installPluginResults"][0]["pluginId"].clone();
    assert_eq!(lab.refused("InstallPlugin", install), "Conflict.PluginInstalled");
    let listed = lab.ok("ListPlugins", json!({ "gatewayId": ground.gateway }));
    assert_eq!(listed["items"][0]["pluginClassInfo"]["pluginClassId"], class);
    let body = json!({"pluginId": plugin, "gatewayId": ground.gateway, "environmentId": ground.environment,
        "attachResourceType": "GatewayRoute", "attachResourceIds": [route], "pluginConfig": "YWxsb3c6IFtdCg=="});
    let mounted = lab.id("CreatePluginAttachment", body.clone(), "pluginAttachmentId");
    assert_eq!(lab.refused("CreatePluginAttachment", body), "Conflict.PluginAttachmentExisted");
    let one = json!({ "pluginAttachmentId": mounted });
    assert_eq!(lab.ok("GetPluginAttachment", one.clone())["enable"], false);
    lab.ok("UpdatePluginAttachment", json!({"pluginAttachmentId": mounted, "enable": true}));
    let listed = lab.ok("ListPluginAttachments", json!({"attachResourceId": route}));
    assert_eq!(
        (&listed["items"][0]["enable"], &listed["items"][0]["pluginConfig"]),
        (&json!(true), &json!("YWxsb3c6IFtdCg=="))
    );
    assert_eq!(lab.refused("UninstallPlugin", json!({ "pluginId": plugin })), "Conflict.PluginAttached");
    lab.ok("DeletePluginAttachment", one.clone());
    assert_eq!(lab.refused("DeletePluginAttachment", one), "NotFound.PluginAttachmentNotFound");
    lab.ok("UninstallPlugin", json!({ "pluginId": plugin }));
}

#[test]
fn consumers_are_spelt_two_ways_and_grants_follow_them() {
    let ground = Ground::new();
    let lab = &ground.lab;
    let route = ground.create(ground.route("orders"));
    let key = json!({"type": "Apikey", "credentials": [{"apikey": "k", "generateMode": "Custom"}]});
    let body = json!({"name": "app", "enable": true, "gatewayType": "API", "apikeyIdentityConfig": key});
    let consumer = lab.id("CreateConsumer", body.clone(), "consumerId");
    assert_eq!(lab.refused("CreateConsumer", body), "Conflict.ConsumerNameDuplicate");
    let empty = json!({"name": "b", "apikeyIdentityConfig": {"credentials": [{"generateMode": "Custom"}]}});
    assert_eq!(lab.refused("CreateConsumer", empty), "InvalidParameter.IsEmpty");
    assert_eq!(lab.ok("GetConsumer", json!({ "consumerId": consumer }))["apiKeyIdentityConfig"], key);
    lab.ok("UpdateConsumer", json!({"consumerId": consumer, "description": "changed", "enable": false}));
    assert_eq!(lab.ok("ListConsumers", json!({"nameLike": "ap"}))["items"][0]["description"], "changed");
    let rule = |route: &str| {
        json!({"authorizationRules": [{"consumerId": consumer, "principalType": "Consumer", "resourceType": "HttpApiRoute",
            "expireMode": "LongTerm", "resourceIdentifier": {"resourceId": route, "parentResourceId": ground.api,
            "environmentId": ground.environment}}]})
    };
    let ids =
        lab.ok("CreateConsumerAuthorizationRules", rule(&route))["consumerAuthorizationRuleIds"].clone();
    assert_eq!(
        lab.refused("CreateConsumerAuthorizationRules", rule(&route)),
        "Conflict.ConsumerAuthorizationRuleExisted"
    );
    assert_eq!(lab.refused("CreateConsumerAuthorizationRules", rule("hr-none")), "NotFound.RouteNotFound");
    let query = json!({ "consumerId": consumer });
    assert_eq!(
        lab.ok("QueryConsumerAuthorizationRules", query.clone())["items"][0]["resourceId"],
        json!(route)
    );
    let one = json!({"consumerAuthorizationRuleId": ids[0]});
    lab.ok("RemoveConsumerAuthorizationRule", one.clone());
    assert_eq!(
        lab.refused("RemoveConsumerAuthorizationRule", one),
        "NotFound.ConsumerAuthorizationRuleNotFound"
    );
    lab.ok("CreateConsumerAuthorizationRules", rule(&route));
    lab.ok("DeleteConsumer", query);
    assert_eq!(lab.ok("QueryConsumerAuthorizationRules", json!({}))["totalSize"], "0");
}

#[test]
fn whatever_names_a_missing_thing_is_refused_with_not_found() {
    let ground = Ground::new();
    let mut tried = 0;
    for name in operations::NAMES {
        let request = &contract("apig")[*name]["request"];
        let path = request["path"].as_array().cloned().unwrap_or_default();
        if path.is_empty() {
            continue;
        }
        let parameters: serde_json::Map<String, Value> =
            path.iter().filter_map(Value::as_str).map(|one| (one.to_owned(), json!("none"))).collect();
        let code = ground.lab.refused(name, Value::Object(parameters));
        assert!(
            code.starts_with("NotFound.") || code.starts_with("InvalidParameter.IsEmpty"),
            "{name}: {code}"
        );
        tried += 1;
    }
    assert!(tried > 40, "only {tried} operations with a path were found");
}

#[test]
fn every_paged_list_refuses_wrong_pages_and_answers_an_empty_one() {
    let ground = Ground::new();
    let mut tried = 0;
    for name in operations::NAMES.iter().filter(|name| is_read(name)) {
        let request = &contract("apig")[*name]["request"];
        if request["query"].get("pageNumber").is_none() {
            continue;
        }
        let mut parameters = json!({"pageNumber": 1_000, "pageSize": 100});
        if name.starts_with("ListHttpApiRoutes") || name.starts_with("ListHttpApiOperations") {
            parameters["httpApiId"] = json!(ground.api);
        }
        let data = ground.lab.ok(name, parameters.clone());
        assert_eq!((&data["items"], &data["pageNumber"]), (&json!([]), &json!(1_000)), "{name}");
        parameters["pageSize"] = json!(0);
        assert_eq!(ground.lab.refused(name, parameters), "InvalidParameter.WithValue", "{name}");
        tried += 1;
    }
    assert!(tried > 10, "only {tried} paged lists were found");
}
