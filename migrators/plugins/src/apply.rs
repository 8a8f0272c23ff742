//! Applies the plan: classes first; once every one of them is published, installations and attachments.
//! Configurations are opened right before they are sent.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateshift_apig::Client;
use gateshift_apig::wire::{PluginAttachmentView, PluginClassView};
use gateshift_gateway_model::Plugged;
use gateshift_sdk::api::{Applied, Host, StepInput};
use gateshift_sdk::model::{Operation, OperationKey, Plan, StepError};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written, walk};
use gateshift_sdk::{async_trait, sealed, to_json};
use serde_json::{Value, json};

use crate::facts::{ATTACHMENT, CLASS, Facts, OF, PLUGIN};
use crate::migrator::made;
use crate::read::open;

/// Between two looks at a class that is being published, or that somebody uploads.
const POLL: Duration = Duration::from_secs(10);
/// Publishing takes about half a minute.
const PATIENCE_LOOKS: u64 = 60;

/// Applies a plan.
pub(crate) async fn apply(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
    let facts = Facts::of(plan)?;
    let client = Client::new(host, input.run, &facts.gateway, &facts.environment);
    let objects = Objects { client };
    let mut input = input.clone();
    let classes = plan.operations.iter().take_while(|one| one.object.kind == CLASS).cloned();
    let first = Plan { operations: classes.collect(), ..Plan::default() };
    if !first.operations.is_empty() {
        if let Some(pending) = by_hand(&client, &first).await? {
            return Ok(pending);
        }
        let results = walk(host, &input, &first, &objects).await?;
        if let Some(pending) = publishing(&client, &input, &first, &results).await? {
            return Ok(pending);
        }
        input.settled = results.all().clone();
    }
    let results = walk(host, &input, plan, &objects).await?;
    let plugins = facts
        .plugins
        .iter()
        .map(|one| Ok((one.id.clone(), results.id(&OperationKey::new(one.key.as_str()))?.to_owned())))
        .collect::<Result<_, StepError>>()?;
    let output = Plugged { plugins, attachments: made(plan) };
    Ok(Applied::Done { output: to_json(&output), warnings: Vec::new() })
}

/// Waits for classes that a person uploads, as long as it takes.
async fn by_hand(client: &Client<'_>, plan: &Plan) -> Result<Option<Applied>, StepError> {
    let wanted: Vec<Value> =
        plan.operations.iter().map(|one| one.after.value()).filter(|one| one["byHand"] == true).collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let there = client.plugin_classes().await?;
    let missing: Vec<&str> = wanted
        .iter()
        .filter_map(|one| one["name"].as_str())
        .filter(|name| !there.iter().any(|class| class.name == *name))
        .collect();
    if missing.is_empty() {
        return Ok(None);
    }
    let reason =
        format!("upload {} in the target's console, under Plug-ins, as the plan says", missing.join(", "));
    Ok(Some(Applied::Pending { checkpoint: json!({"missing": missing}), after: POLL, reason }))
}

/// A class can be installed once it is published.
async fn publishing(
    client: &Client<'_>,
    input: &StepInput,
    plan: &Plan,
    results: &Results,
) -> Result<Option<Applied>, StepError> {
    let mut waiting = Vec::new();
    for operation in &plan.operations {
        let view = client.plugin_class(results.id(&operation.key)?).await?.unwrap_or_default();
        match view.publish_status.as_str() {
            "Success" => {}
            "Failed" => {
                let text = format!("the target could not publish plugin class `{}`", operation.object.name);
                return Err(StepError::needs_operator("GS-PLUGIN-PUBLISH", text).with_hint(
                    "most often it cannot read the binary: give a readable address under `binaries`, roll this step back and run it again",
                ));
            }
            _ => waiting.push(operation.object.name.as_str()),
        }
    }
    if waiting.is_empty() {
        return Ok(None);
    }
    let looks = input.checkpoint.as_ref().and_then(|value| value["looks"].as_u64()).unwrap_or(0) + 1;
    if looks > PATIENCE_LOOKS {
        let text = format!("{} is still not published after {looks} looks", waiting.join(", "));
        return Err(StepError::permanent("GS-PLUGIN-PUBLISH", text).with_hint(
            "look at the plugin in the console; when it is published, `gateshift resume` goes on",
        ));
    }
    let reason = format!("{} is being published", waiting.join(", "));
    Ok(Some(Applied::Pending { checkpoint: json!({"looks": looks}), after: POLL, reason }))
}

/// How the objects of a plan are looked up and written.
pub(crate) struct Objects<'a> {
    pub(crate) client: Client<'a>,
}

impl Objects<'_> {
    async fn class(&self, wanted: &Value) -> Result<Option<Found>, StepError> {
        let all = self.client.plugin_classes().await?;
        let found = match wanted["id"].as_str() {
            Some(id) => all.into_iter().find(|one| one.plugin_class_id == id),
            None => all.into_iter().find(|one| Some(one.name.as_str()) == wanted["name"].as_str()),
        };
        let Some(found) = found else { return Ok(None) };
        let difference =
            if wanted["id"].is_string() { None } else { self.difference(&found, wanted).await? };
        Ok(Some(Found::compared(found.plugin_class_id, difference)))
    }

    /// What a class differs in from what is wanted. A person who uploads one chooses texts and version.
    async fn difference(&self, found: &PluginClassView, wanted: &Value) -> Result<Option<String>, StepError> {
        let detail = self.client.plugin_class(&found.plugin_class_id).await?.unwrap_or_default();
        let mut pairs = vec![("source", "Custom", found.source.as_str())];
        let text = |name: &str| wanted[name].as_str().unwrap_or_default();
        if let Some(language) = &detail.wasm_language {
            pairs.push(("language", text("wasmLanguage"), language));
        }
        if wanted["byHand"] != true {
            pairs.push(("version", text("version"), &found.version));
            pairs.push(("description", text("description"), &found.description));
        }
        let different = pairs.into_iter().find(|(_, wanted, found)| wanted != found);
        Ok(different.map(|(what, wanted, found)| format!("{what} is `{found}` and should be `{wanted}`")))
    }

    async fn plugin(&self, operation: &Operation, results: &Results) -> Result<Option<Found>, StepError> {
        let class = class_id(operation, results)?;
        let all = self.client.plugins().await?;
        let found = all.into_iter().find(|one| one.plugin_class_info.plugin_class_id == class);
        Ok(found.map(|one| Found {
            id: one.plugin_id,
            same: true,
            difference: String::new(),
            data: Value::Null,
        }))
    }

    async fn attachment(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
    ) -> Result<Option<Found>, StepError> {
        let plugin = plugin_id(operation, results)?;
        let planned = operation.after.value();
        let wanted = resources(&planned);
        let kind = planned["attachResourceType"].as_str().unwrap_or_default();
        let all = self.client.plugin_attachments(Some(&plugin)).await?;
        let found = all.into_iter().find(|one| {
            one.plugin_id == plugin
                && one.attach_resource_type == kind
                && one.resource_infos.iter().any(|one| wanted.contains(&one.resource_id))
        });
        let Some(found) = found else { return Ok(None) };
        let difference = difference(host, &planned, &found)?;
        Ok(Some(Found::compared(found.plugin_attachment_id, difference)))
    }
}

/// What an attachment differs in from what is wanted; configurations are told by nothing but that.
pub(crate) fn difference(
    host: &dyn Host,
    wanted: &Value,
    found: &PluginAttachmentView,
) -> Result<Option<String>, StepError> {
    let listed: BTreeSet<String> = found.resource_infos.iter().map(|one| one.resource_id.clone()).collect();
    if listed != resources(wanted) {
        return Ok(Some("it is on other resources".to_owned()));
    }
    if wanted["enable"] != found.enable {
        return Ok(Some(format!("it is switched {}", if found.enable { "on" } else { "off" })));
    }
    let config = open(host, &wanted["pluginConfig"])?;
    let same = STANDARD.decode(&found.plugin_config).is_ok_and(|bytes| bytes == config.as_bytes());
    Ok((!same).then(|| "its configuration is another one".to_owned()))
}

fn resources(wanted: &Value) -> BTreeSet<String> {
    let ids = wanted["attachResourceIds"].as_array().into_iter().flatten();
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn class_id(operation: &Operation, results: &Results) -> Result<String, StepError> {
    match operation.after.string("pluginClassId") {
        Some(id) => Ok(id),
        None => plugin_id(operation, results),
    }
}

/// The id of what an operation is part of.
pub(crate) fn plugin_id(operation: &Operation, results: &Results) -> Result<String, StepError> {
    let key = operation.after.string(OF).unwrap_or_default();
    results.id(&OperationKey::new(key)).map(str::to_owned)
}

#[async_trait]
impl Applier for Objects<'_> {
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
    ) -> Result<Option<Found>, StepError> {
        match operation.object.kind.as_str() {
            CLASS => self.class(&operation.after.value()).await,
            PLUGIN => self.plugin(operation, results).await,
            ATTACHMENT => self.attachment(host, operation, results).await,
            other => Err(unknown(other)),
        }
    }

    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
        found: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        if let Some(found) = found {
            // It was there, unlike what is wanted, before this write: not this run's to change.
            return Err(WriteFailure::Taken(found.difference.clone()));
        }
        let key = &operation.key;
        let id = match operation.object.kind.as_str() {
            CLASS => {
                self.client.create_plugin_class(key, sealed::open(host, &operation.after.value())?).await?
            }
            PLUGIN => self.client.install_plugin(key, &class_id(operation, results)?).await?,
            ATTACHMENT => {
                let mut body = operation.after.value();
                let config = STANDARD.encode(open(host, &body["pluginConfig"])?);
                body["pluginConfig"] = json!(config);
                body["pluginId"] = json!(plugin_id(operation, results)?);
                if let Some(fields) = body.as_object_mut() {
                    fields.remove(OF);
                }
                self.client.attach_plugin(key, body).await?
            }
            other => return Err(unknown(other).into()),
        };
        Ok(Written { id: Some(id), data: Value::Null })
    }
}

pub(crate) fn unknown(kind: &str) -> StepError {
    let text = format!("the plan names a kind of object `{kind}` that this migrator does not know");
    StepError::permanent("GS-PLAN-SHAPE", text)
        .with_hint("the plan was made with another version of this migrator; plan the step anew")
}
