//! Tells what ships from what only tests use, inside the sources.

use crate::tree::File;

/// Names of files and folders that hold tests and what tests share.
const OF_TESTS: [&str; 4] = ["tests", "testing", "suite", "examples"];

/// Whether a file is only there for tests.
pub(crate) fn is_test(path: &str) -> bool {
    let plain = path.strip_suffix(".rs").unwrap_or(path);
    // `tests/` at the top holds whole packages; the lab among them ships.
    let below = plain.strip_prefix("tests/lab/").unwrap_or(plain);
    below.split('/').any(|part| OF_TESTS.contains(&part))
}

/// The part of a source that ships: up to its test module, which stands at the end by habit.
pub(crate) fn shipped(text: &str) -> &str {
    let mut offset = 0;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let opens =
            lines.peek().is_some_and(|next| next.starts_with("mod ") && next.trim_end().ends_with('{'));
        if line.trim_end() == "#[cfg(test)]" && opens {
            return &text[..offset];
        }
        offset += line.len();
    }
    text
}

/// Sources of the engine and the migrators that ship, with the part of them that does.
pub(crate) fn product(files: &[File]) -> impl Iterator<Item = (&File, &str)> {
    files
        .iter()
        .filter(|file| file.path.starts_with("engine/") || file.path.starts_with("migrators/"))
        .filter(|file| !is_test(&file.path))
        .map(|file| (file, shipped(&file.text)))
}

#[test]
fn tests_are_told_from_what_ships() {
    for (path, test) in [
        ("engine/host/src/call.rs", false),
        ("engine/host/src/dns/tests.rs", true),
        ("engine/executor/src/testing/migrator.rs", true),
        ("engine/journal/src/suite.rs", true),
        ("migrators/routes/src/tests/model.rs", true),
        ("tests/lab/mse/src/plane.rs", false),
        ("tests/lab/mse/tests/suite/main.rs", true),
        ("tests/cli/tests/usage.rs", true),
    ] {
        assert_eq!(is_test(path), test, "{path}");
    }
    assert_eq!(shipped("a\n#[cfg(test)]\nmod tests {\n b }\n"), "a\n");
    assert_eq!(shipped("#[cfg(test)]\nmod tests;\na\n"), "#[cfg(test)]\nmod tests;\na\n");
}
