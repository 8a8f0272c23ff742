//! `migrators scaffold`: a crate with a migrator that builds and passes, to be changed into one's own.

use std::path::{Path, PathBuf};

use gateshift_model::MigratorName;
use serde_json::json;

use crate::commands::preview::write;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

const MANIFEST: &str = include_str!("scaffold/Cargo.toml.txt");
const SOURCE: &str = include_str!("scaffold/lib.rs.txt");

pub(super) fn run(name: &MigratorName, sdk: Option<&Path>, output: &Output) -> Result<Exit, CliError> {
    let sdk = match sdk {
        Some(folder) => Some(folder.to_owned()).filter(|folder| is_sdk(folder)),
        None => upwards(),
    };
    let sdk = sdk.and_then(|folder| folder.canonicalize().ok()).ok_or_else(|| {
        CliError::new("GS-FILE", "the crates that a migrator is built on were not found").hint(
            "give the folder `migrators` of a checkout: `gateshift migrators scaffold NAME --sdk FOLDER`",
        )
    })?;
    let folder = PathBuf::from(name.as_str());
    if folder.exists() {
        return Err(CliError::new("GS-FILE", format!("{} is there already", folder.display()))
            .hint("give another name, or move it away: nothing is written over"));
    }
    std::fs::create_dir_all(folder.join("src"))
        .map_err(|error| crate::commands::preview::unwritable(&folder, &error))?;
    let filled = |text: &str| {
        let library = name.as_str().replace('-', "_");
        text.replace("{name}", name.as_str())
            .replace("{library}", &library)
            .replace("{sdk}", &sdk.display().to_string())
    };
    write(&folder.join("Cargo.toml"), filled(MANIFEST).as_bytes())?;
    write(&folder.join("src/lib.rs"), filled(SOURCE).as_bytes())?;
    let file = format!("target/debug/lib{}.so", name.as_str().replace('-', "_"));
    let text = format!(
        "{name}/ holds a migrator. Next:\n  cd {name}\n  cargo build\n  gateshift migrators test ./{file} --settings '{{\"greeting\":\"hello\"}}'\n\
         then use it in a workflow: `uses: ./{name}/{file}`"
    );
    output.data(&json!({ "folder": folder, "library": file }), &text);
    Ok(Exit::Done)
}

fn is_sdk(folder: &Path) -> bool {
    folder.join("export/Cargo.toml").is_file() && folder.join("sdk/Cargo.toml").is_file()
}

/// The `migrators` folder of the checkout around this folder, or around this program.
fn upwards() -> Option<PathBuf> {
    let from = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    from.into_iter()
        .flatten()
        .find_map(|place| place.ancestors().map(|one| one.join("migrators")).find(|one| is_sdk(one)))
}
