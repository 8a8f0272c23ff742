//! A plan as a file: what would be done, pinned to the workflow, the source, the rules and the
//! migrators it was made from. Equal worlds give equal bytes.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use gateshift_executor::{Known, Moved, Preview, moved};
use gateshift_gateway_model::diff;
use gateshift_model::{
    Digest, Finding, MigratorName, Operation, Plan, RunDefinition, StepError, StepName, Waived, digest_json,
    digest_list,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::commands::preview::{ASSESS, inventory, read_bytes};
use crate::error::CliError;

/// Format of plan files; a reader refuses a newer one.
const FORMAT: u32 = 1;

/// A plan file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlanFile {
    /// [`FORMAT`] of the writer.
    pub(crate) format: u32,
    /// Version of the program that wrote it.
    pub(crate) gateshift: String,
    /// Digest of the frozen workflow, inputs and waivers included.
    pub(crate) definition_digest: Digest,
    /// The frozen workflow.
    pub(crate) definition: RunDefinition,
    /// Objects of the source with their digests; the time of reading is in none of them.
    pub(crate) source: BTreeMap<String, Digest>,
    /// Digest of the rule pack that judged the source.
    pub(crate) rules: Option<String>,
    /// Migrators with their versions.
    pub(crate) migrators: BTreeMap<MigratorName, String>,
    /// The steps.
    pub(crate) steps: Vec<PlanStep>,
}

/// What is read of a plan file of whatever format.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    format: Value,
}

/// A step of a plan file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlanStep {
    /// The step.
    pub(crate) step: StepName,
    /// What it would do, in a sentence.
    pub(crate) summary: String,
    /// It can only be planned after this step is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<StepName>,
    /// Why it could not be planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<StepError>,
    /// Its operations; absent when they are not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operations: Option<Vec<Operation>>,
    /// Digest of the operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<Digest>,
    /// Digest of the objects as they are on the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) observed: Option<Digest>,
    /// Findings.
    #[serde(default)]
    pub(crate) findings: Vec<Finding>,
    /// Those that somebody answers for.
    #[serde(default)]
    pub(crate) waived: Vec<Waived>,
    /// Those that stand in the way.
    #[serde(default)]
    pub(crate) blocking: Vec<Finding>,
}

impl PlanFile {
    /// The file of a preview, which goes into it: a large plan is there once.
    pub(crate) fn of(definition: &RunDefinition, preview: Preview) -> Result<Self, CliError> {
        let source = inventory(definition, &preview)?.map(|read| diff::digests(&read)).unwrap_or_default();
        preview.artifacts.clear();
        let rules = preview.output_of(definition, ASSESS).and_then(|output| output["rules"].as_str());
        Ok(Self {
            format: FORMAT,
            gateshift: env!("CARGO_PKG_VERSION").to_owned(),
            definition_digest: digest_json(&json!(definition)),
            definition: definition.clone(),
            source,
            rules: rules.map(str::to_owned),
            migrators: definition
                .steps
                .iter()
                .map(|step| (step.uses.clone(), step.version.clone()))
                .collect(),
            steps: preview.steps.into_iter().map(|one| PlanStep::of(one.step, one.known)).collect(),
        })
    }

    /// Reads one.
    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        let unreadable = |cause: String| {
            CliError::new("GS-PLAN-FILE", format!("{} is no plan: {cause}", path.display()))
                .hint("give a file that `gateshift plan WORKFLOW -o FILE` of this version wrote")
        };
        let bytes = read_bytes(path)?;
        let Written { format } =
            serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        match format.as_u64() {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => return Err(unreadable(format!("it has format {format}, known is {FORMAT}"))),
            None => return Err(unreadable("it names no format".to_owned())),
        }
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        drop(self.write_to(&mut bytes));
        bytes
    }

    /// Writes its bytes straight from the plan: its text is a good deal, as a tree it is several times that.
    pub(crate) fn write_to(&self, mut to: impl Write) -> std::io::Result<()> {
        serde_json::to_writer(&mut to, self)?;
        to.write_all(b"\n")?;
        to.flush()
    }

    /// Whether something stands in the way of the run.
    pub(crate) fn is_blocked(&self) -> bool {
        self.steps.iter().any(|step| step.error.is_some() || !step.blocking.is_empty())
    }

    /// Whether a run would change something, as far as that is known.
    pub(crate) fn has_changes(&self) -> bool {
        use gateshift_model::Verb;
        self.steps.iter().any(|step| match &step.operations {
            Some(operations) => operations.iter().any(|operation| operation.verb != Verb::Adopt),
            None => step.after.is_some(),
        })
    }

    /// What does not hold any more, in words, from the workflow to single fields.
    pub(crate) fn moved(&self, now: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.definition_digest != now.definition_digest {
            found.push("the workflow, its inputs or its waivers are not those of the plan".to_owned());
        }
        for (name, version) in &self.migrators {
            match now.migrators.get(name) {
                Some(other) if other == version => {}
                Some(other) => found.push(format!("migrator `{name}` had version {version}, has {other}")),
                None => found.push(format!("migrator `{name}` is not used any more")),
            }
        }
        if self.rules != now.rules {
            found.push("the support tables are others".to_owned());
        }
        let names = self.source.keys().chain(now.source.keys());
        let names: std::collections::BTreeSet<&String> = names.collect();
        for name in names {
            match (self.source.get(name), now.source.get(name)) {
                (Some(was), Some(is)) if was == is => {}
                (Some(_), Some(_)) => found.push(format!("source {name} has changed")),
                (Some(_), None) => found.push(format!("source {name} is gone")),
                _ => found.push(format!("source {name} is new")),
            }
        }
        found.extend(self.moved_operations(now).iter().map(ToString::to_string));
        for step in &now.steps {
            let was = self.steps.iter().find(|one| one.step == step.step);
            let known = |finding: &Finding| {
                was.is_some_and(|was| {
                    was.blocking.iter().any(|one| one.code == finding.code && one.object == finding.object)
                })
            };
            let new = step.blocking.iter().filter(|finding| !known(finding));
            found
                .extend(new.map(|one| format!("{} {}: {} {}", step.step, one.code, one.object, one.message)));
            if let (Some(error), Some(PlanStep { error: None, .. })) = (&step.error, was) {
                found.push(format!("{} cannot be planned: {} {}", step.step, error.code, error.message));
            }
        }
        found
    }

    /// Operations that are not as they were.
    fn moved_operations(&self, now: &Self) -> Vec<Moved> {
        let step = |was: &PlanStep| {
            let is = now.steps.iter().find(|one| one.step == was.step)?;
            Some(moved(&was.step, was.operations.as_ref()?, is.operations.as_deref().unwrap_or_default()))
        };
        self.steps.iter().filter_map(step).flatten().collect()
    }
}

impl PlanStep {
    fn of(step: StepName, known: Known) -> Self {
        let mut one = Self {
            step,
            summary: String::new(),
            after: None,
            error: None,
            operations: None,
            digest: None,
            observed: None,
            findings: Vec::new(),
            waived: Vec::new(),
            blocking: Vec::new(),
        };
        match known {
            Known::Planned { plan, answered, .. } => {
                one.digest = Some(digest_list(&plan.operations));
                one.observed = Some(digest_list(plan.operations.iter().map(|one| &one.before)));
                let Plan { operations, findings, summary, .. } = *plan;
                (one.operations, one.findings, one.summary) = (Some(operations), findings, summary);
                (one.waived, one.blocking) = (answered.waived, answered.open);
            }
            Known::After { step } => {
                one.summary = format!("known after `{step}` is applied");
                one.after = Some(step);
            }
            Known::Failed { error } => {
                one.summary = format!("cannot be planned: {} {}", error.code, error.message);
                one.error = Some(error);
            }
        }
        one
    }
}
