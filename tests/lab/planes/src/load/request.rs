//! One request over one new connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::LoadTarget;

/// What the load client calls itself.
const AGENT: &str = "gateshift-lab-load/1";

/// TLS that trusts one authority and resumes nothing, so that every request sees a certificate.
pub(crate) fn connector(ca_pem: &str) -> io::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(ca_pem.as_bytes()).map_err(io::Error::other)?;
    roots.add(certificate).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Sends the request to an address and reads the whole answer.
pub(crate) async fn send(
    target: &LoadTarget,
    address: SocketAddr,
    tls: Option<&TlsConnector>,
) -> Result<StatusCode, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| format!("connect: {error}"))?;
    let _ = stream.set_nodelay(true);
    if !target.https {
        return exchange(target, stream).await;
    }
    let tls = tls.ok_or("tls: no authority to trust was given")?;
    let name = ServerName::try_from(target.host.clone()).map_err(|error| format!("tls: {error}"))?;
    let stream = tls.connect(name, stream).await.map_err(|error| format!("tls: {error}"))?;
    exchange(target, stream).await
}

async fn exchange(
    target: &LoadTarget,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<StatusCode, String> {
    let describe = |error: &dyn std::error::Error| match error.source() {
        Some(cause) => format!("http: {error}: {cause}"),
        None => format!("http: {error}"),
    };
    let mut request = Request::builder()
        .method(target.method.as_str())
        .uri(target.path.as_str())
        .header(HOST, &target.host)
        .header(USER_AGENT, AGENT)
        .header(CONNECTION, "close");
    for (name, value) in &target.headers {
        request = request.header(name, value);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| describe(&error))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| describe(&error))?;
    let talk = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        response.into_body().collect().await?;
        Ok::<_, hyper::Error>(status)
    };
    // The connection has to be driven while the answer is read; its own end says nothing new.
    let (answer, _) = tokio::join!(talk, connection);
    answer.map_err(|error| describe(&error))
}
