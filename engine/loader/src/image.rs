//! The bytes of a migrator as they were read once: what was hashed and checked is what runs, whatever becomes of
//! the file meanwhile. They lie in a sealed file in memory, which nobody can change any more.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use gateshift_model::{Digest, StepError, digest_bytes};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use crate::{elf, errors};

/// What a file holds, unchangeable.
#[derive(Debug)]
pub struct Image {
    memory: OwnedFd,
    digest: Digest,
    size: u64,
    script: bool,
}

impl Image {
    /// Takes the bytes of a library, or of a program that begins with `#!` and speaks the child's protocol.
    pub fn new(bytes: &[u8]) -> Result<Self, StepError> {
        let script = bytes.starts_with(b"#!");
        if !script {
            elf::check(bytes).map_err(errors::no_library)?;
        }
        let memory = sealed(bytes).map_err(errors::no_child)?;
        Ok(Self { memory, digest: digest_bytes(bytes), size: bytes.len() as u64, script })
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether it is a program of its own rather than a library.
    #[must_use]
    pub fn is_script(&self) -> bool {
        self.script
    }

    /// The bytes, to keep them elsewhere.
    pub fn bytes(&self) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.path())
    }

    pub(crate) fn memory(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }

    /// Where the dynamic linker finds it. The descriptor stays open for good once it was loaded from, because
    /// the linker takes a name that it has seen for the same library.
    pub(crate) fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.memory.as_raw_fd())
    }
}

fn sealed(bytes: &[u8]) -> std::io::Result<OwnedFd> {
    let memory = memfd_create("migrator", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(memory);
    file.write_all(bytes)?;
    file.seek(SeekFrom::Start(0))?;
    let memory = OwnedFd::from(file);
    fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(memory)
}
