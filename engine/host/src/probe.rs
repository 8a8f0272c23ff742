//! One HTTP request to a gateway over a connection of its own: chosen address, server name and Host, HTTP/1.1 or
//! HTTP/2 as the handshake agrees. The certificate is reported, not judged: judging is the migrator's work.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use gateshift_model::{StepError, digest_bytes};
use gateshift_step_api::{PeerTls, ProbeFailure, ProbeReply, ProbeRequest, ProbeTls};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;

/// Bytes of a body that are kept.
const KEPT: usize = 1 << 20;

/// Sends a probe to where it really goes.
pub(crate) async fn send(target: SocketAddr, request: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
    let began = Instant::now();
    let deadline = tokio::time::Instant::now() + request.timeout;
    let address = target.to_string();
    let late = || format!("not within {} s", request.timeout.as_secs_f64());
    let connect = |cause| ProbeFailure::Connect { address: address.clone(), cause };
    let stream = timeout_at(deadline, TcpStream::connect(target)).await.map_err(|_| connect(late()))?;
    let stream = stream.map_err(|error| connect(error.to_string()))?;
    let exchange = |cause| ProbeFailure::Exchange { address: address.clone(), cause };
    let (response, tls) = match &request.tls {
        None => (timeout_at(deadline, exchange_over(stream, &request, false)).await, None),
        Some(tls) => {
            let broken = |cause| ProbeFailure::Tls { address: address.clone(), cause };
            let connector =
                TlsConnector::from(Arc::new(config(tls).map_err(|error| broken(error.to_string()))?));
            let name = ServerName::try_from(tls.sni.clone())
                .map_err(|_| refused(&format!("`{}` is no server name", tls.sni)))?;
            let stream =
                timeout_at(deadline, connector.connect(name, stream)).await.map_err(|_| broken(late()))?;
            let stream = stream.map_err(|error| broken(error.to_string()))?;
            let peer = peer(stream.get_ref().1);
            let is_h2 = peer.alpn.as_deref() == Some("h2");
            (timeout_at(deadline, exchange_over(stream, &request, is_h2)).await, Some(peer))
        }
    };
    let mut reply = response.map_err(|_| exchange(late()))?.map_err(|failure| match failure {
        Broken::Request(error) => ProbeFailure::Host(error),
        Broken::Exchange(cause) => exchange(cause),
    })?;
    reply.tls = tls;
    reply.millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(reply)
}

/// What went wrong after the connection was there.
enum Broken {
    Request(StepError),
    Exchange(String),
}

impl From<hyper::Error> for Broken {
    fn from(error: hyper::Error) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Self::Exchange(format!("{error}{cause}"))
    }
}

async fn exchange_over<S>(stream: S, request: &ProbeRequest, is_h2: bool) -> Result<ProbeReply, Broken>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let outgoing = outgoing(request, is_h2).map_err(Broken::Request)?;
    let io = TokioIo::new(stream);
    // The connection lives in a task of its own, which ends with this function.
    if is_h2 {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
        let _driver = Driver(tokio::spawn(async move { drop(connection.await) }));
        collected(sender.send_request(outgoing).await?).await
    } else {
        let (mut sender, connection) = http1::handshake(io).await?;
        let _driver = Driver(tokio::spawn(async move { drop(connection.await) }));
        collected(sender.send_request(outgoing).await?).await
    }
}

struct Driver(tokio::task::JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn outgoing(request: &ProbeRequest, is_h2: bool) -> Result<Request<Full<Bytes>>, StepError> {
    let uri =
        if is_h2 { format!("https://{}{}", request.host, request.target) } else { request.target.clone() };
    let uri: Uri = uri.parse().map_err(|error| refused(&format!("`{uri}` is no target: {error}")))?;
    let mut builder = Request::builder().method(request.method.as_str()).uri(uri);
    if !is_h2 {
        builder = builder.header(hyper::header::HOST, request.host.as_str());
    }
    for (name, value) in &request.headers {
        builder = builder.header(name.as_str(), value.as_str());
    }
    builder.body(Full::new(Bytes::from(request.body.clone()))).map_err(|error| refused(&error.to_string()))
}

async fn collected(response: Response<Incoming>) -> Result<ProbeReply, Broken> {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let mut incoming = response.into_body();
    let (mut body, mut truncated) = (Vec::new(), false);
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = KEPT - body.len();
        body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            truncated = true;
            break;
        }
    }
    Ok(ProbeReply { status, headers, body, truncated, tls: None, millis: 0 })
}

fn refused(cause: &str) -> StepError {
    StepError::permanent("GS-BAD-REQUEST", format!("the probe cannot be sent: {cause}"))
        .with_hint("report this defect of the migrator to its author")
}

/// A handshake of its own each time: no session is taken up again.
fn config(tls: &ProbeTls) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Reported(provider)))
        .with_no_client_auth();
    config.alpn_protocols = tls.alpn.iter().map(|name| name.clone().into_bytes()).collect();
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn peer(connection: &rustls::ClientConnection) -> PeerTls {
    let version = connection.protocol_version().and_then(|version| version.as_str()).unwrap_or("unknown");
    let leaf = connection.peer_certificates().and_then(<[_]>::first).map(AsRef::as_ref).unwrap_or_default();
    PeerTls {
        version: version.replace('_', "."),
        alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
        certificate: digest_bytes(leaf).as_str().to_owned(),
    }
}

/// Takes every certificate, but still has its key prove itself in the handshake.
#[derive(Debug)]
struct Reported(Arc<CryptoProvider>);

impl ServerCertVerifier for Reported {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
