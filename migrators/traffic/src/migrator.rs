//! The migrator: observe the zones, decide the phases, walk them, take them back.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_gateway_model::{Assessed, Inventory, PublishState, Shifted, TargetInstance};
use gateshift_sdk::api::{Applied, ConnectionUse, Host, Manifest, Migrator, ProbeUse, StepInput, Undone};
use gateshift_sdk::model::{Checkpoint, Finding, Plan, Severity, StepError, UndoScope, is_planned};
use gateshift_sdk::{async_trait, migrator_name, not_yet, output_of};
use serde_json::{Value, json};

use crate::apply::apply;
use crate::decide::decide;
use crate::driver::{DNS, connection, driver};
use crate::facts::Facts;
use crate::gate::Gates;
use crate::measure::{METRICS, is_connected};
use crate::numbers::{BUSINESS, NUMBERS, has_business};
use crate::rollback::rollback;
use crate::settings::{Settings, read, schema};

/// `uses: traffic`.
#[derive(Debug, Default, Clone, Copy)]
pub struct Traffic;

#[async_trait]
impl Migrator for Traffic {
    fn manifest(&self) -> Manifest {
        let mut metrics = ConnectionUse::new("prometheus", &["query"], &[]);
        metrics.optional = true;
        let mut business = ConnectionUse::new("http", &[NUMBERS], &[]);
        business.optional = true;
        Manifest {
            name: migrator_name("traffic"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract: 1,
            description: "moves production traffic to the target by DNS weights, stage by stage".to_owned(),
            settings: schema(),
            output: json!({"type": "object", "required": ["hosts", "stages", "planned_share"]}),
            connections: BTreeMap::from([
                (DNS.to_owned(), connection()),
                (METRICS.to_owned(), metrics),
                (BUSINESS.to_owned(), business),
            ]),
            reads: vec![migrator_name("assess"), migrator_name("instance")],
            probes: ProbeUse { http: false, dns: true },
            undo: UndoScope::Traffic,
        }
    }

    fn check(&self, settings: &Value) -> Vec<Finding> {
        read(settings).err().unwrap_or_default()
    }

    /// What belongs to others, or is not there, stays so whoever answers for it.
    fn never_waived(&self) -> &'static [&'static str] {
        &["DNS-FOREIGN", "DNS-TARGET-PRESENT"]
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let mut settings = read(&input.settings).map_err(|findings| {
            let messages: Vec<_> =
                findings.iter().map(|finding| format!("{}: {}", finding.object, finding.message)).collect();
            StepError::permanent("GS-SETTINGS", messages.join("; "))
                .with_hint("run `gateshift validate` on the workflow")
        })?;
        let assessed: Assessed = output_of(input, "assess")?;
        let target: TargetInstance = output_of(input, "instance")?;
        if is_planned(&target.gateway) {
            return Err(not_yet(
                "which records are written depends on the addresses of the target, which is not there yet",
            ));
        }
        let inventory = Inventory::parse(&host.get_artifact(&assessed.inventory).await?)?;
        let served = inventory
            .routes
            .iter()
            .filter(|route| route.state == PublishState::Published)
            .flat_map(|route| &route.domains);
        let domains: BTreeSet<String> =
            served.chain(&settings.hosts).map(|domain| domain.to_ascii_lowercase()).collect();
        let kind = input.kinds.get(DNS).map_or("", String::as_str);
        let observed = driver(kind).observe(host, &domains).await?;
        let mut findings = Vec::new();
        if !is_connected(host).await {
            settings.requests.clear();
            findings.extend(without_metrics(&mut settings));
        }
        if !settings.gates.business.is_empty() && !has_business(host).await {
            findings.push(no_source("business", "business", "http"));
        }
        let mut plan = decide(&inventory, &target, &observed, &settings);
        plan.findings.extend(findings);
        Ok(plan)
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        apply(host, input, plan).await
    }

    /// The guide has no checkpoint of this name; the answer is for the history all the same.
    async fn verify(
        &self,
        host: &dyn Host,
        _: &StepInput,
        plan: &Plan,
        output: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        let facts = Facts::of(plan)?;
        let shifted: Option<Shifted> = serde_json::from_value(output.clone()).ok();
        let planned = shifted.as_ref().map_or(0.0, |shifted| shifted.planned_share);
        let (answers, fits) = driver(&facts.driver).served(host, &facts.before, planned).await?;
        let share = answers.share().unwrap_or(0.0);
        Ok(vec![Checkpoint::judge(
            "traffic.share_as_planned",
            fits,
            format!(
                "authoritative servers name the target in {share:.1}% of {} answers, {planned}% is planned",
                answers.all
            ),
            json!({"answers": answers.all, "target": answers.target, "neither": answers.neither, "measured": shifted.and_then(|shifted| shifted.measured_share)}),
        )])
    }

    async fn undo(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: Option<&Plan>,
    ) -> Result<Undone, StepError> {
        match plan {
            Some(plan) => rollback(host, input, plan).await,
            None => Ok(Undone::default()),
        }
    }
}

/// Gates that nobody asked for are left away when there are no metrics; those that were asked for block.
fn without_metrics(settings: &mut Settings) -> Vec<Finding> {
    let wanted = [("health", settings.gates.health.is_some()), ("load", settings.gates.load.is_some())];
    if !settings.has_gates {
        settings.gates = Gates::default();
        return Vec::new();
    }
    wanted
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(gate, _)| no_source(gate, METRICS, "prometheus"))
        .collect()
}

fn no_source(gate: &str, role: &str, kind: &str) -> Finding {
    Finding::new(
        Severity::Block,
        "GATE-NO-SOURCE",
        format!("gates/{gate}"),
        format!("the gate `{gate}` has no numbers: the step has no connection `{role}`"),
    )
    .with_action(format!(
        "add a connection `{role}` of kind {kind} to the workflow, or leave the gate out of `gates`"
    ))
}

#[cfg(test)]
mod tests {
    use gateshift_sdk::model::Severity;
    use serde_json::json;

    use super::without_metrics;
    use crate::settings::read;

    #[test]
    fn a_gate_that_was_asked_for_and_has_no_numbers_blocks() {
        let of = |gates: serde_json::Value| {
            let mut written = json!({"stages": ["1%", "100%"]});
            if !gates.is_null() {
                written["gates"] = gates;
            }
            let mut settings = read(&written).unwrap();
            let found = without_metrics(&mut settings);
            assert!(found.iter().all(|one| one.code == "GATE-NO-SOURCE" && one.severity == Severity::Block));
            (found.len(), settings.gates.is_empty())
        };
        assert_eq!(of(json!(null)), (0, true), "nobody asked for it");
        assert_eq!(of(json!([])), (0, true));
        assert_eq!(of(json!(["health"])), (1, false));
        assert_eq!(of(json!(["health", {"load": {"cpu": {"query": "x"}}}])), (2, false));
        assert_eq!(of(json!([{"business": {"name": "orders"}}])), (0, false));
    }
}
