//! The demo backend: answers every request with a description of what arrived, and nothing that
//! changes from one equal request to the next, so that answers through two gateways can be compared.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Header in which a data plane says which upstream it means; never echoed.
pub(crate) const UPSTREAM: &str = "x-lab-upstream";
/// Header in which a data plane says which instance it means, a JSON object of labels; never echoed.
pub(crate) const LABELS: &str = "x-lab-labels";

/// Header in which a data plane says that nobody waits for the answer; never echoed.
pub(crate) const MIRRORED: &str = "x-lab-mirrored";

/// Headers that differ from request to request or from gateway to gateway, and those of one connection.
const OWN: [&str; 8] =
    ["host", "connection", "content-length", "accept-encoding", "x-request-id", UPSTREAM, LABELS, MIRRORED];
/// Beginnings of such headers.
const OWN_FAMILIES: [&str; 2] = ["x-forwarded-", "x-envoy-"];

/// The server behind every upstream of the lab.
#[derive(Debug)]
pub struct Backend {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Backend {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(1024)?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(listener, stop.clone()));
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and drops what is open.
    pub async fn shutdown(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}

async fn serve(listener: TcpListener, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    connections.spawn(async move {
                        let connection = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service_fn(answer));
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "connection to the demo backend ended");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "demo backend could not accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            },
        }
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let text = |name: &str| parts.headers.get(name).map(lossy).unwrap_or_default();
    let labels: Value = serde_json::from_str(&text(LABELS)).unwrap_or_else(|_| json!({}));
    let description = json!({
        "upstream": text(UPSTREAM),
        "labels": labels,
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "query": parts.uri.query().unwrap_or_default(),
        "host": text(HOST.as_str()),
        "headers": repeated(&parts.headers),
        "body_sha256": hex::encode(Sha256::digest(body.to_bytes())),
    });
    let mut response = Response::new(Full::from(description.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// The headers that the answer repeats, values of one name joined: all but those that say nothing about
/// what the gateway was told to do.
fn repeated(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .keys()
        .map(|name| name.as_str())
        .filter(|name| !OWN.contains(name) && !OWN_FAMILIES.iter().any(|family| name.starts_with(family)))
        .map(|name| {
            let values: Vec<String> = headers.get_all(name).iter().map(lossy).collect();
            (name.to_owned(), values.join(","))
        })
        .collect()
}

fn lossy(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
