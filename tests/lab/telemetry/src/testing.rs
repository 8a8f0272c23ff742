//! What the tests of this crate share: calls, and records of requests that a test makes up.

use std::sync::{Arc, Mutex};

use gateshift_lab_kernel::{AddressPool, Call, Cloud, LabClock, Network, World};
use serde_json::{Value, json};

use crate::{Observed, Record};

/// A call with its parameters in query and body alike; `project` and `logstore` in the path.
pub(crate) fn call(operation: &str, given: Value) -> Call {
    let given = given.as_object().cloned().unwrap_or_default();
    let path = ["project", "logstore"].into_iter();
    let path = path.filter_map(|name| Some((name.to_owned(), given.get(name)?.as_str()?.to_owned())));
    Call {
        operation: operation.to_owned(),
        path: path.collect(),
        query: given.clone(),
        body: given.clone(),
        request_id: "test".to_owned(),
    }
}

/// An account in the region `r`, whose clock does not run ahead.
pub(crate) fn cloud() -> Arc<Cloud> {
    let network = Network { region: "r".to_owned(), ..Network::default() };
    Cloud::new(LabClock::new(1.0), network, World::default(), AddressPool::new(79, 79))
}

/// Requests that a test made up, by gateway.
#[derive(Debug, Default)]
pub(crate) struct Made(Mutex<Vec<(String, Record)>>);

impl Made {
    /// A request that ended so many milliseconds after the epoch.
    pub(crate) fn request(&self, gateway: &str, ended_ms: i64, path: &str, status: u16) {
        let fields = json!({
            "cluster_id": gateway, "__time__": ended_ms / 1000, "path": path, "authority": "www.example.com",
            "method": "GET", "response_code": status, "duration": 12.5, "bytes_sent": 100, "bytes_received": 10,
            "start_time": ended_ms - 12, "user_agent": null,
        });
        let fields = fields.as_object().cloned().unwrap_or_default();
        self.0.lock().unwrap().push((gateway.to_owned(), Record { ended_ms, fields }));
    }
}

impl Observed for Made {
    fn records(&self, gateway: &str, from_ms: i64, to_ms: i64) -> Vec<Record> {
        let all = self.0.lock().unwrap();
        let wanted = all.iter().filter(|(id, one)| id == gateway && (from_ms..to_ms).contains(&one.ended_ms));
        wanted.map(|(_, one)| one.clone()).collect()
    }
}
