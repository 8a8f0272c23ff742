//! A configuration in the form in which requests are served from it; replaced as a whole.

use std::sync::Arc;

use gateshift_lab_kernel::gateway::GatewayConfig;
use gateshift_lab_kernel::policy::Parameters;
use rustls::sign::CertifiedKey;

use crate::authority::Authority;
use crate::plugins::Plugins;
use crate::policies::access::AccessLists;
use crate::policies::global_auth::Authentication;
use crate::routing::{DomainIndex, RouteTable, TableCache};

/// One gateway's configuration, compiled.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) table: RouteTable,
    /// Name of a domain and whether plain HTTP is redirected there.
    pub(crate) domains: DomainIndex<(String, bool)>,
    pub(crate) certificates: DomainIndex<Arc<CertifiedKey>>,
    pub(crate) lists: AccessLists,
    pub(crate) authentications: Vec<Authentication>,
    pub(crate) plugins: Plugins,
    pub(crate) parameters: Parameters,
    /// False while a certificate could not be had, which is worth another try.
    pub(crate) complete: bool,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            table: RouteTable::compile(&GatewayConfig::default(), &mut TableCache::default()),
            domains: DomainIndex::default(),
            certificates: DomainIndex::default(),
            lists: AccessLists::default(),
            authentications: Vec::new(),
            plugins: Plugins::default(),
            parameters: Parameters::default(),
            complete: true,
        }
    }
}

impl Serving {
    /// Compiles a configuration.
    pub(crate) fn compile(config: &GatewayConfig, authority: &Authority, cache: &mut TableCache) -> Self {
        let mut serving = Self {
            table: RouteTable::compile(config, cache),
            lists: AccessLists::compile(&config.lists, config.levels),
            authentications: config.authentications.iter().map(Authentication::compile).collect(),
            plugins: Plugins::compile(&config.plugins),
            parameters: config.parameters.clone(),
            ..Self::default()
        };
        for domain in &config.domains {
            serving.domains.insert(&domain.name, (domain.name.clone(), domain.force_https));
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
