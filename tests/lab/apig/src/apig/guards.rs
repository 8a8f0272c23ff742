//! Who may ask, as a data plane needs it: lists of addresses, authentication for the whole gateway, and
//! the consumers of a route.

use gateshift_lab_kernel::gateway::{MatchKind, Target};
use gateshift_lab_kernel::policy::{
    AddressList, AuthResource, AuthScheme, Consumer, ConsumerAuth, Credential, GlobalAuth, Scope, TokenPlace,
};
use serde_json::Value;

use super::effects::list;
use super::policy::{Attachment, Policy};
use super::state::State;

/// Enabled policies of a gateway with where they are attached.
fn attached<'a>(state: &'a State, gateway: &'a str) -> impl Iterator<Item = (&'a Attachment, &'a Policy)> {
    let of_gateway = state.attachments.iter().filter(move |(_, one)| one.gateway_id == gateway);
    of_gateway
        .filter_map(|(_, one)| Some((one, state.policies.get(&one.policy_id)?)))
        .filter(|(_, policy)| policy.is_enabled())
}

/// Where resources of a type are, by the names that the data plane knows.
pub(crate) fn scope(state: &State, kind: &str, ids: &[String]) -> Option<Scope> {
    match kind {
        "Gateway" => Some(Scope::Gateway),
        "Domain" | "GatewayDomain" => {
            let names = ids.iter().filter_map(|id| state.domains.get(id)).map(|one| one.name.clone());
            Some(Scope::Domains(names.collect()))
        }
        "Operation" => {
            let names = ids.iter().filter_map(|id| state.operations.get(id));
            Some(Scope::Routes(names.map(|one| one.content.name.clone()).collect()))
        }
        "GatewayRoute" => {
            let names = ids.iter().filter_map(|id| state.routes.get(id)).map(|one| one.name.clone());
            Some(Scope::Routes(names.collect()))
        }
        "HttpApi" => {
            let routes = state.routes.iter().filter(|(_, route)| ids.contains(&route.api_id));
            let operations = state.operations.iter().filter(|(_, one)| ids.contains(&one.api_id));
            let names = routes.map(|(_, route)| &route.name);
            Some(Scope::Routes(names.chain(operations.map(|(_, one)| &one.content.name)).cloned().collect()))
        }
        _ => None,
    }
}

/// The lists of addresses in force.
pub(crate) fn lists(state: &State, gateway: &str) -> Vec<AddressList> {
    attached(state, gateway)
        .filter(|(_, policy)| policy.class == "IpAccessControl")
        .filter_map(|(attachment, policy)| {
            let config = &policy.config;
            Some(AddressList {
                scope: scope(state, &attachment.kind, &attachment.resource_ids)?,
                white: text(config, "type").eq_ignore_ascii_case("White"),
                networks: list(config, "content"),
                layer4: text(config, "protocolLayer").eq_ignore_ascii_case("L4"),
            })
        })
        .collect()
}

/// The authentications in force for the whole gateway.
pub(crate) fn authentications(state: &State, gateway: &str) -> Vec<GlobalAuth> {
    attached(state, gateway)
        .filter_map(|(_, policy)| {
            let config = &policy.config;
            let resources = config.get("authResources").and_then(Value::as_array);
            Some(GlobalAuth {
                name: policy.name.clone(),
                white: config.get("isWhite").and_then(Value::as_bool).unwrap_or(true),
                resources: resources.into_iter().flatten().map(|one| resource(state, one)).collect(),
                scheme: scheme(state, policy)?,
            })
        })
        .collect()
}

fn scheme(state: &State, policy: &Policy) -> Option<AuthScheme> {
    let owned = |name: &str| text(&policy.config, name).to_owned();
    match policy.class.as_str() {
        "JWTAuth" => Some(AuthScheme::Jwt {
            issuer: owned("issuer"),
            subject: owned("sub"),
            jwks: owned("jwks"),
            token: TokenPlace {
                header: owned("tokenName"),
                prefix: owned("tokenNamePrefix"),
                pass: policy.config.get("tokenPass").and_then(Value::as_bool).unwrap_or(false),
            },
        }),
        "OIDCAuth" => Some(AuthScheme::Oidc {
            issuer: owned("issuer"),
            client_id: owned("clientId"),
            client_secret: owned("clientSecret"),
            login_url: owned("loginUrl"),
            redirect_url: owned("redirectUrl"),
            cookie_domain: owned("cookieDomain"),
        }),
        "ExternalZAuth" => {
            let service = state.services.get(text(&policy.config, "serviceId"))?;
            Some(AuthScheme::External {
                target: Target { upstream: service.upstream(state), labels: Default::default(), weight: 100 },
                header: owned("tokenKey"),
            })
        }
        _ => None,
    }
}

fn resource(state: &State, one: &Value) -> AuthResource {
    let named = text(one, "domainName");
    let by_id = || state.domains.get(text(one, "domainId")).map(|domain| domain.name.clone());
    AuthResource {
        domain: if named.is_empty() { by_id().unwrap_or_else(|| "*".to_owned()) } else { named.to_owned() },
        path: text(one, "path").to_owned(),
        kind: match text(one, "matchType") {
            "PRE" => MatchKind::Prefix,
            "EQUAL" => MatchKind::Exact,
            _ => MatchKind::Regex,
        },
        ignore_case: one.get("ignoreCase").and_then(Value::as_bool).unwrap_or(false),
    }
}

/// What a published route asks of its callers: fixed when it is published, so that a change of its
/// authentication or of its grants acts only when it is published again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Guard {
    kind: String,
    consumers: Vec<String>,
}

/// The guard that a route or an operation would have if it were published now.
pub(crate) fn guard(state: &State, id: &str) -> Option<Guard> {
    let of_route = state.routes.get(id).map(|route| &route.api_id);
    let api = of_route.or_else(|| state.operations.get(id).map(|one| &one.api_id))?;
    let enabled = |resource: &str| {
        let found = state.attachments.of_resource(resource);
        let mut policies = found.filter_map(|(_, one)| state.policies.get(&one.policy_id));
        policies.find(|policy| policy.class == "Authentication" && policy.is_enabled())
    };
    let policy = enabled(id).or_else(|| enabled(api))?;
    let rules = state.rules.iter().filter(|(_, rule)| rule.resource_id == id || rule.resource_id == *api);
    Some(Guard {
        kind: text(&policy.config, "authenticationType").to_owned(),
        consumers: rules.map(|(_, rule)| rule.consumer_id.clone()).collect(),
    })
}

/// The consumers that a guard lets in, with their credentials of now.
pub(crate) fn consumers(state: &State, guard: &Guard) -> ConsumerAuth {
    let mut allowed = Vec::new();
    for one in guard.consumers.iter().filter_map(|id| state.consumers.get(id)).filter(|one| one.enable) {
        let of_kind = credentials(&guard.kind, &one.identities);
        allowed.extend(of_kind.into_iter().map(|credential| Consumer { name: one.name.clone(), credential }));
    }
    ConsumerAuth { allowed }
}

fn credentials(kind: &str, identities: &serde_json::Map<String, Value>) -> Vec<Credential> {
    let section = |name: &str| identities.get(name).cloned().unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "jwt" => jwt(&section("jwtIdentityConfig")).into_iter().collect(),
        "apikey" => keys(&section("apikeyIdentityConfig")),
        _ => {
            let pairs = section("akSkIdentityConfigs");
            let read = |one: &Value| Credential::Signature {
                key: text(one, "ak").to_owned(),
                secret: text(one, "sk").to_owned(),
            };
            pairs.as_array().into_iter().flatten().map(read).collect()
        }
    }
}

fn jwt(section: &Value) -> Option<Credential> {
    let (payload, token) = (section.get("jwtPayloadConfig")?, section.get("jwtTokenConfig")?);
    Some(Credential::Jwt {
        jwks: text(section, "jwks").to_owned(),
        claim: text(payload, "payloadKeyName").to_owned(),
        value: text(payload, "payloadKeyValue").to_owned(),
        token: TokenPlace {
            header: text(token, "key").to_owned(),
            prefix: text(token, "prefix").to_owned(),
            pass: token.get("pass").and_then(Value::as_bool).unwrap_or(false),
        },
    })
}

fn keys(section: &Value) -> Vec<Credential> {
    let source = section.get("apikeySource").cloned().unwrap_or_default();
    let place = text(&source, "value").to_owned();
    let credential = |key: String| match text(&source, "source") {
        "QueryString" => Credential::QueryKey { parameter: place.clone(), key },
        "Header" => Credential::ApiKey { header: place.clone(), key },
        _ => Credential::ApiKey { header: "authorization".to_owned(), key },
    };
    let listed = section.get("credentials").and_then(Value::as_array);
    listed.into_iter().flatten().map(|one| credential(text(one, "apikey").to_owned())).collect()
}

fn text<'a>(config: &'a Value, name: &str) -> &'a str {
    config.get(name).and_then(Value::as_str).unwrap_or_default()
}
