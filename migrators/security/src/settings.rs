//! Settings of a step.

use gateshift_sdk::model::{Finding, Severity};
use serde::Deserialize;
use serde_json::Value;

/// How lists are carried over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Lists {
    /// As they are where that lets the same callers in, otherwise flattened to the routes.
    #[default]
    Auto,
    /// As they are, or not at all.
    Literal,
}

/// Settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// How lists are carried over.
    pub(crate) lists: Lists,
    /// Black lists of the gateway, by name, that look at the peer of the connection on the target.
    pub(crate) layer4: Vec<String>,
    /// Codes of findings whose consequences the operator accepts.
    pub(crate) acknowledge: Vec<String>,
    /// Authentications by the provider's identity service, by name, to become logins of the usual kind.
    pub(crate) idaas_as_oidc: Vec<String>,
    /// Logins, by name, whose secret a person sets on the target.
    pub(crate) secrets_by_hand: Vec<String>,
}

/// Codes that may be acknowledged.
pub(crate) const ACKNOWLEDGED: [&str; 2] = ["ACL-CLIENT-IP", "ACL-SAME-LEVEL"];

impl Settings {
    /// Whether the operator accepts what a code says.
    pub(crate) fn accepts(&self, code: &str) -> bool {
        self.acknowledge.iter().any(|one| one == code)
    }
}

/// Findings about settings beyond the schema.
pub(crate) fn check(settings: &Value) -> Vec<Finding> {
    let block = |place: &str, message: String| Finding::new(Severity::Block, "GS-SETTINGS", place, message);
    match serde_json::from_value::<Settings>(settings.clone()) {
        Err(error) => vec![block("settings", error.to_string())],
        Ok(settings) => settings
            .acknowledge
            .iter()
            .filter(|code| !ACKNOWLEDGED.contains(&code.as_str()))
            .map(|code| {
                block("settings/acknowledge", format!("`{code}` cannot be acknowledged here"))
                    .with_action(format!("only these can: {}", ACKNOWLEDGED.join(", ")))
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    fn settings_are_checked() {
        assert!(check(&json!({"lists": "literal", "acknowledge": ["ACL-CLIENT-IP"]})).is_empty());
        assert_eq!(check(&json!({"acknowledge": ["ACL-SEMANTICS"]})).len(), 1);
        assert_eq!(check(&json!({"list": "auto"})).len(), 1);
    }
}
