//! Kinds of connection to the places where DNS records are kept, beside the provider's own.

use gateshift_host::{ConnectionKind, EndpointRule, Protocol, Scheme, WriteRule};
use serde_json::{Value, json};

/// Every kind.
pub(super) fn kinds() -> Vec<ConnectionKind> {
    vec![powerdns(), route53(), updates(), by_hand()]
}

/// The HTTP API of a PowerDNS server; its key stands in a header.
fn powerdns() -> ConnectionKind {
    let settings =
        json!({"url": {"type": "string", "description": "where the API listens, http://127.0.0.1:8081"}});
    ConnectionKind {
        required: vec!["url".to_owned()],
        ..kind(
            "powerdns",
            Scheme::Header { name: "x-api-key".to_owned() },
            EndpointRule::from_setting("url"),
            settings,
        )
    }
}

/// Amazon Route 53. It has one endpoint for all regions of a partition.
fn route53() -> ConnectionKind {
    let scheme = Scheme::SigV4 { service: "route53".to_owned(), region: "us-east-1".to_owned() };
    let settings = json!({"region": {"type": "string", "pattern": "^[a-z0-9-]+$", "description": "region that requests are signed for, us-east-1 by default"}});
    kind("aws/route53", scheme, EndpointRule::new("https://route53.amazonaws.com", None), settings)
}

/// A server that takes signed updates of its zones.
fn updates() -> ConnectionKind {
    let settings = json!({"server": {"type": "string", "description": "the primary server, an address or a name, with `:port` where it is not 53"}});
    ConnectionKind {
        required: vec!["server".to_owned()],
        ..kind(
            "rfc2136",
            Scheme::Tsig,
            EndpointRule::from_setting("server").speaking(Protocol::Dns),
            settings,
        )
    }
}

/// Zones that only people can change.
fn by_hand() -> ConnectionKind {
    kind("dns/manual", Scheme::None, EndpointRule::default().speaking(Protocol::Nothing), json!({}))
}

fn kind(name: &str, scheme: Scheme, endpoint: EndpointRule, settings: Value) -> ConnectionKind {
    ConnectionKind {
        name: name.to_owned(),
        scheme,
        endpoint,
        writes: WriteRule::Allowed,
        settings,
        required: Vec::new(),
        query_language: None,
    }
}
