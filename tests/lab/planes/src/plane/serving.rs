//! A configuration in the form in which requests are served from it; replaced as a whole.

use std::sync::Arc;

use gateshift_lab_kernel::gateway::GatewayConfig;
use rustls::sign::CertifiedKey;

use crate::authority::Authority;
use crate::routing::{DomainIndex, RouteTable, TableCache};

/// One gateway's configuration, compiled.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) table: RouteTable,
    /// Whether plain HTTP is redirected, by domain.
    pub(crate) force_https: DomainIndex<bool>,
    pub(crate) certificates: DomainIndex<Arc<CertifiedKey>>,
    /// False while a certificate could not be had, which is worth another try.
    pub(crate) complete: bool,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            table: RouteTable::compile(&GatewayConfig::default(), &mut TableCache::default()),
            force_https: DomainIndex::default(),
            certificates: DomainIndex::default(),
            complete: true,
        }
    }
}

impl Serving {
    /// Compiles a configuration.
    pub(crate) fn compile(config: &GatewayConfig, authority: &Authority, cache: &mut TableCache) -> Self {
        let mut serving = Self { table: RouteTable::compile(config, cache), ..Self::default() };
        for domain in &config.domains {
            serving.force_https.insert(&domain.name, domain.force_https);
            let Some(identifier) = &domain.certificate else {
                continue;
            };
            match authority.certified(identifier) {
                Ok(certified) => serving.certificates.insert(&domain.name, certified),
                Err(error) => {
                    tracing::warn!(domain = domain.name, %error, "domain is not served over https");
                    serving.complete = false;
                }
            }
        }
        serving
    }
}
