//! What lies behind both gateways and belongs to neither: the registries and the backends that
//! really answer. Both control planes turn their services into upstream names of this one world,
//! so a service that was migrated to the wrong address is answered by somebody else, and shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Name of an upstream: `vip://10.1.0.7:8080,10.1.0.8:8080`, `dns://billing.internal.example:80`,
/// `k8s://<cluster>/<namespace>/<name>`, `nacos://<instance>/<namespace>/<group>/<name>`,
/// `sae-k8s://<namespace>/<name>`, `fc3://<function>@<qualifier>`. Addresses inside a `vip` name are sorted.
pub type UpstreamName = String;

/// One backend as the registries know it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// False when no endpoint is alive, so that a route's fallback decides.
    pub alive: bool,
    /// Label sets of the instances behind it (`version=v1`); empty when it has none.
    pub instances: Vec<BTreeMap<String, String>>,
}

/// Every upstream there is; a name that is not in here has no endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// By name.
    pub upstreams: BTreeMap<UpstreamName, Upstream>,
}
