//! Every variant, planned against a lab of its own. A test for each file, so that they run side by side.

use gateshift_conformance::{FILES, Trial, judge, of_file};

fn shown(file: &str) {
    let mut complaints = Vec::new();
    for variant in of_file(file) {
        let wrong = judge(&variant, &Trial::of(&variant));
        if !wrong.is_empty() {
            complaints.push(format!("{}\n  {}", variant.name(), wrong.join("\n  ")));
        }
    }
    assert!(
        complaints.is_empty(),
        "{} variants are not as they should be:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

macro_rules! files {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            shown(stringify!($name));
        })*

        #[test]
        fn every_file_has_its_test() {
            let tests = [$(stringify!($name)),*];
            let files: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
            assert_eq!(tests.to_vec(), files);
        }
    };
}

files!(sources, services, plugins, security, parameters, routes, gateway, traffic, beside);
