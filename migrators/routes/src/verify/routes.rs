//! Routes: each reads back as planned with its policies, the published ones serve, the others do not,
//! and among those that match alike the order of creation is the source's.

use std::collections::BTreeMap;

use gateshift_apig::convert;
use gateshift_apig::convert::policy::{ON_GATEWAY, ON_ROUTE};
use gateshift_apig::wire::RouteView;
use gateshift_sdk::model::{Checkpoint, StepError};
use serde_json::json;

use super::{Applied, policies, rest, some_of};

const NAME: &str = "routing.routes_configured_and_forward_correctly";

/// The answer.
pub(super) async fn check(applied: &Applied<'_>) -> Result<Checkpoint, StepError> {
    let Some(api) = applied.id(&applied.facts.api_key()) else {
        return Ok(Checkpoint::judge(NAME, false, "the API is not there", json!({})));
    };
    let views = applied.client.routes(api, None).await?;
    let attached = applied.client.policies(ON_ROUTE, None).await?;
    let by_id: BTreeMap<&str, &RouteView> = views.iter().map(|view| (view.route_id.as_str(), view)).collect();
    let mut wrong = contents(applied, &by_id);
    wrong.extend(states(applied, &by_id));
    wrong.extend(policies::differences(applied, ON_ROUTE, &attached));
    if policies::planned(applied, ON_GATEWAY).next().is_some() {
        let attached = applied.client.policies(ON_GATEWAY, None).await?;
        wrong.extend(policies::differences(applied, ON_GATEWAY, &attached));
    }
    wrong.extend(ingress(applied).await?);
    wrong.extend(rest::differences(applied).await?);
    let (disorder, undecided) = disorder(applied, &views);
    wrong.extend(disorder);
    let published = applied.facts.routes.iter().filter(|route| route.published).count();
    let evidence = json!({
        "routes": applied.facts.routes.len(),
        "published": published,
        "policies": policies::planned(applied, ON_ROUTE).chain(policies::planned(applied, ON_GATEWAY)).count(),
        "operations": applied.facts.rest_routes().map(|(_, keys)| keys.len()).sum::<usize>(),
        "orderedGroups": applied.facts.ties.len(),
        "pairsOfOneMillisecond": undecided,
        "different": wrong,
    });
    let message = if wrong.is_empty() {
        format!("{} routes read back as planned, {published} of them published", applied.facts.routes.len())
    } else {
        format!("{} things are not as planned: {}", wrong.len(), some_of(&wrong))
    };
    Ok(Checkpoint::judge(NAME, wrong.is_empty(), message, evidence))
}

/// What the APIs of Ingress objects differ in.
async fn ingress(applied: &Applied<'_>) -> Result<Vec<String>, StepError> {
    let mut wrong = Vec::new();
    for operation in applied.of_kind("api").filter(|one| one.after.value()["type"] == "HttpIngress") {
        let name = &operation.object.name;
        let views = applied.client.apis_named(name, "HttpIngress").await?;
        let difference = match (applied.wanted(operation), views.first()) {
            (Some(wanted), Some(view)) => crate::plan::api_difference(&wanted.body, view),
            _ => Some("it is not there".to_owned()),
        };
        wrong.extend(difference.map(|difference| format!("{name}: {difference}")));
    }
    Ok(wrong)
}

fn contents(applied: &Applied<'_>, views: &BTreeMap<&str, &RouteView>) -> Vec<String> {
    let one = |operation: &gateshift_sdk::model::Operation| {
        let wanted = applied.wanted(operation);
        let view = applied.id(&operation.key).and_then(|id| views.get(id));
        let difference = match (wanted, view) {
            (Some(wanted), Some(view)) => convert::route::difference(&wanted.body, view),
            _ => Some("it is not there".to_owned()),
        };
        difference.map(|difference| format!("{}: {difference}", operation.object.name))
    };
    applied.of_kind("route").filter_map(one).collect()
}

fn states(applied: &Applied<'_>, views: &BTreeMap<&str, &RouteView>) -> Vec<String> {
    let mut wrong = Vec::new();
    for route in &applied.facts.routes {
        let Some(view) = applied.ids.get(route.key.as_str()).and_then(|id| views.get(id)) else { continue };
        if (view.deploy_status == "Deployed") != route.published {
            let wanted = if route.published { "published" } else { "unpublished" };
            wrong.push(format!(
                "{}: its state is {} and it shall be {wanted}",
                route.name, view.deploy_status
            ));
        }
    }
    wrong
}

/// Routes that came out before one that the source had earlier, and how many neighbours were made in
/// the same millisecond, where the time decides nothing.
fn disorder(applied: &Applied<'_>, views: &[RouteView]) -> (Vec<String>, usize) {
    let created: BTreeMap<&str, i64> =
        views.iter().map(|view| (view.name.as_str(), view.create_timestamp)).collect();
    let (mut wrong, mut undecided) = (Vec::new(), 0);
    for group in &applied.facts.ties {
        let known: Vec<(&String, i64)> =
            group.iter().filter_map(|name| created.get(name.as_str()).map(|at| (name, *at))).collect();
        for two in known.windows(2) {
            if two[1].1 < two[0].1 {
                wrong.push(format!(
                    "{}: it was made before {}, which came first at the source",
                    two[1].0, two[0].0
                ));
            }
            undecided += usize::from(two[1].1 == two[0].1);
        }
    }
    (wrong, undecided)
}
