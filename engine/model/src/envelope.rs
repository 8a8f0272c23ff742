//! What every event carries besides itself, and the chain that makes a changed history show.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::{write_canonical, write_plain};
use crate::{Digest, Event, Generation, RunId, Seq, Timestamp, digest_bytes};

/// Hash before the first event of a run: 64 zeros.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// On whose behalf an event was written: `user:ann`, `engine`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(pub String);

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// An event in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The run.
    pub run: RunId,
    /// Position, from 1 without a gap.
    pub seq: Seq,
    /// Ownership under which it was written.
    pub generation: Generation,
    /// When.
    pub at: Timestamp,
    /// On whose behalf.
    pub actor: Actor,
    /// Hash of the event before.
    pub previous: String,
    /// Hash of this one: SHA-256 over the canonical JSON of all the other fields.
    pub hash: Digest,
    /// The event as JSON. Kept as it was written, so that fields of a newer version keep their hash.
    pub body: Value,
}

impl Envelope {
    /// Puts an event behind the event whose hash is `previous`.
    #[must_use]
    pub fn seal(
        run: RunId,
        seq: Seq,
        generation: Generation,
        at: Timestamp,
        actor: Actor,
        previous: &str,
        event: &Event,
    ) -> Self {
        let body = serde_json::to_value(event).unwrap_or_default();
        let previous = previous.to_owned();
        let hash = chained(run, seq, generation, at, &actor, &previous, &body);
        Self { run, seq, generation, at, actor, previous, hash, body }
    }

    /// The event; an error names a kind or a field that this version does not know.
    pub fn event(&self) -> Result<Event, serde_json::Error> {
        Event::deserialize(&self.body)
    }

    /// The hash its fields give.
    #[must_use]
    pub fn computed_hash(&self) -> Digest {
        let Self { run, seq, generation, at, actor, previous, body, .. } = self;
        chained(*run, *seq, *generation, *at, actor, previous, body)
    }
}

/// SHA-256 of the canonical JSON of an envelope's fields without its hash. Written out key by key, in the
/// order of their bytes: building that object first would copy the body for every event.
fn chained(
    run: RunId,
    seq: Seq,
    generation: Generation,
    at: Timestamp,
    actor: &Actor,
    previous: &str,
    body: &Value,
) -> Digest {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(b"{\"actor\":");
    write_plain(actor, &mut text);
    text.extend_from_slice(b",\"at\":");
    write_plain(&at, &mut text);
    text.extend_from_slice(b",\"body\":");
    write_canonical(body, &mut text);
    text.extend_from_slice(b",\"generation\":");
    write_plain(&generation, &mut text);
    text.extend_from_slice(b",\"previous\":");
    write_plain(previous, &mut text);
    text.extend_from_slice(b",\"run\":");
    write_plain(&run, &mut text);
    text.extend_from_slice(b",\"seq\":");
    write_plain(&seq, &mut text);
    text.push(b'}');
    digest_bytes(&text)
}

/// Where a history was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBroken {
    /// An event is missing, doubled or moved.
    #[error("event {expected} is missing: event {found} stands in its place")]
    Order {
        /// Position that was due.
        expected: Seq,
        /// Position that stands there.
        found: Seq,
    },
    /// An event does not follow the one before it.
    #[error("event {0} does not continue the event before it")]
    Link(Seq),
    /// An event's content does not give its hash.
    #[error("event {0} was changed after it was written")]
    Content(Seq),
}

/// Checks a whole history of one run: order, links and content.
pub fn verify_chain(events: &[Envelope]) -> Result<(), ChainBroken> {
    let mut previous = GENESIS;
    for (expected, envelope) in (1..).zip(events) {
        if envelope.seq != expected {
            return Err(ChainBroken::Order { expected, found: envelope.seq });
        }
        if envelope.previous != previous {
            return Err(ChainBroken::Link(envelope.seq));
        }
        if envelope.computed_hash() != envelope.hash {
            return Err(ChainBroken::Content(envelope.seq));
        }
        previous = envelope.hash.as_str();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::{Actor, ChainBroken, Envelope, GENESIS, verify_chain};
    use crate::{Event, RunId, Timestamp, digest_json};

    fn history() -> Vec<Envelope> {
        let run = RunId(Uuid::nil());
        let mut previous = GENESIS.to_owned();
        (1..=4)
            .map(|seq| {
                let event = Event::RunInterrupted { reason: format!("stop {seq}") };
                let envelope = Envelope::seal(
                    run,
                    seq,
                    1,
                    Timestamp(seq as i64),
                    Actor("engine".into()),
                    &previous,
                    &event,
                );
                previous = envelope.hash.to_string();
                envelope
            })
            .collect()
    }

    #[test]
    fn every_change_is_found() {
        let good = history();
        assert_eq!(verify_chain(&good), Ok(()));
        for index in 0..good.len() {
            let mut changed = good.clone();
            changed[index].body = json!({"event": "run_interrupted", "reason": "other"});
            assert_eq!(verify_chain(&changed), Err(ChainBroken::Content(index as u64 + 1)));
            let mut moved = good.clone();
            moved[index].at = Timestamp(99);
            assert_eq!(verify_chain(&moved), Err(ChainBroken::Content(index as u64 + 1)));
            if index + 1 < good.len() {
                let mut missing = good.clone();
                missing.remove(index);
                assert!(verify_chain(&missing).is_err());
                let mut swapped = good.clone();
                swapped.swap(index, index + 1);
                assert!(verify_chain(&swapped).is_err());
            }
        }
    }

    #[test]
    fn the_hash_is_that_of_the_canonical_json_of_the_fields() {
        for envelope in history() {
            for text in ["", "user:ann", "a \"b\" \\ é \u{1}\n", "engine"] {
                let body = json!({"z": [1.5, null, {"b": text, "a": u64::MAX}], text: {}, "event": -3});
                let mut envelope = envelope.clone();
                (envelope.actor, envelope.previous, envelope.body) = (Actor(text.into()), text.into(), body);
                let fields = json!({
                    "run": envelope.run, "seq": envelope.seq, "generation": envelope.generation,
                    "at": envelope.at, "actor": envelope.actor, "previous": envelope.previous,
                    "body": envelope.body,
                });
                assert_eq!(envelope.computed_hash(), digest_json(&fields));
            }
        }
    }
}
