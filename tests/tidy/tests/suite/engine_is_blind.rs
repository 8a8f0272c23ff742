//! Invariant **engine is blind**: no crate under `engine/` but `cli` names a cloud product or a make of
//! gateway. A word that has to be there is listed with its reason.

use regex::Regex;

use crate::source::product;
use crate::tree::{File, no_complaints, rust_files};

/// Words that only migrators and the wiring may know.
const WORDS: &str = r"(?i)\b(mse|apig|alidns|slb|sls|arms|nacos|ingress|istio|higress|envoy|kong|apisix|nginx|traefik)\b|aliyun|alibaba";

/// A place where such a word belongs.
struct Exception {
    path: &'static str,
    words: &'static [&'static str],
    #[expect(dead_code, reason = "for readers: why the word is there")]
    reason: &'static str,
}

const EXCEPTIONS: [Exception; 1] = [Exception {
    path: "engine/host/src/credentials/",
    words: &["alibaba", "aliyun"],
    reason: "the scheme ACS3 brings its chain of places for keys: names of variables, files and the STS host",
}];

fn complaints(files: &[File]) -> Vec<String> {
    let words = Regex::new(WORDS).unwrap();
    let mut complaints = Vec::new();
    for (file, text) in product(files) {
        if !file.path.starts_with("engine/") || file.path.starts_with("engine/cli/") {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            for found in words.find_iter(line) {
                let word = found.as_str().to_ascii_lowercase();
                let fine = EXCEPTIONS
                    .iter()
                    .any(|one| file.path.starts_with(one.path) && one.words.contains(&word.as_str()));
                if !fine {
                    complaints.push(format!("{}:{number} names `{word}`", file.path));
                }
            }
        }
    }
    complaints
}

#[test]
fn the_engine_names_no_product() {
    no_complaints(complaints(&rust_files()));
}

#[test]
fn a_name_is_seen() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let seen = complaints(&[
        file("engine/model/src/a.rs", "// an MSE thing\nlet arms_length = 1;\n"),
        file("engine/host/src/credentials/a.rs", "\"ALIBABA_CLOUD_PROFILE\" alidns\n"),
        file("engine/cli/src/a.rs", "apig\n"),
        file("migrators/mse/src/a.rs", "mse\n"),
        file("engine/host/src/b/tests.rs", "mse\n"),
    ]);
    assert_eq!(
        seen,
        ["engine/model/src/a.rs:1 names `mse`", "engine/host/src/credentials/a.rs:1 names `alidns`"]
    );
}

#[test]
fn every_exception_is_used() {
    let files = rust_files();
    for one in &EXCEPTIONS {
        for word in one.words {
            let used = product(&files).any(|(file, text)| {
                file.path.starts_with(one.path) && text.to_ascii_lowercase().contains(word)
            });
            assert!(used, "{} does not need `{word}` any more", one.path);
        }
    }
}
