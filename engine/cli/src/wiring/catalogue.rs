//! The migrators this binary has: one plain table.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateshift_model::{Finding, MigratorName};
use gateshift_planner::{Catalogue, ConnectionKindInfo};
use gateshift_step_api::{Manifest, Migrator};
use serde_json::Value;

use super::connections::kinds;

/// The built-in migrators and kinds of connection.
#[derive(Clone)]
pub(crate) struct BuiltIn {
    migrators: BTreeMap<MigratorName, Arc<dyn Migrator>>,
}

impl BuiltIn {
    /// All of them.
    pub(crate) fn new() -> Self {
        let all: [Arc<dyn Migrator>; 9] = [
            Arc::new(gateshift_assess::Assess),
            Arc::new(gateshift_instance::Instance),
            Arc::new(gateshift_routes::Routes),
            Arc::new(gateshift_security::Security),
            Arc::new(gateshift_plugins::Plugins),
            Arc::new(gateshift_observability::Observability),
            Arc::new(gateshift_parameters::Parameters),
            Arc::new(gateshift_verify::Verify),
            Arc::new(gateshift_traffic::Traffic),
        ];
        Self { migrators: all.into_iter().map(|migrator| (migrator.manifest().name, migrator)).collect() }
    }

    /// By name, for the engine.
    pub(crate) fn set(&self) -> Arc<BTreeMap<MigratorName, Arc<dyn Migrator>>> {
        Arc::new(self.migrators.clone())
    }

    /// Codes of findings of one migrator that nobody can answer for.
    pub(crate) fn never_waived_by(&self, name: &str) -> &'static [&'static str] {
        let found = self.migrators.iter().find(|(known, _)| known.as_str() == name);
        found.map_or(&[], |(_, migrator)| migrator.never_waived())
    }

    /// Their manifests, by name.
    pub(crate) fn manifests(&self) -> Vec<Manifest> {
        self.migrators.values().map(|migrator| migrator.manifest()).collect()
    }
}

impl Catalogue for BuiltIn {
    fn migrator(&self, name: &MigratorName) -> Option<Manifest> {
        self.migrators.get(name).map(|migrator| migrator.manifest())
    }

    fn migrators(&self) -> Vec<MigratorName> {
        self.migrators.keys().cloned().collect()
    }

    fn connection_kind(&self, name: &str) -> Option<ConnectionKindInfo> {
        let kind = kinds().into_iter().find(|kind| kind.name == name)?;
        Some(ConnectionKindInfo { settings: kind.settings_schema(), name: kind.name })
    }

    fn kinds(&self) -> Vec<String> {
        kinds().into_iter().map(|kind| kind.name).collect()
    }

    fn check_settings(&self, migrator: &MigratorName, settings: &Value) -> Vec<Finding> {
        self.migrators.get(migrator).map(|migrator| migrator.check(settings)).unwrap_or_default()
    }

    fn never_waived(&self) -> Vec<String> {
        self.migrators.values().flat_map(|one| one.never_waived()).map(|code| (*code).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use gateshift_planner::{WorkflowSource, check};

    use super::BuiltIn;

    /// Values for whatever the files in `workflows/` ask for.
    fn inputs(text: &str) -> BTreeMap<String, String> {
        [
            ("gateway", "gw-0123456789"),
            ("existing", "gw-9876543210"),
            ("logProject", "p"),
            ("metrics", "http://127.0.0.1:9090"),
            ("server", "192.0.2.53"),
        ]
        .into_iter()
        .filter(|(name, _)| text.contains(&format!("{name}:")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
    }

    #[test]
    fn every_workflow_file_fits_the_built_in_migrators() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows");
        let mut files = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = std::fs::read_to_string(&path).unwrap();
                let given = inputs(&text);
                let result =
                    check(&WorkflowSource::new(path.display().to_string(), text), &given, &BuiltIn::new());
                let checked = result.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
                assert!(checked.warnings.is_empty(), "{}", checked.warnings.render(false));
                files += 1;
            }
        }
        assert!(files >= 3, "only {files} workflow files were found");
    }

    #[test]
    fn the_schema_file_is_what_the_binary_prints() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows/schema.json");
        let stored: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let hint = "write it anew: gateshift schema > workflows/schema.json";
        assert_eq!(stored, gateshift_planner::schema(&BuiltIn::new()), "{hint}");
    }

    #[test]
    fn every_migrator_is_listed_under_its_own_name_and_declares_what_it_needs() {
        let manifests = BuiltIn::new().manifests();
        assert_eq!(manifests.len(), 9);
        for manifest in manifests {
            assert_eq!(manifest.contract, 1);
            assert!(!manifest.description.is_empty());
            for connection in manifest.connections.values() {
                for kind in &connection.kinds {
                    assert!(super::kinds().iter().any(|known| &known.name == kind), "{kind}");
                }
            }
        }
    }
}
