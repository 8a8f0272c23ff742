//! The host as a migrator meets it, against scripted servers on loopback.

mod calls;
mod pace;
mod refused;
mod services;

use std::sync::Arc;

use gateshift_step_api::Host;
use serde_json::json;

use crate::HostsOptions;
use crate::testing::{Memory, Reply, Server, host, manifest};

const READ: &str = "ListThings";

const WRITE: &str = "CreateThing";

fn on(server: &Server, options: HostsOptions, recorder: &Arc<Memory>) -> Arc<dyn Host> {
    host(
        options,
        manifest("test/rpc", &[READ], &[WRITE]),
        "test/rpc",
        json!({"url": server.url(), "rate": 200}),
        recorder,
    )
}

fn fine() -> Reply {
    Reply::json(200, json!({"RequestId": "R-1", "Data": [1]}))
}
