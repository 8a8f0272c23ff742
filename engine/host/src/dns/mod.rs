//! Questions to name servers, never answered from a cache: a given server, the operator's override, or one of the
//! name's authoritative servers, found by delegation.

mod authority;
mod exchange;
mod message;
pub(crate) mod signed;
mod silent;
#[cfg(test)]
mod tests;
mod update;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use gateshift_model::StepError;
use gateshift_step_api::{DnsQuestion, DnsReply, ServiceFailure};
use hickory_proto::op::Message;
use hickory_proto::rr::{Name, RecordType};

pub(crate) use self::silent::Silent;
use crate::{Overrides, entropy};

/// Asks questions.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    pub(crate) overrides: &'a Overrides,
    pub(crate) resolv_conf: &'a Path,
    /// For one try.
    pub(crate) patience: Duration,
    /// Servers that gave no answer lately.
    pub(crate) silent: &'a Silent,
}

impl Resolver<'_> {
    /// Asks a question and gives the answer of the server as it is.
    pub(crate) async fn ask(&self, question: &DnsQuestion) -> Result<DnsReply, ServiceFailure> {
        let (name, kind) = (message::name(&question.name)?, message::kind(&question.kind)?);
        let failed = |cause| failed(question, cause);
        if let Some(server) = &question.server {
            let server = address(server)?;
            self.may_ask(server)?;
            return self.reply(server, &name, kind).await.map_err(failed);
        }
        if let Some(server) = self.overrides.dns {
            self.may_ask(server)?;
            return self.reply(server, &name, kind).await.map_err(failed);
        }
        let servers = authority::servers(self, &name).await.map_err(failed)?;
        let mut causes = Vec::new();
        for server in self.silent.order(servers, usize::from(entropy::bits16())) {
            self.may_ask(server)?;
            match self.reply(server, &name, kind).await {
                Ok(reply) => return Ok(reply),
                Err(cause) => {
                    self.silent.note(server);
                    causes.push(cause);
                }
            }
        }
        Err(failed(format!("no authoritative server answers ({})", causes.join("; "))))
    }

    async fn reply(&self, server: SocketAddr, name: &Name, kind: RecordType) -> Result<DnsReply, String> {
        let answer = self.exchange(server, name, kind, false).await?;
        Ok(message::reply(server, &answer))
    }

    /// One question over UDP, over TCP when the answer does not fit.
    async fn exchange(
        &self,
        server: SocketAddr,
        name: &Name,
        kind: RecordType,
        recurse: bool,
    ) -> Result<Message, String> {
        exchange::ask(server, name, kind, recurse, self.patience)
            .await
            .map_err(|cause| format!("{server}: {cause}"))
    }

    fn may_ask(&self, server: SocketAddr) -> Result<(), StepError> {
        self.overrides.may_reach(&format!("the name server {server}"), server.ip().is_loopback())
    }
}

fn failed(question: &DnsQuestion, cause: String) -> ServiceFailure {
    ServiceFailure::Failed { what: format!("question for {} {}", question.name, question.kind), cause }
}

/// An address, with port 53 unless it has one.
fn address(text: &str) -> Result<SocketAddr, StepError> {
    let bare = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    text.parse().or_else(|_| bare()).map_err(|_| {
        StepError::permanent("GS-BAD-REQUEST", format!("`{text}` is no address of a name server"))
            .with_hint("give an address, or an address and a port")
    })
}
