//! Profile files in INI form: `~/.alibabacloud/credentials.ini` and `~/.alibabacloud/credentials`.

use std::collections::BTreeMap;

use super::recipe::{Recipe, RoleRequest};
use super::{Keys, Miss};

type Section = BTreeMap<String, String>;

/// The recipe of a section.
pub(super) fn recipe(text: &str, name: &str) -> Result<Recipe, Miss> {
    let section =
        sections(text).remove(name).ok_or_else(|| Miss::new(format!("it has no section `{name}`")))?;
    let text = |key: &str| section.get(key).map(String::as_str).filter(|text| !text.is_empty());
    let need = |key: &str| {
        text(key).map(str::to_owned).ok_or_else(|| Miss::new(format!("section `{name}` has no `{key}`")))
    };
    let keys = || {
        Keys::of(text("access_key_id"), text("access_key_secret"), text("security_token"))
            .map(Recipe::Written)
            .ok_or_else(|| Miss::new(format!("section `{name}` lacks access_key_id or access_key_secret")))
    };
    let role = || -> Result<RoleRequest, Miss> {
        Ok(RoleRequest {
            arn: need("role_arn")?,
            session: text("role_session_name").or(text("session_name")).map(str::to_owned),
            policy: text("policy").map(str::to_owned),
            external_id: text("external_id").map(str::to_owned),
            ..RoleRequest::default()
        })
    };
    match text("type").unwrap_or("access_key") {
        "access_key" | "sts" => keys(),
        "ram_role_arn" => Ok(Recipe::AssumeRole { base: Box::new(keys()?), role: role()? }),
        "oidc_role_arn" => Ok(Recipe::Oidc {
            role: role()?,
            provider: need("oidc_provider_arn")?,
            token_file: need("oidc_token_file_path")?,
        }),
        "ecs_ram_role" => Ok(Recipe::Machine { role: text("role_name").map(str::to_owned) }),
        kind => Err(Miss::new(format!(
            "section `{name}` is of type `{kind}`, which is not supported; use access_key or ram_role_arn"
        ))),
    }
}

/// Whether the file has a section of that name.
pub(super) fn has(text: &str, name: &str) -> bool {
    sections(text).contains_key(name)
}

/// The fields of a section.
pub(super) fn section(text: &str, name: &str) -> Option<BTreeMap<String, String>> {
    sections(text).remove(name)
}

fn sections(text: &str) -> BTreeMap<String, Section> {
    let mut all: BTreeMap<String, Section> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            current = Some(name.trim().to_owned());
            all.entry(name.trim().to_owned()).or_default();
        } else if let (Some(section), Some((key, value))) = (&current, line.split_once('='))
            && !line.starts_with(';')
        {
            all.entry(section.clone())
                .or_default()
                .insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    all
}
