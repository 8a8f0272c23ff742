//! Forwarding to the demo backend over real HTTP, with pooled connections.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::upstream::Chosen;
use crate::backend::{LABELS, MIRRORED, UPSTREAM};

/// Headers that concern one connection only.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Why no answer came back.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Not within the time.
    Timeout,
    /// No connection after all attempts.
    Connect(String),
    /// The connection broke.
    Reset(String),
}

/// A request as the upstream gets it.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The way to the backend.
#[derive(Debug)]
pub(crate) struct Proxy {
    client: Client<HttpConnector, Full<Bytes>>,
    backend: SocketAddr,
}

impl Proxy {
    pub(crate) fn new(backend: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, backend }
    }

    /// Where requests go.
    pub(crate) fn backend(&self) -> SocketAddr {
        self.backend
    }

    /// Sends a request, again after a failed connection as often as `retries` says.
    pub(crate) async fn send(
        &self,
        chosen: &Chosen,
        outgoing: &Outgoing,
        retries: u32,
        limit: Option<Duration>,
    ) -> Result<Response<Bytes>, Failure> {
        let attempts = self.attempts(chosen, outgoing, retries);
        match limit {
            None => attempts.await,
            Some(limit) => tokio::time::timeout(limit, attempts).await.unwrap_or(Err(Failure::Timeout)),
        }
    }

    async fn attempts(
        &self,
        chosen: &Chosen,
        outgoing: &Outgoing,
        retries: u32,
    ) -> Result<Response<Bytes>, Failure> {
        let mut left = retries;
        loop {
            let request = self.request(chosen, outgoing)?;
            match self.client.request(request).await {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    let body = body.collect().await.map_err(|e| Failure::Reset(e.to_string()))?;
                    return Ok(Response::from_parts(parts, body.to_bytes()));
                }
                Err(error) if error.is_connect() && left > 0 => left -= 1,
                Err(error) if error.is_connect() => {
                    return Err(Failure::Connect(error.to_string()));
                }
                Err(error) => return Err(Failure::Reset(error.to_string())),
            }
        }
    }

    /// Sends a copy whose answer nobody waits for.
    pub(crate) fn copy(&self, chosen: &Chosen, outgoing: &Outgoing) {
        let Ok(mut request) = self.request(chosen, outgoing) else { return };
        request.headers_mut().insert(HeaderName::from_static(MIRRORED), HeaderValue::from_static("1"));
        let client = self.client.clone();
        tokio::spawn(async move {
            if let Err(error) = client.request(request).await {
                tracing::debug!(%error, "a mirrored request got no answer");
            }
        });
    }

    fn request(&self, chosen: &Chosen, outgoing: &Outgoing) -> Result<Request<Full<Bytes>>, Failure> {
        let unusable = |error: hyper::http::Error| Failure::Reset(error.to_string());
        let uri = Uri::builder()
            .scheme("http")
            .authority(self.backend.to_string())
            .path_and_query(outgoing.target.as_str())
            .build()
            .map_err(unusable)?;
        let mut request = Request::new(Full::from(outgoing.body.clone()));
        *request.method_mut() = outgoing.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = outgoing.headers.clone();
        let labels = serde_json::to_string(&chosen.labels).unwrap_or_default();
        for (name, value) in [(UPSTREAM, chosen.upstream.as_str()), (LABELS, &labels)] {
            let value = HeaderValue::from_str(value).map_err(|error| unusable(error.into()))?;
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        Ok(request)
    }
}

/// Headers without those that concern one connection only.
pub(crate) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in HOP_BY_HOP {
        kept.remove(name);
    }
    kept.remove(CONTENT_LENGTH);
    kept
}
