//! What a route says, apart from its name and state: the part that is edited, published and served
//! as a whole.

use gateshift_lab_kernel::gateway::{PathMatch, ValueMatch};

use crate::scenario::Dubbo;

/// The content of a route.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    pub(crate) domains: Vec<i64>,
    pub(crate) path: PathMatch,
    pub(crate) methods: Vec<String>,
    pub(crate) headers: Vec<ValueMatch>,
    pub(crate) queries: Vec<ValueMatch>,
    pub(crate) action: Action,
    pub(crate) fallback: Vec<Target>,
    pub(crate) timeout_s: Option<u32>,
    pub(crate) retry: Option<Retry>,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Single(Vec<Target>),
    Multiple(Vec<Target>),
    Versions(Vec<Target>),
    Mock { status: u16, body: String },
    Redirect { status: u16, host: Option<String>, path: Option<String> },
}

impl Action {
    /// The API's word for it.
    pub(crate) fn destination_type(&self) -> &'static str {
        match self {
            Self::Single(_) => "Single",
            Self::Multiple(_) => "Multiple",
            Self::Versions(_) => "VersionOriented",
            Self::Mock { .. } => "Mock",
            Self::Redirect { .. } => "Redirect",
        }
    }

    /// The services it forwards to.
    pub(crate) fn targets(&self) -> &[Target] {
        match self {
            Self::Single(targets) | Self::Multiple(targets) | Self::Versions(targets) => targets,
            Self::Mock { .. } | Self::Redirect { .. } => &[],
        }
    }
}

/// A service as a destination.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) service: i64,
    pub(crate) version: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) weight: u32,
    pub(crate) dubbo: Option<Dubbo>,
}

/// Retries that were configured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retry {
    pub(crate) on: bool,
    pub(crate) attempts: u32,
    pub(crate) conditions: Vec<String>,
    pub(crate) codes: Vec<String>,
}
