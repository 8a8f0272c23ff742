//! Certificates of the account's certificate service, as this product lists them.

use gateshift_lab_kernel::{Answer, Call, Certificate};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::reply;
use super::state::{Cx, State};
use crate::params::{fits_part, text};

const ISSUER: &str = "Lab Issuing CA";
const ALGORITHM: &str = "ECDSA";

/// Whether the account has this certificate.
pub(crate) fn exists(cx: &Cx<'_>, identifier: &str) -> bool {
    cx.cloud.network.lock().certificates.iter().any(|one| one.identifier == identifier)
}

/// The fields of a certificate that `GetDomain` shows. `notAfterTimstamp` is the real name.
pub(crate) fn of_domain(cx: &Cx<'_>, identifier: &str) -> Value {
    let network = cx.cloud.network.lock();
    match network.certificates.iter().find(|one| one.identifier == identifier) {
        None => json!({"certDetailStatus": "Failed", "certDetailErrorCode": "NotFound.CertNotFound"}),
        Some(one) => json!({
            "certName": one.name,
            "algorithm": ALGORITHM,
            "issuer": ISSUER,
            "sans": one.sans.join(","),
            "notBeforeTimestamp": one.not_before_ms,
            "notAfterTimstamp": one.not_after_ms,
            "certDetailStatus": "Success",
        }),
    }
}

/// `ListSslCerts`.
pub(crate) fn list(cx: &Cx<'_>, _: &mut State, call: &Call) -> Answer {
    let network = cx.cloud.network.lock();
    let domain = text(&call.query, "domainName");
    let items: Vec<Value> = network
        .certificates
        .iter()
        .filter(|one| fits_part(&call.query, "certNameLike", &one.name))
        .filter(|one| domain.is_none_or(|domain| covers(one, domain)))
        .map(|one| view(one, domain))
        .collect();
    reply::page(call, &items)
}

fn view(one: &Certificate, domain: Option<&str>) -> Value {
    let number = one.identifier.split('-').next().and_then(|part| part.parse::<i64>().ok());
    let digest = hex::encode(Sha256::digest(one.identifier.as_bytes()));
    json!({
        "certId": number,
        "certIdentifier": one.identifier,
        "certName": one.name,
        "commonName": one.common_name,
        "domain": domain.unwrap_or(&one.common_name),
        "domainMatchCert": domain.map(|domain| covers(one, domain)),
        "sans": one.sans.join(","),
        "algorithm": ALGORITHM,
        "issuer": ISSUER,
        "fingerprint": digest,
        "sha2": digest,
        "isChainCompleted": true,
        "notBeforeTimestamp": one.not_before_ms,
        "notAfterTimestamp": one.not_after_ms,
    })
}

/// Whether a certificate is good for a domain; a wildcard stands for exactly one label.
pub(crate) fn covers(one: &Certificate, domain: &str) -> bool {
    one.sans.iter().chain([&one.common_name]).any(|san| {
        san.eq_ignore_ascii_case(domain)
            || san.strip_prefix("*.").is_some_and(|parent| {
                domain
                    .split_once('.')
                    .is_some_and(|(label, rest)| label != "*" && rest.eq_ignore_ascii_case(parent))
            })
    })
}

#[cfg(test)]
mod tests {
    use gateshift_lab_kernel::Certificate;

    use super::covers;

    #[test]
    fn wildcards_stand_for_one_label() {
        let one = Certificate {
            identifier: "1-x".into(),
            name: "x".into(),
            common_name: "shop.example".into(),
            sans: vec!["shop.example".into(), "*.api.example".into()],
            not_before_ms: 0,
            not_after_ms: 1,
        };
        for (domain, good) in [
            ("shop.example", true),
            ("Shop.Example", true),
            ("a.api.example", true),
            ("*.api.example", true),
            ("api.example", false),
            ("a.b.api.example", false),
            ("a.shop.example", false),
        ] {
            assert_eq!(covers(&one, domain), good, "{domain}");
        }
    }
}
