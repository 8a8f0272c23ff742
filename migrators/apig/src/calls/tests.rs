//! Calls against the product's contract: method, path, names of parameters and kinds of their values.

use std::sync::LazyLock;

use gateshift_sdk::api::{Body, CallKind, CallRequest};
use gateshift_sdk::model::{OperationKey, RunId};
use gateshift_sdk::testing::{ScriptedHost, ok};
use serde_json::{Value, json};

use super::{FEATURE_READS, FEATURE_WRITES, PLUGIN_READS, PLUGIN_WRITES};
use crate::Client;

static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lab/front/contract/apig.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

fn fits(value: &Value, schema: &Value) -> bool {
    match schema["type"].as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "array" => {
            value.as_array().is_some_and(|items| items.iter().all(|item| fits(item, &schema["items"])))
        }
        "object" => value.as_object().is_some_and(|fields| {
            fields.iter().all(|(name, field)| schema["fields"].get(name).is_some_and(|one| fits(field, one)))
        }),
        _ => true,
    }
}

fn check(call: &CallRequest) {
    let operation = &CONTRACT["operations"][&call.action];
    assert_eq!(operation["method"], call.method.as_str(), "{}", call.action);
    let template: Vec<&str> = operation["path"].as_str().unwrap().split('/').collect();
    let path: Vec<&str> = call.path.split('/').collect();
    assert_eq!(template.len(), path.len(), "{} {}", call.action, call.path);
    assert!(
        template
            .iter()
            .zip(&path)
            .all(|(wanted, own)| wanted == own || (wanted.starts_with('{') && !own.is_empty())),
        "{}",
        call.path
    );
    for (name, _) in &call.query {
        assert!(operation["request"]["query"].get(name).is_some(), "{} takes no {name}", call.action);
    }
    let Body::Json(body) = &call.body else {
        assert!(operation["request"].get("body").is_none_or(|body| body.as_object().unwrap().is_empty()));
        return;
    };
    let fields = &operation["request"]["body"];
    assert!(fits(body, &json!({"type": "object", "fields": fields})), "{} {body}", call.action);
    let required = fields.as_object().unwrap().iter().filter(|(_, one)| one["required"] == true);
    required.for_each(|(name, _)| assert!(body.get(name).is_some(), "{} needs {name}", call.action));
}

#[tokio::test]
async fn plugins_and_features_are_spoken_of_as_the_contract_says() {
    let host = ScriptedHost::new(|call| {
        check(call);
        let data = match call.action.as_str() {
            "CreatePluginClass" => json!({"pluginClassId": "c-1"}),
            "InstallPlugin" => json!({"installPluginResults": [{"gatewayId": "gw-1", "pluginId": "p-1"}]}),
            "CreatePluginAttachment" => json!({"pluginAttachmentId": "a-1"}),
            "ListPluginAttachments" => {
                json!({"totalSize": 1, "items": [{"pluginAttachmentId": "a-1", "resourceInfos": null}]})
            }
            "GetPluginClass" => json!({"name": "n", "wasmLanguage": "Rust"}),
            "ListGatewayFeatures" => {
                json!({"items": [{"definition": {"name": "x", "defaultValue": "1", "minValue": null}}]})
            }
            _ => json!({"totalSize": 0, "items": []}),
        };
        Ok(ok(json!({"code": "Ok", "data": data})))
    });
    let client = Client::new(&host, RunId(Default::default()), "gw-1", "env-1");
    let key = OperationKey::new("k");
    let class = json!({
        "name": "n", "alias": "n", "description": "d", "version": "1.0.0", "versionDescription": "v", "wasmLanguage": "Rust",
        "wasmUrl": "https://a/b", "executeStage": "AUTHN", "executePriority": 10,
    });
    let attachment = json!({
        "pluginId": "p-1", "gatewayId": "gw-1", "environmentId": "env-1", "attachResourceType": "Gateway", "attachResourceIds": ["gw-1"],
        "enable": true, "pluginConfig": "YTogMQ==",
    });
    client.plugin_classes().await.unwrap();
    assert_eq!(client.plugin_class("c-1").await.unwrap().unwrap().plugin_class_id, "c-1");
    assert_eq!(client.create_plugin_class(&key, class).await, Ok("c-1".to_owned()));
    assert_eq!(client.install_plugin(&key, "c-1").await, Ok("p-1".to_owned()));
    client.plugins().await.unwrap();
    assert_eq!(client.attach_plugin(&key, attachment).await, Ok("a-1".to_owned()));
    assert_eq!(client.plugin_attachments(Some("p-1")).await.unwrap()[0].plugin_attachment_id, "a-1");
    client.detach_plugin(&key, "a-1").await.unwrap();
    client.uninstall_plugin(&key, "p-1").await.unwrap();
    client.delete_plugin_class(&key, "c-1").await.unwrap();
    assert_eq!(client.features().await.unwrap()[0].effective(), "1");
    client.set_feature(&key, "enable-gzip", "true").await.unwrap();
    client.restart_gateway(&key).await.unwrap();
    client.gateway().await.unwrap();

    let mut sent: Vec<(String, bool)> =
        host.record().calls.iter().map(|call| (call.action.clone(), call.kind == CallKind::Read)).collect();
    sent.sort();
    sent.dedup();
    let reads = PLUGIN_READS.iter().chain(FEATURE_READS).map(|name| ((*name).to_owned(), true));
    let writes = PLUGIN_WRITES.iter().chain(FEATURE_WRITES).map(|name| ((*name).to_owned(), false));
    let mut declared: Vec<(String, bool)> = reads.chain(writes).collect();
    declared.sort();
    assert_eq!(sent, declared);
}
