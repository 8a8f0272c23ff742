//! Migrators from files: what was added, by whom signed and with which rights, and the files themselves by their
//! content. `.gateshift/migrators/NAME.json` is the record, `SHA256.so` the file, `trusted/` the keys.

mod record;
mod signed;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gateshift_loader::{Image, Library, Limits};
use gateshift_model::{Digest, LibraryRef, RunDefinition, StepError};

pub(crate) use record::{Record, Rights};
pub(crate) use signed::{Signed, Trusted, sign};

/// What an operator has said about a file.
const CHANGED: &str = "GS-MIGRATOR-CHANGED";

/// A folder of migrators.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    folder: PathBuf,
}

/// A file that was looked at.
pub(crate) struct Found {
    pub(crate) library: Library,
    pub(crate) reference: LibraryRef,
    /// Whether somebody added it.
    pub(crate) added: bool,
}

impl Shelf {
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Of the workflows in a folder.
    pub(crate) fn beside(folder: &Path) -> Self {
        Self::at(folder.join(".gateshift").join("migrators"))
    }

    /// The record of a name, if something was added under it.
    pub(crate) fn record(&self, name: &str) -> Result<Option<Record>, StepError> {
        let path = self.folder.join(format!("{name}.json"));
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| changed(format!("the record {} cannot be read: {error}", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    /// Every record, by name.
    pub(crate) fn records(&self) -> Result<Vec<Record>, StepError> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Ok(Vec::new()) };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
            .collect();
        names.sort();
        names.iter().filter_map(|name| self.record(name).transpose()).collect()
    }

    /// Writes a record and keeps its file.
    pub(crate) fn add(&self, record: &Record, library: &Library) -> Result<(), StepError> {
        self.keep(library)?;
        let text = serde_json::to_string_pretty(record).unwrap_or_default();
        self.write(&format!("{}.json", record.name), format!("{text}\n").as_bytes())
    }

    /// The keys that the operator trusts.
    pub(crate) fn trusted(&self) -> Trusted {
        Trusted::at(self.folder.join("trusted"))
    }

    /// Looks at a file as it is now, whatever was said about it.
    pub(crate) fn read(&self, path: &Path) -> Result<Library, StepError> {
        open(Image::new(&std::fs::read(path).map_err(|error| unreadable(path, &error))?)?)
    }

    /// Looks at a file that a workflow, or a command, names. One that was added has to be as it was.
    pub(crate) fn look_at(&self, path: &Path, called: &str) -> Result<Found, StepError> {
        let found = self.inspect(path, called)?;
        let digest = &found.reference.digest;
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let records = self.records()?;
        match records.iter().find(|one| one.file == absolute && one.digest != *digest) {
            None => Ok(found),
            Some(other) => Err(changed(format!(
                "{} was added as `{}` with sha256 {}, and has sha256 {digest} now",
                path.display(),
                other.name,
                other.digest
            ))),
        }
    }

    /// Looks at a file as it is now, and at what is recorded of that content.
    pub(crate) fn inspect(&self, path: &Path, called: &str) -> Result<Found, StepError> {
        let image = Image::new(&std::fs::read(path).map_err(|error| unreadable(path, &error))?)?;
        let digest = image.digest().clone();
        let library = open(image)?;
        let known = self.records()?.into_iter().find(|one| one.digest == digest);
        let signer = known.as_ref().and_then(|record| record.signer.clone());
        let reference = LibraryRef { file: called.to_owned(), digest, signer };
        Ok(Found { library, reference, added: known.is_some() })
    }

    /// The file that was added under a name.
    pub(crate) fn added(&self, name: &str) -> Result<Option<Found>, StepError> {
        let Some(record) = self.record(name)? else { return Ok(None) };
        let library = self.fetch(&record.digest)?;
        let reference =
            LibraryRef { file: record.name.clone(), digest: record.digest, signer: record.signer };
        Ok(Some(Found { library, reference, added: true }))
    }

    /// The file of that content: one that this process has looked at already, or one that was kept.
    pub(crate) fn fetch(&self, digest: &Digest) -> Result<Library, StepError> {
        if let Some(library) = opened(digest) {
            return Ok(library);
        }
        let path = self.path(digest);
        let bytes = std::fs::read(&path).map_err(|error| {
            let lost = unreadable(&path, &error);
            lost.with_hint("copy the file that the run began with to that place, or go on with another build: `gateshift resume --with STEP=FILE`")
        })?;
        let image = Image::new(&bytes)?;
        if image.digest() != digest {
            return Err(changed(format!("{} does not hold what its name says", path.display())));
        }
        open(image)
    }

    /// Keeps the files of a run, so that it goes on when they are changed or gone.
    pub(crate) fn keep_all(&self, definition: &RunDefinition) -> Result<(), StepError> {
        let codes = definition.steps.iter().filter_map(|step| step.code.as_ref());
        for library in codes.filter_map(|code| code.library.as_ref()) {
            self.keep(&self.fetch(&library.digest)?)?;
        }
        Ok(())
    }

    /// Keeps a file by its content.
    pub(crate) fn keep(&self, library: &Library) -> Result<(), StepError> {
        let Some(image) = library.image() else { return Ok(()) };
        if self.path(image.digest()).exists() {
            return Ok(());
        }
        let bytes = image.bytes().map_err(|error| unreadable(&self.folder, &error))?;
        self.write(&format!("{}.so", image.digest()), &bytes)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{digest}.so"))
    }

    /// Under a name of its own first: nobody ever reads half a file.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StepError> {
        let path = self.folder.join(name);
        let written = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.folder)?;
            let new = self.folder.join(format!(".{name}.{}", std::process::id()));
            let mut file = std::fs::File::create(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(new, &path)
        };
        written().map_err(|error| {
            StepError::permanent("GS-FILE", format!("cannot write {}: {error}", path.display()))
                .with_hint("make the folder writable, or make room")
        })
    }
}

/// The bounds of migrators that this program runs.
fn limits() -> Result<Limits, StepError> {
    let program = std::env::current_exe().map_err(|error| {
        StepError::permanent("GS-MIGRATOR-CHILD", format!("cannot find this program's own file: {error}"))
    })?;
    Ok(Limits::of(program))
}

/// Files that this process has looked at.
static OPENED: Mutex<BTreeMap<String, Library>> = Mutex::new(BTreeMap::new());

fn opened(digest: &Digest) -> Option<Library> {
    OPENED.lock().unwrap_or_else(PoisonError::into_inner).get(digest.as_str()).cloned()
}

/// A migrator that is linked in, for a process of its own.
pub(crate) fn linked_in(name: &str) -> Result<Library, StepError> {
    let key = format!("linked in: {name}");
    if let Some(library) = OPENED.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(library.clone());
    }
    let library = Library::linked(name, limits()?)?;
    OPENED.lock().unwrap_or_else(PoisonError::into_inner).insert(key, library.clone());
    Ok(library)
}

fn open(image: Image) -> Result<Library, StepError> {
    if let Some(library) = opened(image.digest()) {
        return Ok(library);
    }
    let digest = image.digest().as_str().to_owned();
    let library = Library::open(Arc::new(image), limits()?)?;
    OPENED.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, library.clone());
    Ok(library)
}

fn changed(message: String) -> StepError {
    StepError::permanent(CHANGED, message).with_hint(
        "find out who changed it; when it is right, `gateshift migrators add FILE` records it as it is now",
    )
}

fn unreadable(path: &Path, error: &std::io::Error) -> StepError {
    StepError::permanent("GS-MIGRATOR-FILE", format!("cannot read {}: {error}", path.display()))
        .with_hint("check the path; it is meant from the workflow's folder")
}
