//! Domains and their certificates.

use gateshift_gateway_model::{Certificate, Domain, Http2, ManagedBy, Mtls, Protocol};
use gateshift_sdk::model::Finding;
use serde_json::Value;

use super::{publish_state, some, take, unclear};
use crate::fetch::id_text;
use crate::times::millis;
use crate::wire::DomainDetail;

/// A domain from its item in the list (`Type`, `Status`) and its detail (client certificates).
pub(crate) fn domain(listed: &Value, detail: &Value, findings: &mut Vec<Finding>) -> Option<Domain> {
    let object = format!("domains/{}", listed["Name"].as_str().unwrap_or("?"));
    let wire: DomainDetail = match take(detail, &object) {
        Ok(wire) => wire,
        Err(finding) => {
            findings.push(*finding);
            return None;
        }
    };
    let mut odd = |message: String| findings.push(unclear(&object, message));
    let protocol = match wire.protocol.to_ascii_uppercase().as_str() {
        "HTTP" => Protocol::Http,
        "HTTPS" => Protocol::Https,
        other => {
            odd(format!("protocol `{other}` is neither HTTP nor HTTPS"));
            return None;
        }
    };
    let http2 = match wire.http2.to_ascii_lowercase().as_str() {
        "open" => Http2::Open,
        "close" => Http2::Close,
        "globalconfig" | "" => Http2::Gateway,
        other => {
            odd(format!("HTTP/2 setting `{other}` is not known"));
            return None;
        }
    };
    let status = listed["Status"].as_i64().unwrap_or(-1);
    let Some(state) = publish_state(status) else {
        odd(format!("status {status} is not known"));
        return None;
    };
    let ciphers =
        wire.tls_cipher_suites_config.filter(|config| config.config_type.eq_ignore_ascii_case("custom"));
    Some(Domain {
        id: id_text(&wire.id),
        name: wire.name,
        protocol,
        force_https: wire.must_https,
        certificate: some(&wire.cert_identifier),
        http2,
        tls_min: some(&wire.tls_min),
        tls_max: some(&wire.tls_max),
        ciphers: ciphers.map(|config| config.tls_cipher_suites).unwrap_or_default(),
        mtls: Mtls { enabled: wire.mtls_enabled, ca_certificate: some(&wire.ca_cert_identifier) },
        managed_by: managed_by(&listed["Type"]),
        state,
    })
}

/// A certificate of the list.
pub(crate) fn certificate(listed: &Value) -> Option<Certificate> {
    let sans = listed["Sans"].as_str().unwrap_or_default();
    Some(Certificate {
        identifier: listed["CertIdentifier"].as_str()?.to_owned(),
        sans: sans
            .split([',', ' ', ';'])
            .filter(|name| !name.is_empty())
            .map(|name| name.trim_matches(['"', '[', ']']).to_owned())
            .collect(),
        not_after: millis(&listed["AfterDate"]).or_else(|| millis(&listed["GmtAfter"])),
    })
}

/// `Op` is the operator; anything else belongs to a controller.
pub(crate) fn managed_by(kind: &Value) -> ManagedBy {
    if kind == "Ingress" { ManagedBy::Ingress } else { ManagedBy::Operator }
}
