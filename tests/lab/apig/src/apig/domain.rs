//! Domains: objects of the account, not of a gateway, with names that are unique in it.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::state::{Cx, State};
use super::{certificate, reply, token};
use crate::params::{fits, fits_part, flag, text};

const LONGEST_NAME: usize = 128;
const TLS_VERSIONS: [&str; 4] = ["TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"];

/// A domain.
#[derive(Debug)]
pub(crate) struct Domain {
    pub(crate) name: String,
    pub(crate) spec: Spec,
    /// Set for the sub-domain of a gateway's environment, which comes and goes with the gateway.
    pub(crate) gateway_id: Option<String>,
    created_ms: i64,
    updated_ms: i64,
}

/// What of a domain can be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Spec {
    pub(crate) domain_scope: Option<String>,
    #[serde(default)]
    pub(crate) protocol: String,
    pub(crate) force_https: Option<bool>,
    pub(crate) cert_identifier: Option<String>,
    ca_cert_identifier: Option<String>,
    #[serde(rename = "clientCACert")]
    client_ca_cert: Option<String>,
    #[serde(rename = "mTLSEnabled")]
    m_tls_enabled: Option<bool>,
    http2_option: Option<String>,
    tls_min: Option<String>,
    tls_max: Option<String>,
    tls_cipher_suites_config: Option<Value>,
    resource_group_id: Option<String>,
}

impl Domain {
    /// The sub-domain that a gateway's environment gets.
    pub(crate) fn of_environment(gateway_id: &str, name: &str, now: i64) -> Self {
        let spec = Spec {
            domain_scope: Some("Dedicated".to_owned()),
            protocol: "HTTP".to_owned(),
            force_https: Some(false),
            cert_identifier: None,
            ca_cert_identifier: None,
            client_ca_cert: None,
            m_tls_enabled: Some(false),
            http2_option: Some("GlobalConfig".to_owned()),
            tls_min: None,
            tls_max: None,
            tls_cipher_suites_config: None,
            resource_group_id: None,
        };
        Self {
            name: name.to_owned(),
            spec,
            gateway_id: Some(gateway_id.to_owned()),
            created_ms: now,
            updated_ms: now,
        }
    }
}

/// `CreateDomain`.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    token::once(cx, state, call, |cx, state, call| {
        let name = checked_name(cx, text(&call.body, "name"))?;
        if text(&call.body, "gatewayType").is_some_and(|kind| kind != "API") {
            return Err(reply::bad("gatewayType", "the lab serves API only"));
        }
        let spec = checked(cx, reply::read(&call.body)?)?;
        if let Some((id, _)) = state.domains.iter().find(|(_, domain)| domain.name == name) {
            return Err(reply::conflict("DomainExisted", format!("domain {name} exists already as {id}")));
        }
        if flag(&call.query, "dryRun") == Some(true) {
            return reply::ok(json!({}));
        }
        let id = state.domains.add(Domain {
            name,
            spec,
            gateway_id: None,
            created_ms: cx.now,
            updated_ms: cx.now,
        });
        state.count("domain");
        reply::ok(json!({ "domainId": id }))
    })
}

fn checked_name(cx: &Cx<'_>, name: Option<&str>) -> Result<String, ApiError> {
    let name = name.ok_or_else(|| reply::missing("name"))?.to_ascii_lowercase();
    if name == "*" {
        if cx.options.accept_star_domain {
            return Ok(name);
        }
        return Err(reply::bad("name", "a domain that stands for all names is not allowed"));
    }
    let host = name.strip_prefix("*.").unwrap_or(&name);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > LONGEST_NAME || !host.contains('.') || !host.split('.').all(label) {
        return Err(reply::bad("name", format!("{name} is no domain name")));
    }
    Ok(name)
}

/// The rules that depend on more than one field; fills in defaults.
fn checked(cx: &Cx<'_>, mut spec: Spec) -> Result<Spec, ApiError> {
    match spec.domain_scope.as_deref() {
        None => spec.domain_scope = Some("Dedicated".to_owned()),
        Some("Dedicated") => {}
        Some(other) => return Err(reply::bad("domainScope", format!("{other} needs a serverless gateway"))),
    }
    match spec.protocol.as_str() {
        "" => return Err(reply::missing("protocol")),
        "HTTP" => spec.force_https = Some(spec.force_https.unwrap_or(false)),
        "HTTPS" => {
            spec.force_https.ok_or_else(|| reply::missing("forceHttps"))?;
            let identifier = spec.cert_identifier.as_deref().filter(|id| !id.is_empty());
            let identifier = identifier.ok_or_else(|| reply::missing("certIdentifier"))?;
            if !certificate::exists(cx, identifier) {
                return Err(reply::bad("certIdentifier", format!("there is no certificate {identifier}")));
            }
        }
        other => return Err(reply::bad("protocol", format!("{other} is not one of HTTP, HTTPS"))),
    }
    if spec.m_tls_enabled == Some(true) && spec.client_ca_cert.as_deref().unwrap_or_default().is_empty() {
        return Err(reply::missing("clientCACert"));
    }
    match spec.http2_option.as_deref() {
        None => spec.http2_option = Some("GlobalConfig".to_owned()),
        Some("GlobalConfig" | "Open" | "Close") => {}
        Some(other) => {
            return Err(reply::bad(
                "http2Option",
                format!("{other} is not one of GlobalConfig, Open, Close"),
            ));
        }
    }
    spec.m_tls_enabled = Some(spec.m_tls_enabled.unwrap_or(false));
    spec.tls_min = tls_version("tlsMin", spec.tls_min.as_deref())?;
    spec.tls_max = tls_version("tlsMax", spec.tls_max.as_deref())?;
    if let (Some(min), Some(max)) = (&spec.tls_min, &spec.tls_max)
        && min > max
    {
        return Err(reply::bad("tlsMax", format!("{max} is below tlsMin {min}")));
    }
    Ok(spec)
}

/// `TLS 1.2`, `TLS1.2` and `TLSv1.2` mean the same.
fn tls_version(parameter: &str, value: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let digits = value.trim_start_matches("TLS").trim_start_matches('v').trim();
    let normal = format!("TLS {digits}");
    if TLS_VERSIONS.contains(&normal.as_str()) {
        return Ok(Some(normal));
    }
    Err(reply::bad(parameter, format!("{value} is not one of {}", TLS_VERSIONS.join(", "))))
}

fn find<'a>(state: &'a State, id: &str) -> Result<&'a Domain, ApiError> {
    state.domains.get(id).ok_or_else(|| reply::gone("Domain", id))
}

/// `UpdateDomain`: everything but the name, as a whole.
pub(crate) fn update(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "domainId")?.to_owned();
    if find(state, &id)?.gateway_id.is_some() {
        return Err(reply::detail(format!("domain {id} belongs to an environment and cannot be changed")));
    }
    let mut spec: Spec = reply::read(&call.body)?;
    if spec.domain_scope.is_none() {
        spec.domain_scope.clone_from(&find(state, &id)?.spec.domain_scope);
    }
    let spec = checked(cx, spec)?;
    if let Some(domain) = state.domains.get_mut(&id) {
        let group = domain.spec.resource_group_id.take();
        domain.spec = Spec { resource_group_id: group, ..spec };
        domain.updated_ms = cx.now;
    }
    reply::ok(json!({}))
}

/// `DeleteDomain`: refused while a route uses it.
pub(crate) fn delete(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "domainId")?;
    let domain = find(state, id)?;
    if domain.gateway_id.is_some() {
        return Err(reply::detail(format!(
            "domain {id} belongs to an environment and goes with its gateway"
        )));
    }
    if let Some((_, route)) = state.routes.iter().find(|(_, route)| route.uses_domain(id)) {
        return Err(reply::conflict(
            "DomainInUse",
            format!("domain {} is used by route {}; change that first", domain.name, route.name),
        ));
    }
    state.domains.remove(id);
    state
        .attachments
        .remove_where(|one| one.kind == "Domain" && one.resource_ids.iter().any(|target| target == id));
    reply::done()
}

/// `GetDomain`. `notAfterTimstamp` and `updatetimestamp` are the real names.
pub(crate) fn get(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "domainId")?;
    let domain = find(state, id)?;
    let mut view = serde_json::to_value(&domain.spec).unwrap_or_default();
    let more = json!({
        "domainId": id,
        "name": domain.name,
        "default": domain.gateway_id.is_some(),
        "createFrom": "OpenAPI",
        "createTimestamp": domain.created_ms,
        "updatetimestamp": domain.updated_ms,
    });
    if let (Value::Object(view), Value::Object(more)) = (&mut view, more) {
        view.extend(more);
        let certificate = domain.spec.cert_identifier.as_deref().map(|one| certificate::of_domain(cx, one));
        if let Some(Value::Object(certificate)) = certificate {
            view.extend(certificate);
        }
    }
    if flag(&call.query, "withStatistics") == Some(true) {
        let routes = state.routes.iter().filter(|(_, route)| route.uses_domain(id)).count();
        view["statisticsInfo"] = json!({
            "totalCount": routes.to_string(),
            "resourceStatistics": [{"resourceType": "HttpApiRoute", "resourceCount": routes}],
        });
    }
    reply::ok(view)
}

/// `ListDomains`: without the environments' own sub-domains.
pub(crate) fn list(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let bound = |gateway: &str, id: &str| {
        state.routes.iter().any(|(_, route)| {
            route.uses_domain(id)
                && state.gateways.get(gateway).is_some_and(|one| one.environment_id == route.environment_id)
        })
    };
    let items: Vec<Value> = state
        .domains
        .iter()
        .filter(|(id, domain)| {
            domain.gateway_id.is_none()
                && fits_part(query, "nameLike", &domain.name)
                && fits(query, "domainScope", domain.spec.domain_scope.as_deref().unwrap_or_default())
                && fits(query, "gatewayType", "API")
                && fits(
                    query,
                    "resourceGroupId",
                    domain.spec.resource_group_id.as_deref().unwrap_or_default(),
                )
                && text(query, "gatewayId").is_none_or(|gateway| bound(gateway, id))
        })
        .map(|(id, domain)| in_list(id, domain))
        .collect();
    reply::page(call, &items)
}

fn in_list(id: &str, domain: &Domain) -> Value {
    let spec = &domain.spec;
    json!({
        "domainId": id,
        "name": domain.name,
        "protocol": spec.protocol,
        "forceHttps": spec.force_https,
        "certIdentifier": spec.cert_identifier,
        "clientCACert": spec.client_ca_cert,
        "mTLSEnabled": spec.m_tls_enabled,
        "domainScope": spec.domain_scope,
        "tlsMin": spec.tls_min,
        "tlsMax": spec.tls_max,
        "resourceGroupId": spec.resource_group_id,
        "createFrom": "OpenAPI",
        "createTimestamp": domain.created_ms,
        "updateTimestamp": domain.updated_ms,
    })
}
