//! TLS of a data plane: the certificate follows the server name that the client asks for.

use std::sync::Arc;

use gateshift_lab_kernel::Shared;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::Serving;

/// Chooses from whatever configuration is in service at that moment.
#[derive(Debug)]
struct ByServerName(Arc<Shared<Arc<Serving>>>);

impl ResolvesServerCert for ByServerName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().unwrap_or_default().to_ascii_lowercase();
        let serving = Arc::clone(&self.0.lock());
        serving.certificates.best(&name).cloned()
    }
}

/// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1. A server name without a certificate ends the handshake.
pub(crate) fn server_config(serving: Arc<Shared<Arc<Serving>>>) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(ByServerName(serving)));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
