//! Puts the pages of `docs/errors/` into the binary, so that `gateshift explain CODE` needs no file.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root =
        Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../docs/errors");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut pages = Vec::new();
    for entry in fs::read_dir(&root)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let code = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            pages.push((code, path.canonicalize()?));
        }
    }
    pages.sort();
    let mut text = String::from("pub(crate) const PAGES: &[(&str, &str)] = &[\n");
    for (code, path) in &pages {
        text.push_str(&format!("    ({code:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    text.push_str("];\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("pages.rs"), text)
}
