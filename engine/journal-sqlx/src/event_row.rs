//! An event on its way into the table.

use gateshift_model::{Envelope, Event};

pub(crate) struct EventRow {
    pub(crate) run: i64,
    pub(crate) seq: i64,
    pub(crate) generation: i64,
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) kind: &'static str,
    pub(crate) previous: Vec<u8>,
    pub(crate) hash: Vec<u8>,
    pub(crate) body: String,
}

impl EventRow {
    pub(crate) fn new(run: i64, envelope: &Envelope, event: &Event) -> Self {
        Self {
            run,
            seq: i64::try_from(envelope.seq).unwrap_or(i64::MAX),
            generation: i64::try_from(envelope.generation).unwrap_or(i64::MAX),
            at: envelope.at.0,
            actor: envelope.actor.0.clone(),
            kind: event.kind(),
            previous: hex::decode(&envelope.previous).unwrap_or_default(),
            hash: hex::decode(envelope.hash.as_str()).unwrap_or_default(),
            body: envelope.body.to_string(),
        }
    }
}
