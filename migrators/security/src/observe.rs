//! What the target has that a plan could meet. Secrets are sealed as they are read. Of a gateway that
//! does not exist yet only the account is read.

use std::collections::BTreeMap;

use gateshift_apig::Client;
use gateshift_apig::convert::policy::ON_ROUTE;
use gateshift_apig::convert::security::{ON_DOMAIN, ON_GATEWAY, consumer};
use gateshift_apig::wire::{PolicyClassView, PolicyView, RuleView};
use gateshift_gateway_model::Inventory;
use gateshift_sdk::model::{StepError, is_planned};
use serde_json::Value;

use crate::sealing;

/// A consumer that is there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    /// Id.
    pub(crate) id: String,
    /// In the spelling of requests, sealed.
    pub(crate) view: Value,
}

/// The target as it was when the plan was made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observed {
    /// Policy classes.
    pub(crate) classes: Vec<PolicyClassView>,
    /// Policies on the gateway, its domains and its routes, sealed.
    pub(crate) policies: Vec<PolicyView>,
    /// Consumers of the account that have the name of one of the source's.
    pub(crate) consumers: BTreeMap<String, Known>,
    /// Grants in the gateway's environment.
    pub(crate) rules: Vec<RuleView>,
}

/// Reads the target.
pub(crate) async fn observe(
    client: &Client<'_>,
    inventory: &Inventory,
    gateway: &str,
) -> Result<Observed, StepError> {
    let mut observed = Observed { classes: client.policy_classes().await?, ..Observed::default() };
    for one in &inventory.consumers {
        if let Some(known) = known(client, &one.name).await? {
            observed.consumers.insert(one.name.clone(), known);
        }
    }
    if is_planned(gateway) {
        return Ok(observed);
    }
    observed.policies = policies(client).await?;
    if !observed.consumers.is_empty() {
        observed.rules = client.rules(None, None).await?;
    }
    Ok(observed)
}

/// The consumer of a name.
pub(crate) async fn known(client: &Client<'_>, name: &str) -> Result<Option<Known>, StepError> {
    let Some(listed) = client.consumers_named(name).await?.into_iter().next() else { return Ok(None) };
    let Some(view) = client.consumer(&listed.consumer_id).await? else { return Ok(None) };
    let mut view = consumer::as_written(view);
    sealing::seal(client.host(), &mut view)?;
    Ok(Some(Known { id: listed.consumer_id, view }))
}

/// Every policy that says who may ask, each once.
pub(crate) async fn policies(client: &Client<'_>) -> Result<Vec<PolicyView>, StepError> {
    let mut found = BTreeMap::new();
    for kind in [ON_GATEWAY, ON_DOMAIN, ON_ROUTE] {
        for view in client.policies(kind, None).await? {
            found.insert(view.policy_id.clone(), sealing::seal_policy(client.host(), view)?);
        }
    }
    Ok(found.into_values().collect())
}
