//! Which fields of the answers are secret. They are sealed before anything is kept or read further.

use gateshift_sdk::api::Host;
use gateshift_sdk::model::StepError;
use serde_json::Value;

use crate::Answers;

/// Secret texts by action; `[]` goes through a list. Whole plugin configurations are secret, because
/// passwords and keys stand in them at places that only the plugin knows; addresses of binaries may be signed.
const SECRETS: &[(&str, &[&str])] = &[
    ("GetGatewayAuthConsumerDetail", &["Data.Jwks"]),
    ("GetGatewayAuthDetail", &["Data.Jwks", "Data.ClientSecret"]),
    ("GetPluginConfig", &["Data.GatewayConfigList.[].Config"]),
    ("GetPlugins", &["Data.[].WasmFile"]),
    ("ListGatewayAuth", &["Data.Result.[].Jwks", "Data.Result.[].ClientSecret"]),
];

/// Seals every secret of the answers. An empty or masked one (asterisks only) tells no secret and stays.
pub(crate) fn seal(host: &dyn Host, answers: &mut Answers) -> Result<(), StepError> {
    for answer in &mut answers.answers {
        let paths =
            SECRETS.iter().filter(|(action, _)| *action == answer.action).flat_map(|(_, paths)| *paths);
        for path in paths {
            let steps: Vec<&str> = path.split('.').collect();
            seal_at(host, &mut answer.body, &steps)?;
        }
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
    use crate::Answers;

    #[test]
    fn secrets_are_sealed_and_what_tells_nothing_stays() {
        let host = ScriptedHost::new(|_| Ok(ok(json!({}))));
        let mut answers = Answers::default();
        answers.push(
            "GetGatewayAuthDetail",
            "1",
            json!({"Data": {"Jwks": "k-1", "ClientSecret": "****", "Name": "n"}}),
        );
        let rules = json!([{"Config": "password: k-2"}, {"Config": ""}]);
        answers.push("GetPluginConfig", "2", json!({"Data": {"GatewayConfigList": rules}}));
        answers.push(
            "GetPlugins",
            "",
            json!({"Data": [{"WasmFile": "https://a/b?Signature=k-3"}, {"Name": "x"}]}),
        );
        answers.push("GetGatewayConfig", "", json!({"Data": {"Jwks": "not one of ours"}}));
        seal(&host, &mut answers).unwrap();
        let text = serde_json::to_string(&answers).unwrap();
        for secret in ["k-1", "k-2", "k-3"] {
            assert!(!text.contains(secret), "{text}");
        }
        let body = |at: usize| &answers.answers[at].body;
        assert_eq!(body(0)["Data"]["Jwks"], json!(host.seal("k-1").unwrap()));
        assert_eq!(body(0)["Data"]["ClientSecret"], "****");
        assert_eq!(body(1)["Data"]["GatewayConfigList"][1]["Config"], "");
        assert_eq!(body(3)["Data"]["Jwks"], "not one of ours");
    }
}
