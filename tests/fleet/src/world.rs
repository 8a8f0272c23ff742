//! The world outside: things in a folder, which outlive every process that makes them. A thing is made once;
//! whoever makes it again is refused, and that is written down.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder of things.
#[derive(Debug, Clone)]
pub struct World {
    folder: PathBuf,
}

impl World {
    /// The world in that folder.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        fs::create_dir_all(folder.join("things")).unwrap();
        Self { folder: folder.to_owned() }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn thing(&self, key: &str) -> PathBuf {
        self.folder.join("things").join(key.replace('/', "+"))
    }

    /// Whether the thing is there.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.thing(key).exists()
    }

    /// Makes a thing; tells whether it was new.
    #[must_use]
    pub fn make(&self, key: &str) -> bool {
        if File::create_new(self.thing(key)).is_ok() {
            return true;
        }
        let mut log = OpenOptions::new().append(true).create(true).open(self.folder.join("again")).unwrap();
        writeln!(log, "{key}").unwrap();
        false
    }

    /// How many things there are.
    #[must_use]
    pub fn count(&self) -> usize {
        fs::read_dir(self.folder.join("things")).unwrap().count()
    }

    /// What somebody tried to make although it was there.
    #[must_use]
    pub fn made_again(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join("again")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}
