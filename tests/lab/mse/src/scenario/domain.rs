//! Host names that a gateway serves.

use serde::{Deserialize, Serialize};

use super::is_default;

/// A host name the gateway serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// `shop.example.com`, `*.example.com` or `*`.
    pub name: String,
    /// Id of its certificate; with one it is served over HTTPS too.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub certificate: String,
    /// Plain HTTP is redirected to HTTPS.
    #[serde(default, skip_serializing_if = "is_default")]
    pub force_https: bool,
    /// HTTP/2.
    #[serde(default, skip_serializing_if = "is_default")]
    pub http2: Http2,
    /// Lowest TLS version, `TLS 1.0`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tls_min: String,
    /// Highest TLS version, `TLS 1.3`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tls_max: String,
    /// Certificate authority whose client certificates are demanded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client_ca: String,
    /// It comes from an Ingress of a cluster.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ingress: bool,
}

impl Domain {
    /// A host name served over plain HTTP.
    #[must_use]
    pub fn http(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            certificate: String::new(),
            force_https: false,
            http2: Http2::default(),
            tls_min: String::new(),
            tls_max: String::new(),
            client_ca: String::new(),
            ingress: false,
        }
    }
}

/// HTTP/2 on a domain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Http2 {
    /// As the gateway parameter says.
    #[default]
    Global,
    /// On.
    Open,
    /// Off.
    Close,
}
