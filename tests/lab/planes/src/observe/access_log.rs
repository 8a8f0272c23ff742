//! The access log: the newest entries in memory and, when asked for, all of them as JSON lines.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use gateshift_lab_kernel::Shared;
use serde::Serialize;

/// One answered request, with the field names that both products use.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LogEntry {
    /// Id of the gateway.
    pub cluster_id: String,
    /// When it ended, lab seconds.
    #[serde(rename = "__time__")]
    pub time: i64,
    /// When it ended, lab milliseconds.
    #[serde(skip)]
    pub ended_ms: i64,
    /// When it began, lab milliseconds.
    pub start_time: i64,
    /// Host as sent.
    pub authority: String,
    /// Method.
    pub method: String,
    /// Path with the query.
    pub path: String,
    /// `HTTP/1.1` or `HTTP/2`.
    pub protocol: String,
    /// Status answered.
    pub response_code: u16,
    /// Why, in the products' short codes (`UH`, `UT`, `NR` ...), `-` when there is nothing to say.
    pub response_flags: String,
    /// Milliseconds. A pause ordered by a fault counts in lab time, real work in wall time, so that
    /// a fast clock does not make a healthy gateway look slow.
    pub duration: f64,
    /// Milliseconds the upstream took, in the same measure.
    pub upstream_service_time: Option<f64>,
    /// Address of the backend.
    pub upstream_host: Option<String>,
    /// Name of the upstream.
    pub upstream_cluster: Option<String>,
    /// Why the upstream could not be reached.
    pub upstream_transport_failure_reason: Option<String>,
    /// Route that answered, `-` when none did.
    pub route_name: String,
    /// Request id.
    pub request_id: String,
    /// Trace id of the client, when it sent one.
    pub trace_id: Option<String>,
    /// Bytes of the request's body.
    pub bytes_received: u64,
    /// Bytes of the answer's body.
    pub bytes_sent: u64,
    /// SNI.
    pub requested_server_name: Option<String>,
    /// Client.
    pub downstream_remote_address: String,
    /// Address and port the request came in at.
    pub downstream_local_address: String,
    /// The header as sent.
    pub x_forwarded_for: Option<String>,
    /// The header as sent.
    pub user_agent: Option<String>,
}

/// The log of all gateways.
#[derive(Debug)]
pub(crate) struct AccessLog {
    capacity: usize,
    ring: Shared<VecDeque<Arc<LogEntry>>>,
    file: Option<Shared<BufWriter<File>>>,
}

impl AccessLog {
    /// Keeps the newest `capacity` entries; writes all of them to `file` when there is one.
    pub(crate) fn new(capacity: usize, file: Option<&Path>) -> io::Result<Self> {
        let file = file.map(|path| File::options().create(true).append(true).open(path));
        let file = file.transpose()?.map(|file| Shared::new(BufWriter::new(file)));
        Ok(Self { capacity: capacity.max(1), ring: Shared::default(), file })
    }

    pub(crate) fn add(&self, entry: LogEntry) {
        if let Some(file) = &self.file
            && let Ok(line) = serde_json::to_string(&entry)
            && let Err(error) = writeln!(file.lock(), "{line}")
        {
            tracing::warn!(%error, "access log file is not complete");
        }
        let mut ring = self.ring.lock();
        if ring.len() == self.capacity {
            ring.pop_front();
        }
        ring.push_back(Arc::new(entry));
    }

    /// Hands what was written to the operating system.
    pub(crate) fn flush(&self) {
        if let Some(file) = &self.file
            && let Err(error) = file.lock().flush()
        {
            tracing::warn!(%error, "access log file is not complete");
        }
    }

    /// The entries in memory, oldest first.
    pub(crate) fn entries(&self) -> Vec<Arc<LogEntry>> {
        self.ring.lock().iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_keeps_the_newest() {
        let log = AccessLog::new(2, None).expect("no file");
        for path in ["/1", "/2", "/3"] {
            log.add(LogEntry { path: path.to_owned(), ..LogEntry::default() });
        }
        let paths: Vec<_> = log.entries().iter().map(|entry| entry.path.clone()).collect();
        assert_eq!(paths, ["/2", "/3"]);
    }
}
