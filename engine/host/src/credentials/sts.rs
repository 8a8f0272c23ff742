//! Assuming a role with a key, signed like any other request.

use gateshift_step_api::model::Timestamp;
use serde_json::Value;
use url::Url;

use super::recipe::{Kitchen, RoleRequest, missed, temporary};
use super::{Keys, Miss};
use crate::answer::Answer;
use crate::exchange::{assemble, fetch};
use crate::http::RawAnswer;
use crate::sign::acs3;
use crate::{encode, endpoint, entropy};

const VERSION: &str = "2015-04-01";

/// Where roles are assumed.
pub(super) fn endpoint(kitchen: &Kitchen, role: &RoleRequest) -> Result<Url, Miss> {
    let environment = &kitchen.environment;
    let region = role.sts_region.as_deref().or_else(|| environment.get("ALIBABA_CLOUD_STS_REGION"));
    let inside = role.inside_vpc || environment.says_yes("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED");
    let text = match (&environment.sts, region) {
        (Some(given), _) => given.clone(),
        (None, Some(region)) => {
            format!("https://sts{}.{region}.aliyuncs.com", if inside { "-vpc" } else { "" })
        }
        (None, None) => "https://sts.aliyuncs.com".to_owned(),
    };
    endpoint::parse(&text).map_err(|cause| Miss::new(format!("`{text}` is no endpoint of STS: {cause}")))
}

/// Pairs that describe the role.
pub(super) fn pairs(role: &RoleRequest) -> Vec<(String, String)> {
    let session = role.session.clone().unwrap_or_else(|| "gateshift".to_owned());
    let mut pairs = vec![
        ("RoleArn", role.arn.clone()),
        ("RoleSessionName", session),
        ("DurationSeconds", role.seconds.unwrap_or(3600).max(900).to_string()),
    ];
    pairs.extend(role.policy.clone().map(|policy| ("Policy", policy)));
    pairs.extend(role.external_id.clone().map(|id| ("ExternalId", id)));
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// `AssumeRole`.
pub(super) async fn assume_role(kitchen: &Kitchen, base: &Keys, role: &RoleRequest) -> Result<Keys, Miss> {
    let mut url = endpoint(kitchen, role)?;
    let query = pairs(role);
    let headers = signed(&url, &query, base, kitchen.clock.now());
    url.set_path("/");
    url.set_query(Some(&encode::query(&query)));
    let request = assemble("POST", url, &headers, Vec::new()).map_err(|error| Miss::new(error.message))?;
    let answer = fetch(&kitchen.http, request, false, kitchen.patience).await;
    read(&role.arn, answer.map_err(|failure| missed("STS", failure))?)
}

fn signed(url: &Url, query: &[(String, String)], base: &Keys, now: Timestamp) -> Vec<(String, String)> {
    let request = acs3::Unsigned {
        method: "POST",
        path: "/",
        query,
        host: &endpoint::host_header(url),
        content_type: None,
        body: b"",
        action: "AssumeRole",
        version: VERSION,
    };
    let mut headers = acs3::sign(&request, base, now, &entropy::nonce());
    headers.push(("accept".to_owned(), "application/json".to_owned()));
    headers
}

/// The key in an answer of STS.
pub(super) fn read(arn: &str, raw: RawAnswer) -> Result<Keys, Miss> {
    let answer = Answer::read(raw);
    if !answer.is_success() {
        let refusal = answer.refusal();
        let why = format!(
            "STS gives no key for role {arn}: {} {}: {}",
            answer.status, refusal.code, refusal.message
        );
        let passing = answer.is_throttled() || answer.status >= 500;
        return Err(if passing { Miss::transient(why) } else { Miss::new(why) });
    }
    temporary(answer.body.get("Credentials").unwrap_or(&Value::Null))
}
