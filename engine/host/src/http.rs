//! The HTTP clients behind calls, metric queries and credentials: made when first needed, TLS with an
//! explicit provider, no redirects, a proxy from the environment but never for this machine.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gateshift_model::StepError;
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::endpoint::is_loopback;

/// Clients by what they need: TLS roots cost time to load and may be missing.
#[derive(Debug)]
pub(crate) struct HttpClients {
    clients: [OnceLock<Result<reqwest::Client, String>>; 4],
    ca_pem: Option<String>,
    connect: Duration,
}

/// An answer read to its end.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// How far a request came.
#[derive(Debug)]
pub(crate) enum SendFailure {
    /// It was not sent: there was no connection.
    NotSent(String),
    /// It was sent, and there is no complete answer.
    NoAnswer(String),
    /// The answer is longer than we take.
    TooLong(usize),
    /// It could not even be tried.
    Host(StepError),
}

impl HttpClients {
    pub(crate) fn new(ca_pem: Option<String>, connect: Duration) -> Self {
        Self { clients: Default::default(), ca_pem, connect }
    }

    /// The client for a URL; `direct` keeps out of proxies, as requests to this machine always do.
    pub(crate) fn for_url(&self, url: &Url, direct: bool) -> Result<&reqwest::Client, StepError> {
        let direct = direct || is_loopback(url);
        let secure = url.scheme() == "https";
        let slot = &self.clients[usize::from(direct) * 2 + usize::from(secure)];
        slot.get_or_init(|| self.build(secure, direct)).as_ref().map_err(|cause| {
            StepError::needs_operator("GS-TLS", format!("no HTTPS client: {cause}"))
                .with_hint("install the ca-certificates package, or name a PEM file in SSL_CERT_FILE")
        })
    }

    fn build(&self, secure: bool, direct: bool) -> Result<reqwest::Client, String> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("gateshift/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(self.connect)
            // Shorter than servers keep idle connections, so that a write seldom meets one that just closed.
            .pool_idle_timeout(Duration::from_secs(10))
            .tls_backend_preconfigured(self.tls(secure)?);
        if direct {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| chain(&error))
    }

    fn tls(&self, secure: bool) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        if secure {
            if let Some(pem) = &self.ca_pem {
                for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                    let certificate =
                        certificate.map_err(|error| format!("a given authority is no PEM: {error}"))?;
                    roots.add(certificate).map_err(|error| error.to_string())?;
                }
            }
            let native = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(native.certs);
            if roots.is_empty() {
                let causes: Vec<_> = native.errors.iter().map(ToString::to_string).collect();
                return Err(format!("no certificate authorities were found ({})", causes.join("; ")));
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Ok(builder.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth())
    }
}

/// Sends one request and reads its answer, both within `timeout`.
pub(crate) async fn send(
    client: &reqwest::Client,
    request: reqwest::Request,
    limit: usize,
    timeout: Duration,
) -> Result<RawAnswer, SendFailure> {
    let exchange = async {
        let mut response = client.execute(request).await.map_err(|error| {
            let before_sending = error.is_connect() || error.is_builder();
            let cause = chain(&error.without_url());
            if before_sending { SendFailure::NotSent(cause) } else { SendFailure::NoAnswer(cause) }
        })?;
        let mut body = Vec::new();
        while let Some(part) =
            response.chunk().await.map_err(|error| SendFailure::NoAnswer(chain(&error.without_url())))?
        {
            if body.len() + part.len() > limit {
                return Err(SendFailure::TooLong(limit));
            }
            body.extend_from_slice(&part);
        }
        Ok(RawAnswer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    };
    tokio::time::timeout(timeout, exchange)
        .await
        .unwrap_or_else(|_| Err(SendFailure::NoAnswer(format!("nothing within {} s", timeout.as_secs_f64()))))
}

/// An error with its causes, once each; URLs are left out beforehand, for their query may be long or secret.
fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !texts.last().is_some_and(|last| last.contains(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::{Method, Request};
    use url::Url;

    use super::{HttpClients, SendFailure, send};
    use crate::testing::{Reply, Server, secure};

    async fn get(clients: &HttpClients, url: &str, limit: usize) -> Result<String, SendFailure> {
        let request = Request::new(Method::GET, Url::parse(url).unwrap());
        let client = clients.for_url(request.url(), false).map_err(SendFailure::Host)?;
        let answer = send(client, request, limit, Duration::from_secs(5)).await?;
        Ok(format!("{} {}", answer.status, String::from_utf8(answer.body).unwrap()))
    }

    #[tokio::test]
    async fn certificates_are_judged() {
        let (port, _, pem) = secure().await;
        let url = format!("https://localhost:{port}/x");
        let trusting = HttpClients::new(Some(pem.clone()), Duration::from_secs(5));
        assert_eq!(
            get(&trusting, &url, 1000).await.unwrap(),
            format!("200 HTTP/1.1 localhost:{port} /x localhost")
        );
        let wrong_name = get(&trusting, &format!("https://127.0.0.1:{port}/"), 1000).await;
        assert!(
            matches!(&wrong_name, Err(SendFailure::NotSent(cause)) if cause.contains("certificate")),
            "{wrong_name:?}"
        );
        let broken = HttpClients::new(Some(pem.replace('M', "!")), Duration::from_secs(5));
        assert!(
            matches!(get(&broken, &url, 1000).await, Err(SendFailure::Host(error)) if error.code == "GS-TLS")
        );
    }

    #[tokio::test]
    async fn redirects_are_not_followed_and_long_answers_not_taken() {
        let server = Server::start(|_| Reply::Answer {
            status: 302,
            headers: vec![("location", "/elsewhere".to_owned())],
            body: "moved".to_owned(),
        })
        .await;
        let clients = HttpClients::new(None, Duration::from_secs(5));
        assert_eq!(get(&clients, &server.url(), 5).await.unwrap(), "302 moved");
        assert!(matches!(get(&clients, &server.url(), 4).await, Err(SendFailure::TooLong(4))));
        assert_eq!(server.seen().len(), 2);
    }
}
