//! The lab's certificate authority and the certificates of the simulated account, made on demand.
//! One identifier gives one key pair and one certificate, so both gateways present the same one.

use std::collections::HashMap;
use std::sync::Arc;

use gateshift_lab_kernel::{Certificate, Cloud, Shared};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use time::{Duration, OffsetDateTime};

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The account has no certificate of that identifier.
    #[error("the account has no certificate {0}; add it to the network of the scenario")]
    Unknown(String),
    /// Names or keys that cannot go into a certificate.
    #[error("certificate could not be made")]
    Making(#[from] rcgen::Error),
    /// A key the TLS library does not take.
    #[error("key could not be loaded")]
    Loading(#[from] rustls::Error),
}

/// A certificate as the account described it when it was made, and what is presented for it.
type Made = (Certificate, Arc<CertifiedKey>);

/// The authority that both gateways' certificates come from.
#[derive(Debug)]
pub struct Authority {
    cloud: Arc<Cloud>,
    issuer: Issuer<'static, KeyPair>,
    ca_pem: String,
    made: Shared<HashMap<String, Made>>,
}

impl Authority {
    /// A new authority with a key of its own.
    ///
    /// # Errors
    /// When the system gives no randomness for the key.
    pub fn new(cloud: Arc<Cloud>) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "gateshift lab authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = around_now();
        let ca_pem = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        Ok(Self { cloud, issuer, ca_pem, made: Shared::default() })
    }

    /// The authority's own certificate, for clients to trust.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Key and certificate for an identifier of the account.
    ///
    /// # Errors
    /// When the account has no such certificate or its names cannot be certified.
    pub fn certified(&self, identifier: &str) -> Result<Arc<CertifiedKey>, AuthorityError> {
        let certificate = self
            .cloud
            .network
            .lock()
            .certificates
            .iter()
            .find(|certificate| certificate.identifier == identifier)
            .cloned()
            .ok_or_else(|| AuthorityError::Unknown(identifier.to_owned()))?;
        let mut made = self.made.lock();
        if let Some((description, key)) = made.get(identifier)
            && *description == certificate
        {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(self.make(&certificate)?);
        made.insert(identifier.to_owned(), (certificate, Arc::clone(&key)));
        Ok(key)
    }

    fn make(&self, certificate: &Certificate) -> Result<CertifiedKey, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(certificate.sans.clone())?;
        params.distinguished_name.push(DnType::CommonName, certificate.common_name.as_str());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let (earliest, latest) = around_now();
        params.not_before = instant(certificate.not_before_ms).unwrap_or(earliest);
        params.not_after = instant(certificate.not_after_ms).unwrap_or(latest);
        let signed = params.signed_by(&key, &self.issuer)?;
        let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let signing = rustls::crypto::ring::sign::any_ecdsa_type(&private)?;
        Ok(CertifiedKey::new(vec![signed.der().clone()], signing))
    }
}

/// A validity that no rehearsal outlives.
fn around_now() -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::now_utc();
    (now - Duration::days(1), now + Duration::days(3650))
}

/// A moment of the account's description; 0 means that it says nothing.
fn instant(ms: i64) -> Option<OffsetDateTime> {
    if ms == 0 {
        return None;
    }
    OffsetDateTime::from_unix_timestamp(ms / 1000).ok()
}
