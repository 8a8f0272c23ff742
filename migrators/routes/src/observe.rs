//! What the target has that a plan could meet. Reads only, by lists, so that the number of calls does
//! not grow with the number of objects.

use std::collections::BTreeMap;

use gateshift_apig::convert::policy::{ON_ROUTE, ON_SERVICE};
use gateshift_apig::wire::{
    ApiView, CertificateView, DomainView, PolicyClassView, PolicyView, RouteView, ServiceView, SourceView,
};
use gateshift_apig::{Client, convert};
use gateshift_gateway_model::{Domain, Inventory};
use gateshift_sdk::api::CallFailure;
use gateshift_sdk::model::StepError;

/// The target as it was when the plan was made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observed {
    /// Domains of the inventory that exist in the account, in detail, by name.
    pub(crate) domains: BTreeMap<String, DomainView>,
    /// Certificates of the account.
    pub(crate) certificates: Vec<CertificateView>,
    /// Sources of the gateway.
    pub(crate) sources: Vec<SourceView>,
    /// Services of the gateway.
    pub(crate) services: Vec<ServiceView>,
    /// APIs of the name that the plan wants.
    pub(crate) apis: Vec<ApiView>,
    /// Names of other APIs of the gateway.
    pub(crate) other_apis: Vec<String>,
    /// Routes of the API.
    pub(crate) routes: Vec<RouteView>,
    /// Policies on routes and services of the gateway.
    pub(crate) policies: Vec<PolicyView>,
    /// Policy classes.
    pub(crate) classes: Vec<PolicyClassView>,
    /// What the target says to a domain named `*`.
    pub(crate) star: Star,
}

/// What is known about a domain named `*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Star {
    /// Nothing was asked, or the answer says nothing about it.
    #[default]
    Unknown,
    /// It would be accepted.
    Accepted,
    /// It would be refused, with the reason.
    Refused(String),
}

/// Reads the target.
pub(crate) async fn observe(
    client: &Client<'_>,
    inventory: &Inventory,
    api: &str,
) -> Result<Observed, StepError> {
    let mut observed = Observed {
        certificates: client.certificates().await?,
        sources: client.sources().await?,
        services: client.services(None).await?,
        apis: client.apis_named(api).await?,
        classes: client.policy_classes().await?,
        ..Observed::default()
    };
    for one in client.domains().await? {
        let name = one.name.to_ascii_lowercase();
        let wanted = inventory.domains.iter().any(|domain| domain.name.eq_ignore_ascii_case(&name));
        if wanted && let Some(detail) = client.domain(&one.domain_id).await? {
            observed.domains.insert(name, detail);
        }
    }
    let others = client.apis_of_gateway().await?.into_iter().map(|one| one.name);
    observed.other_apis = others.filter(|name| name != api).collect();
    if let [one] = observed.apis.as_slice() {
        observed.routes = client.routes(&one.http_api_id, None).await?;
        observed.policies = client.policies(ON_ROUTE, None).await?;
    }
    if !observed.services.is_empty() {
        observed.policies.extend(client.policies(ON_SERVICE, None).await?);
    }
    let star = inventory.domains.iter().find(|domain| domain.name == "*");
    if let Some(star) = star.filter(|_| !observed.domains.contains_key("*")) {
        observed.star = ask_for_star(client, star).await;
    }
    Ok(observed)
}

/// A failed question is no answer; then the write itself will tell.
async fn ask_for_star(client: &Client<'_>, domain: &Domain) -> Star {
    match client.try_domain(&convert::domain::body(domain)).await {
        Ok(()) => Star::Accepted,
        Err(failure) if gateshift_apig::refused_parameter(&failure) => match failure {
            CallFailure::Refused { code, message, .. } => Star::Refused(format!("{code}: {message}")),
            other => Star::Refused(other.to_string()),
        },
        Err(_) => Star::Unknown,
    }
}
