//! Sources are bound, services are there as planned with their policies, and what the target says of
//! their health.
//!
//! The source does not say which of its services are healthy, so an unhealthy one here may be
//! unhealthy there: it is evidence, and no failure, since the `verify` step compares the answers of
//! both gateways. But when every service of one type is unhealthy, the target probably cannot reach
//! that registry or network at all; that is held as unclear (invariant **doubt holds**).

use std::collections::BTreeMap;

use gateshift_apig::convert;
use gateshift_apig::convert::policy::ON_SERVICE;
use gateshift_apig::convert::source::{Association, association};
use gateshift_apig::wire::ServiceView;
use gateshift_sdk::model::{Checkpoint, CheckpointResult, StepError};
use serde_json::{Value, json};

use super::{Applied, policies, some_of};

const NAME: &str = "routing.sources_and_services_configured_and_reach_backends";
/// Fewer services of a type than this say nothing about the network.
const ENOUGH: usize = 3;

/// The answer.
pub(super) async fn check(applied: &Applied<'_>) -> Result<Checkpoint, StepError> {
    let mut wrong = Vec::new();
    let sources = applied.client.sources().await?;
    for operation in applied.of_kind("source") {
        let view = sources.iter().find(|view| applied.id(&operation.key) == Some(view.source_id.as_str()));
        let name = &operation.object.name;
        match view {
            None => wrong.push(format!("source {name}: it is not there")),
            Some(view) if !convert::source::is(&operation.after.value(), view) => {
                wrong.push(format!("source {name}: it is another registry"))
            }
            Some(view) if association(view) == Association::Failed => {
                wrong.push(format!("source {name}: {}", view.association_status));
            }
            Some(_) => {}
        }
    }
    let services = applied.client.services(None).await?;
    let by_id: BTreeMap<&str, &ServiceView> =
        services.iter().map(|view| (view.service_id.as_str(), view)).collect();
    wrong.extend(differences(applied, &by_id));
    if policies::planned(applied, ON_SERVICE).next().is_some() {
        let attached = applied.client.policies(ON_SERVICE, None).await?;
        wrong.extend(policies::differences(applied, ON_SERVICE, &attached));
    }
    let health = Health::of(applied, &by_id);
    let with_policies = policies::planned(applied, ON_SERVICE).count();
    Ok(judge(&wrong, &health, with_policies))
}

fn differences(applied: &Applied<'_>, services: &BTreeMap<&str, &ServiceView>) -> Vec<String> {
    let mut wrong = Vec::new();
    for kind in ["service", "service-settings", "service-version"] {
        for operation in applied.of_kind(kind) {
            let name = &operation.object.name;
            let wanted = applied.wanted(operation);
            let id = match (&wanted, kind) {
                (_, "service") => applied.id(&operation.key),
                (Some(wanted), _) => Some(wanted.parent.as_str()),
                (None, _) => None,
            };
            let view = id.and_then(|id| services.get(id));
            let difference = match (wanted.as_ref(), view) {
                (Some(wanted), Some(view)) => match kind {
                    "service" if !convert::service::is(&wanted.body, view) => {
                        Some("it is another service".to_owned())
                    }
                    "service" => convert::service::difference(&wanted.body, view),
                    "service-settings" => {
                        convert::service::settings_difference(&wanted.body["settings"], view)
                    }
                    _ => version(&wanted.body["version"], view),
                },
                _ => Some("it is not there".to_owned()),
            };
            wrong.extend(difference.map(|difference| format!("service {name}: {difference}")));
        }
    }
    wrong
}

fn version(wanted: &Value, view: &ServiceView) -> Option<String> {
    match view.versions.iter().find(|one| wanted["name"] == one.name.as_str()) {
        None => Some(format!("version {} is not there", wanted["name"])),
        Some(found) => convert::service::version_difference(wanted, found),
    }
}

/// What the target says of the health of its services.
struct Health {
    healthy: usize,
    unhealthy: Vec<String>,
    /// Types of which no service is healthy.
    dark: Vec<String>,
}

impl Health {
    fn of(applied: &Applied<'_>, services: &BTreeMap<&str, &ServiceView>) -> Self {
        let mut health = Self { healthy: 0, unhealthy: Vec::new(), dark: Vec::new() };
        let mut types: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for operation in applied.of_kind("service") {
            let Some(view) = applied.id(&operation.key).and_then(|id| services.get(id)) else { continue };
            let (well, all) = types.entry(&view.source_type).or_default();
            *all += 1;
            if view.health_status.as_deref() == Some("Unhealthy") {
                health.unhealthy.push(view.name.clone());
            } else {
                *well += 1;
                health.healthy += 1;
            }
        }
        health.dark = types
            .iter()
            .filter(|(_, (well, all))| *well == 0 && *all >= ENOUGH)
            .map(|(kind, _)| (*kind).to_owned())
            .collect();
        health
    }
}

fn judge(wrong: &[String], health: &Health, policies: usize) -> Checkpoint {
    let evidence = json!({
        "different": wrong, "healthy": health.healthy, "unhealthy": health.unhealthy, "typesWithoutHealthyService": health.dark,
        "policies": policies,
    });
    if !wrong.is_empty() {
        return Checkpoint::new(
            NAME,
            CheckpointResult::Fail,
            format!("not as planned: {}", some_of(wrong)),
            evidence,
        );
    }
    if !health.dark.is_empty() {
        let message = format!(
            "every service of type {} is unhealthy: the target may not reach them; check its security group",
            health.dark.join(", ")
        );
        return Checkpoint::new(NAME, CheckpointResult::Unclear, message, evidence);
    }
    let mut message = format!("{} services read back as planned", health.healthy + health.unhealthy.len());
    if !health.unhealthy.is_empty() {
        message.push_str(&format!(
            "; {} of them are unhealthy, which the source does not tell of its own: {}",
            health.unhealthy.len(),
            some_of(&health.unhealthy)
        ));
    }
    Checkpoint::new(NAME, CheckpointResult::Pass, message, evidence)
}
