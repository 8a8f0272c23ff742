//! Publications. A route with custom domains only may be refused; then the environment's own
//! sub-domain is added to it, and that is reported.

use gateshift_apig::{Client, refused_parameter};
use gateshift_sdk::api::CallFailure;
use gateshift_sdk::model::{Operation, OperationKey, StepError};
use gateshift_sdk::walk::{Found, Results, WriteFailure, Written};
use serde_json::json;

use super::{Objects, dialect, written};
use crate::references::{Resolved, resolve};

pub(super) async fn look_up(
    client: &Client<'_>,
    operation: &Operation,
    wanted: &Resolved,
) -> Result<Option<Found>, StepError> {
    let routes = client.routes(&wanted.parent, Some(&operation.object.name)).await?;
    let view = routes.iter().find(|view| wanted.body["routeId"] == view.route_id.as_str());
    let on_its_way = |status: &str| matches!(status, "Deployed" | "Deploying");
    Ok(view.map(|view| {
        let difference =
            (!on_its_way(&view.deploy_status)).then(|| format!("its state is {}", view.deploy_status));
        Found::compared(&view.route_id, difference)
    }))
}

pub(super) async fn write(
    objects: &Objects<'_>,
    client: &Client<'_>,
    key: &OperationKey,
    wanted: &Resolved,
    results: &Results,
) -> Result<Written, WriteFailure> {
    let (api, route) = (wanted.parent.as_str(), wanted.body["routeId"].as_str().unwrap_or_default());
    match client.deploy(key, api, route).await {
        Err(WriteFailure::Call(failure)) if not_publishable(&failure) => {
            open_sub_domain(objects, client, key, (api, route), results, failure).await?;
            client.deploy(key, api, route).await?;
        }
        other => other?,
    }
    Ok(written(route))
}

/// Whether a refusal is about the route's domains.
fn not_publishable(failure: &CallFailure) -> bool {
    refused_parameter(failure)
        && matches!(failure, CallFailure::Refused { message, .. } if message.to_ascii_lowercase().contains("domain"))
}

/// Adds the environment's sub-domain to a route.
async fn open_sub_domain(
    objects: &Objects<'_>,
    client: &Client<'_>,
    key: &OperationKey,
    (api, route): (&str, &str),
    results: &Results,
    refusal: CallFailure,
) -> Result<(), WriteFailure> {
    let made = objects.plan.values().find(|one| {
        one.object.kind == "route"
            && results.get(&one.key).and_then(|settled| settled.id.as_deref()) == Some(route)
    });
    let domain = client.environment().await?.sub_domains.into_iter().next().map(|one| one.domain_id);
    let (Some(made), Some(domain)) = (made, domain) else { return Err(refusal.into()) };
    let mut body = resolve(made, results)?.body;
    if let Some(fields) = body.as_object_mut() {
        fields.remove("name");
    }
    if let Some(domains) = body["domainIds"].as_array_mut() {
        domains.push(json!(domain));
    }
    dialect::send(
        &body,
        &objects.spoken,
        |body| async move { client.update_route(key, api, route, &body).await },
    )
    .await
}
