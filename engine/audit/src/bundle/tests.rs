//! Every byte of a bundle counts.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_model::{Timestamp, digest_bytes};
use proptest::prelude::*;

use super::{Bundle, BundleError, Line, Trailer, verify_bundle};
use crate::testing::{BYTES, plan, run_id, story};
use crate::{AuditKey, Damage};

fn key() -> AuditKey {
    AuditKey::from_seed(&[5; 32])
}

fn choices() -> Vec<u32> {
    (0..9).map(|number: u32| number.wrapping_mul(2_654_435_761)).collect()
}

fn bundle(choices: &[u32], key: Option<&AuditKey>) -> String {
    let artifacts = BTreeMap::from([(plan().digest, BYTES.to_vec())]);
    let bundle = Bundle::new(run_id(), story(choices), artifacts).unwrap();
    bundle.text("0.1.0", Timestamp(1_800_000_000_000), key)
}

/// A bundle that surely has a plan in it.
fn full() -> String {
    let found =
        (0..500).map(|turn| choices().iter().map(|one| one.wrapping_add(turn * 977)).collect::<Vec<_>>());
    let texts = found.map(|choices| bundle(&choices, Some(&key())));
    texts.into_iter().find(|text| text.contains("{\"artifact\"")).unwrap()
}

/// Writes the digest at the end anew, as somebody without the key can.
fn resealed(lines: &[String]) -> Vec<u8> {
    let mut text: String = lines[..lines.len() - 1].iter().map(|line| format!("{line}\n")).collect();
    let digest = digest_bytes(text.as_bytes());
    text.push_str(&Line::Trailer(Trailer { digest, signature: None }).text());
    text.push('\n');
    text.into_bytes()
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_bundle_tells_what_it_holds_and_who_vouches_for_it() {
    let text = full();
    let verified = verify_bundle(text.as_bytes(), Some(&key().public())).unwrap();
    assert_eq!(verified.run, run_id());
    assert_eq!(verified.signed, Some(key().public()));
    assert_eq!(verified.sound.events as usize, text.matches("{\"event\":{\"actor\"").count());
    let other = AuditKey::from_seed(&[6; 32]).public();
    assert!(matches!(verify_bundle(text.as_bytes(), Some(&other)), Err(BundleError::Signer { .. })));
    let unsigned = bundle(&choices(), None);
    assert_eq!(verify_bundle(unsigned.as_bytes(), None).unwrap().signed, None);
    assert!(matches!(verify_bundle(unsigned.as_bytes(), Some(&other)), Err(BundleError::Unsigned(_))));
}

#[test]
fn every_byte_that_is_changed_is_found_and_inside_an_event_the_event_is_named() {
    let text = full();
    let mut number = 0;
    let mut seen = BTreeSet::new();
    for (at, byte) in text.bytes().enumerate() {
        for other in [byte ^ 1, byte ^ 0x20, [b'0', b'"', b'\n', 0xff][at % 4]] {
            if other == byte {
                continue;
            }
            let mut changed = text.clone().into_bytes();
            changed[at] = other;
            let error = verify_bundle(&changed, None).expect_err(&format!("byte {at}: {byte} to {other}"));
            let line = lines(&text)[number].clone();
            if line.starts_with("{\"event\"") {
                let BundleError::Damage(damage) = &error else {
                    panic!("byte {at} of event {number}: {error}")
                };
                assert_eq!(damage.event() as usize, number, "byte {at}: {byte} to {other}: {error}");
                seen.insert(number);
            }
        }
        number += usize::from(byte == b'\n');
    }
    assert!(seen.len() > 5, "{}", seen.len());
}

#[test]
fn what_is_cut_off_or_added_is_found() {
    let text = full();
    for end in (0..text.len()).step_by(7).chain(text.len() - 300..text.len()) {
        assert!(verify_bundle(&text.as_bytes()[..end], None).is_err(), "cut at {end}");
    }
    for more in ["\n", " ", "{}\n", &text] {
        assert!(verify_bundle(format!("{text}{more}").as_bytes(), None).is_err(), "{more}");
        assert!(verify_bundle(format!("{more}{text}").as_bytes(), None).is_err(), "{more}");
    }
}

#[test]
fn a_newer_format_is_refused_as_such() {
    let text = bundle(&choices(), None).replace("\"format\":1", "\"format\":2");
    assert_eq!(verify_bundle(text.as_bytes(), None), Err(BundleError::Newer(2)));
}

#[test]
fn a_signature_that_was_taken_off_is_missed_by_whoever_trusts_a_key() {
    let bytes = resealed(&lines(&full()));
    assert_eq!(verify_bundle(&bytes, None).unwrap().signed, None);
    assert!(matches!(verify_bundle(&bytes, Some(&key().public())), Err(BundleError::Unsigned(_))));
}

#[test]
fn a_broken_history_makes_no_bundle() {
    let mut events = story(&choices());
    events[2].actor.0 = "user:eve".into();
    let made = Bundle::new(run_id(), events, BTreeMap::new());
    assert_eq!(made.err(), Some(Damage::Content(3)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn lines_that_are_removed_doubled_or_swapped_are_found_even_when_the_digest_is_made_anew(
        choices in prop::collection::vec(any::<u32>(), 6..40), place in any::<prop::sample::Index>(),
    ) {
        let good = lines(&bundle(&choices, None));
        let events = good.iter().filter(|line| line.starts_with("{\"event\"")).count();
        let at = 1 + place.index(events);
        let named = |lines: &[String]| match verify_bundle(&resealed(lines), None) {
            Err(BundleError::Damage(damage)) => damage.event() as usize,
            other => panic!("{other:?}"),
        };
        let mut removed = good.clone();
        removed.remove(at);
        prop_assert_eq!(named(&removed), at);
        if at < events {
            let mut swapped = good.clone();
            swapped.swap(at, at + 1);
            prop_assert_eq!(named(&swapped), at);
            let mut doubled = good.clone();
            doubled.insert(at, good[at].clone());
            prop_assert_eq!(named(&doubled), at + 1);
        }
        let mut doubled = good.clone();
        doubled.insert(at, good[at].clone());
        prop_assert!(verify_bundle(&resealed(&doubled), None).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify_bundle(&bytes, None).is_err());
    }
}
