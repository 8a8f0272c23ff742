//! Policies and objects that say who may ask: lists of addresses, authentication for the whole
//! gateway, consumers.

pub mod authentication;
pub mod consumer;
pub mod list;

use gateshift_sdk::model::{Finding, Severity};
use serde_json::{Value, json};

use crate::wire::PolicyClassView;

/// Kind of resource that a gateway is.
pub const ON_GATEWAY: &str = "Gateway";
/// Kind of resource that domains are.
pub const ON_DOMAIN: &str = "Domain";

/// Classes of policies that say who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// A list of addresses.
    IpAccessControl,
    /// JSON web tokens for the whole gateway.
    JwtAuth,
    /// A login for the whole gateway.
    OidcAuth,
    /// A service that decides for the whole gateway.
    ExternalZAuth,
    /// Consumers of a route.
    Authentication,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::IpAccessControl, Self::JwtAuth, Self::OidcAuth, Self::ExternalZAuth, Self::Authentication];

    /// Its name at the product.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IpAccessControl => "IpAccessControl",
            Self::JwtAuth => "JWTAuth",
            Self::OidcAuth => "OIDCAuth",
            Self::ExternalZAuth => "ExternalZAuth",
            Self::Authentication => "Authentication",
        }
    }

    /// Keys that are known and never written.
    #[must_use]
    pub fn unwritten(self) -> &'static [&'static str] {
        match self {
            Self::IpAccessControl => &["resourceNames", "resourceName"],
            _ => &[],
        }
    }

    /// A configuration with every key this version may write, for comparison with the product's own
    /// example.
    #[must_use]
    pub fn template(self) -> Value {
        let resources = json!([{"domainId": "d", "domainName": "x", "path": "/", "matchType": "PRE", "ignoreCase": false}]);
        match self {
            Self::IpAccessControl => list::config(true, true, &["192.0.2.0/24".to_owned()], false),
            Self::JwtAuth => {
                json!({"enable": true, "issuer": "i", "sub": "s", "jwks": "{}", "tokenName": "n",
                "tokenNamePrefix": "p", "tokenPosition": "HEADER", "tokenPass": true, "isWhite": true, "authResources": resources})
            }
            Self::OidcAuth => {
                json!({"enable": true, "issuer": "i", "clientId": "c", "clientSecret": "s", "loginUrl": "u",
                    "redirectUrl": "r", "cookieDomain": "d", "scopes": ["openid"], "isWhite": true, "authResources": resources})
            }
            Self::ExternalZAuth => {
                json!({"enable": true, "serviceId": "s", "prefixPath": "/", "tokenKey": "k", "timeout": 1,
                "isRestrict": true, "allowRequestHeaders": ["h"], "allowUpstreamHeaders": ["h"], "withRequestBody": true,
                "bodyMaxBytes": 1, "withRematchRoute": true, "isWhite": true, "authResources": resources})
            }
            Self::Authentication => consumer::authentication(true),
        }
    }
}

/// Findings about the classes that a plan needs, each with the kinds of resources it goes to. A class
/// with a finding must not be written.
#[must_use]
pub fn check(needed: &[(Guard, &str)], classes: &[PolicyClassView]) -> Vec<Finding> {
    needed.iter().filter_map(|(guard, point)| one(*guard, point, classes)).collect()
}

fn one(guard: Guard, point: &str, classes: &[PolicyClassView]) -> Option<Finding> {
    let name = guard.name();
    let block =
        |code: &str, message: String| {
            Some(Finding::new(Severity::Block, code, format!("policy-classes/{name}"), message).with_action(
                "use a newer version of this tool, or take out at the source what needs the class",
            ))
        };
    let Some(view) = classes.iter().find(|view| view.name == name) else {
        return block("POL-DIALECT", format!("the target lists no policy class {name}"));
    };
    if !view.attachable_resource_types.iter().any(|kind| kind == point) {
        let kinds = view.attachable_resource_types.join(", ");
        return block("POL-ATTACH", format!("{name} attaches to {kinds} and not to {point}"));
    }
    let ours = guard.template();
    let cause = match serde_json::from_str::<Value>(&view.config_example) {
        Err(cause) => format!("the example is no JSON: {cause}"),
        Ok(example) => disagreement(&ours, &example, guard.unwritten())?,
    };
    block(
        "POL-DIALECT",
        format!("{cause}; the target's example is {} and this version writes {ours}", view.config_example),
    )
}

/// The first disagreement: keys of ours that the example lacks, keys of the example that are unknown,
/// values of another kind.
fn disagreement(ours: &Value, example: &Value, unwritten: &[&str]) -> Option<String> {
    match (ours, example) {
        (Value::Object(ours), Value::Object(example)) => {
            if let Some(key) = ours.keys().find(|key| !example.contains_key(*key)) {
                return Some(format!("key `{key}` is not in the example"));
            }
            let known = |key: &str| ours.contains_key(key) || unwritten.contains(&key);
            if let Some(key) = example.keys().find(|key| !known(key)) {
                return Some(format!("key `{key}` of the example is not known"));
            }
            ours.iter().find_map(|(key, value)| {
                disagreement(value, &example[key], &[]).map(|cause| format!("`{key}`: {cause}"))
            })
        }
        (Value::Array(ours), Value::Array(example)) => disagreement(ours.first()?, example.first()?, &[]),
        (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_))
        | (_, Value::Null) => None,
        _ => Some(format!("{example} is of another kind than {ours}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Guard, ON_GATEWAY, check};
    use crate::wire::PolicyClassView;

    #[test]
    fn only_an_example_with_the_same_keys_and_kinds_passes() {
        for guard in Guard::ALL {
            let view = |example: &serde_json::Value| PolicyClassView {
                name: guard.name().to_owned(),
                config_example: example.to_string(),
                attachable_resource_types: vec![ON_GATEWAY.to_owned()],
            };
            let good = guard.template();
            assert!(check(&[(guard, ON_GATEWAY)], &[view(&good)]).is_empty(), "{guard:?}");
            assert_eq!(check(&[(guard, "HttpApi")], &[view(&good)])[0].code, "POL-ATTACH");
            assert_eq!(check(&[(guard, ON_GATEWAY)], &[])[0].code, "POL-DIALECT");
            for key in good.as_object().unwrap().keys() {
                let mut missing = good.clone();
                missing.as_object_mut().unwrap().remove(key);
                let mut other = good.clone();
                other[key] = json!({"of": "another kind"});
                for bad in [missing, other] {
                    assert_eq!(check(&[(guard, ON_GATEWAY)], &[view(&bad)])[0].code, "POL-DIALECT", "{bad}");
                }
            }
            let mut more = good.clone();
            more["planted"] = json!(1);
            assert_eq!(check(&[(guard, ON_GATEWAY)], &[view(&more)]).len(), 1);
        }
    }
}
