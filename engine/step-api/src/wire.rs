//! The contract as messages: what the engine asks of a migrator that is not linked in, and what that migrator
//! asks of its host, each as JSON. Both sides of the boundary read and write these and nothing else.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateshift_model::{OperationKey, Plan, Settled};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{LogLevel, Manifest, StepInput};

/// Largest message, either way. What is larger goes by artifact.
pub const LARGEST: usize = 64 << 20;

/// What starts a piece of work.
#[derive(Debug, Serialize, Deserialize)]
pub struct Start<'a> {
    /// [`Host::time_scale`](crate::Host::time_scale).
    pub scale: f64,
    /// What is asked.
    pub ask: Ask<'a>,
}

/// What a migrator is asked, by the methods of [`Migrator`](crate::Migrator).
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Ask<'a> {
    /// Answered with a [`Description`].
    Describe,
    /// Answered with a list of findings.
    Check {
        /// The settings.
        settings: Cow<'a, Value>,
    },
    /// Answered with a plan.
    Plan {
        /// Everything it is given.
        input: Cow<'a, StepInput>,
    },
    /// Answered with an output, or null.
    Foresee {
        /// Everything it is given.
        input: Cow<'a, StepInput>,
        /// The plan.
        plan: Cow<'a, Plan>,
    },
    /// Answered with [`Applied`](crate::Applied).
    Apply {
        /// Everything it is given.
        input: Cow<'a, StepInput>,
        /// The plan.
        plan: Cow<'a, Plan>,
    },
    /// Answered with a list of checkpoints.
    Verify {
        /// Everything it is given.
        input: Cow<'a, StepInput>,
        /// The plan.
        plan: Cow<'a, Plan>,
        /// The output.
        output: Cow<'a, Value>,
    },
    /// Answered with [`Undone`](crate::Undone).
    Undo {
        /// Everything it is given.
        input: Cow<'a, StepInput>,
        /// The plan; absent when the step was never planned.
        plan: Option<Cow<'a, Plan>>,
    },
}

/// What a migrator is, all that is constant about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Its manifest.
    pub manifest: Manifest,
    /// Codes of its findings that nobody can answer for.
    #[serde(default)]
    pub never_waived: Vec<String>,
    /// Whether it is told which steps come after it.
    #[serde(default)]
    pub looks_ahead: bool,
    /// Migrators whose output it can do without.
    #[serde(default)]
    pub does_without: Vec<String>,
}

/// Services that answer later, by the methods of [`Host`](crate::Host).
pub mod service {
    /// [`CallRequest`](crate::CallRequest) to [`CallReply`](crate::CallReply) or [`CallFailure`](crate::CallFailure).
    pub const CALL: &str = "call";
    /// [`ProbeRequest`](crate::ProbeRequest) to [`ProbeReply`](crate::ProbeReply) or [`ProbeFailure`](crate::ProbeFailure).
    pub const PROBE: &str = "probe";
    /// [`DnsQuestion`](crate::DnsQuestion) to [`DnsReply`](crate::DnsReply) or [`ServiceFailure`](crate::ServiceFailure).
    pub const RESOLVE: &str = "resolve";
    /// [`MetricQuery`](crate::MetricQuery) to samples or [`ServiceFailure`](crate::ServiceFailure).
    pub const QUERY: &str = "query";
    /// [`Settle`](super::Settle) to null.
    pub const SETTLE: &str = "settle";
    /// Any JSON to null.
    pub const CHECKPOINT: &str = "checkpoint";
    /// [`PutArtifact`](super::PutArtifact) to a reference.
    pub const PUT_ARTIFACT: &str = "put_artifact";
    /// A reference to [`Bytes`](super::Bytes).
    pub const GET_ARTIFACT: &str = "get_artifact";
    /// Milliseconds to null.
    pub const SLEEP: &str = "sleep";
}

/// Services that answer at once.
pub mod ask {
    /// Null to the present time.
    pub const NOW: &str = "now";
    /// Null to a fresh id.
    pub const ID: &str = "id";
    /// A text to a sealed one.
    pub const SEAL: &str = "seal";
    /// A sealed text to the plain one.
    pub const UNSEAL: &str = "unseal";
}

/// The result of an operation.
#[derive(Debug, Serialize, Deserialize)]
pub struct Settle {
    /// The operation.
    pub key: OperationKey,
    /// What it came to.
    pub settled: Settled,
}

/// Bytes to be kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct PutArtifact {
    /// What they are for.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// A line for the log.
#[derive(Debug, Serialize, Deserialize)]
pub struct LogLine {
    /// Weight.
    pub level: LogLevel,
    /// The line.
    pub line: String,
}

/// Bytes; base64 in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        STANDARD.decode(text.as_bytes()).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use gateshift_model::StepError;
    use serde_json::json;

    use super::{Ask, Bytes, Start};
    use crate::{CallFailure, ProbeFailure, ServiceFailure};

    #[test]
    fn the_words_of_the_boundary_stay() {
        let settings = json!({"a": 1});
        let start = Start { scale: 1.0, ask: Ask::Check { settings: Cow::Borrowed(&settings) } };
        let text = serde_json::to_string(&start).unwrap();
        assert_eq!(text, r#"{"scale":1.0,"ask":{"verb":"check","settings":{"a":1}}}"#);
        let back: Start<'_> = serde_json::from_str(&text).unwrap();
        assert!(matches!(back.ask, Ask::Check { settings } if *settings == json!({"a": 1})));
    }

    #[test]
    fn bytes_and_failures_survive_the_way() {
        let bytes = Bytes((0..=255).collect());
        let text = serde_json::to_string(&bytes).unwrap();
        assert_eq!(serde_json::from_str::<Bytes>(&text).unwrap(), bytes);
        let error = StepError::retryable("GS-X", "said").with_hint("do");
        let there = |failure: &CallFailure| -> CallFailure {
            serde_json::from_str(&serde_json::to_string(failure).unwrap()).unwrap()
        };
        for failure in [
            CallFailure::Host(error.clone()),
            CallFailure::Lost { connection: "c".into(), action: "A".into(), cause: "gone".into() },
        ] {
            assert_eq!(there(&failure), failure);
        }
        let probe = serde_json::to_string(&ProbeFailure::Host(error.clone())).unwrap();
        assert_eq!(serde_json::from_str::<ProbeFailure>(&probe).unwrap(), ProbeFailure::Host(error.clone()));
        let service = serde_json::to_string(&ServiceFailure::Host(error.clone())).unwrap();
        assert_eq!(serde_json::from_str::<ServiceFailure>(&service).unwrap(), ServiceFailure::Host(error));
    }
}
