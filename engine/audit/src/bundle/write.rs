//! Writing a bundle.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateshift_model::{Digest, Envelope, RunId, Timestamp, digest_bytes};

use super::{FORMAT, Header, Line, StoredArtifact, Trailer};
use crate::{AuditKey, Damage, Sound, verify_artifact, verify_history};

/// What goes into a bundle: a history that was checked, with the bytes it names.
#[derive(Debug, Clone)]
pub struct Bundle {
    run: RunId,
    events: Vec<Envelope>,
    artifacts: BTreeMap<Digest, Vec<u8>>,
    sound: Sound,
}

impl Bundle {
    /// Checks what is to be bundled: a broken history is not handed on as if it were whole.
    pub fn new(
        run: RunId,
        events: Vec<Envelope>,
        artifacts: BTreeMap<Digest, Vec<u8>>,
    ) -> Result<Self, Damage> {
        let sound = verify_history(run, &events, None)?;
        let mut kept = BTreeMap::new();
        for (digest, named) in &sound.artifacts {
            let bytes = artifacts.get(digest);
            verify_artifact(named, bytes.map(Vec::as_slice))?;
            kept.extend(bytes.map(|bytes| (digest.clone(), bytes.clone())));
        }
        Ok(Self { run, events, artifacts: kept, sound })
    }

    /// What the check of the history found.
    #[must_use]
    pub fn sound(&self) -> &Sound {
        &self.sound
    }

    /// The text of the bundle, signed if there is a key.
    #[must_use]
    pub fn text(&self, version: &str, exported: Timestamp, key: Option<&AuditKey>) -> String {
        let header = Header {
            format: FORMAT,
            run: self.run,
            workflow: self.sound.state.definition.name.clone(),
            events: self.sound.events,
            artifacts: self.artifacts.len() as u64,
            last: self.sound.last.clone(),
            version: version.to_owned(),
            exported,
        };
        let events = self.events.iter().map(|event| Line::Event(Box::new(event.clone())));
        let artifacts = self.artifacts.iter().map(|(digest, bytes)| {
            Line::Artifact(StoredArtifact { digest: digest.clone(), bytes: STANDARD.encode(bytes) })
        });
        let mut text = String::new();
        for line in [Line::Header(header)].into_iter().chain(events).chain(artifacts) {
            text.push_str(&line.text());
            text.push('\n');
        }
        let digest = digest_bytes(text.as_bytes());
        let signature = key.map(|key| key.sign(&digest));
        text.push_str(&Line::Trailer(Trailer { digest, signature }).text());
        text.push('\n');
        text
    }
}
