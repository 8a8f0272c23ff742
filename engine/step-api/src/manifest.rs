//! What a migrator says of itself before it runs. The host enforces it.

use std::collections::BTreeMap;

use gateshift_model::{MigratorName, UndoScope};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A migrator's declaration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name, as `uses:` writes it.
    pub name: MigratorName,
    /// Its own version.
    pub version: String,
    /// Version of this contract it was written for; 1.
    pub contract: u32,
    /// What it does, in a sentence.
    pub description: String,
    /// JSON Schema (2020-12) of its settings (`with:`).
    pub settings: Value,
    /// JSON Schema of its output.
    pub output: Value,
    /// Connections it uses, by role. A role is bound to the workflow's connection of that name unless
    /// the step says otherwise.
    pub connections: BTreeMap<String, ConnectionUse>,
    /// Migrators whose output it reads, by name; each must be among the step's ancestors.
    #[serde(default)]
    pub reads: Vec<MigratorName>,
    /// Probes and questions to name servers.
    #[serde(default)]
    pub probes: ProbeUse,
    /// What undoing a step of it takes back.
    #[serde(default)]
    pub undo: UndoScope,
}

/// How a migrator uses one connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionUse {
    /// Kinds it can work with, `["vendor/product"]`.
    pub kinds: Vec<String>,
    /// A step without this connection is still fine.
    #[serde(default)]
    pub optional: bool,
    /// Actions it may ask for.
    pub actions: BTreeMap<String, ActionUse>,
}

/// Whether an action changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionUse {
    /// It only reads.
    Read,
    /// It changes something.
    Write,
}

/// Requests to gateways and name servers that are no cloud calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeUse {
    /// Sends HTTP requests to gateways.
    #[serde(default)]
    pub http: bool,
    /// Asks name servers.
    #[serde(default)]
    pub dns: bool,
}

impl ConnectionUse {
    /// A connection of one kind with the given reads and writes.
    #[must_use]
    pub fn new(kind: &str, reads: &[&str], writes: &[&str]) -> Self {
        let reads = reads.iter().map(|name| ((*name).to_owned(), ActionUse::Read));
        let writes = writes.iter().map(|name| ((*name).to_owned(), ActionUse::Write));
        Self { kinds: vec![kind.to_owned()], optional: false, actions: reads.chain(writes).collect() }
    }
}
