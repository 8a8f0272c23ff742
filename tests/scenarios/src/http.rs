//! One HTTP/1.1 request over one new connection, plain or TLS: a client small enough to be trusted.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const PATIENCE: Duration = Duration::from_secs(30);

/// A request.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// Method.
    pub method: &'a str,
    /// `Host`, and the server name over TLS.
    pub host: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// More headers.
    pub headers: &'a [(String, String)],
    /// Body.
    pub body: &'a [u8],
}

impl<'a> Ask<'a> {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: &'a str, host: &'a str, target: &'a str) -> Self {
        Self { method, host, target, headers: &[], body: b"" }
    }

    fn bytes(&self) -> Vec<u8> {
        let Self { method, host, target, .. } = self;
        let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        for (name, value) in self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !self.body.is_empty() {
            text += &format!("content-length: {}\r\n", self.body.len());
        }
        [text.as_bytes(), b"\r\n", self.body].concat()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// TLS that trusts one authority.
#[derive(Debug, Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts the certificate of an authority.
    ///
    /// # Panics
    /// When it is no certificate.
    #[must_use]
    pub fn trusting(pem: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Self(Arc::new(versions.unwrap().with_root_certificates(roots).with_no_client_auth()))
    }
}

/// Sends a request and reads the answer.
///
/// # Errors
/// When no whole answer comes.
pub fn ask(address: SocketAddr, tls: Option<&Tls>, request: &Ask<'_>) -> io::Result<Response> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    match tls {
        None => exchange(stream, request),
        Some(Tls(config)) => {
            let name = ServerName::try_from(request.host.to_owned()).map_err(io::Error::other)?;
            let connection = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
            exchange(StreamOwned::new(connection, stream), request)
        }
    }
}

fn exchange(mut stream: impl Read + Write, request: &Ask<'_>) -> io::Result<Response> {
    stream.write_all(&request.bytes())?;
    stream.flush()?;
    let (mut bytes, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        if let Some(answer) = whole(&bytes, request.method) {
            return Ok(answer);
        }
        match stream.read(&mut buffer)? {
            0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer ended early")),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// The answer, once all of it is there.
fn whole(bytes: &[u8], method: &str) -> Option<Response> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<_> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let bodiless = method == "HEAD" || status == 204 || status == 304;
    let length = if bodiless { 0 } else { length.map_or(Some(0), |(_, value)| value.parse().ok())? };
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some(Response { status, headers, body })
}
