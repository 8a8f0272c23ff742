//! The step `traffic`, driven call by call as the engine does: planned, applied until it waits, settled
//! operations and checkpoints handed back, taken back at the end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateshift_gateway_model::{
    Accounting, Assessed, Entry, FORMAT, Instance, Inventory, NetworkKind, NodeSize, Origin, TargetInstance,
};
use gateshift_host::{
    ConnectionKind, EndpointRule, EnvironmentSource, Hosts, HostsOptions, Overrides, Protocol, Scheme,
    WriteRule,
};
use gateshift_model::{ConnectionDefinition, MigratorName, Plan, RunId, StepError, StepName};
use gateshift_step_api::{Applied, Host, HostProvider, Migrator, StepInput, StepScope, Undone};
use gateshift_traffic::Traffic;
use serde_json::{Value, json};

use crate::Memory;

/// Address, longer address and name of the gateway that is left.
pub const OLD: (&str, &str, &str) = ("192.0.2.1", "2001:db8::1", "old.example.net");
/// Those of the gateway that is moved to.
pub const NEW: (&str, &str, &str) = ("198.51.100.1", "2001:db8::2", "new.example.net");
/// How many times faster than real time the step's own waits pass.
const SPEED: f64 = 20.0;

/// A connection of a kind with these settings and credentials.
///
/// # Panics
/// When they are no objects.
#[must_use]
pub fn definition(kind: &str, with: Value, credentials: Value) -> ConnectionDefinition {
    ConnectionDefinition {
        uses: kind.to_owned(),
        with: serde_json::from_value(with).unwrap(),
        credentials: serde_json::from_value(credentials).unwrap(),
    }
}

/// A shift under way.
pub struct Shift {
    input: StepInput,
    memory: Arc<Memory>,
    host: Arc<dyn Host>,
    /// Its plan.
    pub plan: Plan,
}

impl Shift {
    /// Plans a shift over a connection `dns`, asking this name server for answers.
    ///
    /// # Panics
    /// When a part of the test is put together wrongly.
    pub async fn plan(
        connection: ConnectionDefinition,
        variables: &[(&str, &str)],
        dns: SocketAddr,
        settings: Value,
    ) -> Result<Self, StepError> {
        let memory = Memory::new();
        let host = host(&connection, variables, dns, &memory);
        let inventory = memory.keep("inventory", serde_json::to_vec(&inventory()).unwrap());
        let assessed = Assessed {
            inventory,
            origin: inventory_origin(),
            gateway_name: "n".to_owned(),
            counts: BTreeMap::new(),
            findings: BTreeMap::new(),
            fields: 0,
            fields_accounted: 0,
        };
        let name = |text: &str| MigratorName::new(text).unwrap();
        let outputs = BTreeMap::from([
            (name("assess"), serde_json::to_value(assessed).unwrap()),
            (name("instance"), serde_json::to_value(target()).unwrap()),
        ]);
        let input = StepInput {
            run: RunId(uuid::Uuid::nil()),
            step: StepName::new("traffic").unwrap(),
            attempt: 1,
            settings,
            outputs,
            settled: BTreeMap::new(),
            unsettled: Vec::new(),
            checkpoint: None,
            later: Vec::new(),
            skipped: Vec::new(),
            kinds: BTreeMap::from([("dns".to_owned(), connection.uses)]),
        };
        let plan = Traffic.plan(&*host, &input).await?;
        Ok(Self { input, memory, host, plan })
    }

    /// The step's way to the world.
    #[must_use]
    pub fn host(&self) -> &dyn Host {
        &*self.host
    }

    /// What it did so far.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Goes on to the next wait: the reason for it, or `None` when the shift is done.
    ///
    /// # Panics
    /// Never, but for a poisoned lock.
    pub async fn step(&mut self) -> Result<Option<String>, StepError> {
        self.input.settled.clone_from(&self.memory.settled.lock().unwrap());
        let applied = Traffic.apply(&*self.host, &self.input, &self.plan).await;
        self.input.checkpoint.clone_from(&self.memory.checkpoint.lock().unwrap());
        match applied? {
            Applied::Done { .. } => Ok(None),
            Applied::Pending { checkpoint, reason, .. } => {
                self.input.checkpoint = Some(checkpoint);
                Ok(Some(reason))
            }
        }
    }

    /// Goes on until a stage is in force, over all waits before it.
    pub async fn until(&mut self, stage: &str) -> Result<(), StepError> {
        loop {
            match self.step().await? {
                Some(reason) if reason.starts_with(&format!("stage {stage} is in force")) => return Ok(()),
                Some(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                None => return Err(StepError::permanent("TEST", format!("there was no stage {stage}"))),
            }
        }
    }

    /// Takes it back, with nothing but the plan and the connection.
    pub async fn undo(&self) -> Result<Undone, StepError> {
        let bare = StepInput {
            settled: BTreeMap::new(),
            outputs: BTreeMap::new(),
            checkpoint: None,
            ..self.input.clone()
        };
        Traffic.undo(&*self.host, &bare, Some(&self.plan)).await
    }

    /// Codes of the findings that block.
    #[must_use]
    pub fn blocking(&self) -> Vec<String> {
        self.plan.blocking().map(|finding| finding.code.clone()).collect()
    }
}

/// The kinds of connection as the binary has them.
fn kinds() -> Vec<ConnectionKind> {
    let kind = |name: &str, scheme: Scheme, endpoint: EndpointRule| ConnectionKind {
        name: name.to_owned(),
        scheme,
        endpoint,
        writes: WriteRule::Allowed,
        settings: json!({}),
        required: Vec::new(),
        query_language: None,
    };
    vec![
        kind("powerdns", Scheme::Header { name: "x-api-key".to_owned() }, EndpointRule::from_setting("url")),
        kind("rfc2136", Scheme::Tsig, EndpointRule::from_setting("server").speaking(Protocol::Dns)),
        kind("dns/manual", Scheme::None, EndpointRule::default().speaking(Protocol::Nothing)),
    ]
}

fn host(
    connection: &ConnectionDefinition,
    variables: &[(&str, &str)],
    dns: SocketAddr,
    memory: &Arc<Memory>,
) -> Arc<dyn Host> {
    let mut options = HostsOptions::new(kinds());
    options.overrides = Overrides { dns: Some(dns), time_scale: SPEED, ..Overrides::default() };
    options.environment = EnvironmentSource::empty();
    options.environment.metadata = "http://127.0.0.1:1".to_owned();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    options.environment.variables.extend(variables);
    let scope = StepScope {
        run: RunId(uuid::Uuid::nil()),
        step: StepName::new("traffic").unwrap(),
        attempt: 1,
        manifest: Traffic.manifest(),
        connections: vec![("dns".to_owned(), "dns".to_owned(), connection.clone())],
    };
    let recorder: Arc<Memory> = Arc::clone(memory);
    Hosts::new(options).unwrap().host(scope, recorder).unwrap()
}

fn entry((four, six, name): (&str, &str, &str)) -> Entry {
    Entry {
        domain: Some(name.to_owned()),
        ipv4: vec![four.parse().unwrap()],
        ipv6: vec![six.parse().unwrap()],
        http_ports: vec![80],
        https_ports: vec![443],
        network: NetworkKind::Public,
    }
}

fn inventory_origin() -> Origin {
    Origin { product: "p".to_owned(), region: "r".to_owned(), gateway: "gw-old".to_owned() }
}

fn inventory() -> Inventory {
    Inventory {
        format: FORMAT,
        taken_at: 0,
        origin: inventory_origin(),
        instance: Instance {
            name: "n".to_owned(),
            edition: String::new(),
            engine_version: String::new(),
            node: NodeSize { vcpu: 2, memory_gib: 4 },
            peak_nodes: 2,
            nodes: 2,
            prepaid: false,
            vpc: "vpc".to_owned(),
            vswitches: Vec::new(),
            security_group: None,
            entries: vec![entry(OLD)],
            resource_group: None,
            tags: BTreeMap::new(),
            backend_rules: Vec::new(),
            elastic: None,
        },
        domains: Vec::new(),
        certificates: Vec::new(),
        sources: Vec::new(),
        services: Vec::new(),
        routes: Vec::new(),
        access_lists: Vec::new(),
        authentications: Vec::new(),
        consumers: Vec::new(),
        guarded_routes: Vec::new(),
        plugins: Vec::new(),
        observability: Default::default(),
        parameters: BTreeMap::new(),
        accounting: Accounting::default(),
        raw: Vec::new(),
    }
}

fn target() -> TargetInstance {
    TargetInstance {
        gateway: "gw-new".to_owned(),
        name: "n".to_owned(),
        environment: "env".to_owned(),
        spec: "s".to_owned(),
        vpc: "vpc".to_owned(),
        version: "2".to_owned(),
        entries: vec![entry(NEW)],
    }
}
