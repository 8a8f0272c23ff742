//! What a program needs to know to use a running lab: printed as one line of JSON by `lab up`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Addresses, keys and speed of a running lab.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct LabEndpoints {
    /// Endpoint by connection kind: `aliyun/mse`, `aliyun/apig`, `aliyun/alidns`, `aliyun/vpc`,
    /// `aliyun/ecs`, `prometheus`.
    pub endpoints: BTreeMap<String, String>,
    /// The authoritative name server, UDP and TCP.
    pub dns: String,
    /// Where the gateways really listen, by the port they claim: `80` and `443`.
    pub connect: BTreeMap<String, u16>,
    /// Certificate of the authority that signed the gateways' certificates.
    pub ca_pem: String,
    /// Key id that every product takes.
    pub access_key_id: String,
    /// Its secret. It opens nothing but this lab.
    pub access_key_secret: String,
    /// Lab seconds per second.
    pub speed: f64,
    /// Region of everything.
    pub region: String,
    /// Id of the source gateway.
    pub gateway: String,
    /// The lab's own control: `/faults`, `/quotas`, `/state`, `/stats`, `/planes`, `/console`, `/dns`.
    pub admin: String,
}

impl std::fmt::Debug for LabEndpoints {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LabEndpoints")
            .field("endpoints", &self.endpoints)
            .field("dns", &self.dns)
            .field("connect", &self.connect)
            .field("speed", &self.speed)
            .field("gateway", &self.gateway)
            .field("admin", &self.admin)
            .finish_non_exhaustive()
    }
}
