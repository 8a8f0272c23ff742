//! The exported schema and the files in `workflows/`.

#![expect(clippy::unwrap_used, reason = "a test may fail that way")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use common::{GOOD, Made};
use gateshift_model::{Finding, MigratorName, UndoScope};
use gateshift_planner::{Catalogue, ConnectionKindInfo, WorkflowSource, check, schema};
use gateshift_step_api::{Manifest, ProbeUse};
use serde_json::{Value, json};

fn compiled(catalogue: &dyn Catalogue) -> (Schemas, SchemaIndex) {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.add_resource("mem:///workflow.json", schema(catalogue)).unwrap();
    let index = compiler.compile("mem:///workflow.json", &mut schemas).unwrap();
    (schemas, index)
}

fn parsed(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn the_schema_takes_good_files_and_refuses_broken_ones() {
    let (schemas, index) = compiled(&Made);
    schemas.validate(&parsed(GOOD), index).unwrap();
    for (what, broken) in [
        ("size: ${{ inputs.size }}", "size: many"),
        ("size: ${{ inputs.size }}", "sice: 1"),
        ("stages: [1%, 50%, 100%]", "stages: [1, 50%]"),
        ("timeout: 12h", "timeout: 12"),
        ("timeout: 12h", "timeout: 12 hours"),
        ("uses: build", "uses: biuld"),
        ("uses: cloud/new", "uses: cloud/nwe"),
        ("onFailure: rollback", "onFailure: never"),
        ("onFailure: rollback", "window: No Name"),
        ("onFailure: rollback", "approval: { from: [ann], onTimeout: approve }"),
        ("onFailure: rollback", "approval: { timeout: 1h }"),
        ("inputs:", "windows: { night: { allow: [{ days: [mon] }] } }\ninputs:"),
        ("name: good", "name: Not Good"),
        ("gateway: \"gw-${{ inputs.region }}-${{ inputs.size }}\"", "allowEdited: true"),
        ("credentials: { profile: main }", "credentials: { accessKeySecret: x }"),
    ] {
        let text = GOOD.replace(what, broken);
        assert_ne!(text, GOOD, "{what}");
        assert!(schemas.validate(&parsed(&text), index).is_err(), "{broken}");
    }
}

/// Knows whatever a file uses, and lets every setting pass: for files of migrators that the engine does not know.
struct Anything {
    migrators: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

impl Catalogue for Anything {
    fn migrator(&self, name: &MigratorName) -> Option<Manifest> {
        Some(Manifest {
            name: name.clone(),
            version: "1".to_owned(),
            contract: 1,
            description: String::new(),
            settings: json!({"additionalProperties": true}),
            output: json!({}),
            connections: BTreeMap::new(),
            reads: Vec::new(),
            probes: ProbeUse::default(),
            undo: UndoScope::Nothing,
        })
    }

    fn migrators(&self) -> Vec<MigratorName> {
        self.migrators.iter().map(|name| MigratorName::new(&**name).unwrap()).collect()
    }

    fn connection_kind(&self, name: &str) -> Option<ConnectionKindInfo> {
        Some(ConnectionKindInfo { name: name.to_owned(), settings: json!({"additionalProperties": true}) })
    }

    fn kinds(&self) -> Vec<String> {
        self.kinds.iter().cloned().collect()
    }

    fn check_settings(&self, _: &MigratorName, _: &Value) -> Vec<Finding> {
        Vec::new()
    }
}

fn used(document: &Value, key: &str) -> BTreeSet<String> {
    let entries = document[key].as_object().unwrap();
    entries.values().map(|entry| entry["uses"].as_str().unwrap().to_owned()).collect()
}

fn workflows() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect()
}

#[test]
fn the_files_that_people_start_from_keep_the_format() {
    let files = workflows();
    assert!(files.len() >= 3);
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let document = parsed(&text);
        let catalogue =
            Anything { migrators: used(&document, "steps"), kinds: used(&document, "connections") };
        let (schemas, index) = compiled(&catalogue);
        schemas.validate(&document, index).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()));
        let required =
            document["inputs"].as_object().unwrap().iter().filter(|(_, input)| input["required"] == true);
        let inputs = required.map(|(name, _)| (name.clone(), "given".to_owned())).collect();
        let checked = check(&WorkflowSource::new(path.to_string_lossy(), text), &inputs, &catalogue);
        let definition = checked.unwrap_or_else(|found| panic!("{found}")).definition;
        assert_eq!(definition.steps.len(), document["steps"].as_object().unwrap().len());
        assert_eq!(Some(definition.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
    }
}

/// One migrator whose settings schema is given.
struct With(Value);

impl Catalogue for With {
    fn migrator(&self, name: &MigratorName) -> Option<Manifest> {
        let open = Anything { migrators: BTreeSet::new(), kinds: BTreeSet::new() };
        open.migrator(name).map(|manifest| Manifest { settings: self.0.clone(), ..manifest })
    }

    fn migrators(&self) -> Vec<MigratorName> {
        Vec::new()
    }

    fn connection_kind(&self, _: &str) -> Option<ConnectionKindInfo> {
        None
    }

    fn kinds(&self) -> Vec<String> {
        Vec::new()
    }

    fn check_settings(&self, _: &MigratorName, _: &Value) -> Vec<Finding> {
        Vec::new()
    }
}

#[test]
fn a_broken_schema_is_the_authors_mistake() {
    for settings in [
        json!({"type": "nonsense"}),
        json!({"$ref": "#/$defs/absent"}),
        json!({"$ref": "file:///etc/hostname"}),
        json!({"properties": {"a": {"pattern": "("}}}),
        json!(7),
    ] {
        let text = "apiVersion: gateshift/v1\nname: n\nsteps:\n  one: { uses: any, with: { a: x } }\n";
        let found =
            check(&WorkflowSource::new("f", text), &BTreeMap::new(), &With(settings.clone())).unwrap_err();
        let one = &found.diagnostics[0];
        assert_eq!((&*one.code, one.span.line, one.span.column), ("GS-WF-SCHEMA", 4, 21), "{settings}");
        assert!(!one.message.contains('\n'), "{}", one.message);
    }
}
