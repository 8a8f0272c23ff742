//! One request to one gateway through the host, with production Host and server name.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join;
use gateshift_sdk::api::{Host, ProbeFailure, ProbeRequest, ProbeTls};
use gateshift_sdk::model::StepError;

use crate::answer::Answer;
use crate::case::Case;
use crate::entry::Gateway;

/// Where an exchange broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No connection.
    Connect,
    /// The handshake.
    Handshake,
    /// After it.
    Exchange,
    /// The request cannot be put on the wire at all.
    Unsendable,
}

/// Why a gateway gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// Where.
    pub(crate) stage: Stage,
    /// Why.
    pub(crate) cause: String,
}

/// An answer, or why there is none.
pub(crate) type Outcome = Result<Answer, Broken>;

/// The two gateways and what was sent to each.
pub(crate) struct Pair<'a> {
    host: &'a dyn Host,
    source: &'a Gateway,
    target: &'a Gateway,
    timeout: Duration,
    to_source: AtomicU64,
    to_target: AtomicU64,
}

impl<'a> Pair<'a> {
    pub(crate) fn new(
        host: &'a dyn Host,
        source: &'a Gateway,
        target: &'a Gateway,
        timeout: Duration,
    ) -> Self {
        Self { host, source, target, timeout, to_source: AtomicU64::new(0), to_target: AtomicU64::new(0) }
    }

    /// Asks both at the same time. An error means that the run is being stopped or the host refuses.
    pub(crate) async fn both(&self, case: &Case) -> Result<(Outcome, Outcome), StepError> {
        let (source, target) = join(self.source(case), self.target(case)).await;
        Ok((source?, target?))
    }

    /// Asks the source.
    pub(crate) async fn source(&self, case: &Case) -> Result<Outcome, StepError> {
        self.to_source.fetch_add(1, Ordering::Relaxed);
        self.send(self.source, case).await
    }

    async fn target(&self, case: &Case) -> Result<Outcome, StepError> {
        self.to_target.fetch_add(1, Ordering::Relaxed);
        self.send(self.target, case).await
    }

    /// Requests sent so far, to the source and to the target.
    pub(crate) fn sent(&self) -> (u64, u64) {
        (self.to_source.load(Ordering::Relaxed), self.to_target.load(Ordering::Relaxed))
    }

    /// Waits.
    pub(crate) async fn wait(&self, duration: Duration) -> Result<(), StepError> {
        self.host.sleep(duration).await
    }

    async fn send(&self, gateway: &Gateway, case: &Case) -> Result<Outcome, StepError> {
        let request = ProbeRequest {
            address: gateway.address,
            port: gateway.port(case.tls),
            tls: case.tls.then(|| ProbeTls {
                sni: case.host.clone(),
                alpn: vec!["h2".to_owned(), "http/1.1".to_owned()],
            }),
            method: case.method.clone(),
            host: case.host.clone(),
            target: case.target.clone(),
            headers: case.headers.clone(),
            body: Vec::new(),
            timeout: self.timeout,
        };
        let broken = |stage, cause| Ok(Err(Broken { stage, cause }));
        match self.host.probe(request).await {
            Ok(reply) => Ok(Ok(Answer::new(&reply, &case.method))),
            Err(ProbeFailure::Connect { cause, .. }) => broken(Stage::Connect, cause),
            Err(ProbeFailure::Tls { cause, .. }) => broken(Stage::Handshake, cause),
            Err(ProbeFailure::Exchange { cause, .. }) => broken(Stage::Exchange, cause),
            // One odd request must not stop the comparison of all the others.
            Err(ProbeFailure::Host(error)) if error.code == "GS-BAD-REQUEST" => {
                broken(Stage::Unsendable, error.message)
            }
            Err(ProbeFailure::Host(error)) => Err(error),
        }
    }
}
