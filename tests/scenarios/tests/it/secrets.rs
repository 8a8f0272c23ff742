//! Secrets stay in: a key that the run works with is found in nothing that it leaves behind or says.

use std::path::Path;

use gateshift_scenarios::{Desk, Lab, quickstart};
use serde_json::Value;

use crate::end::{PATIENCE, lab};

/// Files below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// The secret as it is, and in the disguises in which it could slip out.
fn disguises(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let reversed: String = secret.chars().rev().collect();
    // A part of it is as bad: nobody needs all of the letters to guess the rest.
    vec![secret.to_owned(), hex, reversed, secret[..20].to_owned(), secret[12..].to_owned()]
}

fn assert_nowhere(secret: &str, desk: &Desk, lab_folder: &Desk, said: &str, allowed: &[&str]) {
    for word in disguises(secret) {
        assert!(
            !said.contains(&word),
            "the secret was said: {}",
            said.lines().find(|line| line.contains(&word)).unwrap()
        );
        for file in files(desk.folder()).iter().chain(&files(lab_folder.folder())) {
            let name = file.file_name().unwrap().to_str().unwrap();
            if !allowed.contains(&name) {
                assert!(
                    !contains(&std::fs::read(file).unwrap(), &word),
                    "the secret is in {}",
                    file.display()
                );
            }
        }
    }
}

/// Runs everything with the noisiest settings; what was said.
fn noisy(desk: &Desk, arguments: &[String], more: &[(&str, &str)]) -> String {
    let mut command = desk.command(arguments);
    command.env("GATESHIFT_LOG", "trace").envs(more.iter().copied());
    let ended = gateshift_scenarios::Running::start(&mut command).wait(PATIENCE);
    assert_eq!(
        ended.code,
        Some(0),
        "{}\n{}",
        ended.stdout,
        ended.stderr.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    );
    let mut said = ended.all();
    for asked in
        [&["history", "--calls", "--json"][..], &["history", "--calls"], &["status", "--json"], &["status"]]
    {
        said += &desk.run(asked).expect(0).all();
    }
    said
}

fn recorded(seed: u64) -> (Desk, Lab) {
    let folder = Desk::new();
    let lab = lab(seed, 240, &["--record", &folder.path("recording.jsonl").display().to_string()]);
    (folder, lab)
}

#[test]
fn the_key_of_an_endpoints_file() {
    let (folder, lab) = recorded(31);
    let secret = lab.text("access_key_secret").to_owned();
    let desk = Desk::new();
    let mut arguments = quickstart(&desk, &lab);
    arguments.extend(["--events".to_owned(), "ndjson".to_owned()]);
    let said = noisy(&desk, &arguments, &[]);
    let _ = lab.stop();
    assert!(
        contains(&std::fs::read(folder.path("recording.jsonl")).unwrap(), "CreateHttpApiRoute"),
        "the recording holds the run"
    );
    assert_nowhere(&secret, &desk, &folder, &said, &["endpoints.json"]);
}

#[test]
fn the_key_of_a_credentials_file() {
    let (folder, lab) = recorded(32);
    let secret = lab.text("access_key_secret").to_owned();
    let desk = Desk::new();
    let mut arguments = quickstart(&desk, &lab);
    let mut bare: Value = lab.endpoints.clone();
    let fields = bare.as_object_mut().unwrap();
    fields.remove("access_key_id");
    fields.remove("access_key_secret");
    desk.endpoints(&bare);
    let text = format!(
        "[default]\ntype = access_key\naccess_key_id = {}\naccess_key_secret = {secret}\n",
        lab.text("access_key_id")
    );
    let file = desk.write("credentials", &text).display().to_string();
    arguments.push("--json".to_owned());
    let said = noisy(&desk, &arguments, &[("ALIBABA_CLOUD_CREDENTIALS_FILE", &file)]);
    let _ = lab.stop();
    assert_nowhere(&secret, &desk, &folder, &said, &["credentials"]);
}
