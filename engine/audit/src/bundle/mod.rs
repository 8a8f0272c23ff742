//! A bundle: a run's history with all it names, in one file that a stranger can check with the binary
//! alone.
//!
//! JSON lines, each in canonical form (keys sorted, no spaces), so that one content has one spelling:
//!
//! ```text
//! {"header":{...}}      format, run, workflow, counts, hash of the last event, version of the program
//! {"event":{...}}       every event as it is stored, in order
//! {"artifact":{...}}    the bytes that events name, in Base64, by digest
//! {"trailer":{...}}     SHA-256 of all lines above, and a signature over it if somebody signed
//! ```

mod read;
mod write;

#[cfg(test)]
mod tests;

use gateshift_model::{Digest, Envelope, RunId, Timestamp, canonical_json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Damage, PublicKey, Signature};

pub use read::{Verified, verify_bundle};
pub use write::Bundle;

/// Format of bundles that this version writes, and the newest it reads.
pub const FORMAT: u32 = 1;

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Header(Header),
    Event(Box<Envelope>),
    Artifact(StoredArtifact),
    Trailer(Trailer),
}

impl Line {
    fn kind(&self) -> &'static str {
        match self {
            Self::Header(_) => "a header",
            Self::Event(_) => "an event",
            Self::Artifact(_) => "an artifact",
            Self::Trailer(_) => "the trailer",
        }
    }

    /// Its one spelling.
    fn text(&self) -> String {
        canonical_json(&serde_json::to_value(self).unwrap_or(Value::Null))
    }
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    run: RunId,
    workflow: String,
    events: u64,
    artifacts: u64,
    last: Digest,
    version: String,
    exported: Timestamp,
}

/// Bytes that events name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredArtifact {
    digest: Digest,
    bytes: String,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    digest: Digest,
    signature: Option<Signature>,
}

/// Why a bundle is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It was changed, and this is the first place.
    #[error("{0}")]
    Damage(#[from] Damage),
    /// A line that is no event was changed, is missing, or is not where it belongs.
    #[error("line {line}: {cause}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        cause: String,
    },
    /// The signature was not made over this bundle.
    #[error("the signature of {0} does not fit the bundle: one of the two was changed")]
    Signature(PublicKey),
    /// Nobody signed it, and the reader asked for a signer.
    #[error("nobody signed the bundle, and it should be signed by {0}")]
    Unsigned(PublicKey),
    /// Somebody else signed it.
    #[error("the bundle is signed by {found}, not by {wanted}")]
    Signer {
        /// Who signed.
        found: PublicKey,
        /// Who should have.
        wanted: PublicKey,
    },
    /// A newer program wrote it.
    #[error("the bundle has format {0}, this program knows formats up to {FORMAT}")]
    Newer(u32),
}

impl BundleError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damage(damage) => damage.code(),
            Self::Line { .. } | Self::Signature(_) => crate::BROKEN,
            Self::Unsigned(_) | Self::Signer { .. } => "GS-AUDIT-SIGNER",
            Self::Newer(_) => "GS-AUDIT-FORMAT",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Damage(damage) => damage.hint(),
            Self::Line { .. } | Self::Signature(_) => {
                "ask for the bundle again, over another way, and compare the two"
            }
            Self::Unsigned(_) => "ask for a bundle that was exported with `--key`",
            Self::Signer { .. } => "ask the signer for the public key over another way, and compare",
            Self::Newer(_) => "check it with the gateshift version that wrote it, or a newer one",
        }
    }
}
