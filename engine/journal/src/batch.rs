//! What is handed to a journal to be written.

use gateshift_model::{
    Actor, ArtifactRef, Event, Generation, RunDefinition, RunId, Seq, Timestamp, digest_bytes,
};

/// An event before it has its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When.
    pub at: Timestamp,
    /// On whose behalf.
    pub actor: Actor,
    /// What.
    pub event: Event,
}

/// Bytes that are stored with a run.
#[derive(Debug, Clone, PartialEq)]
pub struct NewArtifact {
    /// Name, digest, size and type.
    pub artifact: ArtifactRef,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl NewArtifact {
    /// Bytes with the reference under which they are found again.
    #[must_use]
    pub fn new(name: &str, media_type: &str, bytes: Vec<u8>) -> Self {
        let artifact = ArtifactRef {
            name: name.to_owned(),
            digest: digest_bytes(&bytes),
            size: bytes.len() as u64,
            media_type: media_type.to_owned(),
        };
        Self { artifact, bytes }
    }
}

/// Records and artifacts that are written together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct AppendBatch {
    /// The run.
    pub run: RunId,
    /// The ownership under which it is written; a newer one makes the journal refuse it.
    pub generation: Generation,
    /// The place the first record must get; any when absent.
    pub expected_seq: Option<Seq>,
    /// The records, in order. May be empty when only artifacts are stored.
    pub records: Vec<Record>,
    /// The artifacts.
    pub artifacts: Vec<NewArtifact>,
    /// Whether somebody waits for it. If not, it rides with the next commit, or makes one of its own
    /// after a short while; it stays in order either way, and its failure also fails the next durable
    /// batch of the run.
    pub durable: bool,
}

impl AppendBatch {
    /// Whether the run comes to its end or to a rest with it, and so is on offer no more.
    #[must_use]
    pub fn finishes(&self) -> bool {
        self.records.iter().any(|record| matches!(record.event, Event::RunFinished { .. }))
    }
}

/// A run to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// Its id.
    pub run: RunId,
    /// The frozen workflow.
    pub definition: RunDefinition,
    /// Version of the engine that froze it.
    pub engine: String,
    /// Who submitted it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

impl NewRun {
    /// Its first event.
    #[must_use]
    pub fn event(&self) -> Event {
        Event::RunCreated { definition: Box::new(self.definition.clone()), engine: self.engine.clone() }
    }
}
