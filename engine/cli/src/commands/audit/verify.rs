//! `audit verify`: of a journal, or of a bundle.

use std::path::Path;

use gateshift_audit::{PublicKey, verify_bundle, verify_noted};
use gateshift_journal::{Journal, RunFilter};
use gateshift_model::RunId;
use serde_json::{Value, json};

use super::read::{Whole, whole};
use super::{damaged, file_error};
use crate::args::Verify;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{Store, find_run};

pub(super) async fn run(given: &Verify, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    if let Some(path) = &given.bundle {
        return bundle(path, given.trusted.as_ref(), output);
    }
    let store = Store::of(store, None)?;
    let journal = store.read().await?;
    let runs = match &given.run {
        Some(prefix) => vec![find_run(&*journal, Some(prefix)).await?],
        None => {
            let mut runs: Vec<RunId> =
                journal.runs(RunFilter::default()).await?.into_iter().map(|run| run.run).collect();
            runs.reverse();
            runs
        }
    };
    let mut found = Vec::new();
    let mut broken = Vec::new();
    for run in runs {
        match one(&*journal, run, given).await {
            Ok(whole) => {
                let (value, text) = described(run, &whole);
                found.push(value);
                if !output.json {
                    output.data(&(), &text);
                }
            }
            Err(error) => broken.push(error),
        }
    }
    let more = broken.len().saturating_sub(1);
    if let Some(mut first) = broken.into_iter().next() {
        if more > 0 {
            first.message.push_str(&format!("; {more} more runs are broken, too: name them one by one"));
        }
        return Err(first);
    }
    if output.json || found.is_empty() {
        output.data(&json!({ "whole": true, "runs": found }), "the journal holds no run yet");
    }
    Ok(Exit::Done)
}

async fn one(journal: &dyn Journal, run: RunId, given: &Verify) -> Result<Whole, CliError> {
    let whole = whole(journal, run).await?;
    if let Some((seq, hash)) = &given.noted {
        verify_noted(&whole.events, *seq, hash).map_err(|damage| damaged(run, &damage))?;
    }
    Ok(whole)
}

fn described(run: RunId, whole: &Whole) -> (Value, String) {
    let (sound, artifacts) = (&whole.sound, whole.artifacts.len());
    let name = &sound.state.definition.name;
    let value = json!({
        "run": run, "workflow": name, "events": sound.events, "artifacts": artifacts,
        "last": {"seq": sound.events, "hash": sound.last},
    });
    let text = format!(
        "run {run} ({name}) is whole: {} events, {artifacts} artifacts\n  its last event: {}:{}",
        sound.events, sound.events, sound.last
    );
    (value, text)
}

fn bundle(path: &Path, trusted: Option<&PublicKey>, output: &Output) -> Result<Exit, CliError> {
    let bytes = std::fs::read(path).map_err(|cause| file_error("read", path, &cause))?;
    let verified = verify_bundle(&bytes, trusted)?;
    let sound = &verified.sound;
    let name = &sound.state.definition.name;
    let vouched = match (&verified.signed, trusted) {
        (Some(key), Some(_)) => format!("it is signed by {key}, whom you trust"),
        (Some(key), None) => {
            format!("it is signed by {key}; compare this key with the signer's, or give `--trusted`")
        }
        (None, _) => "it is not signed: it holds together, and nobody vouches for it".to_owned(),
    };
    let value = json!({
        "whole": true, "run": verified.run, "workflow": name, "events": sound.events,
        "artifacts": sound.artifacts.len(), "last": {"seq": sound.events, "hash": sound.last},
        "version": verified.version, "exported": verified.exported,
        "signed": verified.signed, "trusted": trusted.is_some(),
    });
    let text = format!(
        "the bundle of run {} ({name}) is whole: {} events, {} artifacts, exported {} by gateshift {}\n  {vouched}",
        verified.run,
        sound.events,
        sound.artifacts.len(),
        verified.exported,
        verified.version
    );
    output.data(&value, &text);
    Ok(Exit::Done)
}
