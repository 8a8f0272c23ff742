//! Domains: objects of the account, so that one that exists is only adopted when it is identical.

use std::collections::BTreeSet;

use gateshift_apig::convert;
use gateshift_apig::wire::CertificateView;
use gateshift_gateway_model::{Domain, ManagedBy, Protocol, address};
use gateshift_sdk::model::{Severity, Verb};

use super::draft::Draft;
use crate::observe::Star;

/// A certificate that ends sooner than this is worth a word.
const SOON_MS: i64 = 30 * 24 * 3_600_000;

/// Adds every domain that is needed.
pub(crate) fn add(draft: &mut Draft<'_>) {
    let used: BTreeSet<String> = draft.routes.iter().flat_map(|route| &route.domains).cloned().collect();
    let all = !draft.given.settings.selects();
    for domain in &draft.given.inventory.domains {
        let needed = used.contains(&domain.name);
        if needed || (all && domain.managed_by == ManagedBy::Operator) {
            if domain.name == "*" && stands_in(draft, domain, &used) {
                continue;
            }
            add_one(draft, domain);
        }
    }
    filing(draft);
}

/// The hosts that stand for `*`, when the target refuses that name and the operator named some.
fn stands_in(draft: &mut Draft<'_>, star: &Domain, used: &BTreeSet<String>) -> bool {
    let hosts = &draft.given.settings.hosts;
    if hosts.is_empty() || !matches!(draft.given.observed.star, Star::Refused(_)) {
        return false;
    }
    for host in hosts {
        let other = draft
            .given
            .inventory
            .domains
            .iter()
            .find(|one| one.name != "*" && used.contains(&one.name) && address::covers(&one.name, host));
        if let Some(other) = other {
            let message = format!(
                "`{host}` stands for `*` on the target, where its routes then rank like or before those of `{}`, which come first at the source",
                other.name
            );
            draft.find(
                Severity::Block,
                "DOM-STAR",
                format!("domains/{host}"),
                message,
                "leave it out of `hosts`: the routes of the other domain answer there; give routes of `*` that it needs the domain itself",
            );
            continue;
        }
        add_one(draft, &Domain { name: host.clone(), ..star.clone() });
        draft.star.push(host.clone());
    }
    let message = format!(
        "the target takes no domain named `*`; {} stand for it, and other hosts are not answered",
        draft.star.join(", ")
    );
    draft.find(
        Severity::Warn,
        "DOM-STAR",
        "domains/*".to_owned(),
        message,
        "see in the source's access log that clients ask for no other host",
    );
    true
}

/// Names that are served from the mainland need a filing, which no call can show.
fn filing(draft: &mut Draft<'_>) {
    let region = &draft.given.inventory.origin.region;
    let mainland = region.starts_with("cn-") && region != "cn-hongkong";
    let count = draft.facts.domains.len();
    if mainland && count > 0 {
        let message = format!(
            "region {region} wants an ICP filing for each of the {count} domains; those that the source serves today should have one, and no call can show it"
        );
        draft.find(
            Severity::Warn,
            "DOM-ICP",
            "domains".to_owned(),
            message,
            "see that every domain is filed before traffic moves",
        );
    }
}

fn add_one(draft: &mut Draft<'_>, domain: &Domain) {
    let (key, object) = (format!("domain/{}", domain.name), format!("domains/{}", domain.name));
    certificate(draft, domain, &object);
    let authority = authority(draft, domain, &object);
    let body = convert::domain::body_with(domain, authority.as_deref());
    draft.facts.domains.insert(domain.name.clone(), key.clone());
    let observed = draft.given.observed;
    match observed.domains.get(&domain.name.to_ascii_lowercase()) {
        Some(view) => match convert::domain::difference(&body, view) {
            None => draft.adopt(&key, "domain", &domain.name, body, &view.domain_id),
            Some(difference) => draft.conflict("DOM-CONFLICT", object, &difference),
        },
        None => {
            star(draft, domain, object);
            draft.operate(&key, Verb::Create, "domain", &domain.name, body);
        }
    }
}

/// The authority of client certificates, which the source does not give away.
fn authority(draft: &mut Draft<'_>, domain: &Domain, object: &str) -> Option<String> {
    if !domain.mtls.enabled {
        return None;
    }
    let given = draft.given.settings.client_ca.get(&domain.name).cloned();
    if given.is_none() {
        draft.find(
            Severity::Decide,
            "DOM-MTLS-CA",
            object.to_owned(),
            "it asks for client certificates, and the source does not give away the authority's certificate",
            "give the authority's certificate (PEM) with the setting `clientCa`, exclude its routes, or turn client certificates off at the source first",
        );
    }
    given
}

fn star(draft: &mut Draft<'_>, domain: &Domain, object: String) {
    if domain.name != "*" {
        return;
    }
    let advice = "name the real hosts with the setting `hosts`, list them as domains of the routes at the source, or exclude the routes that have only `*`";
    match &draft.given.observed.star {
        Star::Accepted => {}
        Star::Refused(cause) => {
            draft.find(
                Severity::Block,
                "DOM-STAR",
                object,
                format!("the target takes no domain named `*`: {cause}"),
                advice,
            );
        }
        Star::Unknown => {
            let message = "whether the target takes a domain named `*` is not known and could not be asked";
            draft.find(Severity::Warn, "DOM-STAR", object, message, advice);
        }
    }
}

fn certificate(draft: &mut Draft<'_>, domain: &Domain, object: &str) {
    if domain.protocol == Protocol::Http {
        return;
    }
    let object = format!("{object}/certificate");
    let upload = "upload the certificate to the certificate service of the target's account and region";
    let Some(identifier) = &domain.certificate else {
        draft.find(
            Severity::Block,
            "DOM-CERT",
            object,
            "it is served over HTTPS and names no certificate",
            upload,
        );
        return;
    };
    let found = draft.given.observed.certificates.iter().find(|one| one.cert_identifier == *identifier);
    let Some(found) = found else {
        let message = format!("the target's account has no certificate {identifier}");
        draft.find(Severity::Block, "DOM-CERT", object, message, upload);
        return;
    };
    if !covers(found, &domain.name) {
        let message = format!(
            "certificate {identifier} does not cover the domain; clients that check names refuse it, at the source too"
        );
        draft.find(Severity::Warn, "DOM-CERT", object.clone(), message, "replace the certificate");
    }
    let left = found.not_after_timestamp.map(|end| end - draft.given.now.0);
    if let Some(left) = left.filter(|left| *left < SOON_MS) {
        let message = if left < 0 {
            format!("certificate {identifier} has expired")
        } else {
            format!("certificate {identifier} expires in {} days", left / 86_400_000)
        };
        draft.find(Severity::Warn, "DOM-CERT", object, message, "renew it before the shift");
    }
}

/// Whether a certificate is good for a domain; a wildcard stands for one label.
fn covers(certificate: &CertificateView, domain: &str) -> bool {
    let names = certificate.sans.split([',', ' ', ';']).chain([certificate.common_name.as_str()]);
    let domain = domain.to_ascii_lowercase();
    names.map(str::to_ascii_lowercase).any(|name| {
        name == domain
            || name.strip_prefix("*.").is_some_and(|parent| {
                domain.split_once('.').is_some_and(|(label, rest)| label != "*" && rest == parent)
            })
    })
}
