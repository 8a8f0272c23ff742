//! Codes that the migrators raise beside the catalogue: each has a variant here or a test of its own, and each
//! has its page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gateshift_conformance::{all, codes};
use gateshift_scenarios::root;
use regex::Regex;

/// Where codes beside the catalogue are shown when no variant does it: code and file.
fn elsewhere() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("../../data/elsewhere.json")).unwrap()
}

/// Codes of findings in the sources of the migrators, tests left out. Those of the step that compares answers
/// are its own: it runs after everything that is shown here.
fn raised() -> BTreeSet<String> {
    let code = Regex::new(
        r#""((?:SRC|SVC|DOM|RTE|POL|ACL|AUTH|CON|PLG|OBS|PAR|CAP|NET|DNS|INS|FTR|API)-[A-Z0-9-]+)""#,
    )
    .unwrap();
    let mut found = BTreeSet::new();
    let mut folders = vec![root().join("migrators")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let text = std::fs::read_to_string(&path).unwrap();
                let sources = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.extend(code.captures_iter(&sources).map(|one| one[1].to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_code_that_is_raised_is_shown_somewhere() {
    let elsewhere = elsewhere();
    let catalogue: BTreeSet<String> = codes().into_iter().map(|one| one.code).collect();
    let expected = all().into_iter().flat_map(|variant| {
        let found = variant.finds.into_iter().map(|one| one.code);
        found.chain(variant.entails).collect::<Vec<_>>()
    });
    let shown: BTreeSet<String> = expected.chain(catalogue).collect();
    let raised = raised();
    assert!(raised.len() > 80, "only {} codes were found: the walk is broken", raised.len());
    let silent: Vec<&String> =
        raised.iter().filter(|code| !shown.contains(*code) && !elsewhere.contains_key(*code)).collect();
    assert!(silent.is_empty(), "nothing shows {silent:#?}");
    let needless: Vec<&String> =
        elsewhere.keys().filter(|code| shown.contains(*code) || !raised.contains(*code)).collect();
    assert!(needless.is_empty(), "no need to look elsewhere for {needless:?}");
    for (code, file) in &elsewhere {
        let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        assert!(text.contains(&format!("\"{code}\"")), "{file} does not show {code}");
        assert!(is_test(file, &text), "{file} is no test");
    }
}

fn is_test(file: &str, text: &str) -> bool {
    Path::new(file).components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
        || text.contains("#[cfg(test)]")
}

#[test]
fn every_code_that_is_raised_has_its_page() {
    let pages = root().join("docs/errors");
    let without: Vec<String> =
        raised().into_iter().filter(|code| !pages.join(format!("{code}.md")).exists()).collect();
    assert!(without.is_empty(), "no page for {without:?}");
}
