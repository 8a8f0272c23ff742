//! Where the two gateways are reached: an address and two ports each.

use std::net::IpAddr;

use gateshift_gateway_model::{Entry, NetworkKind};
use gateshift_sdk::api::{DnsQuestion, Host};
use gateshift_sdk::model::StepError;
use serde::{Deserialize, Serialize};

/// A way in that requests can be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gateway {
    /// Address to connect to.
    pub(crate) address: IpAddr,
    /// Port for HTTP.
    pub(crate) http: u16,
    /// Port for HTTPS.
    pub(crate) https: u16,
}

impl Gateway {
    /// The port for plain requests or for TLS.
    pub(crate) fn port(&self, tls: bool) -> u16 {
        if tls { self.https } else { self.http }
    }
}

/// Chooses the way in: a public one before a private one; its name is asked for when it has no address.
pub(crate) async fn gateway(host: &dyn Host, side: &str, entries: &[Entry]) -> Result<Gateway, StepError> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.network != NetworkKind::Public);
    for entry in sorted {
        if let Some(address) = first_address(entry) {
            return Ok(at(entry, address));
        }
        let Some(name) = &entry.domain else { continue };
        let question = DnsQuestion { name: name.clone(), kind: "A".to_owned(), server: None };
        let reply = host.resolve(question).await?;
        let address =
            reply.answers.iter().filter(|one| one.kind == "A").find_map(|one| one.value.parse().ok());
        if let Some(address) = address {
            return Ok(at(entry, address));
        }
    }
    Err(StepError::needs_operator(
        "GS-VERIFY-NO-ENTRY",
        format!("the {side} gateway has no entry with an address, so no request can be sent to it"),
    )
    .with_hint("give it a load balancer that this machine can reach, then `gateshift resume`"))
}

fn first_address(entry: &Entry) -> Option<IpAddr> {
    let v4 = entry.ipv4.first().copied().map(IpAddr::V4);
    v4.or_else(|| entry.ipv6.first().copied().map(IpAddr::V6))
}

fn at(entry: &Entry, address: IpAddr) -> Gateway {
    let first = |ports: &[u16], usual: u16| {
        if ports.contains(&usual) { usual } else { ports.first().copied().unwrap_or(usual) }
    };
    Gateway { address, http: first(&entry.http_ports, 80), https: first(&entry.https_ports, 443) }
}

#[cfg(test)]
mod tests {
    use gateshift_gateway_model::{Entry, NetworkKind};
    use gateshift_sdk::api::{DnsAnswer, DnsReply};
    use gateshift_sdk::model::StepError;
    use gateshift_sdk::testing::ScriptedHost;

    use super::gateway;

    fn entry(network: NetworkKind, ipv4: &[&str], domain: Option<&str>) -> Entry {
        Entry {
            domain: domain.map(str::to_owned),
            ipv4: ipv4.iter().map(|one| one.parse().unwrap()).collect(),
            ipv6: Vec::new(),
            http_ports: vec![8080, 80],
            https_ports: Vec::new(),
            network,
        }
    }

    #[tokio::test]
    async fn public_first_by_address_or_name() {
        let host = ScriptedHost::new(|_| Err(StepError::permanent("GS-TEST", "no calls").into())).with_dns(
            |question| {
                let answer = DnsAnswer {
                    name: question.name.clone(),
                    kind: "A".into(),
                    ttl: 1,
                    value: "192.0.2.9".into(),
                };
                Ok(DnsReply {
                    server: "s".into(),
                    rcode: "NOERROR".into(),
                    authoritative: true,
                    answers: vec![answer],
                })
            },
        );
        let (private, public) = (NetworkKind::Private, NetworkKind::Public);
        let both = [entry(private, &["10.0.0.1"], None), entry(public, &["192.0.2.1", "192.0.2.2"], None)];
        let found = gateway(&host, "source", &both).await.unwrap();
        assert_eq!((found.address.to_string().as_str(), found.http, found.https), ("192.0.2.1", 80, 443));
        let nameless = [entry(public, &[], None), entry(private, &["10.0.0.1"], None)];
        assert_eq!(gateway(&host, "source", &nameless).await.unwrap().address.to_string(), "10.0.0.1");
        let named = [entry(private, &["10.0.0.1"], None), entry(public, &[], Some("x.example"))];
        assert_eq!(gateway(&host, "source", &named).await.unwrap().address.to_string(), "192.0.2.9");
        let error = gateway(&host, "target", &[]).await.unwrap_err();
        assert_eq!(error.code, "GS-VERIFY-NO-ENTRY");
    }
}
