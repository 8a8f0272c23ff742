//! A migrator from outside the program: what it is, and how it is asked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gateshift_abi::{MAGIC, MAGIC_SYMBOL, MAJOR, Magic, OPEN_SYMBOL, Open};
use gateshift_model::{Digest, StepError};
use gateshift_step_api::Migrator;
use gateshift_step_api::wire::Description;
use libloading::os::unix::{Library as Dynamic, RTLD_LOCAL, RTLD_NOW};

use crate::bridge::{Plugin, Upward};
use crate::errors;
use crate::image::Image;
use crate::inside::Inside;
use crate::remote::{Remote, Way};

/// Where a migrator runs; the operator's choice, never the author's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a process of its own.
    Process,
    /// In this process, with all its rights.
    Here,
}

/// Bounds of a migrator in a process of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The program that has `plugin-host`.
    pub program: PathBuf,
    /// Bytes of memory beyond what the program itself takes.
    pub memory: u64,
    /// How long it may neither answer nor ask for anything.
    pub patience: Duration,
}

impl Limits {
    /// The usual ones, for a program.
    #[must_use]
    pub fn of(program: PathBuf) -> Self {
        Self { program, memory: 1 << 30, patience: Duration::from_secs(60) }
    }
}

/// A migrator that is not linked in, or is to run as if it were not.
#[derive(Clone)]
pub struct Library {
    source: Source,
    description: Arc<Description>,
    words: Words,
    limits: Limits,
}

/// Where its code comes from.
#[derive(Clone)]
pub(crate) enum Source {
    File(Arc<Image>),
    Linked(String),
}

/// Lists of names as the contract wants them.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    pub(crate) never_waived: &'static [&'static str],
    pub(crate) does_without: &'static [&'static str],
}

impl Library {
    /// Looks at what a file holds; its code runs in a process of its own for that.
    pub fn open(image: Arc<Image>, limits: Limits) -> Result<Self, StepError> {
        Self::of(Source::File(image), limits)
    }

    /// A migrator that is linked in and shall run in a process of its own.
    pub fn linked(name: &str, limits: Limits) -> Result<Self, StepError> {
        Self::of(Source::Linked(name.to_owned()), limits)
    }

    fn of(source: Source, limits: Limits) -> Result<Self, StepError> {
        let description = Remote::describe(&source, &limits)?;
        let version = description.manifest.contract;
        if version != 1 {
            let name = &description.manifest.name;
            return Err(errors::contract(format!(
                "migrator `{name}` is written for version {version} of the contract, and this program knows version 1"
            )));
        }
        let words = Words {
            never_waived: kept(&description.never_waived),
            does_without: kept(&description.does_without),
        };
        Ok(Self { source, description: Arc::new(description), words, limits })
    }

    /// What it says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Its file; none when it is linked in.
    #[must_use]
    pub fn image(&self) -> Option<&Arc<Image>> {
        match &self.source {
            Source::File(image) => Some(image),
            Source::Linked(_) => None,
        }
    }

    /// SHA-256 of its file; none when it is linked in.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        match &self.source {
            Source::File(image) => Some(image.digest()),
            Source::Linked(_) => None,
        }
    }

    /// How the kernel confines its process, in words.
    pub fn confinement(&self) -> Result<String, StepError> {
        Remote::confinement(&self.source, &self.limits)
    }

    /// One that can be asked. In a process of its own it gets one when it is first asked, and that ends with it.
    pub fn migrator(&self, place: Place) -> Result<Arc<dyn Migrator>, StepError> {
        let way = match (place, &self.source) {
            (Place::Here, Source::File(image)) => Way::Here(here(image)?),
            (Place::Here, Source::Linked(name)) => {
                return Err(errors::no_library(format!("`{name}` is linked in: take it as it is")));
            }
            (Place::Process, source) => Way::child(source.clone(), self.limits.clone()),
        };
        Ok(Arc::new(Remote { description: Arc::clone(&self.description), words: self.words, way }))
    }
}

/// Names that the contract wants for good. Few and the same each time: each list is kept once.
fn kept(names: &[String]) -> &'static [&'static str] {
    static KEPT: Mutex<BTreeMap<Vec<String>, &'static [&'static str]>> = Mutex::new(BTreeMap::new());
    let mut lists = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    lists.entry(names.to_vec()).or_insert_with(|| {
        let names: Vec<&'static str> = names.iter().map(|name| &*name.clone().leak()).collect();
        names.leak()
    })
}

/// Libraries that run in this process: each is loaded once and never unloaded, because nobody can tell whether
/// some thread of it still runs.
fn here(image: &Arc<Image>) -> Result<&'static Inside, StepError> {
    static LOADED: Mutex<BTreeMap<String, &'static Inside>> = Mutex::new(BTreeMap::new());
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(inside) = loaded.get(image.digest().as_str()) {
        return Ok(inside);
    }
    if image.is_script() {
        return Err(errors::no_library("a script runs only in a process of its own"));
    }
    let mut failed = None;
    let inside = Inside::open(|up| {
        load(&image.path(), up, true).map_err(|error| {
            let message = error.message.clone();
            failed = Some(error);
            message
        })
    });
    let inside = inside.map_err(|cause| failed.unwrap_or_else(|| errors::contract(cause)))?;
    std::mem::forget(Arc::clone(image));
    let inside: &'static Inside = Box::leak(Box::new(inside));
    loaded.insert(image.digest().as_str().to_owned(), inside);
    Ok(inside)
}

/// Loads a library for good and opens it. In the engine's own process a panic must not end it.
pub(crate) fn load(path: &str, up: Box<dyn Upward>, here: bool) -> Result<Plugin, StepError> {
    // SAFETY: running the library's code is what is asked for; where it is not trusted, this process is its own.
    let library = unsafe { Dynamic::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map_err(errors::no_library)?;
    // Never unloaded, whatever comes next: its constructors have run.
    let library = std::mem::ManuallyDrop::new(library);
    let missing = |_| errors::no_library("it lacks the symbol `gateshift_magic_v1`");
    // SAFETY: the symbol is a static of that type, by the interface; its first 8 bytes are looked at first.
    let magic = *unsafe { library.get::<*const Magic>(MAGIC_SYMBOL) }.map_err(missing)?;
    // SAFETY: any static has its 16 first bytes, those of this one say how many more there are.
    let (mark, size, major) = unsafe { ((*magic).magic, (*magic).size, (*magic).major) };
    if mark != MAGIC || (size as usize) < size_of::<Magic>() {
        return Err(errors::no_library("what it says under `gateshift_magic_v1` is no introduction"));
    }
    if major != MAJOR {
        return Err(errors::contract(format!(
            "the library speaks version {major} of the interface, and this program speaks version {MAJOR}"
        )));
    }
    // SAFETY: it says that it is as large as this.
    let magic = unsafe { *magic };
    let own = Magic::OWN;
    if (magic.pointer, magic.little_endian) != (own.pointer, own.little_endian) {
        return Err(errors::no_library("it was built for another kind of machine"));
    }
    if here && magic.panic_aborts != 0 {
        return Err(errors::contract(
            "a panic of the library would end this process: build it with `panic = \"unwind\"`, or let it run in a process of its own",
        ));
    }
    let missing = |_| errors::no_library("it lacks the symbol `gateshift_open_v1`");
    // SAFETY: the symbol is a function of that type, by the interface.
    let open: Open = *unsafe { library.get::<Open>(OPEN_SYMBOL) }.map_err(missing)?;
    // SAFETY: as above.
    unsafe { Plugin::open(open, up) }.map_err(errors::contract)
}
