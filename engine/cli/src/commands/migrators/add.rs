//! `migrators add`, `sign` and `trust`: which bytes may run under a name, and what they may do.

use std::path::Path;

use gateshift_audit::PublicKey;
use gateshift_model::{MigratorName, StepError};
use gateshift_step_api::Manifest;
use serde_json::json;

use super::info::recorded;
use crate::args::Add;
use crate::commands::audit::read_key;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{Record, Rights, Shelf, Signed, actor, sign};

pub(super) fn run(given: &Add, shelf: &Shelf, output: &Output) -> Result<Exit, CliError> {
    let library = shelf.read(&given.file)?;
    let (Some(image), manifest) = (library.image(), &library.description().manifest) else {
        return Err(super::info::unknown(&given.file.display().to_string()));
    };
    let trusted = shelf.trusted();
    let signer = match trusted.signer(&given.file, image.digest())? {
        Signed::By(name) => Some(name),
        Signed::Not if trusted.keys()?.is_empty() || given.allow_unsigned => None,
        Signed::Not => {
            let message =
                format!("{} is not signed, and there are signers that are trusted", given.file.display());
            return Err(CliError::new("GS-MIGRATOR-SIGNATURE", message)
                .hint("get its signature (FILE.sig) from whoever made it, or say `--allow-unsigned`"));
        }
    };
    let rights = Rights::of(manifest);
    let before = shelf.record(manifest.name.as_str())?;
    if let Some(before) = &before {
        held(manifest, &rights, &before.rights, given.agree)?;
    }
    let record = Record {
        name: manifest.name.to_string(),
        version: manifest.version.clone(),
        digest: image.digest().clone(),
        size: image.size(),
        file: std::path::absolute(&given.file).unwrap_or_else(|_| given.file.clone()),
        signer,
        rights,
        agreed: actor().to_string(),
    };
    shelf.add(&record, &library)?;
    output.data(&record, &recorded(&record));
    Ok(Exit::Done)
}

/// A version that wants more than the one before waits until somebody agrees.
pub(in crate::commands) fn held(
    manifest: &Manifest,
    wanted: &Rights,
    agreed: &Rights,
    agree: bool,
) -> Result<(), CliError> {
    let more = wanted.beyond(agreed);
    if more.is_empty() || agree {
        return Ok(());
    }
    let message =
        format!("{} {} wants more than was agreed to: {}", manifest.name, manifest.version, more.join("; "));
    Err(CliError::new("GS-MIGRATOR-WIDER", message)
        .hint("nothing was changed; look at it with `gateshift migrators info FILE`, and say `--agree` when that is right")
        .details(json!({ "more": more }))
        .exit(Exit::Blocked))
}

pub(super) fn sign_file(file: &Path, key: &Path, output: &Output) -> Result<Exit, CliError> {
    let key = read_key(key)?;
    let bytes = crate::commands::preview::read_bytes(file)?;
    let signature = sign(&key, &gateshift_model::digest_bytes(&bytes));
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    crate::commands::preview::write(Path::new(&name), format!("{signature}\n").as_bytes())?;
    output.say(&format!(
        "signed: {}; give it away with the file, and this public key to those who take it:",
        Path::new(&name).display()
    ));
    output.data(&json!({ "signature": Path::new(&name), "public": key.public() }), &key.public().to_string());
    Ok(Exit::Done)
}

pub(super) fn trust(
    name: &MigratorName,
    key: &PublicKey,
    shelf: &Shelf,
    output: &Output,
) -> Result<Exit, CliError> {
    shelf.trusted().trust(name.as_str(), key).map_err(|error| {
        StepError::permanent("GS-FILE", format!("cannot write the key: {error}"))
            .with_hint("make the folder writable")
    })?;
    output.data(&json!({ "trusted": name, "key": key }), &format!("{name} is trusted from now on"));
    Ok(Exit::Done)
}
