//! The console of the target, for whoever plays the person in a rehearsal: what has no call is set here.
//!
//! | request | body |
//! |---|---|
//! | `POST /console/GATEWAY/tracing` | `{"kind": "OPENTELEMETRY", "sample": 20, "service": "", "port": 0}`, or `{"off": true}` |
//! | `POST /console/GATEWAY/logs` | `{"project": "shop-logs", "store": "gateway", "nginx_format": false}`, or `{"off": true}` |
//!
//! `GATEWAY` is an id, or `target` where there is only one.

use gateshift_lab_kernel::{ApiError, LogTarget, OWN_STORE, Product, Tracing};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::parts::Parts;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TracingPage {
    #[serde(default)]
    off: bool,
    #[serde(default)]
    kind: String,
    #[serde(default = "all")]
    sample: u32,
    #[serde(default)]
    service: String,
    #[serde(default)]
    port: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogsPage {
    #[serde(default)]
    off: bool,
    #[serde(default)]
    project: String,
    #[serde(default = "own_store")]
    store: String,
    #[serde(default)]
    nginx_format: bool,
}

fn all() -> u32 {
    100
}

fn own_store() -> String {
    OWN_STORE.to_owned()
}

/// Sets what a page of the console shows.
///
/// # Errors
/// Status and words, when there is no such gateway or page, or the console would not take it.
pub(crate) fn set(parts: &Parts, gateway: &str, page: &str, body: &[u8]) -> Result<(), (u16, String)> {
    let gateway = gateway_of(parts, gateway)?;
    let said = |error: ApiError| (error.status, error.message);
    match page {
        "tracing" => {
            let page: TracingPage = read(body)?;
            let TracingPage { off, kind, sample, service, port } = page;
            let tracing = (!off).then_some(Tracing { kind, sample, service, port });
            parts.apig.set_tracing(&gateway, tracing).map_err(said)
        }
        "logs" => {
            let LogsPage { off, project, store, nginx_format } = read(body)?;
            let to = (!off).then_some(LogTarget { project, store, nginx_format });
            parts.apig.set_logs(&gateway, to).map_err(said)
        }
        other => Err((404, format!("the console has the pages tracing and logs, not `{other}`"))),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, (u16, String)> {
    serde_json::from_slice(body).map_err(|error| (400, format!("the page is not understood: {error}")))
}

fn gateway_of(parts: &Parts, name: &str) -> Result<String, (u16, String)> {
    if name != "target" {
        return Ok(name.to_owned());
    }
    let mut ids = parts.apig.gateways().into_iter().map(|gateway| gateway.gateway_id);
    match (ids.next(), ids.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err((404, "no target gateway runs yet".to_owned())),
        (Some(_), Some(_)) => Err((400, "there are several target gateways; give the id of one".to_owned())),
    }
}
