//! One question to a migrator, from the request to its answer, with every service it asks for meanwhile.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use gateshift_abi::{CANCELLED, EMIT_LOG, EMIT_PROGRESS, ERROR, MISUSE, OK, PANIC};
use gateshift_model::StepError;
use gateshift_step_api::wire::{Ask, Bytes, LogLine, PutArtifact, Settle, Start, ask, service};
use gateshift_step_api::{Host, Progress};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep_until};

use crate::carrier::{Carrier, Incoming, Run};
use crate::{errors, scope};

/// Asks, serves, and gives the answer.
pub(crate) async fn drive<T: DeserializeOwned>(
    carrier: &dyn Carrier,
    host: &dyn Host,
    question: Ask<'_>,
    patience: Duration,
) -> Result<T, StepError> {
    let request = request(host.time_scale(), question)?;
    let (says, mut said) = unbounded_channel();
    let run = Run::begin(carrier, Box::new(move |incoming| drop(says.send(incoming))))?;
    scope::with(host, || carrier.start(run.number, &request));
    let mut serving = FuturesUnordered::<BoxFuture<'_, (u64, Answer)>>::new();
    let mut quiet = std::pin::pin!(sleep_until(Instant::now() + patience));
    loop {
        let incoming = match said.try_recv() {
            Ok(incoming) => incoming,
            Err(_) => tokio::select! {
                Some((call, (status, json))) = serving.next(), if !serving.is_empty() => {
                    scope::with(host, || carrier.reply(run.number, call, status, &json));
                    quiet.as_mut().reset(Instant::now() + patience);
                    continue;
                }
                Some(incoming) = said.recv() => incoming,
                () = quiet.as_mut(), if serving.is_empty() => {
                    let stuck = errors::stuck(patience);
                    carrier.stop(&stuck);
                    return Err(stuck);
                }
            },
        };
        match incoming {
            Incoming::Call { call, op, json } => {
                serving.push(async move { (call, serve(host, &op, &json).await) }.boxed());
            }
            Incoming::Ask { ask, op, json } => {
                let (status, json) = at_once(host, &op, &json);
                carrier.answer(run.number, ask, status, &json);
            }
            Incoming::Emit { kind, json } => show(host, kind, &json),
            Incoming::Complete { status, json } => return read(status, &json),
            Incoming::Lost(error) => return Err(error),
        }
        quiet.as_mut().reset(Instant::now() + patience);
    }
}

/// Asks what is answered without a host. Blocks the thread, for `patience` at most.
pub(crate) fn without_host<T: DeserializeOwned>(
    carrier: &dyn Carrier,
    question: Ask<'_>,
    patience: Duration,
) -> Result<T, StepError> {
    let request = request(1.0, question)?;
    let (says, said) = channel();
    let run = Run::begin(carrier, Box::new(move |incoming| drop(says.send(incoming))))?;
    carrier.start(run.number, &request);
    let none = "\"there is no host at this moment: this is answered from what is given\"";
    loop {
        match said.recv_timeout(patience) {
            Ok(Incoming::Call { call, .. }) => carrier.reply(run.number, call, MISUSE, none),
            Ok(Incoming::Ask { ask, .. }) => carrier.answer(run.number, ask, MISUSE, none),
            Ok(Incoming::Emit { .. }) => {}
            Ok(Incoming::Complete { status, json }) => return read(status, &json),
            Ok(Incoming::Lost(error)) => return Err(error),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let stuck = errors::stuck(patience);
                carrier.stop(&stuck);
                return Err(stuck);
            }
        }
    }
}

fn request(scale: f64, ask: Ask<'_>) -> Result<String, StepError> {
    serde_json::to_string(&Start { scale, ask }).map_err(errors::garbage)
}

/// What an answer is worth.
fn read<T: DeserializeOwned>(status: i32, json: &str) -> Result<T, StepError> {
    match status {
        OK => serde_json::from_str(json)
            .map_err(|error| errors::garbage(format!("its answer cannot be read: {error}"))),
        ERROR => Err(serde_json::from_str(json)
            .unwrap_or_else(|error| errors::garbage(format!("it failed, and how cannot be read: {error}")))),
        PANIC => Err(errors::panicked(json)),
        CANCELLED => Err(errors::garbage("it gave up work that was not cancelled")),
        MISUSE => {
            let said = serde_json::from_str(json).unwrap_or_else(|_| json.to_owned());
            Err(errors::garbage(said))
        }
        other => Err(errors::garbage(format!("it answered with status {other}"))),
    }
}

fn show(host: &dyn Host, kind: u32, json: &str) {
    match kind {
        EMIT_LOG => {
            if let Ok(LogLine { level, line }) = serde_json::from_str(json) {
                host.log(level, &line);
            }
        }
        EMIT_PROGRESS => {
            if let Ok(progress) = serde_json::from_str::<Progress>(json) {
                host.progress(progress);
            }
        }
        // Of a later minor version: nothing that has to be acted on.
        _ => {}
    }
}

type Answer = (i32, String);

/// A service that answers later.
async fn serve(host: &dyn Host, op: &str, json: &str) -> Answer {
    macro_rules! asked {
        (|$request:ident: $type:ty| $answer:expr) => {
            match serde_json::from_str::<$type>(json) {
                Ok($request) => result(&$answer),
                Err(error) => misuse(&format!("the request for `{op}` cannot be read: {error}")),
            }
        };
    }
    match op {
        service::CALL => asked!(|request: gateshift_step_api::CallRequest| host.call(request).await),
        service::PROBE => asked!(|request: gateshift_step_api::ProbeRequest| host.probe(request).await),
        service::RESOLVE => asked!(|request: gateshift_step_api::DnsQuestion| host.resolve(request).await),
        service::QUERY => asked!(|request: gateshift_step_api::MetricQuery| host.query(request).await),
        service::SETTLE => asked!(|request: Settle| host.settle(&request.key, request.settled).await),
        service::CHECKPOINT => asked!(|request: serde_json::Value| host.checkpoint(request).await),
        service::PUT_ARTIFACT => asked!(|request: PutArtifact| host
            .put_artifact(&request.name, &request.media_type, request.bytes.0)
            .await),
        service::GET_ARTIFACT => {
            asked!(|request: gateshift_model::ArtifactRef| host.get_artifact(&request).await.map(Bytes))
        }
        service::SLEEP => asked!(|request: u64| host.sleep(Duration::from_millis(request)).await),
        other => misuse(&format!("this host has no service `{other}`")),
    }
}

/// A service that answers at once.
pub(crate) fn at_once(host: &dyn Host, op: &str, json: &str) -> Answer {
    let unread =
        |error: serde_json::Error| misuse(&format!("the request for `{op}` cannot be read: {error}"));
    match op {
        ask::NOW => result::<_, StepError>(&Ok(host.now())),
        ask::ID => result::<_, StepError>(&Ok(host.id())),
        ask::SEAL => {
            serde_json::from_str::<String>(json).map_or_else(unread, |plain| result(&host.seal(&plain)))
        }
        ask::UNSEAL => serde_json::from_str(json).map_or_else(unread, |sealed| result(&host.unseal(&sealed))),
        other => misuse(&format!("this host has no service `{other}`")),
    }
}

fn result<T: Serialize, E: Serialize>(result: &Result<T, E>) -> Answer {
    let written = match result {
        Ok(value) => serde_json::to_string(value).map(|json| (OK, json)),
        Err(failure) => serde_json::to_string(failure).map(|json| (ERROR, json)),
    };
    written.unwrap_or_else(|error| misuse(&error.to_string()))
}

fn misuse(cause: &str) -> Answer {
    (MISUSE, serde_json::to_string(cause).unwrap_or_default())
}
