//! Applies the plan: the shared walker goes through the operations, this module says how each kind of
//! object is looked up and written. Secrets are opened in the call that carries them and nowhere else.

use std::collections::BTreeSet;
use std::time::Duration;

use gateshift_apig::convert::security::consumer;
use gateshift_apig::wire::PolicyView;
use gateshift_apig::{Client, refused_parameter, token};
use gateshift_gateway_model::Secured;
use gateshift_sdk::api::{Applied, Host, StepInput};
use gateshift_sdk::model::{Operation, OperationKey, Plan, RunId, StepError};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written, walk};
use gateshift_sdk::{async_trait, sealed, to_json};
use serde_json::Value;

use crate::facts::Facts;
use crate::{observe, sealing};

const POLLS: u32 = 150;
const BETWEEN: Duration = Duration::from_secs(1);

/// Applies a plan.
pub(crate) async fn apply(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
    let facts = Facts::of(plan)?;
    let objects = Objects { run: input.run, facts: &facts };
    let results = walk(host, input, plan, &objects).await?;
    until_deployed(&objects.client(host), plan).await?;
    Ok(Applied::Done { output: to_json(&output(&facts, plan, &results)?), warnings: Vec::new() })
}

/// What later steps are told.
fn output(facts: &Facts, plan: &Plan, results: &Results) -> Result<Secured, StepError> {
    let id = |key: &String| Ok::<_, StepError>(results.id(&OperationKey::new(key.as_str()))?.to_owned());
    let pair = |(at, key): (&String, &String)| Ok::<_, StepError>((at.clone(), id(key)?));
    let mut secured = Secured {
        flattened: facts.flattened.clone(),
        authentications: facts.authentications.iter().map(pair).collect::<Result<_, _>>()?,
        consumers: facts.consumers.iter().map(pair).collect::<Result<_, _>>()?,
        grants: grants(plan),
        ..Secured::default()
    };
    for (list, keys) in &facts.lists {
        secured.lists.insert(list.clone(), keys.iter().map(id).collect::<Result<_, _>>()?);
    }
    Ok(secured)
}

/// Grants of a plan.
pub(crate) fn grants(plan: &Plan) -> u64 {
    plan.operations.iter().filter(|one| one.object.kind == "grant").count() as u64
}

/// Waits until the routes that were published again serve.
async fn until_deployed(client: &Client<'_>, plan: &Plan) -> Result<(), StepError> {
    let of_kind = plan.operations.iter().filter(|one| one.object.kind == "publication");
    let ours: BTreeSet<String> =
        of_kind.filter_map(|one| one.after.value()["routeId"].as_str().map(str::to_owned)).collect();
    if ours.is_empty() {
        return Ok(());
    }
    let api = Facts::of(plan)?.api;
    let mut open = Vec::new();
    for _ in 0..POLLS {
        let views = client.routes(&api, None).await?;
        open = views
            .into_iter()
            .filter(|view| ours.contains(view.route_id.as_str()) && view.deploy_status != "Deployed")
            .map(|view| format!("{} is {}", view.name, view.deploy_status))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        client.host().sleep(BETWEEN).await?;
    }
    let message = format!("{} routes are still not published again: {}", open.len(), open.join(", "));
    Err(StepError::retryable("GS-DEPLOY-WAIT", message))
}

/// How the objects of a plan are looked up and written.
pub(crate) struct Objects<'a> {
    pub(crate) run: RunId,
    pub(crate) facts: &'a Facts,
}

impl Objects<'_> {
    /// The target gateway of the plan.
    pub(crate) fn client<'b>(&'b self, host: &'b dyn Host) -> Client<'b> {
        Client::new(host, self.run, &self.facts.gateway, &self.facts.environment)
    }
}

/// A grant with the consumer's id in the place of its key.
fn rule(operation: &Operation, results: &Results) -> Result<Value, StepError> {
    let mut rule = operation.after.value();
    let key = rule["consumerId"].as_str().unwrap_or_default().to_owned();
    rule["consumerId"] = results.id(&OperationKey::new(key))?.into();
    Ok(rule)
}

/// The id of the policy that an operation changes.
fn changed<'a>(operation: &Operation, results: &'a Results) -> Result<&'a str, StepError> {
    results.id(&OperationKey::new(operation.after.value()["of"].as_str().unwrap_or_default()))
}

/// The policy that a body describes: of its class, at its place and, but for routes' authentication, of its
/// name.
pub(crate) fn policy_of<'a>(body: &Value, policies: &'a [PolicyView]) -> Option<&'a PolicyView> {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let owner = body["attachResourceIds"][0].as_str().unwrap_or_default();
    policies.iter().find(|view| {
        view.is_on(text("className"), text("attachResourceType"), owner)
            && (view.name == text("name") || view.class_name == "Authentication")
    })
}

#[async_trait]
impl Applier for Objects<'_> {
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
    ) -> Result<Option<Found>, StepError> {
        let (client, body) = (self.client(host), &operation.after.value());
        match operation.object.kind.as_str() {
            "access-list"
            | "authentication"
            | "route-authentication"
            | "authentication-on"
            | "route-authentication-on" => {
                let kind = body["attachResourceType"].as_str().unwrap_or_default();
                let owner = body["attachResourceIds"][0].as_str().unwrap_or_default();
                let mut policies = Vec::new();
                for view in client.policies(kind, Some(owner)).await? {
                    policies.push(sealing::seal_policy(host, view)?);
                }
                Ok(policy_of(body, &policies).map(|view| {
                    let config = serde_json::from_str(&view.config).unwrap_or_default();
                    Found::compared(&view.policy_id, sealing::difference(&body["config"], &config, true))
                }))
            }
            "consumer" => {
                let name = body["name"].as_str().unwrap_or_default();
                let known = observe::known(&client, name).await?;
                Ok(known.map(|known| {
                    let difference = sealing::difference(body, &known.view, true);
                    Found::compared(&known.id, difference.or_else(|| consumer::surplus(body, &known.view)))
                }))
            }
            "grant" => {
                let rule = rule(operation, results)?;
                let text = |at: &str| rule.pointer(at).and_then(Value::as_str);
                let rules = client.rules(text("/consumerId"), text("/resourceIdentifier/resourceId")).await?;
                Ok(rules.first().map(|one| Found::compared(&one.consumer_authorization_rule_id, None)))
            }
            // Whether it was published before or after the change cannot be seen: it is published again.
            "publication" => {
                let id = body["routeId"].as_str().unwrap_or_default();
                Ok(Some(Found::compared(id, Some("it may have been published before the change".to_owned()))))
            }
            other => Err(unknown(other)),
        }
    }

    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
        there: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        let (client, key, kind) = (self.client(host), &operation.key, operation.object.kind.as_str());
        let changes = matches!(kind, "authentication-on" | "route-authentication-on" | "publication");
        if let Some(there) = there.filter(|_| !changes) {
            // It was there, unlike what is wanted, before this write: not this run's to change.
            return Err(WriteFailure::Taken(there.difference.clone()));
        }
        let id = match kind {
            "access-list" | "authentication" | "route-authentication" => {
                client.attach_policy(key, &sealed::open(host, &operation.after.value())?).await?
            }
            "authentication-on" | "route-authentication-on" => {
                let id = changed(operation, results)?.to_owned();
                let mut body = sealed::open(host, &operation.after.value())?;
                if let Some(fields) = body.as_object_mut() {
                    fields.remove("of");
                }
                client.update_policy(key, &id, &body).await?;
                id
            }
            "consumer" => self.create_consumer(&client, operation).await?,
            "grant" => client.authorize(key, &rule(operation, results)?).await?,
            "publication" => {
                let id = operation.after.value()["routeId"].as_str().unwrap_or_default().to_owned();
                client.deploy(key, &self.facts.api, &id).await?;
                id
            }
            other => return Err(unknown(other).into()),
        };
        Ok(Written { id: Some(id), data: Value::Null })
    }
}

impl Objects<'_> {
    /// Makes a consumer. The token is derived from the sealed body, so that it tells nothing.
    async fn create_consumer(
        &self,
        client: &Client<'_>,
        operation: &Operation,
    ) -> Result<String, WriteFailure> {
        let send = async |body: &Value| {
            let token = token(&self.run, &operation.key, body);
            let opened = sealed::open(client.host(), body)?;
            client.create_consumer(&operation.key, &opened, &token).await
        };
        match (send(&operation.after.value()).await, consumer::respelt(&operation.after.value())) {
            (Err(WriteFailure::Call(failure)), Some(other)) if refused_parameter(&failure) => {
                send(&other).await
            }
            (first, _) => first,
        }
    }
}

fn unknown(kind: &str) -> StepError {
    StepError::permanent(
        "GS-PLAN-SHAPE",
        format!("the plan names a kind of object `{kind}` that this migrator does not know"),
    )
    .with_hint("the plan was made with another version of this migrator; plan the step anew")
}
