//! A source, and a target that remembers what was done to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateshift_gateway_model::{
    Assessed, Inventory, Level, Origin, Plugin, PluginRule, Stage, TargetInstance, TargetRoute, TargetRoutes,
};
use gateshift_sdk::api::{Applied, Body, CallFailure, CallKind, CallRequest, Host, Migrator, StepInput};
use gateshift_sdk::model::{Finding, Plan, Severity};
use gateshift_sdk::testing::{ScriptedHost, input, ok};
use gateshift_sdk::to_json;
use serde_json::{Value, json};

use crate::Plugins;
use crate::table::table;

/// The target's side.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) classes: BTreeMap<String, Value>,
    pub(crate) plugins: BTreeMap<String, String>,
    pub(crate) attachments: BTreeMap<String, Value>,
    /// Looks at a class before it counts as published.
    pub(crate) publishing: u32,
    /// What comes of a class that is published.
    pub(crate) published: &'static str,
    count: u32,
}

/// A source, a target, and a host between them.
pub(crate) struct World {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) host: ScriptedHost,
    pub(crate) inventory: Inventory,
    pub(crate) target: TargetInstance,
    pub(crate) routes: TargetRoutes,
    pub(crate) settings: Value,
}

impl World {
    /// A target with every class of the table that the guide says it has, and a source without plugins.
    pub(crate) fn new() -> Self {
        let mut state = State { published: "Success", ..State::default() };
        for row in table().official.iter().filter(|row| row.supported) {
            state.classes.insert(format!("pls-{}", row.name), class(&row.name));
        }
        state.classes.insert("pls-lua".into(), class("lua"));
        let state = Arc::new(Mutex::new(state));
        let target = Arc::clone(&state);
        let host = ScriptedHost::new(move |call| {
            let data = answer(&mut target.lock().unwrap(), call)?;
            Ok(ok(json!({"code": "Ok", "data": data})))
        });
        let names =
            [("1", "orders", "a.shop.example"), ("2", "pay", "b.shop.example"), ("3", "free", "c.example")];
        let routes = names.map(|(id, name, domain)| route(id, name, domain));
        let inventory = json!({
            "format": gateshift_gateway_model::FORMAT, "taken_at": 0,
            "origin": {"product": "aliyun/mse", "region": "cn-hangzhou", "gateway": "gw-source"},
            "instance": {
                "name": "orders", "edition": "mse_pro", "engine_version": "1.2.20", "node": {"vcpu": 2, "memory_gib": 4},
                "nodes": 2, "peak_nodes": 2, "prepaid": false, "vpc": "vpc-1", "vswitches": [], "security_group": null,
                "entries": [], "resource_group": null, "tags": {},
            },
            "domains": [], "certificates": [], "sources": [], "routes": routes, "services": [],
            "accounting": {"fields": 0, "accounted": 0, "unknown": []}, "raw": [],
        });
        Self {
            state,
            host,
            inventory: serde_json::from_value(inventory).unwrap(),
            target: TargetInstance {
                gateway: "gw-1".into(),
                name: "orders".into(),
                environment: "env-1".into(),
                spec: "apigw.small.x1".into(),
                vpc: "vpc-1".into(),
                version: "2.1.0".into(),
                entries: Vec::new(),
            },
            routes: TargetRoutes {
                rest: BTreeMap::new(),
                api: "api-1".into(),
                domains: [("a.shop.example", "d-a"), ("b.shop.example", "d-b"), ("*.shop.example", "d-w")]
                    .map(|(name, id)| (name.to_owned(), id.to_owned()))
                    .into(),
                sources: BTreeMap::new(),
                services: [("s1".to_owned(), "svc-1".to_owned())].into(),
                routes: ["1", "2"]
                    .map(|id| {
                        let made = TargetRoute { id: format!("r-{id}"), name: id.into(), deployed: true };
                        (id.to_owned(), made)
                    })
                    .into(),
            },
            settings: json!({}),
        }
    }

    /// A plugin at the source with one rule for each level and configuration.
    pub(crate) fn plugin(&mut self, name: &str, rules: &[(Level, &str)]) -> &mut Plugin {
        let id = format!("p{}", self.inventory.plugins.len());
        let rules = rules.iter().enumerate().map(|(at, (level, text))| PluginRule {
            id: format!("{id}-{at}"),
            level: Some(level.clone()),
            level_number: 0,
            resources: Vec::new(),
            config: self.seal(text),
            enabled: true,
        });
        let rules = rules.collect();
        self.inventory.plugins.push(Plugin {
            id,
            name: name.to_owned(),
            custom: false,
            category: 1,
            stage: Some(Stage::Authentication),
            priority: 100,
            version: "1.0.0".into(),
            language: Some(1),
            binary: None,
            image: None,
            mode: None,
            summary: String::new(),
            enabled: true,
            publish_state: None,
            rules,
        });
        self.inventory.plugins.last_mut().unwrap()
    }

    pub(crate) fn seal(&self, text: &str) -> gateshift_sdk::model::Sealed {
        if text.is_empty() {
            return serde_json::from_value(json!("")).unwrap();
        }
        self.host.seal(text).unwrap()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) async fn input(&self) -> StepInput {
        let bytes = serde_json::to_vec(&self.inventory).unwrap();
        let artifact = self.host.put_artifact("inventory", "application/json", bytes).await.unwrap();
        let assessed = Assessed {
            inventory: artifact,
            origin: Origin { product: String::new(), region: String::new(), gateway: String::new() },
            gateway_name: String::new(),
            counts: BTreeMap::new(),
            findings: BTreeMap::new(),
            fields: 0,
            fields_accounted: 0,
        };
        let mut input = input("plugins", self.settings.clone());
        for (name, output) in [
            ("assess", to_json(&assessed)),
            ("instance", to_json(&self.target)),
            ("routes", to_json(&self.routes)),
        ] {
            input.outputs.insert(name.parse_name(), output);
        }
        input
    }

    pub(crate) async fn plan(&self) -> Plan {
        Plugins.plan(&self.host, &self.input().await).await.unwrap()
    }

    /// Applies until it is done or fails; the input then holds what the journal would.
    pub(crate) async fn apply(&self, plan: &Plan) -> Result<(StepInput, Value, Vec<String>), String> {
        let (mut input, mut reasons) = (self.input().await, Vec::new());
        let before = self.host.record().settled.len();
        for _ in 0..9 {
            let applied = Plugins.apply(&self.host, &input, plan).await.map_err(|error| error.code)?;
            input.settled = self.host.record().settled[before..].iter().cloned().collect();
            match applied {
                Applied::Done { output, .. } => return Ok((input, output, reasons)),
                Applied::Pending { checkpoint, reason, .. } => {
                    input.checkpoint = Some(checkpoint);
                    reasons.push(reason);
                }
            }
        }
        Err(format!("pending: {}", reasons.last().unwrap()))
    }

    /// Configuration of an attachment on a resource, as the target would read it.
    pub(crate) fn on(&self, resource: &str) -> Option<(bool, Vec<u8>)> {
        let state = self.state();
        let found = state
            .attachments
            .values()
            .find(|one| one["attachResourceIds"].as_array().unwrap().contains(&json!(resource)))?;
        let config = STANDARD.decode(found["pluginConfig"].as_str().unwrap()).unwrap();
        Some((found["enable"] == true, config))
    }
}

trait ParseName {
    fn parse_name(&self) -> gateshift_sdk::model::MigratorName;
}

impl ParseName for str {
    fn parse_name(&self) -> gateshift_sdk::model::MigratorName {
        gateshift_sdk::model::MigratorName::new(self).unwrap()
    }
}

/// Codes with severities of a plan.
pub(crate) fn codes(plan: &Plan) -> Vec<(&str, Severity)> {
    plan.findings.iter().map(|one| (one.code.as_str(), one.severity)).collect()
}

/// The finding of that code.
pub(crate) fn found<'a>(plan: &'a Plan, code: &str) -> &'a Finding {
    let all = &plan.findings;
    all.iter().find(|one| one.code == code).unwrap_or_else(|| panic!("no {code} in {all:?}"))
}

pub(crate) fn domains(names: &[&str]) -> Level {
    Level::Domains { names: names.iter().map(|name| (*name).to_owned()).collect() }
}

pub(crate) fn on_routes(ids: &[&str]) -> Level {
    Level::Routes { ids: ids.iter().map(|id| (*id).to_owned()).collect() }
}

fn route(id: &str, name: &str, domain: &str) -> Value {
    json!({
        "id": id, "name": name, "domains": [domain], "match": {"path": {"kind": "prefix", "value": "/", "ignore_case": false}},
        "destination": {"is": "mock", "status": 200, "body": ""}, "timeout": {"seconds": 60, "explicit": false},
        "retry": {"attempts": 2, "on": [], "statuses": [], "explicit": false}, "created_at": 0, "state": "published", "managed_by": "operator",
    })
}

/// A class of the provider.
pub(crate) fn class(name: &str) -> Value {
    json!({"pluginClassId": format!("pls-{name}"), "name": name, "alias": name, "source": "HigressOfficial", "version": "1.0.0", "publishStatus": "Success"})
}

fn answer(state: &mut State, call: &CallRequest) -> Result<Value, CallFailure> {
    let path: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    let id = path.get(2).copied().unwrap_or_default();
    let body = match &call.body {
        Body::Json(body) => body.clone(),
        _ => Value::Null,
    };
    let refused = |code: &str| CallFailure::Refused {
        connection: "target".into(),
        action: call.action.clone(),
        status: 409,
        code: code.into(),
        message: String::new(),
        request_id: None,
    };
    assert!(!call.path.contains("planned:"), "{}", call.path);
    assert!(call.query.iter().all(|(_, value)| !value.contains("planned:")));
    state.count += u32::from(call.kind != CallKind::Read);
    let fresh = format!("id-{}", state.count);
    let page = |items: Vec<Value>| json!({"totalSize": items.len(), "items": items});
    Ok(match call.action.as_str() {
        "ListPluginClasses" => page(state.classes.values().cloned().collect()),
        "GetPluginClass" => {
            let mut one = state.classes[id].clone();
            one.as_object_mut().unwrap().remove("source");
            if one["wasmUrl"].is_string() {
                one["publishStatus"] =
                    json!(if state.publishing > 0 { "Publishing" } else { state.published });
                state.publishing = state.publishing.saturating_sub(1);
                state.classes.get_mut(id).unwrap()["publishStatus"] = one["publishStatus"].clone();
            }
            one
        }
        "CreatePluginClass" => {
            let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
            assert_eq!(
                keys,
                [
                    "alias",
                    "description",
                    "executePriority",
                    "executeStage",
                    "name",
                    "version",
                    "versionDescription",
                    "wasmLanguage",
                    "wasmUrl"
                ]
            );
            let mut one = body;
            one["pluginClassId"] = json!(fresh);
            one["source"] = json!("Custom");
            state.classes.insert(fresh.clone(), one);
            json!({"pluginClassId": fresh})
        }
        "DeletePluginClass" => {
            state.classes.remove(id).map(|_| Value::Null).ok_or_else(|| refused("NotFound.X"))?
        }
        "InstallPlugin" => {
            assert_eq!((call.path.as_str(), &body["gatewayIds"]), ("/v1/plugins/", &json!(["gw-1"])));
            state.plugins.insert(fresh.clone(), body["pluginClassId"].as_str().unwrap().to_owned());
            json!({"installPluginResults": [{"gatewayId": "gw-1", "pluginId": fresh}]})
        }
        "UninstallPlugin" => {
            if state.attachments.values().any(|one| one["pluginId"] == id) {
                return Err(refused("Conflict.PluginAttached"));
            }
            state.plugins.remove(id);
            Value::Null
        }
        "ListPlugins" => {
            let one = |(id, class): (&String, &String)| {
                let class = &state.classes[class];
                let row = table().find(class["name"].as_str().unwrap());
                let stage = class["executeStage"].as_str().or(row.and_then(|row| row.stage.as_deref()));
                let priority = class["executePriority"].as_i64().or(row.and_then(|row| row.priority));
                json!({"pluginId": id, "pluginClassInfo": {
                    "pluginClassId": class["pluginClassId"], "name": class["name"], "executeStage": stage, "executePriority": priority.map(|one| one.to_string()),
                }})
            };
            page(state.plugins.iter().map(one).collect())
        }
        "CreatePluginAttachment" => {
            let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
            assert_eq!(
                keys,
                [
                    "attachResourceIds",
                    "attachResourceType",
                    "enable",
                    "environmentId",
                    "gatewayId",
                    "pluginConfig",
                    "pluginId"
                ]
            );
            state.attachments.insert(fresh.clone(), body);
            json!({"pluginAttachmentId": fresh})
        }
        "DeletePluginAttachment" => {
            state.attachments.remove(id).map(|_| Value::Null).ok_or_else(|| refused("NotFound.X"))?
        }
        "ListPluginAttachments" => {
            let plugin = call.query.iter().find(|(name, _)| name == "pluginId").map(|(_, id)| id.as_str());
            let items =
                state.attachments.iter().filter(|(_, one)| plugin.is_none_or(|id| one["pluginId"] == id));
            let view = |(id, one): (&String, &Value)| {
                let ids = one["attachResourceIds"].as_array().unwrap();
                let mut view = one.clone();
                view["pluginAttachmentId"] = json!(id);
                view["resourceInfos"] = ids.iter().map(|id| json!({"resourceId": id})).collect();
                view
            };
            page(items.map(view).collect())
        }
        "GetGateway" => json!({"status": "Running", "version": "2.1.0"}),
        other => panic!("{other} is not scripted"),
    })
}
