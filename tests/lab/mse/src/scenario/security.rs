//! Who may use the gateway: address lists, authentication for the whole gateway, consumers.

use serde::{Deserialize, Serialize};

use super::{Level, PathKind, is_default, is_true, yes};

/// An entry of the black and white lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessList {
    /// Name, unique on the gateway.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Only these pass; otherwise these do not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub white: bool,
    /// Where it applies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub level: Level,
    /// Names of the domains or routes meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// Addresses and networks, IPv4 and IPv6.
    pub addresses: Vec<String>,
    /// Kept, but switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub off: bool,
}

/// Authentication for the whole gateway. Which of the fields below `resources` count depends on the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authentication {
    /// Name, unique on the gateway.
    pub name: String,
    /// How a caller shows who it is.
    pub kind: AuthKind,
    /// The resources pass without a check; otherwise only they are checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub white: bool,
    /// In force.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// What `white` is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<AuthResource>,
    /// Resources written as text instead of a list.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource_config: String,
    /// JWT, OIDC, IDaaS: issuer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub issuer: String,
    /// JWT: subject; any when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// JWT: key set, JSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jwks: String,
    /// JWT: where the token is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token: Token,
    /// OIDC, IDaaS: client.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client_id: String,
    /// OIDC, IDaaS: its secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client_secret: String,
    /// The API shows asterisks in place of the secret.
    #[serde(default, skip_serializing_if = "is_default")]
    pub masked: bool,
    /// OIDC, IDaaS: login page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub login_url: String,
    /// OIDC, IDaaS: where it leads back to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub redirect_url: String,
    /// OIDC, IDaaS: domain of the session's cookie.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cookie_domain: String,
    /// OIDC, IDaaS: scopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// External: the service that decides, and how it is asked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub external: Option<External>,
}

/// How a caller shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthKind {
    /// A JSON web token.
    Jwt,
    /// A login.
    Oidc,
    /// A login at the provider's identity service.
    Idaas,
    /// A service decides.
    External,
}

/// A service that decides about requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// Service.
    pub service: String,
    /// Path it is asked under.
    #[serde(default = "auth_path")]
    pub path: String,
    /// Header with the token.
    #[serde(default = "authorization")]
    pub header: String,
    /// Seconds it may take.
    #[serde(default = "ten")]
    pub timeout: u32,
    /// A request is refused when it cannot be asked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub strict: bool,
    /// Headers it gets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_headers: Vec<String>,
    /// Headers of its answer that go to the backend.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upstream_headers: Vec<String>,
    /// Bytes of the body it gets; none when left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub body_bytes: Option<u32>,
    /// The route is chosen again afterwards.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rematch: bool,
}

/// A resource of an authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthResource {
    /// Domain of the gateway.
    pub domain: String,
    /// Path.
    pub path: String,
    /// How it is compared.
    #[serde(default, rename = "match", skip_serializing_if = "is_default")]
    pub kind: PathKind,
    /// Without regard to case.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ignore_case: bool,
    /// Headers it must have too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<AuthHeader>,
}

/// A condition on a header, with more ways to compare than a route has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthHeader {
    /// Header.
    pub name: String,
    /// How it is compared.
    #[serde(default)]
    pub op: AuthHeaderOp,
    /// With what.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
}

/// How a header of a resource is compared, in the API's spelling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum AuthHeaderOp {
    #[default]
    Equal,
    NotEqual,
    Prefix,
    Suffix,
    Include,
    Exclude,
    Exist,
    NotExist,
    #[serde(rename = "REGREX")]
    Regex,
}

/// A consumer of the gateway: a caller with a token of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    /// Name, unique on the gateway.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How its key set is meant.
    #[serde(default, skip_serializing_if = "is_default")]
    pub algorithm: Algorithm,
    /// Key set, JSON.
    pub jwks: String,
    /// Claim that names it.
    #[serde(default = "issuer_claim")]
    pub claim: String,
    /// Value of that claim.
    pub value: String,
    /// Where the token is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token: Token,
    /// In force.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// Routes it may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
    /// Routes it could use if the grant were switched on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub off_grants: Vec<String>,
}

/// How a key set is meant, in the API's spelling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// A shared secret.
    #[default]
    Oct,
    /// A public key.
    Rsa,
}

/// Where a token is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Header.
    #[serde(default = "authorization")]
    pub header: String,
    /// What stands before it.
    #[serde(default = "bearer")]
    pub prefix: String,
    /// It goes on to the backend.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pass: bool,
}

impl Default for Token {
    fn default() -> Self {
        Self { header: authorization(), prefix: bearer(), pass: false }
    }
}

fn authorization() -> String {
    "Authorization".to_owned()
}

fn bearer() -> String {
    "Bearer ".to_owned()
}

fn issuer_claim() -> String {
    "iss".to_owned()
}

fn auth_path() -> String {
    "/auth".to_owned()
}

fn ten() -> u32 {
    10
}
