//! Who may ask: lists of addresses, authentication for the whole gateway, consumers and their grants.
//! Whatever is secret is sealed.

use gateshift_model::Sealed;
use serde::{Deserialize, Serialize};

use crate::MatchKind;

/// A list of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessList {
    /// Id at the source.
    pub id: String,
    /// Name.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub note: String,
    /// Only these addresses pass; otherwise these addresses do not.
    pub white: bool,
    /// Where it applies.
    pub level: Level,
    /// Addresses and networks as the source holds them, one an item.
    pub addresses: Vec<String>,
    /// In force.
    pub enabled: bool,
    /// Kind as the source writes it; what else than addresses there may be is not documented.
    #[serde(default)]
    pub kind: String,
}

/// Where a list or a plugin's rule applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Level {
    /// The whole gateway.
    Gateway,
    /// Domains, by name.
    Domains {
        /// Names.
        names: Vec<String>,
    },
    /// Routes, by their ids at the source.
    Routes {
        /// Ids.
        ids: Vec<String>,
    },
}

/// Authentication for the whole gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// Id at the source.
    pub id: String,
    /// Name, unique on the gateway.
    pub name: String,
    /// In force.
    pub enabled: bool,
    /// The listed resources pass without a check and all others are checked; otherwise only the listed
    /// ones are checked.
    pub white: bool,
    /// `AuthResourceMode` as the source numbers it.
    #[serde(default)]
    pub resource_mode: Option<i64>,
    /// `AuthResourceConfig` as the source writes it.
    #[serde(default)]
    pub resource_config: Option<String>,
    /// The listed resources.
    pub resources: Vec<AuthResource>,
    /// How a caller shows who it is.
    pub scheme: AuthScheme,
}

/// A resource an authentication lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthResource {
    /// Domain, by name.
    pub domain: String,
    /// Path.
    pub path: String,
    /// How the path is compared.
    pub kind: MatchKind,
    /// Case does not matter.
    #[serde(default)]
    pub ignore_case: bool,
    /// Conditions on headers.
    #[serde(default)]
    pub headers: Vec<HeaderCondition>,
}

/// A condition on a header, as the source writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderCondition {
    /// Header.
    pub name: String,
    /// `EQUAL`, `NOT_EQUAL`, `PREFIX`, `SUFFIX`, `INCLUDE`, `EXCLUDE`, `EXIST`, `NOT_EXIST`, `REGREX`.
    pub method: String,
    /// Value.
    #[serde(default)]
    pub value: String,
}

/// Where a token is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPlace {
    /// `HEADER`, `QUERY`, ... as the source writes it.
    #[serde(default)]
    pub position: String,
    /// Header or parameter.
    #[serde(default)]
    pub name: String,
    /// What stands before the token, `Bearer `.
    #[serde(default)]
    pub prefix: String,
    /// The token goes on to the backend.
    #[serde(default)]
    pub pass: bool,
}

/// Kind of an authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum AuthScheme {
    /// JSON web tokens.
    Jwt {
        /// Issuer.
        issuer: String,
        /// Subject.
        subject: String,
        /// Key set.
        jwks: Sealed,
        /// Where the token is.
        token: TokenPlace,
    },
    /// OpenID Connect.
    Oidc(Oidc),
    /// The provider's identity service; it has no counterpart on the target.
    Idaas(Oidc),
    /// A service of the operator decides.
    External(ExternalAuth),
}

/// OpenID Connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oidc {
    /// Issuer.
    pub issuer: String,
    /// Client id.
    pub client_id: String,
    /// Client secret; absent when the source masks it or leaves it out.
    #[serde(default)]
    pub client_secret: Option<Sealed>,
    /// Login page.
    pub login_url: String,
    /// Where the login leads back to.
    pub redirect_url: String,
    /// Domain of the cookie.
    pub cookie_domain: String,
    /// Scopes as the source writes them.
    pub scopes: String,
}

/// A service of the operator that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalAuth {
    /// Service, by its id at the source.
    pub service: String,
    /// Path prefix of its requests.
    pub prefix_path: String,
    /// Header of the token.
    pub token_key: String,
    /// Seconds it may take.
    pub timeout_seconds: u64,
    /// Requests are refused when it cannot be reached.
    pub strict: bool,
    /// Headers of the request it gets.
    pub request_headers: Vec<String>,
    /// Headers of its answer that the backend gets.
    pub upstream_headers: Vec<String>,
    /// It gets the body, too.
    pub with_body: bool,
    /// At most so many bytes of it.
    pub body_max_bytes: u64,
    /// Routes are matched again after it answered.
    pub rematch_route: bool,
}

/// A consumer of the gateway's own kind (JSON web tokens only, at this source).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    /// Id at the source.
    pub id: String,
    /// Name.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// In force.
    pub enabled: bool,
    /// Its keys are shared secrets (`OCT`); otherwise pairs (`RSA`).
    pub symmetric: bool,
    /// Key set.
    pub jwks: Sealed,
    /// Claim that names the consumer, `iss`.
    pub claim: String,
    /// Value of that claim.
    pub claim_value: String,
    /// Where the token is.
    pub token: TokenPlace,
    /// Routes it may use.
    pub grants: Vec<Grant>,
}

/// A route a consumer may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Route, by its id at the source.
    pub route: String,
    /// Route, by name.
    pub name: String,
    /// In force.
    pub enabled: bool,
}
