//! Makes the host of each step, and keeps what steps share: connections with their pace and keys, HTTP clients,
//! and the secrets to look out for.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use gateshift_model::{ConnectionDefinition, RunId, StepError};
use gateshift_step_api::{Host, HostProvider, Recorder, StepScope};
use serde_json::json;

use crate::connection::Connection;
use crate::credentials::{Choice, Credentials, Kitchen};
use crate::http::HttpClients;
use crate::redact::{Redactor, Vault, is_secret_name};
use crate::seal::Sealer;
use crate::step_host::StepHost;
use crate::{ConnectionKind, HostsOptions, admit, dns};

/// Shortest value of a variable with a secret name that is kept out of everything though no connection uses it:
/// shorter ones may be ordinary words.
const LONG: usize = 16;

/// Makes hosts over one set of options; cheap to clone.
///
/// ```
/// use gateshift_host::{ConnectionKind, EndpointRule, Hosts, HostsOptions, Scheme, WriteRule};
///
/// let inventory = ConnectionKind {
///     name: "example/inventory".into(),
///     scheme: Scheme::Acs3 { version: "2020-01-01".into() },
///     endpoint: EndpointRule::new("https://inventory.{region}.example.com", None),
///     writes: WriteRule::read_only(),
///     settings: serde_json::json!({}),
///     required: vec![],
///     query_language: None,
/// };
/// let hosts = Hosts::new(HostsOptions::new(vec![inventory]))?;
/// assert_eq!(hosts.time_scale(), 1.0);
/// # Ok::<(), gateshift_model::StepError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Hosts(Arc<Shared>);

/// What all hosts share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: HostsOptions,
    pub(crate) http: Arc<HttpClients>,
    kinds: BTreeMap<String, ConnectionKind>,
    kitchen: Arc<Kitchen>,
    vault: Arc<Vault>,
    pub(crate) sealer: Sealer,
    /// Name servers that gave no answer lately.
    pub(crate) silent: dns::Silent,
    connections: Mutex<HashMap<String, Arc<Connection>>>,
    runs: Mutex<HashMap<RunId, Arc<Redactor>>>,
}

impl Hosts {
    /// Checks the options and makes the provider. Reads no file and sends nothing.
    pub fn new(options: HostsOptions) -> Result<Self, StepError> {
        options.overrides.check()?;
        let http = Arc::new(HttpClients::new(options.overrides.ca_pem.clone(), options.limits.connect));
        let vault = Vault::new(options.fingerprint_key.clone());
        for (name, value) in &options.environment.variables {
            if is_secret_name(name) && value.len() >= LONG && !matches!(name.as_str(), "PWD" | "OLDPWD") {
                vault.learn(value);
            }
        }
        let kitchen = Kitchen {
            environment: options.environment.clone(),
            http: Arc::clone(&http),
            clock: options.clock.clone(),
            patience: options.limits.reply,
            metadata_patience: std::time::Duration::from_secs(1),
        };
        Ok(Self(Arc::new(Shared {
            kinds: options.kinds.iter().map(|kind| (kind.name.clone(), kind.clone())).collect(),
            http,
            kitchen: Arc::new(kitchen),
            vault: Arc::new(vault),
            sealer: Sealer::new(options.seal_key_file.clone()),
            silent: dns::Silent::default(),
            connections: Mutex::default(),
            runs: Mutex::default(),
            options,
        })))
    }

    /// How many times faster than real time waits pass; the executor scales its own waits by it.
    #[must_use]
    pub fn time_scale(&self) -> f64 {
        self.0.options.overrides.time_scale
    }

    /// Checks a connection's definition as far as that is possible without sending anything, and says where
    /// its requests would go.
    pub fn check_connection(
        &self,
        name: &str,
        definition: &ConnectionDefinition,
    ) -> Result<String, StepError> {
        self.0.open(name, definition).map(|connection| connection.place().to_owned())
    }

    /// A text without the secrets that are known so far; for messages that do not pass through a step's host.
    #[must_use]
    pub fn redact(&self, run: RunId, text: &str) -> String {
        self.0.redactor(run).message(text)
    }
}

impl Shared {
    /// The connection, shared by all steps that define it alike.
    fn connection(
        &self,
        name: &str,
        definition: &ConnectionDefinition,
    ) -> Result<Arc<Connection>, StepError> {
        let key = json!([name, definition.uses, definition.with, definition.credentials]).to_string();
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = connections.get(&key) {
            return Ok(Arc::clone(connection));
        }
        let connection = Arc::new(self.open(name, definition)?);
        connections.insert(key, Arc::clone(&connection));
        Ok(connection)
    }

    fn open(&self, name: &str, definition: &ConnectionDefinition) -> Result<Connection, StepError> {
        let kind = self.kinds.get(&definition.uses).ok_or_else(|| {
            let known: Vec<_> = self.kinds.keys().map(String::as_str).collect();
            StepError::permanent(
                "GS-CONNECTION-KIND",
                format!("connection `{name}` uses `{}`, which is no kind of connection", definition.uses),
            )
            .with_hint(format!("known kinds are {}", known.join(", ")))
        })?;
        Connection::open(name, definition, kind, &self.options.overrides, |scheme| {
            let choice = Choice::read(name, &definition.credentials)?;
            Ok(Credentials::new(name, scheme, choice, Arc::clone(&self.kitchen), Arc::clone(&self.vault)))
        })
    }

    fn redactor(&self, run: RunId) -> Arc<Redactor> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(runs.entry(run).or_insert_with(|| Arc::new(self.vault.for_run(run))))
    }
}

impl HostProvider for Hosts {
    fn host(&self, scope: StepScope, recorder: Arc<dyn Recorder>) -> Result<Arc<dyn Host>, StepError> {
        let mut connections = BTreeMap::new();
        for (role, name, definition) in &scope.connections {
            let connection = self.0.connection(name, definition)?;
            admit::kind_fits(role, admit::declared(&scope.manifest, role)?, &connection.kind)?;
            connections.insert(role.clone(), connection);
        }
        let redactor = self.0.redactor(scope.run);
        Ok(Arc::new(StepHost {
            shared: Arc::clone(&self.0),
            manifest: scope.manifest,
            connections,
            recorder,
            redactor,
        }))
    }
}
