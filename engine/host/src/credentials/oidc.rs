//! Assuming a role with a token file, as pods do (RRSA). Not signed: the token proves who asks.

use gateshift_model::Timestamp;

use super::recipe::{Kitchen, Recipe, RoleRequest, missed};
use super::{Keys, Miss, sts};
use crate::exchange::{assemble, fetch};
use crate::sign::acs3;
use crate::{EnvironmentSource, encode};

/// The recipe that the environment of a pod gives.
pub(super) fn from_environment(environment: &EnvironmentSource) -> Result<Recipe, Miss> {
    let need = ["ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "ALIBABA_CLOUD_OIDC_TOKEN_FILE"];
    let [Some(arn), Some(provider), Some(token_file)] = need.map(|name| environment.get(name)) else {
        return Err(Miss::new(format!("{} are not all set", need.join(", "))));
    };
    let session = environment.get("ALIBABA_CLOUD_ROLE_SESSION_NAME").map(str::to_owned);
    Ok(Recipe::Oidc {
        role: RoleRequest { arn: arn.to_owned(), session, ..RoleRequest::default() },
        provider: provider.to_owned(),
        token_file: token_file.to_owned(),
    })
}

/// `AssumeRoleWithOIDC`; the token file is read each time, for it is renewed underneath us.
pub(super) async fn assume_role(
    kitchen: &Kitchen,
    role: &RoleRequest,
    provider: &str,
    file: &str,
) -> Result<Keys, Miss> {
    let path = kitchen.environment.expand(file);
    let token = tokio::fs::read_to_string(&path)
        .await
        .map_err(|error| Miss::new(format!("{}: {error}", path.display())))?;
    let mut url = sts::endpoint(kitchen, role)?;
    url.set_path("/");
    url.set_query(Some(&encode::query(&query(role, provider, token.trim(), kitchen.clock.now()))));
    let headers = [("accept".to_owned(), "application/json".to_owned())];
    let request = assemble("GET", url, &headers, Vec::new()).map_err(|error| Miss::new(error.message))?;
    let answer = fetch(&kitchen.http, request, false, kitchen.patience).await;
    sts::read(&role.arn, answer.map_err(|failure| missed("STS", failure))?)
}

fn query(role: &RoleRequest, provider: &str, token: &str, now: Timestamp) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = [
        ("Action", "AssumeRoleWithOIDC"),
        ("Version", "2015-04-01"),
        ("Format", "JSON"),
        ("Timestamp", &acs3::date(now)),
        ("OIDCProviderArn", provider),
        ("OIDCToken", token),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    pairs.extend(sts::pairs(role));
    pairs
}
