//! The contract between the engine and a migrator: what a migrator is, what it may ask of its
//! host, and what the engine's side of that host records. JSON-shaped throughout, so that the same
//! migrator can be linked in, loaded, or run in a process of its own.

mod host;
mod manifest;
mod migrator;
mod provider;
pub mod wire;

pub use gateshift_model as model;
pub use host::{
    Body, CallFailure, CallKind, CallReply, CallRequest, DnsAnswer, DnsQuestion, DnsReply, Host, LogLevel,
    MetricQuery, MetricSample, PeerTls, ProbeFailure, ProbeReply, ProbeRequest, ProbeTls, Progress,
    ServiceFailure,
};
pub use manifest::{ActionUse, ConnectionUse, Manifest, ProbeUse};
pub use migrator::{Applied, LaterStep, Migrator, SkippedStep, StepInput, Undone};
pub use provider::{HostProvider, Recorder, RecorderFailure, StepScope};
