//! Variants: what a source gateway has, how the steps are set, and what has to become of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Files of variants; each has a test of its own, so that they run side by side.
pub const FILES: &[(&str, &str)] = &[
    ("sources", include_str!("../data/variants/sources.yaml")),
    ("services", include_str!("../data/variants/services.yaml")),
    ("plugins", include_str!("../data/variants/plugins.yaml")),
    ("security", include_str!("../data/variants/security.yaml")),
    ("parameters", include_str!("../data/variants/parameters.yaml")),
    ("routes", include_str!("../data/variants/routes.yaml")),
    ("gateway", include_str!("../data/variants/gateway.yaml")),
    ("traffic", include_str!("../data/variants/traffic.yaml")),
    ("beside", include_str!("../data/variants/beside.yaml")),
];

/// A gateway and what has to become of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Rows (`table/id`) and codes that it shows.
    pub shows: Vec<String>,
    /// What the scenario has beside the minimal gateway.
    #[serde(default)]
    pub source: Map<String, Value>,
    /// Settings by step.
    #[serde(default)]
    pub with: BTreeMap<String, Map<String, Value>>,
    /// How the lab's products behave where their documentation leaves it open.
    #[serde(default)]
    pub behaviour: Map<String, Value>,
    /// It shows only when it is run: planning alone cannot ask or do what it takes.
    #[serde(default)]
    pub run: bool,
    /// The target gateway is there before.
    #[serde(default)]
    pub there: bool,
    /// What the keeper of alert rules answers, by action, `{gateway}` for the source; none is there when left
    /// out.
    #[serde(default)]
    pub alerts: Map<String, Value>,
    /// Calls to the lab's products before anything is planned.
    #[serde(default)]
    pub before: Vec<Call>,
    /// Changes to what the source answers, for what the lab's source cannot be brought to show.
    #[serde(default)]
    pub answers: Vec<Patch>,
    /// Findings that there have to be.
    #[serde(default)]
    pub finds: Vec<Expected>,
    /// Codes of grave findings that follow from the ones above.
    #[serde(default)]
    pub entails: Vec<String>,
    /// Beginnings of warnings that the steps of a run have to end with.
    #[serde(default)]
    pub warns: Vec<String>,
    /// Operations that there have to be.
    #[serde(default)]
    pub makes: Vec<Made>,
    /// Objects that the target has to have after a whole run.
    #[serde(default)]
    pub arrives: Vec<Arrival>,
}

/// A finding that there has to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Step that finds it.
    pub step: String,
    /// Its code.
    pub code: String,
    /// Its severity.
    pub severity: String,
    /// Its object.
    pub object: String,
    /// What its message has to name: the routes it touches, for instance.
    #[serde(default)]
    pub names: Vec<String>,
}

/// An operation that there has to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Step that plans it.
    pub step: String,
    /// Key of the operation.
    pub key: String,
    /// What it has to hold.
    #[serde(default)]
    pub has: Value,
}

/// An object that the target has to have.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// Kind of object in the lab's state.
    pub among: String,
    /// What it has to hold.
    pub has: Value,
}

/// A call to a product of the lab.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Call {
    /// To the target gateway's product.
    Rest {
        /// Method.
        method: String,
        /// Path and query; `{target}` stands for the gateway that is there.
        path: String,
        /// Body.
        #[serde(default)]
        body: Value,
    },
    /// To the name service.
    Dns {
        /// Action.
        dns: String,
        /// Query; `{source}` stands for the source's address.
        query: String,
    },
}

/// A change to an answer of the source, made in a snapshot.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Action that answers.
    pub action: String,
    /// What it is asked about; anything when left out.
    #[serde(default)]
    pub about: Option<String>,
    /// JSON pointer into the answer.
    pub at: String,
    /// New value.
    pub to: Value,
}

impl Variant {
    /// Whether it has a place in the whole run.
    #[must_use]
    pub fn runs(&self) -> bool {
        !self.arrives.is_empty()
    }

    /// A name for messages.
    #[must_use]
    pub fn name(&self) -> String {
        self.shows.join(" + ")
    }
}

/// The variants of a file.
///
/// # Panics
/// When there is no such file, or it is broken.
#[must_use]
pub fn of_file(name: &str) -> Vec<Variant> {
    let (_, text) = FILES.iter().find(|(file, _)| *file == name).unwrap();
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("variants/{name}.yaml: {error}"))
}

/// Every variant.
#[must_use]
pub fn all() -> Vec<Variant> {
    FILES.iter().flat_map(|(name, _)| of_file(name)).collect()
}
