//! Nothing is left out: every row and every code has a variant or a reason, and the data agrees with the
//! rule pack that the binary carries.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_conformance::{FILES, Row, all, codes, guide, of_file, unprovoked};
use gateshift_scenarios::root;
use serde_json::Value;

/// Rows and codes that variants show.
fn shown() -> BTreeSet<String> {
    all().into_iter().flat_map(|variant| variant.shows).collect()
}

#[test]
fn every_row_and_every_code_is_shown_or_excused() {
    let (shown, excused) = (shown(), unprovoked());
    let rows = guide().rows().into_iter().map(|(name, _)| name);
    let wanted: BTreeSet<String> = rows.chain(codes().into_iter().map(|code| code.code)).collect();
    let missing: Vec<&String> =
        wanted.iter().filter(|name| !shown.contains(*name) && !excused.contains_key(*name)).collect();
    assert!(missing.is_empty(), "no variant shows {missing:#?}");
    let beside: BTreeSet<String> = of_file("beside").into_iter().flat_map(|variant| variant.shows).collect();
    let known = |name: &&String| wanted.contains(*name) || beside.contains(*name);
    let unknown: Vec<&String> = shown.iter().chain(excused.keys()).filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "neither the guide nor the catalogue has {unknown:?}");
    let both: Vec<&String> = excused.keys().filter(|name| shown.contains(*name)).collect();
    assert!(both.is_empty(), "these are shown and need no excuse any more: {both:?}");
    assert!(excused.values().all(|reason| reason.len() > 20), "an excuse without a reason");
}

#[test]
fn every_variant_shows_what_it_says() {
    let rows: BTreeMap<String, Row> = guide().rows().into_iter().collect();
    let codes: BTreeMap<String, Vec<String>> =
        codes().into_iter().map(|code| (code.code, code.severities)).collect();
    let mut complaints = Vec::new();
    for variant in all() {
        let name = variant.name();
        for shows in &variant.shows {
            match rows.get(shows) {
                Some(row) if row.target && variant.makes.is_empty() => {
                    complaints
                        .push(format!("{name}: {} is supported, and nothing is planned for it", row.name));
                }
                // Lists of several levels meet each other, so that one run cannot have all of them.
                Some(row) if row.target && !variant.runs() && !shows.starts_with("list_levels/") => {
                    complaints.push(format!("{name}: {} is supported, and nothing of it arrives", row.name));
                }
                Some(row) if !row.target && variant.finds.is_empty() => {
                    complaints.push(format!("{name}: {} is not supported, and nothing says so", row.name));
                }
                None if codes.contains_key(shows)
                    && !variant.finds.iter().any(|one| one.code == *shows)
                    && !variant.warns.iter().any(|one| one.starts_with(shows.as_str())) =>
                {
                    complaints.push(format!("{name}: it shows a code that it does not expect"));
                }
                _ => {}
            }
        }
        for expected in &variant.finds {
            let allowed = codes.get(&expected.code);
            if allowed.is_some_and(|allowed| !allowed.contains(&expected.severity)) {
                complaints
                    .push(format!("{name}: {} must not be of severity {}", expected.code, expected.severity));
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn every_file_of_variants_is_read() {
    let folder = root().join("tests/conformance/data/variants");
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = FILES.iter().map(|(name, _)| format!("{name}.yaml")).collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), files);
}

#[test]
fn the_rule_pack_says_what_the_guide_says() {
    let text = std::fs::read_to_string(root().join("migrators/assess/data/compat.json")).unwrap();
    let pack: Value = serde_json::from_str(&text).unwrap();
    let row = |row: &Value| {
        let both = ["source_supported", "target_supported"].map(|name| row[name].as_bool().unwrap());
        (row["id"].as_str().unwrap().to_owned(), both)
    };
    let mut packed: BTreeMap<String, BTreeMap<String, [bool; 2]>> = BTreeMap::new();
    for (table, content) in pack["tables"].as_object().unwrap() {
        packed.insert(table.clone(), content["rows"].as_array().unwrap().iter().map(row).collect());
    }
    packed.insert(
        "parameters".into(),
        pack["parameters"]["unsupported"].as_array().unwrap().iter().map(row).collect(),
    );
    let custom = pack["custom_plugins"].as_object().unwrap().iter();
    let custom = custom.map(|(id, one)| {
        let both = ["source_supported", "target_supported"].map(|name| one[name].as_bool().unwrap());
        (id.clone(), both)
    });
    packed.insert("custom_plugins".into(), custom.collect());
    let tables = guide().tables.into_iter().map(|(table, rows)| {
        (table, rows.into_iter().map(|row| (row.id, [row.source, row.target])).collect())
    });
    assert_eq!(packed, tables.collect());
}
