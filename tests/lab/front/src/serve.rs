//! The HTTP edge: a listener on loopback, requests read whole, replies written, connections closed
//! where a fault says so. It decides nothing.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::front::{Front, Reply};
use crate::wire::Wire;

/// The longest body that is read.
const LONGEST_BODY: usize = 8 << 20;

/// A reply of any server of the lab.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plain {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Plain {
    /// A JSON reply.
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json;charset=utf-8".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    /// A reply in plain text.
    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        let headers = vec![("content-type", "text/plain; charset=utf-8".to_owned())];
        Self { status, headers, body: body.into().into_bytes() }
    }
}

/// What a handler gives: a reply, or nothing when the connection is to be closed.
pub(crate) type Handled = Pin<Box<dyn Future<Output = Option<Plain>> + Send>>;

/// Answers requests.
pub(crate) type Handler = Arc<dyn Fn(Wire) -> Handled + Send + Sync>;

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// The connection is to be closed without a reply.
#[derive(Debug, thiserror::Error)]
#[error("the reply is dropped by the fault script")]
struct Dropped;

impl Server {
    /// Listens on loopback, on a free port when `port` is 0.
    pub(crate) async fn start(port: u16, handler: Handler) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, handler, stopped));
        Ok(Self { address, stop, task })
    }

    /// `http://127.0.0.1:port`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes the listener and all connections.
    pub(crate) async fn shutdown(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "a server of the lab ended badly");
        }
    }
}

async fn accept(listener: TcpListener, handler: Handler, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, handler.clone()));
                }
                Err(error) => {
                    // Out of descriptors, most likely: give the others time to end.
                    tracing::warn!(%error, "the lab cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, handler: Handler) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no-delay is not set");
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = handler.clone();
        async move {
            match read(request).await {
                Ok(wire) => handler(wire).await.map(written).ok_or(Dropped),
                Err(refused) => Ok(written(refused)),
            }
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the lab ended");
    }
}

async fn read(request: Request<Incoming>) -> Result<Wire, Plain> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LONGEST_BODY)
        .collect()
        .await
        .map_err(|error| Plain::text(413, format!("the body cannot be read: {error}")))?;
    let headers = head.headers.iter();
    Ok(Wire {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.to_bytes().to_vec(),
    })
}

fn written(plain: Plain) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(plain.status);
    for (name, value) in plain.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(Bytes::from(plain.body))).unwrap_or_else(|error| {
        let mut broken = Response::new(Full::new(Bytes::from(error.to_string())));
        *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        broken
    })
}

/// The handler of a product's front.
pub(crate) fn front_handler(front: Front) -> Handler {
    let front = Arc::new(front);
    Arc::new(move |wire| {
        let front = front.clone();
        Box::pin(async move {
            let reply = front.answer(&wire, OffsetDateTime::now_utc());
            tokio::time::sleep(reply.delay).await;
            if reply.dropped { None } else { Some(rendered(front.name(), &reply)) }
        })
    })
}

fn rendered(product: &str, reply: &Reply) -> Plain {
    let mut plain = Plain::json(reply.status, &reply.body);
    let header = if product == "sls" { "x-log-requestid" } else { "x-acs-request-id" };
    plain.headers.push((header, reply.request_id.clone()));
    if let Some(ms) = reply.retry_after_ms {
        plain.headers.push(("x-acs-retry-after", ms.to_string()));
    }
    plain
}

#[cfg(test)]
mod tests;
