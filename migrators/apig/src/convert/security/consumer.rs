//! Consumers: the body that makes one, and whether one that is there is the same. The answer spells the
//! section of keys otherwise than the request.

use gateshift_gateway_model::Consumer;
use serde_json::{Value, json};

/// Kind of keys of a pair; the product's word for it is not documented, so both are tried.
pub const ASYMMETRIC: [&str; 2] = ["Asymmetry", "Asymmetric"];
const SYMMETRIC: &str = "Symmetry";

/// The body that makes a consumer. Its key set stays sealed here.
#[must_use]
pub fn body(of: &Consumer) -> Value {
    json!({
        "name": of.name,
        "gatewayType": "API",
        "enable": of.enabled,
        "description": of.description,
        "jwtIdentityConfig": {
            "type": "Jwt",
            "secretType": if of.symmetric { SYMMETRIC } else { ASYMMETRIC[0] },
            "jwks": of.jwks,
            "jwtPayloadConfig": {"payloadKeyName": of.claim, "payloadKeyValue": of.claim_value},
            "jwtTokenConfig": {
                "position": of.token.position,
                "key": of.token.name,
                "prefix": of.token.prefix,
                "pass": of.token.pass,
            },
        },
    })
}

/// The same body with the other word for pairs of keys; `None` when there is no other.
#[must_use]
pub fn respelt(body: &Value) -> Option<Value> {
    let mut other = body.clone();
    let word = other.pointer_mut("/jwtIdentityConfig/secretType")?;
    if *word != ASYMMETRIC[0] {
        return None;
    }
    *word = json!(ASYMMETRIC[1]);
    Some(other)
}

/// A consumer that is there, in the spelling of requests; words of one meaning are made one.
#[must_use]
pub fn as_written(mut view: Value) -> Value {
    if let Some(fields) = view.as_object_mut()
        && let Some(keys) = fields.remove("apiKeyIdentityConfig")
    {
        fields.insert("apikeyIdentityConfig".to_owned(), keys);
    }
    if let Some(word) = view.pointer_mut("/jwtIdentityConfig/secretType")
        && ASYMMETRIC.iter().any(|one| *word == *one)
    {
        *word = json!(ASYMMETRIC[0]);
    }
    if view["description"].is_null() {
        view["description"] = json!("");
    }
    // Nothing reads it back.
    view["gatewayType"] = json!("API");
    view
}

/// Ways to be known that a consumer has and the plan does not want: each is another key to the door.
#[must_use]
pub fn surplus(wanted: &Value, view: &Value) -> Option<String> {
    let set = |value: &Value| match value {
        Value::Null => false,
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    ["jwtIdentityConfig", "apikeyIdentityConfig", "akSkIdentityConfigs"]
        .into_iter()
        .find(|name| set(&view[*name]) && wanted.get(*name).is_none())
        .map(|name| format!("it is known by {name}, too"))
}

/// The configuration of consumer authentication on a route.
#[must_use]
pub fn authentication(enable: bool) -> Value {
    json!({"authenticationType": "Jwt", "enable": enable})
}

/// The grant of a route to a consumer.
#[must_use]
pub fn rule(consumer: &str, environment: &str, api: &str, route: &str) -> Value {
    json!({
        "principalType": "Consumer",
        "consumerId": consumer,
        "resourceType": "HttpApiRoute",
        "expireMode": "LongTerm",
        "resourceIdentifier": {"environmentId": environment, "parentResourceId": api, "resourceId": route},
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{as_written, respelt, surplus};

    #[test]
    fn three_kinds_of_identity_are_told_apart() {
        let wanted = json!({"jwtIdentityConfig": {"secretType": "Asymmetry"}});
        assert_eq!(respelt(&wanted).unwrap()["jwtIdentityConfig"]["secretType"], "Asymmetric");
        assert_eq!(respelt(&json!({"jwtIdentityConfig": {"secretType": "Symmetry"}})), None);
        for (name, value) in [
            ("apiKeyIdentityConfig", json!({"type": "Apikey", "credentials": []})),
            ("akSkIdentityConfigs", json!([{"ak": "a"}])),
        ] {
            let view = as_written(json!({"jwtIdentityConfig": {"secretType": "Asymmetric"}, name: value}));
            assert_eq!(view["jwtIdentityConfig"], wanted["jwtIdentityConfig"]);
            assert!(surplus(&wanted, &view).is_some(), "{name}");
        }
        let none = json!({"jwtIdentityConfig": {}, "apiKeyIdentityConfig": null, "akSkIdentityConfigs": []});
        assert_eq!(surplus(&wanted, &as_written(none)), None);
    }
}
