//! Comparison with stored text. `GATESHIFT_BLESS=1` stores what is printed now, to be looked at.

use std::path::Path;

use gateshift_scenarios::{Desk, redact, root};

/// Compares a text, ids and times blotted out, with the one stored under a name.
pub(crate) fn same_as_stored(name: &str, text: &str, desk: &Desk) {
    let text = redact(text, desk.folder()).replace(&root().display().to_string(), "[root]");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored").join(format!("{name}.txt"));
    if std::env::var_os("GATESHIFT_BLESS").is_some() {
        std::fs::write(&file, &text).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(
        text == stored,
        "{name} is printed otherwise than stored\n--- stored\n{stored}\n--- printed\n{text}"
    );
}
