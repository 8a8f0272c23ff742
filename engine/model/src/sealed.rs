//! A secret that has to outlive the process that read it: encrypted by the host, safe in the journal.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How every sealed text begins; the number is the format.
pub const SEALED: &str = "sealed:v1:";

/// An encrypted text. Equal texts sealed by one store are equal, so sealed values can be compared
/// without opening them; nothing else about the text can be learnt from it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// From the part behind the prefix, as the host made it.
    #[must_use]
    pub fn from_cipher(cipher: &str) -> Self {
        Self(format!("{SEALED}{cipher}"))
    }

    /// The part behind the prefix; `None` when it is in no known format.
    #[must_use]
    pub fn cipher(&self) -> Option<&str> {
        self.0.strip_prefix(SEALED)
    }

    /// As it stands in JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}
