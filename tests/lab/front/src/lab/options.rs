//! How a lab is started.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gateshift_lab_apig::{Edition, Options};
use gateshift_lab_mse::{Scenario, generate_rich};
use serde::Deserialize;

use crate::faults::{FaultScript, Quota};
use crate::sign::Key;

/// Where the source account comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Account {
    /// Written down.
    Scenario(Box<Scenario>),
    /// Generated.
    Generated {
        /// Decides everything about it.
        seed: u64,
        /// How many routes.
        routes: usize,
    },
}

/// How the products behave where their documentation leaves it open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// The target gateway's product.
    pub target: Options,
    /// Edition that the zones of the account are hosted with.
    pub dns_edition: Edition,
}

impl Behaviour {
    /// Reads one from YAML or JSON.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| error.without_snippet().to_string())
    }
}

/// How a lab is started.
#[derive(Debug, Clone)]
pub struct LabOptions {
    /// The source account.
    pub account: Account,
    /// Lab seconds per second.
    pub speed: f64,
    /// File that takes every request and answer.
    pub record: Option<PathBuf>,
    /// File that takes the access log of the gateways.
    pub access_log: Option<PathBuf>,
    /// Trouble from the start.
    pub faults: FaultScript,
    /// Quotas by product (`mse`, `apig`, `alidns`, `vpc`, `ecs`, `cms`, `arms`, `sls`); none for those not named.
    pub quotas: BTreeMap<String, Quota>,
    /// A person sits at the console: what no call can do is done there by itself, like at the source.
    pub person: bool,
    /// Ports by server (the products, `prometheus`, `admin`); free ones for those not named.
    pub ports: BTreeMap<String, u16>,
    /// How the products behave.
    pub behaviour: Behaviour,
    /// Keys that are taken beside the lab's own, temporary ones for instance.
    pub more_keys: Vec<Key>,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self {
            account: Account::Generated { seed: 1, routes: 120 },
            speed: 60.0,
            record: None,
            access_log: None,
            faults: FaultScript::default(),
            quotas: BTreeMap::new(),
            person: false,
            ports: BTreeMap::new(),
            behaviour: Behaviour::default(),
            more_keys: Vec::new(),
        }
    }
}

impl Account {
    /// The account as a scenario.
    pub(crate) fn scenario(&self) -> Scenario {
        match self {
            Self::Scenario(scenario) => (**scenario).clone(),
            Self::Generated { seed, routes } => generate_rich(*seed, *routes),
        }
    }
}
