//! The role of the machine itself, from its metadata service.

use url::Url;

use super::recipe::{Kitchen, missed, temporary};
use super::{Keys, Miss};
use crate::exchange::{assemble, fetch};
use crate::http::RawAnswer;

const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

/// A key of the machine's role; its name is asked for when it is not known.
pub(super) async fn machine_role(kitchen: &Kitchen, role: Option<&str>) -> Result<Keys, Miss> {
    let ticket = match ticket(kitchen).await {
        Ok(ticket) => Some(ticket),
        Err(miss) if kitchen.environment.says_yes("ALIBABA_CLOUD_IMDSV1_DISABLED") => return Err(miss),
        // Older machines answer without one.
        Err(_) => None,
    };
    let role = match role {
        Some(role) => role.to_owned(),
        None => {
            ask(kitchen, ROLES, ticket.as_deref()).await?.lines().next().unwrap_or_default().trim().to_owned()
        }
    };
    if role.is_empty() {
        return Err(Miss::new("the machine has no role"));
    }
    let text = ask(kitchen, &format!("{ROLES}{role}"), ticket.as_deref()).await?;
    let answer: serde_json::Value =
        serde_json::from_str(&text).map_err(|_| Miss::new("the machine's metadata is no JSON"))?;
    match answer.get("Code").and_then(serde_json::Value::as_str) {
        Some("Success") => temporary(&answer),
        code => Err(Miss::new(format!(
            "the machine's metadata gives no key for role {role} ({})",
            code.unwrap_or("no code")
        ))),
    }
}

async fn ticket(kitchen: &Kitchen) -> Result<String, Miss> {
    let wish = ("x-aliyun-ecs-metadata-token-ttl-seconds".to_owned(), "21600".to_owned());
    text(&exchange(kitchen, "PUT", "/latest/api/token", vec![wish]).await?)
}

async fn ask(kitchen: &Kitchen, path: &str, ticket: Option<&str>) -> Result<String, Miss> {
    let headers = ticket.map(|ticket| ("x-aliyun-ecs-metadata-token".to_owned(), ticket.to_owned()));
    text(&exchange(kitchen, "GET", path, headers.into_iter().collect()).await?)
}

async fn exchange(
    kitchen: &Kitchen,
    method: &str,
    path: &str,
    headers: Vec<(String, String)>,
) -> Result<RawAnswer, Miss> {
    let base = &kitchen.environment.metadata;
    let url = Url::parse(&format!("{}{path}", base.trim_end_matches('/')))
        .map_err(|error| Miss::new(format!("`{base}` is no metadata address: {error}")))?;
    let request = assemble(method, url, &headers, Vec::new()).map_err(|error| Miss::new(error.message))?;
    // Never through a proxy: the address means this machine. On other machines nobody answers, which is no passing trouble.
    let answer = fetch(&kitchen.http, request, true, kitchen.metadata_patience).await;
    answer.map_err(|failure| Miss::new(missed("the machine's metadata", failure).why))
}

fn text(answer: &RawAnswer) -> Result<String, Miss> {
    if answer.status != 200 {
        return Err(Miss::new(format!("the machine's metadata answers {}", answer.status)));
    }
    Ok(String::from_utf8_lossy(&answer.body).trim().to_owned())
}
