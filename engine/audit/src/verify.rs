//! Whether a history is whole: order, links, content, who wrote it, whether each event follows from those
//! before it, and whether the bytes it names are the ones that were stored.

use std::collections::BTreeMap;

use gateshift_model::{
    ArtifactRef, Digest, Envelope, Event, Generation, RunId, RunState, Seq, digest_bytes, verify_chain,
};
use serde::Deserialize;
use serde_json::Value;

use crate::Damage;

/// An artifact with the first event that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedArtifact {
    /// The event.
    pub seq: Seq,
    /// What it names.
    pub artifact: ArtifactRef,
}

/// A history that is whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Number of events.
    pub events: u64,
    /// Hash of the last one: who notes it can tell later whether anything was cut off.
    pub last: Digest,
    /// Where the run stands.
    pub state: RunState,
    /// Artifacts that events name, by digest.
    pub artifacts: BTreeMap<Digest, NamedArtifact>,
}

/// Checks the whole history of one run. `owned` is the latest generation that the journal gave out, if it
/// is known: a takeover is written as an event in the same commit, so a history that lacks it was cut off.
pub fn verify_history(run: RunId, events: &[Envelope], owned: Option<Generation>) -> Result<Sound, Damage> {
    let Some(last) = events.last() else { return Err(Damage::Empty) };
    verify_chain(events).map_err(|broken| Damage::of_chain(&broken, events))?;
    let mut before = 0;
    let mut state: Option<RunState> = None;
    let mut artifacts = BTreeMap::new();
    for envelope in events {
        let seq = envelope.seq;
        if envelope.run != run {
            return Err(Damage::Foreign { seq, run: envelope.run });
        }
        if envelope.generation < before {
            return Err(Damage::Generation { seq, found: envelope.generation, before });
        }
        before = envelope.generation;
        let event = envelope.event().map_err(|error| Damage::Unknown { seq, cause: error.to_string() })?;
        follow(&mut state, &event, envelope)?;
        for artifact in artifacts_of(&envelope.body) {
            artifacts.entry(artifact.digest.clone()).or_insert(NamedArtifact { seq, artifact });
        }
    }
    if owned.is_some_and(|owned| owned > before) {
        return Err(Damage::Ends { expected: last.seq + 1 });
    }
    let state = state.ok_or(Damage::Empty)?;
    Ok(Sound { events: last.seq, last: last.hash.clone(), state, artifacts })
}

/// Checks that an event that was noted at an earlier time, by its place and its hash, still stands there.
/// Without such a note nobody can tell whether the last events of a history were cut off.
pub fn verify_noted(events: &[Envelope], seq: Seq, hash: &Digest) -> Result<(), Damage> {
    match events.iter().find(|one| one.seq == seq) {
        Some(one) if one.hash == *hash => Ok(()),
        Some(_) => Err(Damage::NotNoted(seq)),
        None => Err(Damage::Ends { expected: events.last().map_or(0, |last| last.seq) + 1 }),
    }
}

fn follow(state: &mut Option<RunState>, event: &Event, envelope: &Envelope) -> Result<(), Damage> {
    let taken = match state {
        Some(state) => state.apply(event, envelope.generation, envelope.at, &envelope.actor),
        None => RunState::begin(event, envelope.at, &envelope.actor).map(|begun| *state = Some(begun)),
    };
    taken.map_err(|cause| Damage::Illegal { seq: envelope.seq, cause })
}

/// Checks the bytes of an artifact; `None` when they are not there.
pub fn verify_artifact(named: &NamedArtifact, bytes: Option<&[u8]>) -> Result<(), Damage> {
    let NamedArtifact { seq, artifact } = named;
    let (name, digest) = (artifact.name.clone(), artifact.digest.clone());
    let Some(bytes) = bytes else { return Err(Damage::ArtifactMissing { seq: *seq, name, digest }) };
    if bytes.len() as u64 == artifact.size && digest_bytes(bytes) == digest {
        Ok(())
    } else {
        Err(Damage::ArtifactChanged { seq: *seq, name, digest })
    }
}

/// Every reference to an artifact in an event, wherever in it: in a plan, an output, a checkpoint.
#[must_use]
pub fn artifacts_of(body: &Value) -> Vec<ArtifactRef> {
    let mut found = Vec::new();
    collect(body, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<ArtifactRef>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            if fields.contains_key("digest")
                && let Ok(artifact) = ArtifactRef::deserialize(value)
                && Digest::from_hex(artifact.digest.as_str()).is_some()
            {
                found.push(artifact);
            }
            fields.values().for_each(|field| collect(field, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use gateshift_model::{Event, GENESIS, digest_bytes};
    use proptest::prelude::*;
    use serde_json::json;

    use super::{NamedArtifact, artifacts_of, verify_artifact, verify_history, verify_noted};
    use crate::Damage;
    use crate::testing::{run_id, seal, story};

    #[test]
    fn artifacts_are_found_wherever_they_are_named() {
        let one = json!({"name": "plan", "digest": digest_bytes(b"a"), "size": 1, "media_type": "x"});
        let other = json!({"name": "b", "digest": digest_bytes(b"b"), "size": 1, "media_type": "x"});
        let body = json!({"plan": one, "output": {"list": [1, {"inventory": other}]}, "digest": "no"});
        let names: Vec<_> = artifacts_of(&body).into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["b", "plan"]);
    }

    #[test]
    fn bytes_of_an_artifact_are_compared() {
        let value = json!({"name": "plan", "digest": digest_bytes(b"abc"), "size": 3, "media_type": "x"});
        let named = NamedArtifact { seq: 7, artifact: serde_json::from_value(value).unwrap() };
        assert_eq!(verify_artifact(&named, Some(b"abc")), Ok(()));
        assert!(matches!(verify_artifact(&named, Some(b"abd")), Err(Damage::ArtifactChanged { seq: 7, .. })));
        assert!(matches!(verify_artifact(&named, None), Err(Damage::ArtifactMissing { seq: 7, .. })));
    }

    #[test]
    fn a_history_whose_end_was_cut_off_behind_a_takeover_is_seen() {
        let events = story(&[3; 40]);
        let owned = events.last().unwrap().generation;
        assert!(verify_history(run_id(), &events, Some(owned)).is_ok());
        assert_eq!(
            verify_history(run_id(), &events, Some(owned + 1)),
            Err(Damage::Ends { expected: events.len() as u64 + 1 })
        );
        assert_eq!(verify_history(run_id(), &[], None), Err(Damage::Empty));
    }

    #[test]
    fn a_history_that_was_cut_off_or_written_anew_does_not_fit_a_note() {
        let events = story(&[3; 40]);
        let (last, short) = events.split_last().unwrap();
        assert_eq!(verify_noted(&events, last.seq, &last.hash), Ok(()));
        assert_eq!(verify_noted(short, last.seq, &last.hash), Err(Damage::Ends { expected: last.seq }));
        assert_eq!(verify_noted(&events, 1, &last.hash), Err(Damage::NotNoted(1)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whole_histories_pass_and_one_removed_doubled_or_swapped_event_is_named(
            choices in prop::collection::vec(any::<u32>(), 4..60), place in any::<prop::sample::Index>(),
        ) {
            let good = story(&choices);
            let sound = verify_history(run_id(), &good, None);
            prop_assert_eq!(sound.as_ref().map(|sound| sound.events), Ok(good.len() as u64));
            let at = place.index(good.len() - 1);
            let seq = at as u64 + 1;
            let named = |events: &[_]| verify_history(run_id(), events, None).err();

            let mut removed = good.clone();
            removed.remove(at);
            prop_assert_eq!(named(&removed), Some(Damage::Missing { expected: seq, found: seq + 1 }));
            let mut doubled = good.clone();
            doubled.insert(at + 1, good[at].clone());
            let damage = named(&doubled).unwrap();
            prop_assert_eq!(damage.event(), seq + 1, "{}", damage);
            let mut swapped = good.clone();
            swapped.swap(at, at + 1);
            prop_assert_eq!(named(&swapped), Some(Damage::Moved { expected: seq, found: seq + 1 }));
        }

        #[test]
        fn an_event_that_was_written_anew_with_all_its_followers_has_to_follow_still(
            choices in prop::collection::vec(any::<u32>(), 4..60), place in any::<prop::sample::Index>(),
        ) {
            // Whoever rewrites the whole chain still cannot put what is impossible into it.
            let good = story(&choices);
            let at = 1 + place.index(good.len() - 1);
            let mut forged = good[..at].to_vec();
            forged.push(seal(&forged, &Event::StepUndone {
                step: gateshift_model::StepName::new("nobody").unwrap(), operations: vec![], facts: json!(null),
            }));
            let damage = verify_history(run_id(), &forged, None).unwrap_err();
            prop_assert!(matches!(&damage, Damage::Illegal { seq, .. } if *seq == at as u64 + 1), "{}", damage);
            let mut older = good[..at].to_vec();
            older[0].generation = 9;
            older[0].hash = older[0].computed_hash();
            let mut before = GENESIS.to_owned();
            for one in &mut older {
                one.previous.clone_from(&before);
                one.hash = one.computed_hash();
                before = one.hash.to_string();
            }
            if at > 1 {
                let damage = verify_history(run_id(), &older, None).unwrap_err();
                prop_assert!(matches!(damage, Damage::Generation { seq: 2, .. }), "{}", damage);
            }
        }
    }
}
