//! `migrators list` and `migrators info`.

use std::path::Path;

use gateshift_step_api::{ActionUse, Manifest};
use serde_json::json;

use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{BuiltIn, Record, Shelf};

pub(super) fn list(shelf: &Shelf, output: &Output) -> Result<Exit, CliError> {
    let manifests = BuiltIn::new().manifests();
    let added = shelf.records()?;
    let built_in =
        manifests.iter().map(|one| format!("{:<12} {:<8} {}", one.name, one.version, one.description));
    let from_files = added.iter().map(|one| {
        let signer = one.signer.as_deref().map_or("not signed".to_owned(), |by| format!("signed by {by}"));
        let digest = &one.digest.as_str()[..12];
        let replaces = manifests.iter().any(|known| known.name.as_str() == one.name);
        let remark = if replaces { "; takes the place of the built-in one" } else { "" };
        format!(
            "{:<12} {:<8} from {} (sha256 {digest}, {signer}{remark})",
            one.name,
            one.version,
            one.file.display()
        )
    });
    let lines: Vec<String> = built_in.chain(from_files).collect();
    let data = if added.is_empty() {
        json!({ "migrators": manifests })
    } else {
        json!({ "migrators": manifests, "added": added })
    };
    output.data(&data, &lines.join("\n"));
    Ok(Exit::Done)
}

pub(super) fn info(name: &str, shelf: &Shelf, output: &Output) -> Result<Exit, CliError> {
    let file = Path::new(name);
    let found = if name.contains('/') || file.is_file() {
        Some(shelf.inspect(file, name)?)
    } else {
        shelf.added(name)?
    };
    if let Some(found) = found {
        let manifest = &found.library.description().manifest;
        let confined = found.library.confinement()?;
        let signer = found.reference.signer.as_deref().map_or("nobody".to_owned(), str::to_owned);
        let text = format!(
            "{}\nfile:      {}\nsha256:    {}\nadded:     {}\nsigned by: {signer}\n\
             confined:  {confined}\nIt sees no key, no environment and no file: the host signs and sends what it asks for.\n",
            describe(manifest),
            found.reference.file,
            found.reference.digest,
            if found.added { "yes" } else { "no" },
        );
        output.data(&json!({ "manifest": manifest, "library": found.reference, "added": found.added, "confined": confined }), &text);
        return Ok(Exit::Done);
    }
    let manifests = BuiltIn::new().manifests();
    let manifest = manifests.iter().find(|one| one.name.as_str() == name).ok_or_else(|| unknown(name))?;
    output.data(manifest, &describe(manifest));
    Ok(Exit::Done)
}

/// Nothing goes by that name.
pub(super) fn unknown(name: &str) -> CliError {
    CliError::new("GS-MIGRATOR-UNKNOWN", format!("there is no migrator `{name}`"))
        .hint("see `gateshift migrators list`")
        .exit(Exit::Usage)
}

/// What a record says, for people.
pub(super) fn recorded(record: &Record) -> String {
    let mut text = format!("{} {} is recorded: sha256 {}\n", record.name, record.version, record.digest);
    text.push_str(&match &record.signer {
        Some(signer) => format!("signed by {signer}\n"),
        None => "nobody signed it\n".to_owned(),
    });
    let rights = record.rights.beyond(&Default::default());
    if rights.is_empty() {
        text.push_str("it may ask for nothing outside\n");
    }
    for right in rights {
        text.push_str(&format!("it may {right}\n"));
    }
    text
}

fn describe(manifest: &Manifest) -> String {
    let mut text = format!(
        "{} {} (contract {})\n{}\n\nsettings:\n",
        manifest.name, manifest.version, manifest.contract, manifest.description
    );
    for (name, schema) in manifest.settings["properties"].as_object().into_iter().flatten() {
        let required =
            manifest.settings["required"].as_array().is_some_and(|list| list.iter().any(|one| one == name));
        let kind = schema["format"].as_str().or_else(|| schema["type"].as_str()).unwrap_or("one of a list");
        let default = if schema["default"].is_null() {
            String::new()
        } else {
            format!(", default {}", schema["default"])
        };
        let remark = schema["description"].as_str().unwrap_or_default();
        text.push_str(&format!(
            "  {name:<14} {kind}{}{default}: {remark}\n",
            if required { ", required" } else { "" }
        ));
    }
    text.push_str("\nmay ask for:\n");
    for (role, connection) in &manifest.connections {
        let named = |wanted: ActionUse| {
            connection
                .actions
                .iter()
                .filter(move |(_, found)| **found == wanted)
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>()
        };
        text.push_str(&format!(
            "  {role} ({}{})\n",
            connection.kinds.join(" or "),
            if connection.optional { ", optional" } else { "" }
        ));
        text.push_str(&format!("    reads:  {}\n", named(ActionUse::Read).join(", ")));
        let writes = named(ActionUse::Write);
        text.push_str(&format!(
            "    writes: {}\n",
            if writes.is_empty() { "nothing".to_owned() } else { writes.join(", ") }
        ));
    }
    if manifest.probes.http {
        text.push_str("  HTTP requests to gateways\n");
    }
    if manifest.probes.dns {
        text.push_str("  questions to name servers\n");
    }
    text
}
