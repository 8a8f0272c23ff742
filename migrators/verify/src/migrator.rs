//! The migrator: requests from the inventory, answers from both gateways, a report and a checkpoint.

use std::collections::BTreeMap;

use gateshift_gateway_model::{Assessed, Inventory, TargetInstance, TargetRoutes, Verified};
use gateshift_sdk::api::{Applied, Host, Manifest, Migrator, ProbeUse, StepInput, Undone};
use gateshift_sdk::model::{
    ArtifactRef, Checkpoint, CheckpointResult, Digest, Finding, Plan, Severity, StepError, UndoScope,
};
use gateshift_sdk::{async_trait, migrator_name, output_of, settings, to_json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::case::{Reach, Requests};
use crate::entry::{Gateway, gateway};
use crate::generate::requests;
use crate::opened::Opened;
use crate::report::{Report, report};
use crate::settings::{Settings, schema};
use crate::tally::Tally;
use crate::walk::{Course, walk};

/// The guide's checkpoint that this step answers for.
const CHECKPOINT: &str = "routing.routes_configured_and_forward_correctly";
/// Mismatches named in the error itself.
const NAMED: usize = 3;

/// One doubt in so many compared requests is bearable; more make the whole answer unclear.
const DOUBTFUL: u64 = 20;

/// `uses: verify`.
#[derive(Debug, Default, Clone, Copy)]
pub struct Verify;

/// What the plan hands to `apply`.
#[derive(Debug, Serialize, Deserialize)]
struct Facts {
    requests: ArtifactRef,
    counts: BTreeMap<String, u64>,
    source: Gateway,
    target: Gateway,
}

#[async_trait]
impl Migrator for Verify {
    fn manifest(&self) -> Manifest {
        Manifest {
            name: migrator_name("verify"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract: 1,
            description: "sends the same requests to both gateways and compares the answers".to_owned(),
            settings: schema(),
            output: json!({"type": "object", "required": ["compared", "mismatches", "routes_covered", "routes", "hosts", "report"]}),
            connections: BTreeMap::new(),
            reads: vec![migrator_name("assess"), migrator_name("instance"), migrator_name("routes")],
            probes: ProbeUse { http: true, dns: true },
            undo: UndoScope::Nothing,
        }
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let settings: Settings = settings(input)?;
        let assessed: Assessed = output_of(input, "assess")?;
        let instance: TargetInstance = output_of(input, "instance")?;
        let routes: TargetRoutes = output_of(input, "routes")?;
        let inventory = Inventory::parse(&host.get_artifact(&assessed.inventory).await?)?;
        let source = gateway(host, "source", &inventory.instance.entries).await?;
        let target = gateway(host, "target", &instance.entries).await?;
        let opened = Opened::new(host, &inventory)?;
        let requests = requests(&inventory, &routes, &settings, &opened);
        let bytes = to_json(&requests).to_string().into_bytes();
        let artifact = host.put_artifact("requests", "application/json", bytes).await?;
        let counts = requests.counts();
        let summary = format!(
            "{} requests to each gateway for {} of {} published routes",
            requests.cases.len(),
            counts.get("routes_comparable").copied().unwrap_or_default(),
            requests.routes.len(),
        );
        let facts = to_json(&Facts { requests: artifact, counts, source, target });
        Ok(Plan { operations: Vec::new(), findings: findings(&requests), facts, summary })
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        let settings: Settings = settings(input)?;
        let facts = facts(plan)?;
        let requests: Requests = stored(host, &facts.requests).await?;
        let mut tally =
            begun(input, &facts.requests.digest).unwrap_or_else(|| Tally::new(facts.requests.digest.clone()));
        let course = Course { source: &facts.source, target: &facts.target, settings: &settings };
        walk(host, &course, &requests, &mut tally).await?;
        let report = report(&requests, &tally);
        let bytes = to_json(&report).to_string().into_bytes();
        let artifact = host.put_artifact("comparison", "application/json", bytes).await?;
        // From here on a further attempt compares anew: it is made because something was put right.
        host.checkpoint(to_json(&Tally::new(facts.requests.digest))).await?;
        if report.mismatches > settings.max_mismatches {
            return Err(mismatch(&report, &artifact));
        }
        let warnings = warnings(&report);
        let output = Verified {
            compared: report.compared,
            mismatches: report.mismatches,
            routes_covered: report.routes_covered,
            routes: report.routes,
            hosts: report.hosts,
            report: artifact,
        };
        Ok(Applied::Done { output: to_json(&output), warnings })
    }

    async fn verify(
        &self,
        host: &dyn Host,
        _: &StepInput,
        plan: &Plan,
        output: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        let verified: Verified = serde_json::from_value(output.clone()).map_err(|error| {
            StepError::permanent("GS-OUTPUT-SHAPE", format!("the step's own output cannot be read: {error}"))
        })?;
        let report: Report = stored(host, &verified.report).await?;
        Ok(vec![checkpoint(&report, &facts(plan)?.counts, &verified.report)])
    }

    /// The step only asks: there is nothing to take back.
    async fn undo(&self, _: &dyn Host, _: &StepInput, _: Option<&Plan>) -> Result<Undone, StepError> {
        Ok(Undone::default())
    }
}

fn facts(plan: &Plan) -> Result<Facts, StepError> {
    serde_json::from_value(plan.facts.clone()).map_err(|error| {
        StepError::permanent("GS-PLAN-FACTS", format!("the plan was made by another version: {error}"))
            .with_hint("resume the run with that version, or start a new run")
    })
}

async fn stored<T: DeserializeOwned>(host: &dyn Host, artifact: &ArtifactRef) -> Result<T, StepError> {
    let bytes = host.get_artifact(artifact).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        StepError::permanent("GS-ARTIFACT", format!("artifact `{}` cannot be read: {error}", artifact.name))
            .with_hint("it was made by another version; rerun the step that made it")
    })
}

/// The state of an earlier attempt, when it is about the same requests.
fn begun(input: &StepInput, requests: &Digest) -> Option<Tally> {
    let tally: Tally = serde_json::from_value(input.checkpoint.clone()?).ok()?;
    (tally.requests == *requests).then_some(tally)
}

/// The target learns of a domain only through a published route.
fn idle(domain: &str) -> Finding {
    let message = "no published route uses it: the target does not serve it, so its certificate and its redirect to HTTPS are not compared";
    Finding::new(Severity::Warn, "VFY-DOMAIN-IDLE", format!("domains/{domain}"), message)
        .with_action("nothing, unless clients call it for its certificate or its redirect alone")
}

/// What a person should know of the routes that requests cannot show.
fn findings(requests: &Requests) -> Vec<Finding> {
    let mut findings: Vec<Finding> = requests.idle_domains.iter().map(|domain| idle(domain)).collect();
    for route in &requests.routes {
        let object = format!("routes/{}", route.name);
        let mut add = |severity, code, message: String, action: &str| {
            findings.push(Finding::new(severity, code, &object, message).with_action(action));
        };
        match &route.reach {
            Reach::Compared => {}
            Reach::Shadowed { by } => add(
                Severity::Info,
                "VFY-SHADOWED",
                format!("no request was found that it answers: `{by}` comes first"),
                "nothing, unless it is meant to answer",
            ),
            Reach::NotComparable { by } => add(
                Severity::Warn,
                "VFY-NOT-COMPARABLE",
                format!("`{by}` was edited after it was published and may answer in its place"),
                "publish or revert that route at the source, then assess again",
            ),
            Reach::UnsafeOnly => add(
                Severity::Warn,
                "VFY-UNSAFE-ONLY",
                "it takes only methods that may change something, so that only near misses are compared"
                    .to_owned(),
                "name it in `unsafeRoutes` if requests with an empty body do no harm",
            ),
            Reach::Guarded { why } => add(
                Severity::Warn,
                "VFY-GUARDED",
                format!("only refusals can be compared: {why}"),
                "ask it by hand with a credential of a client, on both gateways",
            ),
            Reach::LeftOut => add(
                Severity::Warn,
                "VFY-LEFT-OUT",
                "the `routes` step left it out; its clients get another answer once their host moves"
                    .to_owned(),
                "move its domains last, or take it over",
            ),
            Reach::Unsendable { why } => add(
                Severity::Warn,
                "VFY-UNSENDABLE",
                format!("no request could be made for it: {why}"),
                "check it by hand",
            ),
        }
        if !route.made && route.reach != Reach::LeftOut {
            add(
                Severity::Warn,
                "VFY-NOT-MADE",
                "it is published at the source and the `routes` step did not make it".to_owned(),
                "take it over, or set `skipLeftOut: true` to leave it uncompared",
            );
        }
    }
    findings
}

fn mismatch(report: &Report, artifact: &ArtifactRef) -> StepError {
    let first: Vec<String> = report
        .differing
        .iter()
        .take(NAMED)
        .map(|one| {
            let route = one.about.as_ref().or(one.route.as_ref());
            let route = route.map_or_else(String::new, |route| format!("route `{route}`: "));
            let fields: Vec<String> = one
                .differences
                .iter()
                .take(3)
                .map(|difference| {
                    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
                    format!(
                        "{} {} -> {}",
                        difference.field,
                        value(&difference.source),
                        value(&difference.target)
                    )
                })
                .collect();
            format!("{route}{} [{}]\n  {}\n  {}", one.cause.text, fields.join("; "), one.source, one.target)
        })
        .collect();
    let causes = report.differing.iter().fold(BTreeMap::<&str, u64>::new(), |mut counts, one| {
        *counts.entry(one.cause.code.as_str()).or_insert(0) += 1;
        counts
    });
    let by_cause: Vec<String> = causes.iter().map(|(code, count)| format!("{count} {code}")).collect();
    StepError::needs_operator(
        "GS-VERIFY-MISMATCH",
        format!(
            "{} of {} compared requests are answered differently by the target ({})",
            report.mismatches,
            report.compared,
            by_cause.join(", ")
        ),
    )
    .with_hint(format!(
        "put it right on the target and `gateshift resume`; the first ones:\n{}",
        first.join("\n")
    ))
    .with_details(json!({
        "report": artifact,
        "compared": report.compared,
        "mismatches": report.mismatches,
        "causes": causes,
        "first": report.differing.iter().take(NAMED).collect::<Vec<_>>(),
    }))
}

fn warnings(report: &Report) -> Vec<String> {
    let mut warnings = Vec::new();
    if report.mismatches > 0 {
        warnings.push(format!("{} answers differ, within `maxMismatches`", report.mismatches));
    }
    if report.unclear > 0 {
        warnings.push(format!("nothing can be said of {} requests", report.unclear));
    }
    warnings
}

fn checkpoint(report: &Report, counts: &BTreeMap<String, u64>, artifact: &ArtifactRef) -> Checkpoint {
    let open: Vec<&str> =
        report.coverage.iter().filter(|one| one.is_open()).map(|one| one.route.as_str()).collect();
    let hidden: Vec<&str> = report
        .coverage
        .iter()
        .filter(|one| !one.is_covered() && !one.is_open())
        .map(|one| one.route.as_str())
        .collect();
    let (result, message) = if report.compared == 0 {
        (CheckpointResult::Unclear, "no answer could be compared".to_owned())
    } else if report.unclear * DOUBTFUL > report.compared {
        let message =
            format!("nothing can be said of {} requests, {} were compared", report.unclear, report.compared);
        (CheckpointResult::Unclear, message)
    } else if !open.is_empty() {
        let first: Vec<&str> = open.iter().take(5).copied().collect();
        let message =
            format!("{} routes were not shown to forward, among them {}", open.len(), first.join(", "));
        (CheckpointResult::Unclear, message)
    } else if report.mismatches > 0 {
        let message = format!("{} answers differ, which the step's settings allow", report.mismatches);
        (CheckpointResult::Waived, message)
    } else {
        let message = format!(
            "{} requests answered alike, {} of {} published routes covered{}",
            report.compared,
            report.routes_covered,
            report.routes,
            if hidden.is_empty() {
                String::new()
            } else {
                format!(", {} cannot be shown by safe requests", hidden.len())
            },
        );
        (CheckpointResult::Pass, message)
    };
    let evidence = json!({
        "compared": report.compared,
        "mismatches": report.mismatches,
        "unclear": report.unclear,
        "routes": report.routes,
        "routes_covered": report.routes_covered,
        "not_shown": open,
        "cannot_be_shown": hidden,
        "requests": counts,
        "shown": report.kinds,
        "left_out": report.over,
        "report": artifact,
    });
    Checkpoint::new(CHECKPOINT, result, message, evidence)
}
