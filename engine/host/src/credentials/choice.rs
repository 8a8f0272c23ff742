//! What the workflow says about a connection's credentials: nothing, or a reference to a place. Never a key.

use std::collections::BTreeMap;

use gateshift_model::StepError;
use serde_json::Value;

use super::recipe::RoleRequest;

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(super) base: Base,
    /// Assumed with the key found there.
    pub(super) role: Option<RoleRequest>,
}

/// Where the first key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    Usual,
    Profile(String),
    Environment(String),
    File { path: String, profile: Option<String> },
    Uri(String),
}

const KNOWN: [&str; 7] = ["profile", "env", "file", "uri", "role", "session", "external_id"];

impl Choice {
    /// Reads `credentials:` of a connection.
    pub(crate) fn read(connection: &str, credentials: &BTreeMap<String, Value>) -> Result<Self, StepError> {
        let refused = |message: String| {
            StepError::needs_operator("GS-CREDENTIALS", format!("credentials of connection `{connection}`: {message}"))
                .with_hint("use one of { profile: NAME }, { env: PREFIX }, { file: PATH }, { uri: URL }, and { role: ARN } if a role is to be assumed")
        };
        let mut texts = BTreeMap::new();
        for (name, value) in credentials {
            let text = value.as_str().filter(|text| !text.is_empty());
            let known = KNOWN.contains(&name.as_str());
            let text =
                text.filter(|_| known).ok_or_else(|| refused(format!("`{name}` is not understood")))?;
            texts.insert(name.as_str(), text.to_owned());
        }
        let mut take = |name: &str| texts.remove(name);
        let (profile, env, file, uri) = (take("profile"), take("env"), take("file"), take("uri"));
        let (arn, session, external_id) = (take("role"), take("session"), take("external_id"));
        let base = match (profile, env, file, uri) {
            (None, None, None, None) => Base::Usual,
            (profile, None, Some(path), None) => Base::File { path, profile },
            (Some(profile), None, None, None) => Base::Profile(profile),
            (None, Some(prefix), None, None) => Base::Environment(prefix),
            (None, None, None, Some(uri)) => Base::Uri(uri),
            _ => return Err(refused("more than one place is named".to_owned())),
        };
        if arn.is_none() && (session.is_some() || external_id.is_some()) {
            return Err(refused("`session` and `external_id` need a `role`".to_owned()));
        }
        let role = arn.map(|arn| RoleRequest { arn, session, external_id, ..RoleRequest::default() });
        Ok(Self { base, role })
    }
}
