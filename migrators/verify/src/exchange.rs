//! One request to one gateway through the host, with production Host and server name.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join;
use gateshift_sdk::api::{Host, ProbeFailure, ProbeRequest, ProbeTls};
use gateshift_sdk::model::StepError;

use crate::answer::Answer;
use crate::case::Case;
use crate::entry::Gateway;
use crate::secret::{Made, signature};
use crate::text;

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
    made: Vec<Made>,
    to_source: AtomicU64,
    to_target: AtomicU64,
}

impl<'a> Pair<'a> {
    pub(crate) fn new(
        host: &'a dyn Host,
        source: &'a Gateway,
        target: &'a Gateway,
        timeout: Duration,
        made: Vec<Made>,
    ) -> Self {
        let (to_source, to_target) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { host, source, target, timeout, made, to_source, to_target }
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

    /// Asks the target.
    pub(crate) async fn target(&self, case: &Case) -> Result<Outcome, StepError> {
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
        let broken = |stage, cause| Ok(Err(Broken { stage, cause }));
        let Some(wire) = self.with_credentials(case) else {
            return broken(Stage::Unsendable, "a credential of it cannot be made".to_owned());
        };
        let request = ProbeRequest {
            address: gateway.address,
            port: gateway.port(case.tls),
            tls: case.tls.then(|| ProbeTls {
                sni: case.host.clone(),
                alpn: vec!["h2".to_owned(), "http/1.1".to_owned()],
            }),
            method: case.method.clone(),
            host: case.host.clone(),
            target: wire.target,
            headers: wire.headers,
            body: Vec::new(),
            timeout: self.timeout,
        };
        match self.host.probe(request).await {
            Ok(reply) => Ok(Ok(Answer::new(&reply, &case.method, &case.watch, &wire.secrets))),
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

    /// The request as it is sent; `None` when a credential cannot be made.
    fn with_credentials(&self, case: &Case) -> Option<Wire> {
        let mut wire =
            Wire { target: case.target.clone(), headers: case.headers.clone(), secrets: Vec::new() };
        for one in &case.carried {
            match self.made.get(one.secret)? {
                Made::Impossible => return None,
                Made::Text(value) if one.query => {
                    let joint = if wire.target.contains('?') { '&' } else { '?' };
                    let pair = text::target("", &[(one.name.clone(), value.clone())]);
                    wire.target = format!("{}{joint}{}", wire.target, pair.trim_start_matches('?'));
                    wire.secrets.push(value.clone());
                }
                Made::Text(value) => {
                    wire.headers.push((one.name.clone(), value.clone()));
                    wire.secrets.push(value.clone());
                }
                Made::Signer(key, secret) => {
                    let signed = signature(key, secret, &case.method, &wire.target);
                    wire.secrets.extend(signed.iter().map(|(_, value)| value.clone()));
                    wire.headers.extend(signed);
                }
            }
        }
        // A backend may repeat a token without what stood before it.
        let bare =
            wire.secrets.iter().filter_map(|value| value.split_once(' ')).map(|(_, rest)| rest.to_owned());
        let bare: Vec<String> = bare.collect();
        wire.secrets.extend(bare);
        Some(wire)
    }
}

/// A request with its credentials.
struct Wire {
    target: String,
    headers: Vec<(String, String)>,
    secrets: Vec<String>,
}
