//! Ids as types, so that a step's name is never passed where a connection's is due.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A run: a time-ordered UUID (version 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub Uuid);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Position of an event in its run, counted from 1.
pub type Seq = u64;

/// Number of an ownership of a run, counted from 1; each takeover adds one.
pub type Generation = u64;

/// A name that is not `[a-z][a-z0-9_-]*` of at most 63 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name: use a lower-case letter, then lower-case letters, digits, `-` or `_`, at most 63 in all"
)]
pub struct InvalidName(pub String);

/// Whether a text is a plain name.
fn is_plain(text: &str) -> bool {
    let mut letters = text.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_lowercase());
    let goes_on = letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
    begins && goes_on && text.len() <= 63
}

/// Whether a text is a plain name, or one with the value in brackets that the step was made for: `routes[gw-1]`.
fn is_step(text: &str) -> bool {
    let Some((name, value)) = text.strip_suffix(']').and_then(|text| text.split_once('[')) else {
        return is_plain(text);
    };
    let fits = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    is_plain(name) && fits && (1..=63).contains(&value.len())
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl $type {
            /// Checks the spelling.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                if $check(&text) { Ok(Self(text)) } else { Err(InvalidName(text)) }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(source)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

name! {
    /// A step of a workflow. One that was made for a value of a list has it in brackets behind its name.
    StepName, is_step
}
name! {
    /// A migrator, as `uses:` names it.
    MigratorName, is_plain
}
name! {
    /// A connection of a workflow.
    ConnectionName, is_plain
}

/// Stable key of an operation inside its step: `route/orders-list`. Part of the durable contract
/// of the migrator that made it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationKey(String);

impl OperationKey {
    /// A key from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::StepName;

    #[test]
    fn names_are_checked() {
        for good in ["a", "assess", "step-2", "a_b", "routes[gw-1]", "a[Gw_1.x]"] {
            assert_eq!(StepName::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "2a",
            "A",
            "a b",
            "-a",
            "ü",
            "a[]",
            "a[b",
            "a]",
            "[b]",
            "a[b]c",
            "a[b c]",
            "A[b]",
            &"a".repeat(64),
        ] {
            assert!(StepName::new(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<StepName>("\"No\"").is_err());
    }
}
