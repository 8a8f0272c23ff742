//! Which fields of the answers are secret. They are sealed before anything is kept or read further.

use gateshift_sdk::api::Host;
use gateshift_sdk::model::StepError;
use serde_json::Value;

/// Secret texts by action; `[]` goes through a list. Whole plugin configurations are secret, because
/// passwords and keys stand in them at places that only the plugin knows; addresses of binaries may be signed.
const SECRETS: &[(&str, &[&str])] = &[
    ("GetGatewayAuthConsumerDetail", &["Data.Jwks"]),
    ("GetGatewayAuthDetail", &["Data.Jwks", "Data.ClientSecret"]),
    ("GetPluginConfig", &["Data.GatewayConfigList.[].Config"]),
    ("GetPlugins", &["Data.[].WasmFile"]),
    ("ListGatewayAuth", &["Data.Result.[].Jwks", "Data.Result.[].ClientSecret"]),
];

/// Seals every secret of an answer. An empty or masked one (asterisks only) tells no secret and stays.
pub(crate) fn seal(host: &dyn Host, action: &str, body: &mut Value) -> Result<(), StepError> {
    let paths = SECRETS.iter().filter(|(one, _)| *one == action).flat_map(|(_, paths)| *paths);
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        seal_at(host, body, &steps)?;
    }
    Ok(())
}

fn seal_at(host: &dyn Host, value: &mut Value, path: &[&str]) -> Result<(), StepError> {
    match (path, value) {
        ([], Value::String(text)) if tells(text) => {
            *text = host.seal(text)?.as_str().to_owned();
            Ok(())
        }
        (["[]", rest @ ..], Value::Array(items)) => {
            items.iter_mut().try_for_each(|item| seal_at(host, item, rest))
        }
        ([name, rest @ ..], Value::Object(fields)) => match fields.get_mut(*name) {
            Some(field) => seal_at(host, field, rest),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn tells(text: &str) -> bool {
    text.chars().any(|letter| letter != '*')
}

#[cfg(test)]
mod tests {
    use gateshift_sdk::api::Host;
    use gateshift_sdk::testing::{ScriptedHost, ok};
    use serde_json::json;

    use super::seal;

    #[test]
    fn secrets_are_sealed_and_what_tells_nothing_stays() {
        let host = ScriptedHost::new(|_| Ok(ok(json!({}))));
        let sealed = |action: &str, mut body| {
            seal(&host, action, &mut body).unwrap();
            body
        };
        let jwt = json!({"Data": {"Jwks": "k-1", "ClientSecret": "****", "Name": "n"}});
        let jwt = sealed("GetGatewayAuthDetail", jwt);
        let rules = json!([{"Config": "password: k-2"}, {"Config": ""}]);
        let rules = sealed("GetPluginConfig", json!({"Data": {"GatewayConfigList": rules}}));
        let list = json!({"Data": [{"WasmFile": "https://a/b?Signature=k-3"}, {"Name": "x"}]});
        let list = sealed("GetPlugins", list);
        let other = sealed("GetGatewayConfig", json!({"Data": {"Jwks": "not one of ours"}}));
        let text = json!([jwt, rules, list]).to_string();
        for secret in ["k-1", "k-2", "k-3"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert_eq!(jwt["Data"]["Jwks"], json!(host.seal("k-1").unwrap()));
        assert_eq!(jwt["Data"]["ClientSecret"], "****");
        assert_eq!(rules["Data"]["GatewayConfigList"][1]["Config"], "");
        assert_eq!(other["Data"]["Jwks"], "not one of ours");
    }
}
