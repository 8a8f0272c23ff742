//! Settings of the step.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// Settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Plugins that are taken although the guide does not list them, or although a class of the operator's
    /// own has their name already.
    pub(crate) allow: BTreeSet<String>,
    /// Plugins that stay behind.
    pub(crate) exclude: BTreeSet<String>,
    /// Where binaries of the operator's own plugins are, by name.
    pub(crate) binaries: BTreeMap<String, Binary>,
}

/// Where a binary is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Binary {
    /// Its address.
    Address(String),
    /// Its address and its hash.
    Hashed(Hashed),
}

/// An address with a hash.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hashed {
    /// Address.
    url: String,
    /// SHA-256 of what is there, in hexadecimal.
    sha256: String,
}

impl Binary {
    /// The address.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Address(url) => url,
            Self::Hashed(hashed) => &hashed.url,
        }
    }

    /// The hash.
    pub(crate) fn sha256(&self) -> Option<&str> {
        match self {
            Self::Address(_) => None,
            Self::Hashed(hashed) => Some(&hashed.sha256),
        }
    }
}
