//! Reading a bundle, and distrusting it: every byte of it is either accounted for or refused.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateshift_model::{Digest, Envelope, RunId, Timestamp, digest_bytes};
use serde_json::Value;

use super::{BundleError, FORMAT, Header, Line, Trailer};
use crate::{Damage, PublicKey, Sound, verify_artifact, verify_history};

/// A bundle that is whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// The run.
    pub run: RunId,
    /// Version of the program that exported it.
    pub version: String,
    /// When it was exported.
    pub exported: Timestamp,
    /// Who signed it; nobody vouches for an unsigned bundle as a whole.
    pub signed: Option<PublicKey>,
    /// The history.
    pub sound: Sound,
}

/// Checks a bundle: the history in it, the artifacts, the digest over everything, and the signature. With
/// `trusted`, only this signer will do.
pub fn verify_bundle(bytes: &[u8], trusted: Option<&PublicKey>) -> Result<Verified, BundleError> {
    let mut lines = Lines::new(bytes);
    let header = header(&mut lines)?;
    let events = events(&mut lines, &header)?;
    let sound = verify_history(header.run, &events, None)?;
    if sound.last != header.last || sound.state.definition.name != header.workflow {
        return Err(wrong(1, "the header does not fit the events"));
    }
    artifacts(&mut lines, &header, &sound)?;
    let before = lines.offset;
    let trailer = trailer(&mut lines)?;
    if trailer.digest != digest_bytes(&bytes[..before]) {
        return Err(wrong(1, "the events are whole, and the header or the digest at the end was changed"));
    }
    let signed = trailer.signature.map(|signature| {
        let holds = signature.holds(&trailer.digest);
        if holds { Ok(signature.key) } else { Err(BundleError::Signature(signature.key)) }
    });
    let signed = signed.transpose()?;
    match (&signed, trusted) {
        (None, Some(wanted)) => return Err(BundleError::Unsigned(wanted.clone())),
        (Some(found), Some(wanted)) if found != wanted => {
            return Err(BundleError::Signer { found: found.clone(), wanted: wanted.clone() });
        }
        _ => {}
    }
    Ok(Verified { run: header.run, version: header.version, exported: header.exported, signed, sound })
}

fn wrong(line: usize, cause: impl Into<String>) -> BundleError {
    BundleError::Line { line, cause: cause.into() }
}

/// The lines of a bundle, one after the other.
struct Lines<'a> {
    bytes: &'a [u8],
    /// Where the next line begins.
    offset: usize,
    /// Its number.
    number: usize,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0, number: 1 }
    }

    /// The next line, read, in its only spelling; an error is its cause.
    fn next(&mut self) -> Result<Line, String> {
        let rest = &self.bytes[self.offset..];
        if rest.is_empty() {
            return Err("the bundle ends before it".to_owned());
        }
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or("it does not end with a line feed")?;
        let text = &rest[..end];
        let line: Line = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if line.text().as_bytes() != text {
            return Err("it is not spelled as it was exported".to_owned());
        }
        self.offset += end + 1;
        self.number += 1;
        Ok(line)
    }
}

fn header(lines: &mut Lines<'_>) -> Result<Header, BundleError> {
    // A newer format may look different from the header on: its number is looked for first.
    let first = lines.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let format =
        serde_json::from_slice::<Value>(first).ok().and_then(|line| line["header"]["format"].as_u64());
    if let Some(newer) =
        format.and_then(|format| u32::try_from(format).ok()).filter(|format| *format > FORMAT)
    {
        return Err(BundleError::Newer(newer));
    }
    match lines.next() {
        Ok(Line::Header(header)) if header.format == FORMAT => Ok(header),
        Ok(line) => Err(wrong(1, format!("this is no bundle: it begins with {}", line.kind()))),
        Err(cause) => Err(wrong(1, format!("this is no bundle, or its header was changed: {cause}"))),
    }
}

fn events(lines: &mut Lines<'_>, header: &Header) -> Result<Vec<Envelope>, BundleError> {
    let mut events = Vec::new();
    for seq in 1..=header.events {
        let damage = match lines.next() {
            Ok(Line::Event(envelope)) => {
                events.push(*envelope);
                continue;
            }
            Ok(_) => Damage::Ends { expected: seq },
            Err(cause) => Damage::Unreadable { seq, cause },
        };
        // The first damage counts: an event that is missing further up shows in what was read so far.
        if !events.is_empty() {
            verify_history(header.run, &events, None)?;
        }
        return Err(damage.into());
    }
    Ok(events)
}

fn artifacts(lines: &mut Lines<'_>, header: &Header, sound: &Sound) -> Result<(), BundleError> {
    let mut missing: BTreeMap<&Digest, _> = sound.artifacts.iter().collect();
    for _ in 0..header.artifacts {
        let number = lines.number;
        let stored = match lines.next() {
            Ok(Line::Artifact(stored)) => stored,
            Ok(line) => {
                return Err(wrong(number, format!("an artifact belongs there, and it is {}", line.kind())));
            }
            Err(cause) => return Err(wrong(number, format!("an artifact cannot be read: {cause}"))),
        };
        let Some(named) = missing.remove(&stored.digest) else {
            return Err(wrong(
                number,
                format!("no event names the artifact {}, or it is there twice", stored.digest),
            ));
        };
        let bytes = STANDARD.decode(&stored.bytes);
        let bytes = bytes.map_err(|error| wrong(number, format!("an artifact is no Base64: {error}")))?;
        verify_artifact(named, Some(&bytes))?;
    }
    if let Some(named) = missing.into_values().min_by_key(|named| named.seq) {
        verify_artifact(named, None)?;
    }
    Ok(())
}

fn trailer(lines: &mut Lines<'_>) -> Result<Trailer, BundleError> {
    let number = lines.number;
    let trailer = match lines.next() {
        Ok(Line::Trailer(trailer)) => trailer,
        Ok(line) => {
            return Err(wrong(number, format!("the trailer belongs there, and it is {}", line.kind())));
        }
        Err(cause) => return Err(wrong(number, format!("the trailer cannot be read: {cause}"))),
    };
    if lines.offset < lines.bytes.len() {
        return Err(wrong(number + 1, "something follows the trailer"));
    }
    Ok(trailer)
}
