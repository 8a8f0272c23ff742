//! Waits until every publication has taken effect: one list for all routes instead of a call for
//! each. The same list shows which routes were opened on the environment's own sub-domain.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gateshift_apig::Client;
use gateshift_apig::wire::RouteView;
use gateshift_sdk::api::Progress;
use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::Results;

use crate::facts::{Facts, RestFact};

const POLLS: u32 = 150;
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(4);

/// Waits for the published routes of a plan; returns the names of those that answer on the
/// environment's own sub-domain, which no plan asks for.
pub(crate) async fn until_deployed(
    client: &Client<'_>,
    facts: &Facts,
    results: &Results,
) -> Result<Vec<String>, StepError> {
    for api in &facts.rest {
        rest(client, api, results).await?;
    }
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for route in facts.routes.iter().filter(|route| route.published) {
        open.insert(results.id(&OperationKey::new(route.key.as_str()))?);
    }
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let ours = open.clone();
    let (api, total) = (results.id(&facts.api_key())?, open.len() as u64);
    let (mut pause, mut states) = (SHORTEST, BTreeMap::new());
    for _ in 0..POLLS {
        states.clear();
        let views = client.routes(api, None).await?;
        let opened = views.iter().filter(|view| ours.contains(view.route_id.as_str()) && on_sub_domain(view));
        let opened: Vec<String> = opened.map(|view| view.name.clone()).collect();
        for view in views {
            if view.deploy_status == "Deployed" {
                open.remove(view.route_id.as_str());
            } else if open.contains(view.route_id.as_str()) {
                *states.entry(view.deploy_status).or_insert(0_u64) += 1;
            }
        }
        client.host().progress(Progress {
            done: total - open.len() as u64,
            total,
            text: "routes published".to_owned(),
        });
        if open.is_empty() {
            return Ok(opened);
        }
        client.host().sleep(pause).await?;
        pause = (pause * 2).min(LONGEST);
    }
    let message =
        format!("{} of {total} routes are still not published; their states: {states:?}", open.len());
    Err(StepError::retryable("GS-DEPLOY-WAIT", message))
}

/// Waits for the operations of a REST API.
async fn rest(client: &Client<'_>, api: &RestFact, results: &Results) -> Result<(), StepError> {
    let mut ours: BTreeSet<&str> = BTreeSet::new();
    for key in api.routes.values().flatten() {
        ours.insert(results.id(&OperationKey::new(key.as_str()))?);
    }
    let id = results.id(&OperationKey::new(api.api.as_str()))?;
    let (mut pause, mut open) = (SHORTEST, 0);
    for _ in 0..POLLS {
        let views = client.operations(id).await?;
        let serving = views.iter().filter(|one| one.status == "Deployed");
        open = ours.len() - serving.filter(|one| ours.contains(one.operation_id.as_str())).count();
        if open == 0 {
            return Ok(());
        }
        client.host().sleep(pause).await?;
        pause = (pause * 2).min(LONGEST);
    }
    let message = format!("{open} of {} operations of {} are still not published", ours.len(), api.api);
    Err(StepError::retryable("GS-DEPLOY-WAIT", message))
}

fn on_sub_domain(view: &RouteView) -> bool {
    let own = view.environment_info.iter().flat_map(|environment| &environment.sub_domains);
    let own: BTreeSet<&str> = own.map(|domain| domain.domain_id.as_str()).collect();
    view.domain_infos.iter().any(|domain| own.contains(domain.domain_id.as_str()))
}
