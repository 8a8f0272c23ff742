//! The migrator: fetch, read, judge, and hand the inventory on as an artifact.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_gateway_model::{Assessed, Inventory};
use gateshift_mse::{ACTIONS, Answers, CONNECTION_KIND, Read, fetch, read};
use gateshift_sdk::api::{
    Applied, ConnectionUse, Host, LogLevel, Manifest, Migrator, ProbeUse, StepInput, Undone,
};
use gateshift_sdk::model::{Checkpoint, Finding, MigratorName, Plan, Severity, StepError, UndoScope};
use gateshift_sdk::{async_trait, settings, to_json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Compat, Edited, judge};

/// Role of the connection to the source.
const SOURCE: &str = "source";

/// `uses: assess`.
#[derive(Debug, Default, Clone, Copy)]
pub struct Assess;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Settings {
    gateway: String,
    #[serde(default)]
    allow_edited: bool,
}

#[async_trait]
impl Migrator for Assess {
    fn manifest(&self) -> Manifest {
        Manifest {
            name: name(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract: 1,
            description:
                "reads the source gateway into the run's inventory and judges what can be carried over"
                    .to_owned(),
            settings: json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["gateway"],
                "properties": {
                    "gateway": {"type": "string", "minLength": 1, "description": "id of the source gateway, `gw-...`"},
                    "allowEdited": {"type": "boolean", "default": false, "description": "carry over the stored content of routes that were edited and not published again"}
                }
            }),
            output: json!({"type": "object", "required": ["inventory", "origin", "counts", "fields", "fields_accounted"]}),
            connections: BTreeMap::from([(
                SOURCE.to_owned(),
                ConnectionUse::new(CONNECTION_KIND, ACTIONS, &[]),
            )]),
            reads: Vec::new(),
            probes: ProbeUse::default(),
            undo: UndoScope::Nothing,
        }
    }

    fn check(&self, settings: &Value) -> Vec<Finding> {
        let gateway = settings["gateway"].as_str().unwrap_or_default();
        if gateway.is_empty() || gateway.starts_with("gw-") {
            return Vec::new();
        }
        vec![
            Finding::new(
                Severity::Warn,
                "GS-GATEWAY-ID",
                "gateway",
                format!("`{gateway}` does not look like a gateway id"),
            )
            .with_action("ids begin with `gw-`; the console shows them in the list of gateways"),
        ]
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let settings: Settings = settings(input)?;
        let compat = Compat::built_in().ok_or_else(|| {
            StepError::permanent("GS-RULES-DAMAGED", "the support tables of this build cannot be read")
                .with_hint("install gateshift again")
        })?;
        let taken_at = host.now().0;
        let (answers, read) = coherent(host, &settings.gateway, taken_at).await?;
        let edited = if settings.allow_edited { Edited::Accept } else { Edited::Block };
        let mut findings = read.findings;
        findings.extend(judge(&read.inventory, read.status, compat, edited));
        findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.object.cmp(&b.object)));

        host.put_artifact("answers", "application/json", to_json(&answers).to_string().into_bytes()).await?;
        let bytes = to_json(&read.inventory).to_string().into_bytes();
        let inventory = host.put_artifact("inventory", "application/json", bytes).await?;
        let account = &read.inventory.accounting;
        let assessed = Assessed {
            inventory,
            origin: read.inventory.origin.clone(),
            gateway_name: read.inventory.instance.name.clone(),
            counts: counts(&read.inventory),
            findings: by_severity(&findings),
            fields: account.fields,
            fields_accounted: account.accounted,
        };
        let summary = format!(
            "{} domains, {} services, {} routes; fields {} of {} accounted for",
            read.inventory.domains.len(),
            read.inventory.services.len(),
            read.inventory.routes.len(),
            account.accounted,
            account.fields,
        );
        Ok(Plan { operations: Vec::new(), findings, facts: to_json(&assessed), summary })
    }

    async fn apply(&self, _: &dyn Host, _: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        let warnings = plan.findings.iter().filter(|finding| finding.severity == Severity::Warn);
        let warnings = warnings
            .map(|finding| format!("{} {}: {}", finding.code, finding.object, finding.message))
            .collect();
        Ok(Applied::Done { output: plan.facts.clone(), warnings })
    }

    /// None of the guide's checkpoints is about reading.
    async fn verify(
        &self,
        _: &dyn Host,
        _: &StepInput,
        _: &Plan,
        _: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        Ok(Vec::new())
    }

    async fn undo(&self, _: &dyn Host, _: &StepInput, _: Option<&Plan>) -> Result<Undone, StepError> {
        Ok(Undone::default())
    }
}

/// Reads until routes name only what the lists hold, at most twice: a list without pages and without a
/// total may have been answered in part, and only the routes tell. What is missing both times is really
/// missing, and blocks later, by name.
async fn coherent(host: &dyn Host, gateway: &str, taken_at: i64) -> Result<(Answers, Read), StepError> {
    let answers = fetch(host, SOURCE, gateway).await?;
    let first = read(&answers, gateway, taken_at);
    let Some(missing) = dangling(&first.inventory) else { return Ok((answers, first)) };
    host.log(LogLevel::Warn, &format!("{missing}; reading the source once more"));
    let answers = fetch(host, SOURCE, gateway).await?;
    let second = read(&answers, gateway, taken_at);
    Ok((answers, second))
}

/// The first domain or service that a route names and no list holds.
fn dangling(inventory: &Inventory) -> Option<String> {
    let domains: BTreeSet<&str> = inventory.domains.iter().map(|one| one.name.as_str()).collect();
    let services: BTreeSet<&str> = inventory.services.iter().map(|one| one.id.as_str()).collect();
    inventory.routes.iter().find_map(|route| {
        let domain = route.domains.iter().find(|name| !domains.contains(name.as_str()));
        let service = route.targets().find(|target| !services.contains(target.service.as_str()));
        match (domain, service) {
            (Some(name), _) => {
                Some(format!("route `{}` names domain `{name}`, which the source did not list", route.name))
            }
            (None, Some(target)) => Some(format!(
                "route `{}` leads to service `{}`, which the source did not list",
                route.name, target.name
            )),
            (None, None) => None,
        }
    })
}

fn name() -> MigratorName {
    MigratorName::new("assess").unwrap_or_else(|error| unreachable!("a constant name: {error}"))
}

fn counts(inventory: &Inventory) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<String, u64> = [
        ("domains", inventory.domains.len()),
        ("certificates", inventory.certificates.len()),
        ("sources", inventory.sources.len()),
        ("services", inventory.services.len()),
        ("routes", inventory.routes.len()),
    ]
    .into_iter()
    .map(|(kind, count)| (kind.to_owned(), count as u64))
    .collect();
    counts.extend(inventory.others.iter().map(|(kind, items)| (kind.clone(), items.len() as u64)));
    counts
}

fn by_severity(findings: &[Finding]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        let severity = to_json(&finding.severity).as_str().unwrap_or_default().to_owned();
        *counts.entry(severity).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::dangling;
    use crate::judge::tests::inventory;

    #[test]
    fn what_routes_name_and_no_list_holds_is_noticed() {
        let whole = inventory();
        assert_eq!(dangling(&whole), None);
        let mut less = whole.clone();
        less.services.retain(|service| service.name != "used");
        assert!(dangling(&less).is_some_and(|text| text.contains("service `used`")));
        let mut more = whole;
        more.routes[0].domains.push("a.example.com".to_owned());
        assert!(dangling(&more).is_some_and(|text| text.contains("domain `a.example.com`")));
    }
}
