//! Authentication for the whole gateway. Secrets stay sealed here; they are opened in the call.

use gateshift_gateway_model::{AuthResource, AuthScheme, Authentication, MatchKind, Oidc};
use serde_json::{Value, json};

use super::Guard;

/// The class an authentication becomes; `None` for the provider's identity service.
#[must_use]
pub fn class(scheme: &AuthScheme) -> Option<Guard> {
    match scheme {
        AuthScheme::Jwt { .. } => Some(Guard::JwtAuth),
        AuthScheme::Oidc(_) => Some(Guard::OidcAuth),
        AuthScheme::Idaas(_) => None,
        AuthScheme::External(_) => Some(Guard::ExternalZAuth),
    }
}

/// The configuration. `domain` gives the target's id of a domain, `service` that of a service, by what
/// the source calls them.
#[must_use]
pub fn config(
    of: &Authentication,
    enable: bool,
    domain: &dyn Fn(&str) -> String,
    service: &dyn Fn(&str) -> String,
) -> Value {
    let mut config = match &of.scheme {
        AuthScheme::Jwt { issuer, subject, jwks, token } => json!({
            "issuer": issuer,
            "sub": subject,
            "jwks": jwks,
            "tokenName": token.name,
            "tokenNamePrefix": token.prefix,
            "tokenPosition": token.position,
            "tokenPass": token.pass,
        }),
        AuthScheme::Oidc(of) | AuthScheme::Idaas(of) => oidc(of),
        AuthScheme::External(of) => json!({
            "serviceId": service(&of.service),
            "prefixPath": of.prefix_path,
            "tokenKey": of.token_key,
            "timeout": of.timeout_seconds,
            "isRestrict": of.strict,
            "allowRequestHeaders": of.request_headers,
            "allowUpstreamHeaders": of.upstream_headers,
            "withRequestBody": of.with_body,
            "bodyMaxBytes": of.body_max_bytes,
            "withRematchRoute": of.rematch_route,
        }),
    };
    config["enable"] = json!(enable);
    config["isWhite"] = json!(of.white);
    config["authResources"] = of.resources.iter().map(|one| resource(one, domain)).collect();
    config
}

fn oidc(of: &Oidc) -> Value {
    json!({
        "issuer": of.issuer,
        "clientId": of.client_id,
        "clientSecret": of.client_secret.as_ref().map_or_else(|| json!(""), |secret| json!(secret)),
        "loginUrl": of.login_url,
        "redirectUrl": of.redirect_url,
        "cookieDomain": of.cookie_domain,
        "scopes": scopes(&of.scopes),
    })
}

/// Scopes: JSON in a text, or separated plainly.
fn scopes(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| {
        text.split([',', ' ', ';']).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    })
}

fn resource(of: &AuthResource, domain: &dyn Fn(&str) -> String) -> Value {
    json!({
        "domainId": domain(&of.domain),
        "domainName": of.domain,
        "path": of.path,
        "matchType": match of.kind {
            MatchKind::Exact => "EQUAL",
            MatchKind::Prefix => "PRE",
            MatchKind::Regex => "ERGULAR",
        },
        "ignoreCase": of.ignore_case,
    })
}
