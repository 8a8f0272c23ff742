//! The migrators this binary has: one plain table.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use gateshift_executor::MigratorSet;
use gateshift_export::{Linked, linked as opens};
use gateshift_loader::{Open, Place};
use gateshift_model::{Finding, MigratorName, StepDefinition, StepError};
use gateshift_planner::{Catalogue, ConnectionKindInfo, Used};
use gateshift_step_api::{Manifest, Migrator};
use serde_json::Value;

use super::connections::kinds;
use super::shelf::{Found, Shelf, linked_in};

/// The migrators that are linked in: made here, and opened by name in a process of their own.
macro_rules! built_in {
    ($($migrator:path),* $(,)?) => {
        fn all() -> Vec<Arc<dyn Migrator>> {
            vec![$(Arc::new($migrator)),*]
        }

        /// What opens a migrator that is linked in.
        pub(crate) fn linked(name: &str) -> Option<Open> {
            $({
                struct One;
                impl Linked for One {
                    fn make() -> Box<dyn Migrator> {
                        Box::new($migrator)
                    }
                }
                if $migrator.manifest().name.as_str() == name {
                    return Some(opens::<One>());
                }
            })*
            None
        }
    };
}

built_in![
    gateshift_assess::Assess,
    gateshift_instance::Instance,
    gateshift_routes::Routes,
    gateshift_security::Security,
    gateshift_plugins::Plugins,
    gateshift_observability::Observability,
    gateshift_parameters::Parameters,
    gateshift_verify::Verify,
    gateshift_traffic::Traffic,
];

/// The built-in migrators and kinds of connection, and the migrators from files that are at hand.
#[derive(Clone)]
pub(crate) struct BuiltIn {
    migrators: BTreeMap<MigratorName, Arc<dyn Migrator>>,
    shelf: Option<Shelf>,
    /// Paths of files are meant from here.
    base: PathBuf,
}

impl BuiltIn {
    /// All that are linked in, and no others.
    pub(crate) fn new() -> Self {
        let migrators = all().into_iter().map(|migrator| (migrator.manifest().name, migrator)).collect();
        Self { migrators, shelf: None, base: PathBuf::new() }
    }

    /// With those that a workflow in this folder may use.
    pub(crate) fn beside(folder: PathBuf) -> Self {
        Self { shelf: Some(Shelf::beside(&folder)), base: folder, ..Self::new() }
    }

    /// With those of the runs of a journal.
    pub(crate) fn on(shelf: Shelf) -> Self {
        Self { shelf: Some(shelf), ..Self::new() }
    }

    /// For the engine.
    pub(crate) fn set(&self) -> Arc<dyn MigratorSet> {
        Arc::new(self.clone())
    }

    /// Codes of findings of one migrator that nobody can answer for.
    pub(crate) fn never_waived_by(&self, name: &str) -> &'static [&'static str] {
        let found = self.migrators.iter().find(|(known, _)| known.as_str() == name);
        found.map_or(&[], |(_, migrator)| migrator.never_waived())
    }

    /// Manifests of those that are linked in, by name.
    pub(crate) fn manifests(&self) -> Vec<Manifest> {
        self.migrators.values().map(|migrator| migrator.manifest()).collect()
    }

    /// The file that `uses:` means; none when it means one that is linked in, or nothing.
    fn found(&self, uses: &str) -> Result<Option<Found>, StepError> {
        match &self.shelf {
            Some(shelf) if uses.contains('/') => shelf.look_at(&self.base.join(uses), uses).map(Some),
            Some(shelf) => shelf.added(uses),
            None => Ok(None),
        }
    }
}

impl MigratorSet for BuiltIn {
    fn get(&self, name: &MigratorName) -> Option<Arc<dyn Migrator>> {
        self.migrators.get(name).cloned()
    }

    fn for_step(&self, step: &StepDefinition) -> Result<Option<Arc<dyn Migrator>>, StepError> {
        let Some(code) = &step.code else { return Ok(self.get(&step.uses)) };
        let place = if code.isolated { Place::Process } else { Place::Here };
        let library = match (&code.library, &self.shelf) {
            (Some(library), Some(shelf)) => shelf.fetch(&library.digest)?,
            (Some(library), None) => Shelf::beside(&self.base).fetch(&library.digest)?,
            (None, _) if code.isolated => linked_in(step.uses.as_str())?,
            (None, _) => return Ok(self.get(&step.uses)),
        };
        library.migrator(place).map(Some)
    }
}

impl Catalogue for BuiltIn {
    fn migrator(&self, name: &MigratorName) -> Option<Manifest> {
        self.migrators.get(name).map(|migrator| migrator.manifest())
    }

    fn used(&self, uses: &str) -> Result<Option<Used>, StepError> {
        if let Some(Found { library, reference, added }) = self.found(uses)? {
            let manifest = library.description().manifest.clone();
            return Ok(Some(Used { manifest, library: Some(reference), trusted: added }));
        }
        let manifest = MigratorName::new(uses).ok().and_then(|name| self.migrator(&name));
        Ok(manifest.map(|manifest| Used { manifest, library: None, trusted: true }))
    }

    fn check_used(&self, uses: &str, migrator: &MigratorName, settings: &Value) -> Vec<Finding> {
        match self
            .found(uses)
            .and_then(|found| found.map(|it| it.library.migrator(Place::Process)).transpose())
        {
            Ok(Some(migrator)) => migrator.check(settings),
            // That it cannot be used was said when the step was read.
            Ok(None) | Err(_) => self.check_settings(migrator, settings),
        }
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
