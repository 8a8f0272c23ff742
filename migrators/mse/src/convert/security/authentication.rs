//! Authentication for the whole gateway, from its detail.

use gateshift_gateway_model::{
    AuthResource, AuthScheme, Authentication, ExternalAuth, HeaderCondition, MatchKind, Oidc, TokenPlace,
};
use gateshift_sdk::model::Finding;
use serde_json::Value;

use super::{number, sealed, switch, switch_or_off, text, texts};
use crate::convert::unclear;
use crate::fetch::id_text;

/// An authentication.
pub(crate) fn authentication(detail: &Value, findings: &mut Vec<Finding>) -> Option<Authentication> {
    let object = format!("authentications/{}", detail["Name"].as_str().unwrap_or("?"));
    convert(detail).map_err(|message| findings.push(unclear(&object, message))).ok()
}

fn convert(detail: &Value) -> Result<Authentication, String> {
    let resource_config = Some(text(detail, "AuthResourceConfig")).filter(|text| !text.is_empty());
    let resource_mode = detail["AuthResourceMode"].as_i64();
    if resource_config.is_some() || resource_mode.is_some_and(|mode| mode != 0) {
        return Err(
            "its resources are described by a text of their own (AuthResourceConfig), whose meaning is not documented; list them one by one at the source"
                .to_owned(),
        );
    }
    let resources = detail["ResourceList"].as_array().into_iter().flatten();
    Ok(Authentication {
        id: id_text(&detail["Id"]),
        name: detail["Name"].as_str().filter(|name| !name.is_empty()).ok_or("it has no name")?.to_owned(),
        enabled: switch(&detail["Status"])
            .ok_or_else(|| format!("status {} is not known", detail["Status"]))?,
        white: detail["IsWhite"]
            .as_bool()
            .ok_or("it does not say whether the listed resources are free or the only checked ones")?,
        resource_mode,
        resource_config,
        resources: resources.map(resource).collect::<Result<_, _>>()?,
        scheme: scheme(detail)?,
    })
}

fn resource(item: &Value) -> Result<AuthResource, String> {
    let kind = match item["MatchType"].as_str().unwrap_or_default() {
        "EQUAL" => MatchKind::Exact,
        "PRE" => MatchKind::Prefix,
        "ERGULAR" | "REGULAR" => MatchKind::Regex,
        other => return Err(format!("match type `{other}` of a resource is not known")),
    };
    let header = |one: &Value| HeaderCondition {
        name: text(one, "HeaderKey"),
        method: text(one, "HeaderMethod"),
        value: text(one, "HeaderValue"),
    };
    let domain = text(item, "DomainName");
    if domain.is_empty() {
        return Err("a resource names no domain".to_owned());
    }
    Ok(AuthResource {
        domain,
        path: text(item, "Path"),
        kind,
        ignore_case: switch_or_off(item, "IgnoreCase")?,
        headers: item["AuthResourceHeaderList"].as_array().into_iter().flatten().map(header).collect(),
    })
}

fn scheme(detail: &Value) -> Result<AuthScheme, String> {
    Ok(match detail["Type"].as_str().unwrap_or_default() {
        "JWT" => AuthScheme::Jwt {
            issuer: text(detail, "Issuer"),
            subject: text(detail, "Sub"),
            jwks: sealed(detail, "Jwks").ok_or("its key set is empty or masked")?,
            token: TokenPlace {
                position: text(detail, "TokenPosition"),
                name: text(detail, "TokenName"),
                prefix: text(detail, "TokenNamePrefix"),
                pass: switch_or_off(detail, "TokenPass")?,
            },
        },
        "OIDC" => AuthScheme::Oidc(oidc(detail)),
        "IDaaS" | "IDAAS" => AuthScheme::Idaas(oidc(detail)),
        "ExternalAuthZ" => AuthScheme::External(external(&detail["ExternalAuthZ"])?),
        other => return Err(format!("type `{other}` is not known")),
    })
}

fn oidc(detail: &Value) -> Oidc {
    Oidc {
        issuer: text(detail, "Issuer"),
        client_id: text(detail, "ClientId"),
        client_secret: sealed(detail, "ClientSecret"),
        login_url: text(detail, "LoginUrl"),
        redirect_url: text(detail, "RedirectUrl"),
        cookie_domain: text(detail, "CookieDomain"),
        scopes: text(detail, "ScopesList"),
    }
}

fn external(of: &Value) -> Result<ExternalAuth, String> {
    if of["ServiceId"].is_null() {
        return Err("it names no service that decides".to_owned());
    }
    Ok(ExternalAuth {
        service: id_text(&of["ServiceId"]),
        prefix_path: text(of, "PrefixPath"),
        token_key: text(of, "TokenKey"),
        timeout_seconds: number(&of["Timeout"]).ok_or("it does not say how long the service may take")?,
        strict: switch_or_off(of, "IsRestrict")?,
        request_headers: texts(&of["AllowRequestHeaders"]),
        upstream_headers: texts(&of["AllowUpstreamHeaders"]),
        with_body: switch_or_off(of, "WithRequestBody")?,
        body_max_bytes: number(&of["BodyMaxBytes"]).unwrap_or(0),
        rematch_route: switch_or_off(of, "WithRematchRoute")?,
    })
}
