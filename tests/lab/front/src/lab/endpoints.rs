//! What a program needs to know to use a running lab: printed as one line of JSON by `lab up`. Also the
//! one request that a person makes of a lab in another process.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::wire::encode;

/// Addresses, keys and speed of a running lab.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct LabEndpoints {
    /// Endpoint by connection kind: `aliyun/mse`, `aliyun/apig`, `aliyun/alidns`, `aliyun/vpc`,
    /// `aliyun/ecs`, `aliyun/cms`, `aliyun/arms`, `aliyun/sls`, `prometheus`.
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
    /// Log project in which the target's access logs are to be, where the source's are.
    pub log_project: String,
    /// The lab's own control: `/faults`, `/quotas`, `/state`, `/stats`, `/planes`, `/console`, `/dns`.
    pub admin: String,
}

impl LabEndpoints {
    /// Sets a page of the console of a gateway (`target` for the only one), as a person would: `tracing`
    /// or `logs`, with the body that the lab's control takes.
    ///
    /// # Errors
    /// When the lab does not answer, or with the words in which the console refuses.
    pub async fn set_in_console(&self, gateway: &str, page: &str, body: &Value) -> io::Result<()> {
        let address = self.admin.trim_start_matches("http://");
        let body = body.to_string();
        let head = format!(
            "POST /console/{}/{page} HTTP/1.1\r\nhost: lab\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            encode(gateway),
            body.len()
        );
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all((head + &body).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        if head.starts_with("HTTP/1.1 200") {
            return Ok(());
        }
        let said: Value = serde_json::from_str(body).unwrap_or_default();
        Err(io::Error::other(said["error"].as_str().unwrap_or("the lab did not answer").to_owned()))
    }
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
