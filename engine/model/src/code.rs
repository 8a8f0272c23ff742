//! Which code does a step, when it is not simply what the program has linked in. Part of the frozen run and of its
//! history: nobody has to guess later what ran.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// The code of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The file it comes from; absent for a migrator that is linked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<LibraryRef>,
    /// Whether it runs in a process of its own.
    #[serde(default)]
    pub isolated: bool,
}

/// A file with a migrator, by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryRef {
    /// What it was called, for people: the file, or the name under which it was added.
    pub file: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Who signed it, as far as that was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.library {
            Some(library) => {
                let short = &library.digest.as_str()[..12.min(library.digest.as_str().len())];
                write!(f, "{} (sha256 {short}", library.file)?;
                match &library.signer {
                    Some(signer) => write!(f, ", signed by {signer})")?,
                    None => f.write_str(", not signed)")?,
                }
            }
            None => f.write_str("built in")?,
        }
        f.write_str(if self.isolated { ", in a process of its own" } else { ", in the engine's process" })
    }
}
