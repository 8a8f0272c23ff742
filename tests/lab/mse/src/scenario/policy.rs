//! Policies of a route: what is done with a request beside matching and forwarding it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_default;

/// A rewritten request line. At most one of `path`, `prefix` and `regex`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    /// The whole path becomes this one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub path: Option<String>,
    /// The prefix that the route matched becomes this one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub prefix: Option<String>,
    /// What this expression matches is replaced by `substitution`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub regex: Option<String>,
    /// Goes with `regex`; groups are written `\1`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub substitution: Option<String>,
    /// The host becomes this one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub host: Option<String>,
    /// Kept, but switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub off: bool,
}

/// One change of a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderChange {
    /// Of the request or of the answer.
    #[serde(default)]
    pub on: Side,
    /// What happens.
    pub op: HeaderOp,
    /// Header.
    pub name: String,
    /// Value; none where the header is deleted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// To the backend.
    #[default]
    Request,
    /// To the client.
    Response,
}

/// What happens to a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeaderOp {
    /// One more.
    Add,
    /// In place of all.
    Update,
    /// None.
    Delete,
}

/// Cross-origin requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Origins; `*` for all.
    #[serde(default = "anything")]
    pub origins: Vec<String>,
    /// Methods; `*` for all.
    #[serde(default = "usual_methods")]
    pub methods: Vec<String>,
    /// Headers of requests.
    #[serde(default = "anything")]
    pub headers: Vec<String>,
    /// Headers of answers that scripts may read.
    #[serde(default)]
    pub expose: Vec<String>,
    /// Cookies may come along.
    #[serde(default)]
    pub credentials: bool,
    /// Hours a preflight answer may be kept.
    #[serde(default = "a_day")]
    pub hours: u32,
    /// Kept, but switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub off: bool,
}

/// A copy of the traffic for another service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    /// Service.
    pub service: String,
    /// Percent of the requests.
    #[serde(default = "all")]
    pub percent: u32,
    /// Port of the service.
    #[serde(default, skip_serializing_if = "is_default")]
    pub port: u16,
    /// Kept, but switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub off: bool,
}

/// How many requests a route takes: in a window, or at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Requests, for the gateway as a whole.
    pub threshold: u32,
    /// Window in milliseconds; of no use where requests at a time are counted.
    #[serde(default = "a_second", skip_serializing_if = "is_a_second")]
    pub window_ms: u32,
    /// The mode as the product numbers it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mode: i64,
    /// What one too many gets.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refuse: Refusal,
    /// Kept, but switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub off: bool,
}

/// A circuit breaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// Percent of bad answers that opens it.
    pub ratio: u32,
    /// Answers slower than this many milliseconds are bad; left out: failed ones are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub slow_ms: Option<u32>,
    /// Window in seconds.
    #[serde(default = "ten")]
    pub window: u32,
    /// Seconds it stays open.
    #[serde(default = "ten")]
    pub recovery: u32,
    /// Requests in the window before it judges.
    #[serde(default = "ten")]
    pub min_requests: u32,
    /// What a request gets while it is open.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refuse: Refusal,
    /// Kept, but switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub off: bool,
}

/// What a refused request gets: an answer, or a redirect when that is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// HTTP status.
    #[serde(default = "too_many")]
    pub status: u16,
    /// Body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The body is JSON; otherwise plain text.
    #[serde(default, skip_serializing_if = "is_default")]
    pub json: bool,
    /// Where it is sent instead.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub redirect: String,
    /// Headers beside the usual ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl Default for Refusal {
    fn default() -> Self {
        Self {
            status: too_many(),
            body: String::new(),
            json: false,
            redirect: String::new(),
            headers: BTreeMap::new(),
        }
    }
}

/// HTTP requests as calls of a Dubbo service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dubbo {
    /// Interface.
    pub interface: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Its group.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Methods.
    pub methods: Vec<DubboMethod>,
}

/// One method of a Dubbo service and the requests that call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DubboMethod {
    /// Method.
    pub name: String,
    /// HTTP method, in capitals.
    #[serde(default = "get")]
    pub http: String,
    /// Path below the route's.
    pub path: String,
    /// Where its parameters come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<DubboParam>,
    /// All headers go along.
    #[serde(default, skip_serializing_if = "is_default")]
    pub all_headers: bool,
    /// These headers go along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
}

/// A parameter of a Dubbo method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DubboParam {
    /// Part of the request.
    pub from: ParamSource,
    /// Name in that part.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Java type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The part of a request that a parameter comes from, in the API's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParamSource {
    /// Query.
    #[serde(rename = "ALL_QUERY_PARAMETER")]
    Query,
    /// Header.
    #[serde(rename = "ALL_HEADER")]
    Header,
    /// Path.
    #[serde(rename = "ALL_PATH")]
    Path,
    /// Body.
    #[serde(rename = "ALL_BODY")]
    Body,
}

fn anything() -> Vec<String> {
    vec!["*".to_owned()]
}

fn usual_methods() -> Vec<String> {
    ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"].map(str::to_owned).to_vec()
}

fn a_day() -> u32 {
    24
}

fn all() -> u32 {
    100
}

fn a_second() -> u32 {
    1_000
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_a_second(window_ms: &u32) -> bool {
    *window_ms == 1_000
}

fn ten() -> u32 {
    10
}

fn too_many() -> u16 {
    429
}

fn get() -> String {
    "GET".to_owned()
}
