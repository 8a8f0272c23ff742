//! `migrators list` and `migrators info`.

use gateshift_step_api::{ActionUse, Manifest};
use serde_json::json;

use crate::args::Migrators;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::BuiltIn;

pub(super) fn run(given: &Migrators, output: &Output) -> Result<Exit, CliError> {
    let manifests = BuiltIn::new().manifests();
    match given {
        Migrators::List => {
            let lines: Vec<String> = manifests
                .iter()
                .map(|one| format!("{:<12} {:<8} {}", one.name, one.version, one.description))
                .collect();
            output.data(&json!({ "migrators": manifests }), &lines.join("\n"));
        }
        Migrators::Info { name } => {
            let manifest = manifests.iter().find(|one| one.name.as_str() == name).ok_or_else(|| {
                CliError::new("GS-MIGRATOR-UNKNOWN", format!("there is no migrator `{name}`"))
                    .hint("see `gateshift migrators list`")
                    .exit(Exit::Usage)
            })?;
            output.data(manifest, &describe(manifest));
        }
    }
    Ok(Exit::Done)
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
