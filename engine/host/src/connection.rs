//! One named connection: where it goes, how it proves itself, how fast, and which writes wait for each other.
//! Shared by every step that uses it, so that the pace holds for the whole process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gateshift_model::{ConnectionDefinition, StepError};
use tokio::sync::{OwnedMutexGuard, Semaphore};
use url::Url;

use crate::credentials::Credentials;
use crate::pacing::Pacer;
use crate::settings::Settings;
use crate::{ConnectionKind, Overrides, Scheme, endpoint};

/// A connection of a workflow, ready for use.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its name in the workflow.
    pub(crate) name: String,
    pub(crate) kind: ConnectionKind,
    pub(crate) endpoint: Url,
    /// `host` header of its requests.
    pub(crate) host: String,
    /// Region, when it has one.
    pub(crate) region: String,
    pub(crate) scheme: Scheme,
    pub(crate) credentials: Credentials,
    pub(crate) pacer: Pacer,
    pub(crate) slots: Semaphore,
    serial: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Connection {
    /// Checks the definition and makes the connection; sends nothing.
    pub(crate) fn open(
        name: &str,
        definition: &ConnectionDefinition,
        kind: &ConnectionKind,
        overrides: &Overrides,
        credentials: impl FnOnce(&Scheme) -> Result<Credentials, StepError>,
    ) -> Result<Self, StepError> {
        let endpoint::Place { url: endpoint, host } =
            endpoint::place(name, kind, &definition.with, overrides)?;
        let region = definition.with.get("region").and_then(serde_json::Value::as_str).unwrap_or_default();
        overrides.may_reach(
            &format!("the endpoint of connection `{name}`, {endpoint},"),
            endpoint::is_loopback(&endpoint),
        )?;
        let settings = Settings::read(name, &kind.scheme, &definition.with)?;
        // A pace is a wait like any other, so a rehearsal in fast time paces faster.
        let rate = settings.rate * overrides.time_scale;
        Ok(Self {
            name: name.to_owned(),
            kind: kind.clone(),
            endpoint,
            host,
            region: region.to_owned(),
            credentials: credentials(&settings.scheme)?,
            scheme: settings.scheme,
            pacer: Pacer::new(rate, settings.burst),
            slots: Semaphore::new(settings.concurrency),
            serial: Mutex::default(),
        })
    }

    /// Waits until no other request with this key is under way.
    pub(crate) async fn alone(&self, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut serial = self.serial.lock().unwrap_or_else(PoisonError::into_inner);
            // Keys nobody holds or waits for are let go, so that the map stays small.
            serial.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(serial.entry(key.to_owned()).or_default())
        };
        lock.lock_owned().await
    }

    /// Endpoint as messages show it.
    pub(crate) fn place(&self) -> &str {
        self.endpoint.as_str().trim_end_matches('/')
    }
}
