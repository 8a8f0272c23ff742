//! What a migrator may ask of the world (invariant **host**): everything else is out of its reach.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{ArtifactRef, OperationKey, Sealed, Settled, StepError, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Services of the host. Every call is checked against the migrator's manifest, paced, signed,
/// redacted and recorded by the other side of this trait.
#[async_trait]
pub trait Host: Send + Sync {
    /// A request on a named connection.
    async fn call(&self, request: CallRequest) -> Result<CallReply, CallFailure>;

    /// An HTTP request to a gateway, with chosen address, Host and SNI.
    async fn probe(&self, request: ProbeRequest) -> Result<ProbeReply, ProbeFailure>;

    /// A question to a name server.
    async fn resolve(&self, question: DnsQuestion) -> Result<DnsReply, ServiceFailure>;

    /// A metric query on a named connection.
    async fn query(&self, query: MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure>;

    /// Records what an operation came to. Durable when it returns.
    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError>;

    /// Stores where the step stands. Durable when it returns.
    async fn checkpoint(&self, value: Value) -> Result<(), StepError>;

    /// Stores bytes that later steps or people need, and says where.
    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, StepError>;

    /// Reads an artifact of this run.
    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError>;

    /// Encrypts a secret of the object that is worked on (a token set, a password in a configuration), so that
    /// it may stand in plans, checkpoints and artifacts. From then on the plain text is redacted like the host's own.
    fn seal(&self, plain: &str) -> Result<Sealed, StepError>;

    /// Opens what [`Host::seal`] made, in this process or an earlier one.
    fn unseal(&self, sealed: &Sealed) -> Result<String, StepError>;

    /// How far the step is. Best effort, last value wins.
    fn progress(&self, progress: Progress);

    /// A line for the log.
    fn log(&self, level: LogLevel, line: &str);

    /// The present time.
    fn now(&self) -> Timestamp;

    /// A fresh unique id (UUID text).
    fn id(&self) -> String;

    /// Waits. Short waits only (polls); a wait worth surviving a crash is `Applied::Pending`.
    /// Ends early with an error when the run is being stopped.
    async fn sleep(&self, duration: Duration) -> Result<(), StepError>;

    /// How much faster than real time waits pass, for rehearsals; 1.0 in production. Waits given to
    /// [`Host::sleep`] and `Applied::Pending` are scaled already: needed only to judge measured durations.
    fn time_scale(&self) -> f64;
}

/// A request on a connection, before authentication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRequest {
    /// Role of the connection in the manifest, `source`.
    pub connection: String,
    /// Action, `ListGatewayRoute`; must be declared in the manifest.
    pub action: String,
    /// HTTP method.
    pub method: String,
    /// Path, already percent-encoded by segment; `/` for RPC.
    pub path: String,
    /// Query pairs, decoded.
    #[serde(default)]
    pub query: Vec<(String, String)>,
    /// Body.
    #[serde(default)]
    pub body: Body,
    /// The operation a write belongs to.
    #[serde(default)]
    pub operation: Option<OperationKey>,
    /// Writes with the same key on the same connection run one after another (`gateway:gw-1`).
    #[serde(default)]
    pub serial: Option<String>,
    /// Whether repeating it unchanged is harmless (a read, or a write with an idempotency token):
    /// then the host may repeat it itself after a lost reply.
    pub kind: CallKind,
}

/// What a call does, as far as repeating it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// Reads.
    Read,
    /// Writes; harmless when repeated unchanged.
    IdempotentWrite,
    /// Writes; after a lost reply the migrator has to look.
    Write,
}

/// A request body.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", content = "value", rename_all = "snake_case")]
pub enum Body {
    /// None.
    #[default]
    None,
    /// JSON.
    Json(Value),
    /// `application/x-www-form-urlencoded` pairs.
    Form(Vec<(String, String)>),
    /// Text of another form.
    Text {
        /// Its content type, `application/xml`.
        media: String,
        /// The text.
        text: String,
    },
}

/// An answer with a 2xx status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallReply {
    /// HTTP status.
    pub status: u16,
    /// The other side's request id.
    pub request_id: Option<String>,
    /// The body as JSON; text that is no JSON as a string.
    pub body: Value,
}

/// Why a call gave no 2xx answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum CallFailure {
    /// The other side refused.
    #[error("{connection} {action}: {status} {code}: {message}")]
    Refused {
        /// Connection.
        connection: String,
        /// Action.
        action: String,
        /// HTTP status.
        status: u16,
        /// Its code.
        code: String,
        /// Its message.
        message: String,
        /// Its request id.
        request_id: Option<String>,
    },
    /// Throttled for longer than the host is willing to wait.
    #[error("{connection} {action}: still throttled after {tries} tries ({code})")]
    Throttled {
        /// Connection.
        connection: String,
        /// Action.
        action: String,
        /// The last code.
        code: String,
        /// Tries made.
        tries: u32,
        /// Wish of the other side.
        retry_after_ms: Option<u64>,
    },
    /// No connection was made: nothing has happened on the other side.
    #[error("{connection} {action}: cannot reach {endpoint}: {cause}")]
    Unreachable {
        /// Connection.
        connection: String,
        /// Action.
        action: String,
        /// Where.
        endpoint: String,
        /// Why.
        cause: String,
    },
    /// The request was sent and no answer came: it may or may not have happened.
    #[error("{connection} {action}: no answer: {cause}")]
    Lost {
        /// Connection.
        connection: String,
        /// Action.
        action: String,
        /// Why.
        cause: String,
    },
    /// The host itself refused, before anything was sent: undeclared action, write on a read-only
    /// connection, no credentials, a stopped run.
    #[error(transparent)]
    Host(#[from] StepError),
}

impl CallFailure {
    /// The other side's code, when it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } | Self::Throttled { code, .. } => Some(code),
            Self::Host(error) => Some(&error.code),
            Self::Unreachable { .. } | Self::Lost { .. } => None,
        }
    }
}

impl From<CallFailure> for StepError {
    fn from(failure: CallFailure) -> Self {
        let message = failure.to_string();
        match failure {
            CallFailure::Host(error) => error,
            CallFailure::Throttled { retry_after_ms, .. } => {
                let mut error = Self::retryable("GS-THROTTLED", message)
                    .with_hint("lower the connection's `rate`, or ask the provider for a higher quota; `gateshift resume` goes on");
                error.retry_after_ms = retry_after_ms;
                error
            }
            CallFailure::Unreachable { .. } => Self::retryable("GS-UNREACHABLE", message)
                .with_hint("check the connection's endpoint and region, and this machine's network"),
            CallFailure::Lost { .. } => Self::retryable("GS-REPLY-LOST", message),
            CallFailure::Refused { status, ref code, .. } => {
                let busy = status >= 500
                    || code.starts_with("Throttling")
                    || code.starts_with("Conflict.LockFailed")
                    || code == "IdempotentProcessing"
                    || code == "ServiceUnavailable";
                let denied = matches!(status, 401 | 403)
                    || code.contains("AccessKey")
                    || code.contains("Signature")
                    || code.contains("NoPermission")
                    || code.contains("SecurityToken");
                if busy {
                    Self::retryable("GS-REFUSED", message)
                } else if denied {
                    Self::permanent("GS-DENIED", message).with_hint(
                        "check the key of this connection and its permissions, then `gateshift resume`",
                    )
                } else {
                    Self::permanent("GS-REFUSED", message)
                }
            }
        }
    }
}

/// An HTTP request to a gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeRequest {
    /// Address to connect to.
    pub address: IpAddr,
    /// Port as the gateway's control plane reports it.
    pub port: u16,
    /// TLS with this server name; plain when absent. The certificate is reported, not judged.
    pub tls: Option<ProbeTls>,
    /// Method.
    pub method: String,
    /// Host (or `:authority`).
    pub host: String,
    /// Path and query as they go on the wire.
    pub target: String,
    /// Further headers.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(default)]
    pub body: Vec<u8>,
    /// Limit for the whole exchange.
    pub timeout: Duration,
}

/// TLS of a probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeTls {
    /// Server name indication.
    pub sni: String,
    /// Application protocols offered, `["h2", "http/1.1"]`.
    #[serde(default)]
    pub alpn: Vec<String>,
}

/// What a gateway answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeReply {
    /// HTTP status.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body, at most 1 MiB.
    pub body: Vec<u8>,
    /// The body was longer.
    pub truncated: bool,
    /// What was negotiated.
    pub tls: Option<PeerTls>,
    /// Milliseconds.
    pub millis: u64,
}

/// What a TLS handshake showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeerTls {
    /// `TLSv1.3`.
    pub version: String,
    /// Chosen application protocol.
    pub alpn: Option<String>,
    /// SHA-256 of the leaf certificate.
    pub certificate: String,
}

/// Why a probe gave no answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ProbeFailure {
    /// No connection.
    #[error("cannot connect to {address}: {cause}")]
    Connect {
        /// Where.
        address: String,
        /// Why.
        cause: String,
    },
    /// The TLS handshake failed.
    #[error("TLS handshake with {address} failed: {cause}")]
    Tls {
        /// Where.
        address: String,
        /// Why.
        cause: String,
    },
    /// The exchange broke off or took too long.
    #[error("no complete answer from {address}: {cause}")]
    Exchange {
        /// Where.
        address: String,
        /// Why.
        cause: String,
    },
    /// The host refused.
    #[error(transparent)]
    Host(#[from] StepError),
}

/// A question to a name server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DnsQuestion {
    /// Name without the final dot.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`, `NS`, `TXT`, `SOA`.
    pub kind: String,
    /// A server to ask (address, or address and port). Absent: the name's authoritative servers, each in
    /// its turn, found by delegation (or the override the operator gave); never a cache.
    #[serde(default)]
    pub server: Option<String>,
}

/// A name server's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DnsReply {
    /// Server that answered.
    pub server: String,
    /// `NOERROR`, `NXDOMAIN`, `SERVFAIL` ...
    pub rcode: String,
    /// Whether the server is an authority for the name.
    pub authoritative: bool,
    /// Answer section.
    pub answers: Vec<DnsAnswer>,
}

/// One answer record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsAnswer {
    /// Owner without the final dot, lower case.
    pub name: String,
    /// Type.
    pub kind: String,
    /// Seconds.
    pub ttl: u32,
    /// Address or target, lower case, without the final dot.
    pub value: String,
}

/// A metric query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricQuery {
    /// Role of the connection in the manifest, `metrics`.
    pub connection: String,
    /// Expression in the language of that source.
    pub expression: String,
}

/// One series of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricSample {
    /// Labels.
    pub labels: std::collections::BTreeMap<String, String>,
    /// The value; absent when the source answered NaN or an infinity.
    pub value: Option<f64>,
    /// When it was evaluated.
    pub at: Timestamp,
}

/// Why a question or a query gave no answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ServiceFailure {
    /// It was asked and did not answer usefully.
    #[error("{what} failed: {cause}")]
    Failed {
        /// What was asked.
        what: String,
        /// Why.
        cause: String,
    },
    /// The host refused.
    #[error(transparent)]
    Host(#[from] StepError),
}

impl From<ServiceFailure> for StepError {
    fn from(failure: ServiceFailure) -> Self {
        match failure {
            ServiceFailure::Host(error) => error,
            ServiceFailure::Failed { .. } => Self::retryable("GS-SERVICE", failure.to_string()),
        }
    }
}

impl From<ProbeFailure> for StepError {
    fn from(failure: ProbeFailure) -> Self {
        match failure {
            ProbeFailure::Host(error) => error,
            _ => Self::retryable("GS-PROBE", failure.to_string()),
        }
    }
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all.
    pub total: u64,
    /// What is going on, in a few words.
    pub text: String,
}

/// Weight of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// For developers.
    Debug,
    /// For the record.
    Info,
    /// Worth a look.
    Warn,
}
