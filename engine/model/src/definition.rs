//! The frozen run: the workflow after all checks, with inputs filled in. Stored in the run's first
//! event; resume follows it and never reads the YAML again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ArtifactRef, Code, Conditions, ConnectionName, Digest, MigratorName, RunId, StepName, UndoScope, Waiver,
};

/// A checked workflow, ready to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunDefinition {
    /// Format of this structure; 1.
    pub format: u32,
    /// Name of the workflow.
    pub name: String,
    /// Digest of the file's text.
    pub source_digest: Digest,
    /// Inputs with their values.
    pub inputs: BTreeMap<String, Value>,
    /// Connections, references to credentials only.
    pub connections: BTreeMap<ConnectionName, ConnectionDefinition>,
    /// Steps in an order in which each comes after all it needs.
    pub steps: Vec<StepDefinition>,
    /// What stands in for the real world, when the run is a rehearsal: a rehearsal never goes on
    /// against the real world, nor the other way round. Null in production. No keys.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub rehearsal: Value,
    /// Findings and checkpoints that operators answer for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// The plan that was approved: every step's own plan has to agree with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<ArtifactRef>,
    /// The run that this one repeats from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts: Option<RunId>,
}

impl RunDefinition {
    /// The step of that name.
    #[must_use]
    pub fn step(&self, name: &StepName) -> Option<&StepDefinition> {
        self.steps.iter().find(|step| &step.name == name)
    }
}

/// One connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionDefinition {
    /// Kind, `vendor/product`.
    pub uses: String,
    /// Settings of the kind: region, url, endpoint, network ...
    #[serde(default)]
    pub with: BTreeMap<String, Value>,
    /// Where the key comes from (`{profile: ...}`); the usual chain when empty. Never a key itself.
    #[serde(default)]
    pub credentials: BTreeMap<String, Value>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepDefinition {
    /// Name in the workflow.
    pub name: StepName,
    /// The migrator that does it.
    pub uses: MigratorName,
    /// Version of that migrator when the run was frozen.
    pub version: String,
    /// Where its code comes from and runs; absent for what the program has linked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Steps that must be done first.
    pub needs: Vec<StepName>,
    /// Settings, checked against the migrator's schema, defaults filled in by the migrator.
    pub with: Value,
    /// The migrator's connection roles -> connections of this workflow.
    pub connections: BTreeMap<String, ConnectionName>,
    /// What to do with a retryable failure.
    pub retry: RetryPolicy,
    /// Limit for the whole step, waits included; none when absent.
    #[serde(default, with = "optional_millis", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// What to do when it has failed for good.
    pub on_failure: OnFailure,
    /// What undoing this step takes back, as the migrator's manifest said when the run was frozen.
    pub undo: UndoScope,
    /// What has to hold before it begins, besides what it needs.
    #[serde(default, skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
}

/// Retries of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// How the wait grows.
    pub backoff: Backoff,
    /// First wait.
    #[serde(with = "millis")]
    pub initial: Duration,
    /// Longest wait.
    #[serde(with = "millis")]
    pub max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            backoff: Backoff::Exponential,
            initial: Duration::from_secs(1),
            max: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Wait before attempt `next` (2 is the first retry), without jitter.
    #[must_use]
    pub fn wait_before(&self, next: u32) -> Duration {
        let wait = match self.backoff {
            Backoff::Fixed => self.initial,
            Backoff::Exponential => {
                self.initial.saturating_mul(2u32.saturating_pow(next.saturating_sub(2).min(20)))
            }
        };
        wait.min(self.max)
    }
}

/// How the wait between attempts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// Always the same.
    Fixed,
    /// Doubles each time.
    Exponential,
}

/// What to do when a step has failed for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Stop the run where it is; a person decides.
    #[default]
    Hold,
    /// Undo what carries traffic, then stop.
    Rollback,
    /// Undo this step, then stop.
    Undo,
    /// Go on with the steps that do not need this one.
    Continue,
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

pub(crate) mod optional_millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde's `with` passes a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::millis::serialize(value, to),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Duration::from_millis))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Backoff, RetryPolicy};

    #[test]
    fn waits_double_up_to_the_limit() {
        let policy = RetryPolicy {
            attempts: 99,
            backoff: Backoff::Exponential,
            initial: Duration::from_secs(1),
            max: Duration::from_secs(10),
        };
        let waits: Vec<_> = (2..8).map(|next| policy.wait_before(next).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
        assert_eq!(policy.wait_before(u32::MAX), Duration::from_secs(10));
    }
}
