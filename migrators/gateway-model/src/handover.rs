//! What a step hands to the steps after it, through the journal. Fields are only ever added.

use std::collections::BTreeMap;

use gateshift_model::ArtifactRef;
use serde::{Deserialize, Serialize};

use crate::{Entry, Origin};

/// Output of `assess`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessed {
    /// The [`Inventory`](crate::Inventory), as JSON.
    pub inventory: ArtifactRef,
    /// Where it was read.
    pub origin: Origin,
    /// Name of the gateway.
    pub gateway_name: String,
    /// Objects by kind.
    pub counts: BTreeMap<String, u64>,
    /// Findings by severity.
    pub findings: BTreeMap<String, u64>,
    /// Fields of the source's answers.
    pub fields: u64,
    /// Those accounted for; equal to `fields`, or the run is blocked.
    pub fields_accounted: u64,
}

/// What becomes of an object of the source, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It is on the target as it was.
    Same,
    /// It is the same under another name.
    Renamed,
    /// It works; something about it is different, and a warning says what.
    Lossy,
    /// A person has to decide or to do something.
    Choice,
    /// It is not carried over.
    Blocked,
}

/// Requests by the class of the routes that serve them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficShare {
    /// Requests counted.
    pub requests: u64,
    /// Those of routes that the source does not have.
    pub unknown: u64,
    /// The others by class.
    pub by_class: BTreeMap<Class, u64>,
}

/// The verdict of `assess`, beside its findings: part of its output, with the fields of [`Assessed`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Objects and policies by class.
    #[serde(default)]
    pub classes: BTreeMap<Class, u64>,
    /// The same by kind.
    #[serde(default)]
    pub kinds: BTreeMap<String, BTreeMap<Class, u64>>,
    /// The same by requests, when they were counted.
    #[serde(default)]
    pub traffic: Option<TrafficShare>,
    /// Digest of the rule pack that decided.
    #[serde(default)]
    pub rules: String,
    /// Day of the guide that the rule pack follows.
    #[serde(default)]
    pub guide: String,
    /// Every object with its class, as JSON.
    #[serde(default)]
    pub objects: Option<ArtifactRef>,
    /// The answers of the source, from which the same inventory can be read again.
    #[serde(default)]
    pub snapshot: Option<ArtifactRef>,
}

/// Output of `instance`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetInstance {
    /// Id of the target gateway.
    pub gateway: String,
    /// Its name.
    pub name: String,
    /// Its default environment.
    pub environment: String,
    /// Size.
    pub spec: String,
    /// VPC.
    pub vpc: String,
    /// Engine version.
    pub version: String,
    /// Ways in.
    pub entries: Vec<Entry>,
}

/// Output of `routes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetRoutes {
    /// Id of the HTTP API that holds the routes.
    pub api: String,
    /// Domains: name -> id.
    pub domains: BTreeMap<String, String>,
    /// Sources: id at the source -> id at the target.
    pub sources: BTreeMap<String, String>,
    /// Services: id at the source -> id at the target.
    pub services: BTreeMap<String, String>,
    /// Routes: id at the source -> what it became.
    pub routes: BTreeMap<String, TargetRoute>,
    /// Routes that became operations of REST APIs: id at the source -> ids of the operations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rest: BTreeMap<String, Vec<String>>,
}

impl TargetRoutes {
    /// Whether a route of that id at the source was made, in either form.
    #[must_use]
    pub fn has(&self, route: &str) -> bool {
        self.routes.contains_key(route) || self.rest.contains_key(route)
    }
}

/// What a route became.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetRoute {
    /// Id at the target.
    pub id: String,
    /// Name at the target.
    pub name: String,
    /// Deployed: it serves traffic.
    pub deployed: bool,
}

/// Output of `security`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Secured {
    /// Lists: id at the source -> ids of the policies that carry it; empty for one that was flattened away.
    pub lists: BTreeMap<String, Vec<String>>,
    /// Routes whose effective list was written on the route itself, by id at the source.
    pub flattened: Vec<String>,
    /// Authentications: id at the source -> id of the policy.
    pub authentications: BTreeMap<String, String>,
    /// Consumers: id at the source -> id at the target.
    pub consumers: BTreeMap<String, String>,
    /// Authorization rules made.
    pub grants: u64,
}

/// Output of `plugins`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plugged {
    /// Plugins: id at the source -> id of the installation at the target.
    pub plugins: BTreeMap<String, String>,
    /// Attachments made.
    pub attachments: u64,
}

/// Output of `observability`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Alert rules: id at the source, or name of the baseline rule -> id at the target.
    pub alerts: BTreeMap<String, String>,
    /// What a person did in the console and was read back.
    pub manual: Vec<String>,
}

/// Output of `parameters`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// Parameters written, by the source's name -> value.
    pub written: BTreeMap<String, serde_json::Value>,
    /// Parameters that were equal already.
    pub equal: u64,
    /// The gateway was restarted for them.
    pub restarted: bool,
}

/// Output of `verify`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verified {
    /// Requests sent to both gateways and compared.
    pub compared: u64,
    /// Those whose answers differed.
    pub mismatches: u64,
    /// Published routes that at least one compared request was made for.
    pub routes_covered: u64,
    /// Published routes.
    pub routes: u64,
    /// Hosts that answered on the target.
    pub hosts: Vec<String>,
    /// The comparison in full, as JSON.
    pub report: ArtifactRef,
}

/// Output of `traffic`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shifted {
    /// Hosts moved.
    pub hosts: Vec<String>,
    /// Stages walked.
    pub stages: Vec<StageReached>,
    /// Share planned at the end, percent.
    pub planned_share: f64,
    /// Share measured at the end, percent; absent when nothing could be measured.
    pub measured_share: Option<f64>,
}

/// One stage of a shift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReached {
    /// Planned share, percent.
    pub share: f64,
    /// Share of answers of the authoritative servers, percent.
    pub answered: Option<f64>,
    /// Share of requests, percent; absent when there was too little traffic.
    pub measured: Option<f64>,
    /// Requests that both gateways served while it was measured.
    pub requests: u64,
    /// When it was reached, milliseconds since the Unix epoch.
    pub at: i64,
}
