//! The migrator: fetch, read, judge, and hand the inventory on as an artifact.

use std::collections::BTreeMap;

use gateshift_gateway_model::{Assessed, Inventory, Judged};
use gateshift_mse::{ACTIONS, CONNECTION_KIND};
use gateshift_sdk::api::{Applied, ConnectionUse, Host, Manifest, Migrator, ProbeUse, StepInput, Undone};
use gateshift_sdk::model::{ArtifactRef, Checkpoint, Finding, Plan, Severity, StepError, UndoScope};
use gateshift_sdk::{async_trait, migrator_name, settings, to_bytes, to_json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::classes::{classes, count, count_by_kind, weigh};
use crate::reading::{Reading, SOURCE, Snapshot};
use crate::{Ahead, Compat, Edited, judge};

/// `uses: assess`.
#[derive(Debug, Default, Clone, Copy)]
pub struct Assess;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Settings {
    gateway: String,
    #[serde(default)]
    allow_edited: bool,
    /// Tables in place of those that come with this version.
    #[serde(default)]
    rules: Option<Value>,
    /// Requests by route, as access logs count them.
    #[serde(default)]
    traffic: Option<BTreeMap<String, u64>>,
    /// Answers of the source from an earlier reading, in place of the source itself.
    #[serde(default)]
    snapshot: Option<ArtifactRef>,
}

#[async_trait]
impl Migrator for Assess {
    fn manifest(&self) -> Manifest {
        Manifest {
            name: migrator_name("assess"),
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
                    "allowEdited": {"type": "boolean", "default": false, "description": "carry over the stored content of routes that were edited and not published again"},
                    "rules": {"type": "object", "description": "support tables in place of the built-in ones, in their form"},
                    "traffic": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}, "description": "requests by route, as access logs count them; weighs the verdict"},
                    "snapshot": {"type": "object", "description": "reference to answers of an earlier reading; put there by `--snapshot`"}
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
        if let Some(Err(cause)) = settings.get("rules").map(Compat::given) {
            let message = format!("these are no support tables: {cause}");
            return vec![
                Finding::new(Severity::Block, "GS-RULES-DAMAGED", "rules", message)
                    .with_action("take the form of the built-in ones, or leave `rules` out"),
            ];
        }
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
        let given = settings.rules.as_ref().map(Compat::given).transpose().map_err(rules_damaged)?;
        let compat = match &given {
            Some(given) => given,
            None => Compat::built_in().ok_or_else(|| rules_damaged("they cannot be read".to_owned()))?,
        };
        let Reading { answers, read } = match &settings.snapshot {
            Some(snapshot) => Reading::kept(host, snapshot, &settings.gateway).await?,
            None => Reading::fresh(host, &settings.gateway).await?,
        };
        // First of all, so that the answers are gone before anything else is made of them.
        let snapshot = match settings.snapshot {
            Some(kept) => kept,
            None => {
                let bytes = to_bytes(&Snapshot::of(&read.inventory, answers));
                host.put_artifact(Snapshot::NAME, "application/json", bytes).await?
            }
        };
        let edited = if settings.allow_edited { Edited::Accept } else { Edited::Block };
        let mut findings = read.findings;
        findings.extend(judge(&read.inventory, read.status, compat, edited, &Ahead::of(&input.later)));
        findings.sort_by(|a, b| {
            b.severity
                .cmp(&a.severity)
                .then_with(|| a.object.cmp(&b.object))
                .then_with(|| a.code.cmp(&b.code))
        });
        let classed = classes(&read.inventory, &findings, compat);

        let objects = host.put_artifact("classes", "application/json", to_bytes(&classed)).await?;
        let bytes = to_bytes(&read.inventory);
        let inventory = host.put_artifact("inventory", "application/json", bytes).await?;
        let judged = Judged {
            classes: count(&classed),
            kinds: count_by_kind(&classed),
            traffic: settings.traffic.as_ref().map(|counts| weigh(&read.inventory, &classed, counts)),
            rules: compat.digest().to_string(),
            guide: compat.updated().to_owned(),
            objects: Some(objects),
            snapshot: Some(snapshot),
        };
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
        let mut facts = to_json(&assessed);
        if let (Some(facts), Value::Object(judged)) = (facts.as_object_mut(), to_json(&judged)) {
            facts.extend(judged);
        }
        Ok(Plan { operations: Vec::new(), findings, facts, summary })
    }

    fn looks_ahead(&self) -> bool {
        true
    }

    fn never_waived(&self) -> &'static [&'static str] {
        &["SRC-UNKNOWN-FIELD", "SRC-UNCLEAR", "SRC-NOT-RUNNING"]
    }

    /// Reading needs nothing of the target: the output is all there.
    fn foresee(&self, _: &StepInput, plan: &Plan) -> Option<Value> {
        Some(plan.facts.clone())
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

fn rules_damaged(cause: String) -> StepError {
    StepError::permanent("GS-RULES-DAMAGED", format!("the support tables do not hold: {cause}"))
        .with_hint("correct the setting `rules`, or leave it out; without it, install gateshift again")
}

fn counts(inventory: &Inventory) -> BTreeMap<String, u64> {
    [
        ("domains", inventory.domains.len()),
        ("certificates", inventory.certificates.len()),
        ("sources", inventory.sources.len()),
        ("services", inventory.services.len()),
        ("routes", inventory.routes.len()),
        ("access-lists", inventory.access_lists.len()),
        ("authentications", inventory.authentications.len()),
        ("consumers", inventory.consumers.len()),
        (
            "plugins",
            inventory.plugins.iter().filter(|plugin| plugin.enabled || !plugin.rules.is_empty()).count(),
        ),
        ("parameters", inventory.parameters.len()),
    ]
    .into_iter()
    .map(|(kind, count)| (kind.to_owned(), count as u64))
    .collect()
}

fn by_severity(findings: &[Finding]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        let severity = to_json(&finding.severity).as_str().unwrap_or_default().to_owned();
        *counts.entry(severity).or_insert(0) += 1;
    }
    counts
}
