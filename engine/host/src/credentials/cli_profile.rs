//! Profiles of the command-line tool: `~/.aliyun/config.json`.

use serde_json::Value;

use super::recipe::{Recipe, RoleRequest};
use super::{Keys, Miss};

/// Deepest chain of profiles that lean on one another.
const DEEPEST: usize = 8;

/// The recipe of a profile: the named one, or the file's current one. Programs are run only for a profile
/// that somebody named.
pub(super) fn recipe(text: &str, name: Option<&str>, explicit: bool) -> Result<Recipe, Miss> {
    let file: Value =
        serde_json::from_str(text).map_err(|error| Miss::new(format!("it is no JSON: {error}")))?;
    let current = file.get("current").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.or(current).ok_or_else(|| Miss::new("it names no current profile"))?;
    of_profile(&file, name, explicit, DEEPEST)
}

/// Whether the file has a profile of that name.
pub(super) fn has(text: &str, name: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|file: Value| find(&file, name).is_some())
}

fn find<'a>(file: &'a Value, name: &str) -> Option<&'a Value> {
    file.get("profiles")?
        .as_array()?
        .iter()
        .find(|profile| profile.get("name").and_then(Value::as_str) == Some(name))
}

fn of_profile(file: &Value, name: &str, explicit: bool, depth: usize) -> Result<Recipe, Miss> {
    let profile = find(file, name).ok_or_else(|| Miss::new(format!("it has no profile `{name}`")))?;
    let text = |key: &str| profile.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let need = |key: &str| {
        text(key).map(str::to_owned).ok_or_else(|| Miss::new(format!("profile `{name}` has no `{key}`")))
    };
    let keys = |token: Option<&str>| {
        Keys::of(text("access_key_id"), text("access_key_secret"), token)
            .map(Recipe::Written)
            .ok_or_else(|| Miss::new(format!("profile `{name}` lacks access_key_id or access_key_secret")))
    };
    let role = || -> Result<RoleRequest, Miss> {
        Ok(RoleRequest {
            arn: need("ram_role_arn")?,
            session: text("ram_session_name").or(text("role_session_name")).map(str::to_owned),
            seconds: profile.get("expired_seconds").and_then(Value::as_u64).filter(|seconds| *seconds > 0),
            policy: text("policy").map(str::to_owned),
            external_id: text("external_id").map(str::to_owned),
            sts_region: text("sts_region").map(str::to_owned),
            inside_vpc: profile.get("enable_vpc").and_then(Value::as_bool).unwrap_or(false),
        })
    };
    match text("mode").unwrap_or("AK") {
        "AK" => keys(None),
        "StsToken" => keys(Some(&need("sts_token")?)),
        "RamRoleArn" => Ok(Recipe::AssumeRole { base: Box::new(keys(text("sts_token"))?), role: role()? }),
        "EcsRamRole" => Ok(Recipe::Machine { role: text("ram_role_name").map(str::to_owned) }),
        "OIDC" => Ok(Recipe::Oidc {
            role: role()?,
            provider: need("oidc_provider_arn")?,
            token_file: need("oidc_token_file")?,
        }),
        "ChainableRamRoleArn" => {
            let source = need("source_profile")?;
            if depth == 0 {
                return Err(Miss::new(format!(
                    "profile `{name}` leans on `{source}`, and so on without an end"
                )));
            }
            Ok(Recipe::AssumeRole {
                base: Box::new(of_profile(file, &source, explicit, depth - 1)?),
                role: role()?,
            })
        }
        "External" if explicit => Ok(Recipe::Command(need("process_command")?)),
        "External" => Err(Miss::new(format!(
            "profile `{name}` runs a program; that is done only when the workflow or ALIBABA_CLOUD_PROFILE names it"
        ))),
        mode @ ("CloudSSO" | "OAuth") => Err(Miss::new(format!(
            "profile `{name}` is of mode {mode}, which needs a browser; export a temporary key from it, or use another profile"
        ))),
        mode => Err(Miss::new(format!("profile `{name}` is of the unknown mode `{mode}`"))),
    }
}
