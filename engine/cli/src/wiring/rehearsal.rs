//! What stands in for the real world: read from the JSON that `lab up` prints, or taken from a lab in
//! this process.

use std::collections::BTreeMap;
use std::path::Path;

use gateshift_host::Overrides;
use gateshift_lab::LabEndpoints;
use gateshift_model::RunDefinition;
use serde_json::{Map, Value};

use crate::error::CliError;

/// Overrides, and the keys that go with them.
#[derive(Clone, Default)]
pub(crate) struct Rehearsal {
    /// Endpoints, name server, ports, speed.
    pub(crate) overrides: Overrides,
    /// Environment variables that hold the keys of a lab.
    pub(crate) keys: BTreeMap<String, String>,
}

impl Rehearsal {
    /// What the run's definition keeps of it: everything but the keys; null in production.
    pub(crate) fn frozen(&self) -> Value {
        if self.overrides == Overrides::default() {
            return Value::Null;
        }
        serde_json::to_value(&self.overrides).unwrap_or_default()
    }
}

/// The rehearsal a run goes on with: the one in the file, else the one it was begun with. A run keeps
/// to the world it was begun in.
pub(crate) fn of_run(definition: &RunDefinition, path: Option<&Path>) -> Result<Rehearsal, CliError> {
    let given = from_file(path)?;
    match (definition.rehearsal.is_null(), path.is_some()) {
        (true, true) => Err(CliError::new(
            "GS-REHEARSAL",
            "this run was begun in the real world; it cannot go on in a rehearsal",
        )
        .hint("leave `--endpoints` (and GATESHIFT_ENDPOINTS) out")),
        (true, false) | (false, true) => Ok(given),
        (false, false) => read(&definition.rehearsal, "the run's own record of its rehearsal"),
    }
}

/// The rehearsal of a running lab.
pub(crate) fn from_lab(endpoints: &LabEndpoints) -> Result<Rehearsal, CliError> {
    let value = serde_json::to_value(endpoints)
        .map_err(|error| unreadable("the lab's endpoints", &error.to_string()))?;
    read(&value, "the lab's endpoints")
}

/// The rehearsal in a file; none without a file.
pub(crate) fn from_file(path: Option<&Path>) -> Result<Rehearsal, CliError> {
    let Some(path) = path else { return Ok(Rehearsal::default()) };
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&place, &error.to_string()))?;
    // `lab up --load` adds a report behind the endpoints when it ends.
    let first = serde_json::Deserializer::from_str(&text).into_iter::<Value>().next();
    let value = first
        .ok_or_else(|| unreadable(&place, "it is empty"))?
        .map_err(|error| unreadable(&place, &error.to_string()))?;
    // A file that replaces nothing would let a rehearsal loose on the real world.
    if !value.get("endpoints").is_some_and(Value::is_object) {
        return Err(unreadable(&place, "it names no `endpoints`"));
    }
    read(&value, &place)
}

fn read(value: &Value, place: &str) -> Result<Rehearsal, CliError> {
    let mut own = Map::new();
    for name in ["endpoints", "dns", "connect", "ca_pem"] {
        if let Some(part) = value.get(name) {
            own.insert(name.to_owned(), part.clone());
        }
    }
    if let Some(speed) = value.get("speed").or_else(|| value.get("time_scale")) {
        own.insert("time_scale".to_owned(), speed.clone());
    }
    let overrides = Overrides::parse(&Value::Object(own).to_string())
        .map_err(|error| unreadable(place, &error.message))?;
    let key = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut keys = BTreeMap::new();
    if let (Some(id), Some(secret)) = (key("access_key_id"), key("access_key_secret")) {
        keys.insert("ALIBABA_CLOUD_ACCESS_KEY_ID".to_owned(), id);
        keys.insert("ALIBABA_CLOUD_ACCESS_KEY_SECRET".to_owned(), secret);
    }
    Ok(Rehearsal { overrides, keys })
}

fn unreadable(place: &str, cause: &str) -> CliError {
    CliError::new("GS-OVERRIDES", format!("{place} cannot be used as endpoints: {cause}"))
        .hint("give the file that holds what `gateshift lab up` printed")
}
