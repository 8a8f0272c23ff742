//! What the target has that a plan could meet. Reads only, by lists, so that the number of calls does
//! not grow with the number of objects.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_apig::convert::policy::{ON_GATEWAY, ON_OPERATION, ON_ROUTE, ON_SERVICE};
use gateshift_apig::wire::{
    ApiView, CertificateView, DomainView, OperationView, PolicyClassView, PolicyView, QuotaView, RouteView,
    ServiceView, SourceView,
};
use gateshift_apig::{Client, convert};
use gateshift_gateway_model::{Domain, Inventory, Service, ServiceKind, TargetInstance};
use gateshift_sdk::api::CallFailure;
use gateshift_sdk::model::{StepError, is_planned};

use crate::settings::Settings;

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
    /// APIs of Ingress objects on the gateway, when they are asked for.
    pub(crate) ingress_apis: Vec<ApiView>,
    /// Routes of the API.
    pub(crate) routes: Vec<RouteView>,
    /// REST APIs that the settings name and that are there, with their operations, by name.
    pub(crate) rest: BTreeMap<String, (ApiView, Vec<OperationView>)>,
    /// Policies on routes and services of the gateway.
    pub(crate) policies: Vec<PolicyView>,
    /// Policy classes.
    pub(crate) classes: Vec<PolicyClassView>,
    /// Functions that the target can import, when any of the source's needs another name.
    pub(crate) functions: Vec<String>,
    /// What the target says to a domain named `*`.
    pub(crate) star: Star,
    /// How much the gateway may hold, or why it did not say so.
    pub(crate) quotas: Quotas,
}

/// What the gateway says about its quotas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Quotas {
    /// There is no gateway yet.
    #[default]
    NotYet,
    /// Its quotas.
    Told(Vec<QuotaView>),
    /// It could not be asked.
    Silent(String),
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

/// Reads the target. A gateway that is only planned has nothing yet; the account is read all the same.
pub(crate) async fn observe(
    client: &Client<'_>,
    inventory: &Inventory,
    target: &TargetInstance,
    settings: &Settings,
    api: &str,
) -> Result<Observed, StepError> {
    let mut observed = Observed {
        certificates: client.certificates().await?,
        apis: client.apis_named(api, "Http").await?,
        classes: client.policy_classes().await?,
        ..Observed::default()
    };
    let names: BTreeSet<String> =
        inventory.domains.iter().map(|domain| domain.name.to_ascii_lowercase()).collect();
    let hosts: BTreeSet<String> = settings.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    for one in client.domains().await? {
        let name = one.name.to_ascii_lowercase();
        if (names.contains(&name) || hosts.contains(&name))
            && let Some(detail) = client.domain(&one.domain_id).await?
        {
            observed.domains.insert(name, detail);
        }
    }
    if !is_planned(&target.gateway) && !is_planned(&target.environment) {
        gateway(client, inventory, (api, settings), &mut observed).await?;
    }
    let star = inventory.domains.iter().find(|domain| domain.name == "*");
    if let Some(star) = star.filter(|_| !observed.domains.contains_key("*")) {
        observed.star = ask_for_star(client, star).await;
    }
    Ok(observed)
}

/// What belongs to the gateway.
async fn gateway(
    client: &Client<'_>,
    inventory: &Inventory,
    (api, settings): (&str, &Settings),
    observed: &mut Observed,
) -> Result<(), StepError> {
    observed.quotas = match client.quotas().await {
        Ok(quotas) => Quotas::Told(quotas),
        Err(refused @ CallFailure::Refused { .. }) => Quotas::Silent(refused.to_string()),
        Err(other) => return Err(other.into()),
    };
    observed.sources = client.sources().await?;
    observed.services = client.services(None).await?;
    if settings.ingress {
        observed.ingress_apis = client.apis_of_gateway("HttpIngress").await?;
    }
    let mut others = client.apis_of_gateway("Http").await?;
    others.extend(client.apis_of_gateway("Rest").await?);
    let others = others.into_iter().map(|one| one.name);
    observed.other_apis = others.filter(|name| name != api && !settings.rest.contains_key(name)).collect();
    if let [one] = observed.apis.as_slice() {
        observed.routes = client.routes(&one.http_api_id, None).await?;
        observed.policies = client.policies(ON_ROUTE, None).await?;
    }
    for name in settings.rest.keys() {
        if let Some(api) = client.apis_named(name, "Rest").await?.into_iter().next() {
            let operations = client.operations(&api.http_api_id).await?;
            observed.rest.insert(name.clone(), (api, operations));
        }
    }
    if !observed.rest.is_empty() {
        observed.policies.extend(client.policies(ON_OPERATION, None).await?);
    }
    if !observed.services.is_empty() {
        observed.policies.extend(client.policies(ON_SERVICE, None).await?);
    }
    if inventory.has_gateway_waf() {
        observed.policies.extend(client.policies(ON_GATEWAY, None).await?);
    }
    let older = |service: &Service| matches!(&service.kind, ServiceKind::Function { service: Some(_), .. });
    if inventory.services.iter().any(older) {
        observed.functions = client.importable("FC3").await?;
    }
    Ok(())
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
