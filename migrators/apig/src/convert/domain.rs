//! Domains.

use gateshift_gateway_model::{Domain, Http2, Protocol};
use serde_json::{Value, json};

use super::compact;
use crate::wire::DomainView;

/// The body of `CreateDomain` without client certificates. `forceHttps` is always said: the product
/// asks for it with HTTPS, and its default is not known otherwise.
#[must_use]
pub fn body(domain: &Domain) -> Value {
    body_with(domain, None)
}

/// As [`body`], asking for client certificates of an authority (PEM) when one is given.
#[must_use]
pub fn body_with(domain: &Domain, authority: Option<&str>) -> Value {
    let https = domain.protocol == Protocol::Https;
    let ciphers = (!domain.ciphers.is_empty()).then(|| {
        let suites: Vec<Value> = domain.ciphers.iter().map(|name| json!({ "name": name })).collect();
        json!({"configType": "Custom", "tlsCipherSuite": suites})
    });
    compact(json!({
        "name": domain.name,
        "domainScope": "Dedicated",
        "gatewayType": "API",
        "protocol": if https { "HTTPS" } else { "HTTP" },
        "forceHttps": https && domain.force_https,
        "certIdentifier": domain.certificate.as_ref().filter(|_| https),
        "http2Option": match domain.http2 {
            Http2::Open => "Open",
            Http2::Close => "Close",
            Http2::Gateway => "GlobalConfig",
        },
        "tlsMin": domain.tls_min.as_deref().filter(|_| https).map(tls_version),
        "tlsMax": domain.tls_max.as_deref().filter(|_| https).map(tls_version),
        "tlsCipherSuitesConfig": ciphers.filter(|_| https),
        "mTLSEnabled": authority.map(|_| true),
        "clientCACert": authority.map(str::trim),
        "caCertIdentifier": domain.mtls.ca_certificate.as_ref().filter(|_| authority.is_some()),
    }))
}

/// `TLSv1.2`, `TLS1.2` and `TLS 1.2` are one version.
fn tls_version(text: &str) -> String {
    let number = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    format!("TLS {number}")
}

/// A domain that is there, in the form of the body, for comparison.
#[must_use]
pub fn as_body(view: &DomainView) -> Value {
    json!({
        "name": view.name,
        // Neither is answered by every call, and both are constant for dedicated gateways.
        "domainScope": "Dedicated",
        "gatewayType": "API",
        "protocol": view.protocol,
        "forceHttps": view.force_https.unwrap_or(false),
        "certIdentifier": view.cert_identifier,
        "http2Option": view.http2_option.as_deref().unwrap_or("GlobalConfig"),
        "tlsMin": view.tls_min.as_deref().map(tls_version),
        "tlsMax": view.tls_max.as_deref().map(tls_version),
        "tlsCipherSuitesConfig": view.tls_cipher_suites_config,
        "mTLSEnabled": view.mtls_enabled.unwrap_or(false),
        "clientCACert": view.client_ca.as_deref().map(str::trim),
        "caCertIdentifier": view.ca_cert_identifier,
    })
}

/// What a domain that is there differs in; asking for client certificates is a difference, too,
/// where the body does not.
#[must_use]
pub fn difference(wanted: &Value, view: &DomainView) -> Option<String> {
    if view.mtls_enabled == Some(true) && wanted["mTLSEnabled"] != true {
        return Some("it asks for client certificates".to_owned());
    }
    crate::compare::difference(wanted, &as_body(view))
}

#[cfg(test)]
mod tests {
    use gateshift_gateway_model::{Domain, Http2, ManagedBy, Mtls, Protocol, PublishState};
    use proptest::prelude::*;

    use super::{body, difference};
    use crate::wire::DomainView;

    prop_compose! {
        fn domains()(
            https in any::<bool>(),
            force_https in any::<bool>(),
            http2 in prop_oneof![Just(Http2::Open), Just(Http2::Close), Just(Http2::Gateway)],
            tls in prop::option::of(prop_oneof![Just("TLS 1.2"), Just("TLSv1.3"), Just("TLS1.1")]),
            ciphers in prop::collection::vec("[A-Z]{4,8}", 0..3),
        ) -> Domain {
            Domain {
                id: "1".to_owned(),
                name: "a.example.com".to_owned(),
                protocol: if https { Protocol::Https } else { Protocol::Http },
                force_https,
                certificate: https.then(|| "7-cn-hangzhou".to_owned()),
                http2,
                tls_min: tls.map(str::to_owned),
                tls_max: None,
                ciphers,
                mtls: Mtls::default(),
                managed_by: ManagedBy::Operator,
                state: PublishState::Published,
            }
        }
    }

    proptest! {
        #[test]
        fn an_answer_that_repeats_the_body_is_equal_and_any_change_shows(one in domains(), two in domains()) {
            let (first, second) = (body(&one), body(&two));
            let view: DomainView = serde_json::from_value(first.clone()).unwrap();
            prop_assert_eq!(difference(&first, &view), None);
            let missing = second.as_object().unwrap().iter().any(|(key, value)| first.get(key) != Some(value));
            prop_assert_eq!(difference(&second, &view).is_some(), missing);
            let guarded = DomainView { mtls_enabled: Some(true), ..view };
            prop_assert!(difference(&first, &guarded).is_some());
        }
    }
}
