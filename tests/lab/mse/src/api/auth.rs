//! Authentication for the whole gateway. Only the detail has the resources.

use serde_json::{Value, json};

use super::page;
use super::reply::{Refusal, Reply, data};
use super::request::Request;
use super::services;
use crate::scenario::{AuthKind, External, PathKind};
use crate::state::{Authentication, Gateway, State};
use crate::times;

/// What the API shows in place of a secret that it does not tell.
const MASK: &str = "******";

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let mut rows: Vec<&Authentication> =
        gateway.authentications.iter().filter(|auth| wanted(auth, request)).collect();
    page::sort(request, &mut rows, |auth| auth.created_ms);
    page::page(request, &rows, |auth| common(gateway, auth))
}

fn wanted(auth: &Authentication, request: &Request<'_>) -> bool {
    request.filter_text("Name").is_none_or(|want| auth.spec.name.contains(want))
        && request.filter_text("Type").is_none_or(|want| want == kind(auth.spec.kind))
        && request.filter_flag("IsWhite").is_none_or(|want| want == auth.spec.white)
        && request.filter_flag("Status").is_none_or(|want| want == auth.spec.enabled)
}

pub(crate) fn detail(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let id = request.id("Id")?;
    let auth = gateway
        .authentications
        .iter()
        .find(|auth| auth.id == id)
        .ok_or_else(|| Refusal::missing(format!("authentication {id} does not exist")))?;
    let mut row = common(gateway, auth);
    row["AuthResourceConfig"] = auth.spec.resource_config.as_str().into();
    row["ResourceList"] = resources(gateway, auth);
    data(row)
}

fn common(gateway: &Gateway, auth: &Authentication) -> Value {
    let spec = &auth.spec;
    let mut row = json!({
        "AuthResourceMode": i64::from(!spec.resource_config.is_empty()),
        "GatewayId": gateway.id,
        "GatewayUniqueId": gateway.spec.id,
        "GmtCreate": times::iso(auth.created_ms),
        "GmtModified": times::iso(auth.created_ms),
        "Id": auth.id,
        "IsWhite": spec.white,
        "Name": spec.name,
        "Status": spec.enabled,
        "Type": kind(spec.kind),
    });
    match spec.kind {
        AuthKind::Jwt => {
            row["Issuer"] = spec.issuer.as_str().into();
            row["Sub"] = spec.subject.as_str().into();
            row["Jwks"] = spec.jwks.as_str().into();
            row["TokenName"] = spec.token.header.as_str().into();
            row["TokenNamePrefix"] = spec.token.prefix.as_str().into();
            row["TokenPass"] = spec.token.pass.into();
            row["TokenPosition"] = "HEADER".into();
        }
        AuthKind::Oidc | AuthKind::Idaas => {
            let secret = if spec.masked { MASK } else { &spec.client_secret };
            row["Issuer"] = spec.issuer.as_str().into();
            row["ClientId"] = spec.client_id.as_str().into();
            row["ClientSecret"] = secret.into();
            row["LoginUrl"] = spec.login_url.as_str().into();
            row["RedirectUrl"] = spec.redirect_url.as_str().into();
            row["CookieDomain"] = spec.cookie_domain.as_str().into();
            row["ScopesList"] = json!(spec.scopes).to_string().into();
        }
        AuthKind::External => {
            if let Some(of) = &spec.external {
                row["ExternalAuthZ"] = external(gateway, of);
            }
        }
    }
    row
}

fn kind(kind: AuthKind) -> &'static str {
    match kind {
        AuthKind::Jwt => "JWT",
        AuthKind::Oidc => "OIDC",
        AuthKind::Idaas => "IDaaS",
        AuthKind::External => "ExternalAuthZ",
    }
}

fn external(gateway: &Gateway, of: &External) -> Value {
    let mut row = json!({
        "AllowRequestHeaders": of.request_headers,
        "AllowUpstreamHeaders": of.upstream_headers,
        "IsRestrict": of.strict,
        "PrefixPath": of.path,
        "Timeout": of.timeout,
        "TokenKey": of.header,
        "WithRematchRoute": of.rematch,
        "WithRequestBody": of.body_bytes.is_some(),
    });
    if let Some(bytes) = of.body_bytes {
        row["BodyMaxBytes"] = bytes.into();
    }
    if let Some(service) = gateway.service_named(&of.service) {
        row["ServiceId"] = service.id.into();
        row["Service"] = json!({
            "GroupName": service.spec.group,
            "Name": service.spec.name,
            "Namespace": service.spec.namespace,
            "SourceType": services::source_type(service.spec.kind),
        });
    }
    row
}

fn resources(gateway: &Gateway, auth: &Authentication) -> Value {
    let rows = (auth.resource_ids..).zip(&auth.spec.resources).map(|(id, resource)| {
        let headers: Vec<Value> = resource
            .headers
            .iter()
            .map(|header| {
                json!({ "HeaderKey": header.name, "HeaderMethod": header.op, "HeaderValue": header.value })
            })
            .collect();
        let mut row = json!({
            "AuthId": auth.id,
            "AuthResourceHeaderList": headers,
            "DomainName": resource.domain,
            "GatewayId": gateway.id,
            "GatewayUniqueId": gateway.spec.id,
            "GmtCreate": times::iso(auth.created_ms),
            "GmtModified": times::iso(auth.created_ms),
            "Id": id,
            "IgnoreCase": resource.ignore_case,
            "IsWhite": auth.spec.white,
            "MatchType": match resource.kind {
                PathKind::Exact => "EQUAL",
                PathKind::Prefix => "PRE",
                PathKind::Regex => "ERGULAR",
            },
            "Path": resource.path,
        });
        if let Some(domain) = gateway.domains.iter().find(|domain| domain.spec.name == resource.domain) {
            row["DomainId"] = domain.id.into();
        }
        row
    });
    rows.collect()
}
