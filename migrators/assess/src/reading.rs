//! The source as it was read: now, or from a snapshot of an earlier reading. A snapshot holds the
//! answers themselves, secrets sealed: reading them again gives the same inventory, and a later version
//! may understand more of them.

use std::collections::BTreeSet;

use gateshift_gateway_model::Inventory;
use gateshift_mse::{Answers, Read, fetch, read};
use gateshift_sdk::api::{Host, LogLevel};
use gateshift_sdk::model::{ArtifactRef, StepError};
use serde::{Deserialize, Serialize};

/// Role of the connection to the source.
pub(crate) const SOURCE: &str = "source";

/// Answers of a source, kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`Snapshot::FORMAT`] of the writer.
    pub format: u32,
    /// Id of the gateway.
    pub gateway: String,
    /// Its region.
    pub region: String,
    /// When reading began, milliseconds since the Unix epoch.
    pub taken_at: i64,
    /// The answers, secrets sealed.
    pub answers: Answers,
}

impl Snapshot {
    /// The format of snapshots; a reader refuses a newer one.
    pub const FORMAT: u32 = 1;
    /// Name of the artifact.
    pub const NAME: &'static str = "snapshot";

    /// The answers from which an inventory was read.
    #[must_use]
    pub fn of(inventory: &Inventory, answers: Answers) -> Self {
        Self {
            format: Self::FORMAT,
            gateway: inventory.origin.gateway.clone(),
            region: inventory.origin.region.clone(),
            taken_at: inventory.taken_at,
            answers,
        }
    }

    /// Reads a snapshot from its bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, StepError> {
        let unreadable = |message: String| {
            StepError::permanent("GS-SNAPSHOT", message)
                .with_hint("give a file that `gateshift snapshot` of this version wrote")
        };
        let snapshot: Self = serde_json::from_slice(bytes)
            .map_err(|error| unreadable(format!("the snapshot cannot be read: {error}")))?;
        if snapshot.format == Self::FORMAT {
            return Ok(snapshot);
        }
        let (found, known) = (snapshot.format, Self::FORMAT);
        Err(unreadable(format!("the snapshot has format {found}, and this version reads {known}")))
    }

    /// What the answers say.
    #[must_use]
    pub fn read(&self) -> Read {
        read(&self.answers, &self.gateway, self.taken_at)
    }
}

/// Answers with what they say.
pub(crate) struct Reading {
    /// Empty when the run holds them already.
    pub(crate) answers: Answers,
    pub(crate) read: Read,
}

impl Reading {
    /// From a snapshot that the run holds.
    pub(crate) async fn kept(
        host: &dyn Host,
        snapshot: &ArtifactRef,
        gateway: &str,
    ) -> Result<Self, StepError> {
        let bytes = host.get_artifact(snapshot).await?;
        let snapshot = Snapshot::parse(&bytes)?;
        drop(bytes);
        if snapshot.gateway != gateway {
            let message = format!("the snapshot is of `{}`, and `{gateway}` is meant", snapshot.gateway);
            return Err(StepError::permanent("GS-SNAPSHOT", message)
                .with_hint("give the snapshot of this gateway, or name the other gateway"));
        }
        Ok(Self { answers: Answers::default(), read: snapshot.read() })
    }

    /// Reads until routes name only what the lists hold, at most twice: a list without pages and without a
    /// total may have been answered in part, and only the routes tell. What is missing both times is really
    /// missing, and blocks later, by name.
    pub(crate) async fn fresh(host: &dyn Host, gateway: &str) -> Result<Self, StepError> {
        let taken_at = host.now().0;
        let answers = fetch(host, SOURCE, gateway).await?;
        let first = read(&answers, gateway, taken_at);
        let Some(missing) = dangling(&first.inventory) else {
            return Ok(Self { answers, read: first });
        };
        drop((answers, first));
        host.log(LogLevel::Warn, &format!("{missing}; reading the source once more"));
        let answers = fetch(host, SOURCE, gateway).await?;
        let read = read(&answers, gateway, taken_at);
        Ok(Self { answers, read })
    }
}

/// The first domain or service that a route names and no list holds.
fn dangling(inventory: &Inventory) -> Option<String> {
    let domains: BTreeSet<&str> = inventory.domains.iter().map(|one| one.name.as_str()).collect();
    let services: BTreeSet<&str> = inventory.services.iter().map(|one| one.id.as_str()).collect();
    inventory.routes.iter().find_map(|route| {
        let domain = route.domains.iter().find(|name| !domains.contains(name.as_str()));
        let service = route.targets().find(|target| !services.contains(target.service.as_str()));
        match (domain, service) {
            (Some(name), _) => {
                Some(format!("route `{}` names domain `{name}`, which the source did not list", route.name))
            }
            (None, Some(target)) => Some(format!(
                "route `{}` leads to service `{}`, which the source did not list",
                route.name, target.name
            )),
            (None, None) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::dangling;
    use crate::judge::tests::inventory;

    #[test]
    fn what_routes_name_and_no_list_holds_is_noticed() {
        let whole = inventory();
        assert_eq!(dangling(&whole), None);
        let mut less = whole.clone();
        less.services.retain(|service| service.name != "used");
        assert!(dangling(&less).is_some_and(|text| text.contains("service `used`")));
        let mut more = whole;
        more.routes[0].domains.push("a.example.com".to_owned());
        assert!(dangling(&more).is_some_and(|text| text.contains("domain `a.example.com`")));
    }
}
