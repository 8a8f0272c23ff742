//! The snapshot of a source gateway, coherent to one moment, with an account of every field read.

use std::collections::BTreeMap;

use gateshift_model::StepError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    AccessList, Authentication, Certificate, Consumer, Domain, Instance, Observability, Plugin, Route,
    Service, Source,
};

/// Format of [`Inventory`]; a reader refuses a newer one.
pub const FORMAT: u32 = 2;

/// Everything known of a source gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// When reading began, milliseconds since the Unix epoch.
    pub taken_at: i64,
    /// Where it was read.
    pub origin: Origin,
    /// The instance.
    pub instance: Instance,
    /// Domains.
    pub domains: Vec<Domain>,
    /// Certificates the domains use.
    pub certificates: Vec<Certificate>,
    /// Service sources.
    pub sources: Vec<Source>,
    /// Services.
    pub services: Vec<Service>,
    /// Routes, in ascending order of creation.
    pub routes: Vec<Route>,
    /// Black and white lists.
    #[serde(default)]
    pub access_lists: Vec<AccessList>,
    /// Authentication for the whole gateway.
    #[serde(default)]
    pub authentications: Vec<Authentication>,
    /// Consumers with their grants.
    #[serde(default)]
    pub consumers: Vec<Consumer>,
    /// Routes that ask for a consumer, by id.
    #[serde(default)]
    pub guarded_routes: Vec<String>,
    /// Plugins with their rules.
    #[serde(default)]
    pub plugins: Vec<Plugin>,
    /// Traces, logs, alerts.
    #[serde(default)]
    pub observability: Observability,
    /// Gateway parameters by the source's names, effective values.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// What became of every field of every answer.
    pub accounting: Accounting,
    /// The answers themselves, by content.
    pub raw: Vec<RawAnswer>,
}

/// Where an inventory was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Product such as `aliyun/mse`.
    pub product: String,
    /// Region.
    pub region: String,
    /// Id of the gateway.
    pub gateway: String,
}

/// The account of fields (invariant **full account**).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounting {
    /// Fields seen, counted by distinct path per answer kind.
    pub fields: u64,
    /// Those the tool knows what to do with.
    pub accounted: u64,
    /// The others; not empty stops the run.
    pub unknown: Vec<UnknownField>,
}

/// A field nobody accounts for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnknownField {
    /// Action that answered with it.
    pub action: String,
    /// Path in the answer, list positions as `[]`.
    pub path: String,
    /// Kind of JSON value.
    pub kind: String,
}

/// One answer of the source, kept as an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawAnswer {
    /// Action.
    pub action: String,
    /// What it was asked about (`gw-1`, `gw-1/route/17`).
    pub about: String,
    /// SHA-256 of its canonical JSON.
    pub digest: String,
}

impl Inventory {
    /// Reads an inventory from its artifact; one of a newer format is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, StepError> {
        let unreadable = |message: String| {
            StepError::permanent("GS-INVENTORY", message).with_hint(
                "it was made with another version; resume the run with that one, or start a new run",
            )
        };
        let inventory: Self = serde_json::from_slice(bytes)
            .map_err(|error| unreadable(format!("the inventory cannot be read: {error}")))?;
        if inventory.format != FORMAT {
            let found = inventory.format;
            return Err(unreadable(format!(
                "the inventory has format {found}, and this version reads {FORMAT}"
            )));
        }
        Ok(inventory)
    }

    /// The web application firewall looks at the requests of all routes.
    #[must_use]
    pub fn has_gateway_waf(&self) -> bool {
        let on = |value: &Value| value == true || value == "true";
        self.parameters.get("EnableWaf").is_some_and(on)
    }

    /// The service of that id.
    #[must_use]
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.id == id)
    }

    /// The domain of that name.
    #[must_use]
    pub fn domain(&self, name: &str) -> Option<&Domain> {
        self.domains.iter().find(|domain| domain.name == name)
    }
}
