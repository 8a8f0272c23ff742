//! How a key is made, as data, and the kitchen that makes it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gateshift_model::Timestamp;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Keys, Miss, command, ecs, oidc, sts, uri};
use crate::http::{HttpClients, SendFailure};
use crate::{Clock, EnvironmentSource};

/// How a key is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipe {
    /// It is written down.
    Written(Keys),
    /// A key assumes a role.
    AssumeRole { base: Box<Self>, role: RoleRequest },
    /// A signed statement of an identity provider assumes a role.
    Oidc { role: RoleRequest, provider: String, token_file: String },
    /// The role of the machine; its name is asked for when absent.
    Machine { role: Option<String> },
    /// Somebody hands it out over HTTP.
    Uri(String),
    /// A program prints it.
    Command(String),
}

/// The role to assume.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RoleRequest {
    pub(crate) arn: String,
    pub(crate) session: Option<String>,
    pub(crate) seconds: Option<u64>,
    pub(crate) policy: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) sts_region: Option<String>,
    pub(crate) inside_vpc: bool,
}

/// What cooking needs.
#[derive(Debug)]
pub(crate) struct Kitchen {
    pub(crate) environment: EnvironmentSource,
    pub(crate) http: Arc<HttpClients>,
    pub(crate) clock: Clock,
    /// For one exchange with STS, a URI or a command.
    pub(crate) patience: Duration,
    /// For one exchange with the machine's metadata, which is near or not there at all.
    pub(crate) metadata_patience: Duration,
}

impl Kitchen {
    /// Makes a key by a recipe.
    pub(crate) fn cook<'a>(
        &'a self,
        recipe: &'a Recipe,
    ) -> Pin<Box<dyn Future<Output = Result<Keys, Miss>> + Send + 'a>> {
        Box::pin(async move {
            match recipe {
                Recipe::Written(keys) => Ok(keys.clone()),
                Recipe::AssumeRole { base, role } => {
                    sts::assume_role(self, &self.cook(base).await?, role).await
                }
                Recipe::Oidc { role, provider, token_file } => {
                    oidc::assume_role(self, role, provider, token_file).await
                }
                Recipe::Machine { role } => ecs::machine_role(self, role.as_deref()).await,
                Recipe::Uri(uri) => uri::fetch_keys(self, uri).await,
                Recipe::Command(line) => command::run(self, line).await,
            }
        })
    }
}

/// A temporary key as STS, metadata and URIs answer it.
pub(super) fn temporary(answer: &Value) -> Result<Keys, Miss> {
    let field = |name: &str| answer.get(name).and_then(Value::as_str);
    let keys = Keys::of(field("AccessKeyId"), field("AccessKeySecret"), field("SecurityToken"));
    let mut keys = keys.ok_or_else(|| Miss::new("the answer holds no AccessKeyId and AccessKeySecret"))?;
    keys.expires = field("Expiration").map(moment).transpose()?;
    Ok(keys)
}

fn moment(text: &str) -> Result<Timestamp, Miss> {
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| Miss::new(format!("`{text}` is no time of expiry")))?;
    Ok(Timestamp(moment.unix_timestamp() * 1000))
}

/// Why an exchange gave nothing. A place that does not answer may do so later.
pub(super) fn missed(what: &str, failure: SendFailure) -> Miss {
    match failure {
        SendFailure::NotSent(cause) | SendFailure::NoAnswer(cause) => {
            Miss::transient(format!("{what}: {cause}"))
        }
        SendFailure::TooLong(limit) => Miss::new(format!("{what}: the answer is longer than {limit} bytes")),
        SendFailure::Host(error) => Miss::new(format!("{what}: {}", error.message)),
    }
}
