//! The gateway itself: whether it can be read now, and what its network and its edition mean for those
//! who call it.

use std::collections::BTreeSet;

use gateshift_gateway_model::{Inventory, NetworkKind, Protocol};
use gateshift_sdk::model::{Finding, Severity, Timestamp};

/// Days before the end of a certificate from which it is worth a word.
const SOON: i64 = 30;
const DAY: i64 = 86_400_000;

/// Findings about the instance. `status` is its number at the source.
pub(super) fn judge(inventory: &Inventory, status: i64, findings: &mut Vec<Finding>) {
    let object = "instance";
    match status {
        2 => {}
        9 => findings.push(
            Finding::new(
                Severity::Warn,
                "SRC-SUSPENDED",
                object,
                "the source is suspended and waits for release",
            )
            .with_action("pay what is due if the gateway shall live on: a suspended gateway answers nobody, and nothing can be compared with it"),
        ),
        other => findings.push(
            Finding::new(
                Severity::Block,
                "SRC-NOT-RUNNING",
                object,
                format!("the source is not running (status {other})"),
            )
            .with_action("wait until it is running, then assess again"),
        ),
    }
    if inventory.instance.edition.to_ascii_lowercase().contains("serverless") {
        findings.push(
            Finding::new(Severity::Decide, "INS-SERVERLESS", object, format!("the source is of the serverless edition ({}); this version makes a gateway of fixed size, which neither scales by itself nor is paid by use", inventory.instance.edition))
                .with_action("if a fixed size is right, say so with a waiver for INS-SERVERLESS, and look at `spec` of the step `instance`"),
        );
    }
    network(inventory, findings);
    filing(inventory, findings);
    certificates(inventory, findings);
}

fn network(inventory: &Inventory, findings: &mut Vec<Finding>) {
    let object = "instance";
    for entry in &inventory.instance.entries {
        let odd = |ports: &[u16], usual: u16| ports.iter().any(|port| *port != usual);
        if odd(&entry.http_ports, 80) || odd(&entry.https_ports, 443) {
            findings.push(
                Finding::new(
                    Severity::Block,
                    "NET-PORT",
                    object,
                    format!(
                        "an entry listens on ports {:?} and {:?}; the target listens on 80 and 443 only",
                        entry.http_ports, entry.https_ports
                    ),
                )
                .with_action("move the clients to 80 and 443 at the source first, or remove the listener"),
            );
        }
        if !entry.ipv6.is_empty() {
            findings.push(
                Finding::new(
                    Severity::Warn,
                    "NET-IPV6",
                    object,
                    "an entry has IPv6 addresses; the target's are only known after it is made",
                )
                .with_action("look at the target's addresses once it is made, before the AAAA records of its hosts are moved"),
            );
        }
    }
    let public = is_public(inventory);
    findings.push(
        Finding::new(
            Severity::Warn,
            "NET-IP-CHANGE",
            object,
            format!("the target gets new {} addresses: allow-lists of partners and origins of CDNs that hold the old ones must learn them", if public { "public" } else { "private" }),
        )
        .with_action("the addresses are in the output of the instance step; hand them out before traffic moves"),
    );
}

fn is_public(inventory: &Inventory) -> bool {
    inventory.instance.entries.iter().any(|entry| entry.network == NetworkKind::Public)
}

/// Public domains in mainland regions have to be filed.
fn filing(inventory: &Inventory, findings: &mut Vec<Finding>) {
    let region = &inventory.origin.region;
    let mainland = region.starts_with("cn-") && !region.starts_with("cn-hongkong");
    let names: BTreeSet<&str> =
        inventory.domains.iter().map(|domain| domain.name.as_str()).filter(|name| *name != "*").collect();
    if mainland && is_public(inventory) && !names.is_empty() {
        findings.push(
            Finding::new(Severity::Warn, "DOM-ICP", "domains", format!("{} domains are served to the public in {region}, where each needs an ICP filing for the access provider; a new address can bring a new check", names.len()))
                .with_action("make sure that the filings cover the new gateway before traffic moves"),
        );
    }
}

/// Certificates that end, or have ended. Whether the target has them is looked up by the step that makes the domains.
fn certificates(inventory: &Inventory, findings: &mut Vec<Finding>) {
    for domain in inventory.domains.iter().filter(|domain| domain.protocol == Protocol::Https) {
        let used = domain.certificate.as_ref();
        let found = used.and_then(|id| inventory.certificates.iter().find(|one| &one.identifier == id));
        let Some(end) = found.and_then(|one| one.not_after) else { continue };
        let left = end.saturating_sub(inventory.taken_at);
        if left >= SOON * DAY {
            continue;
        }
        let day = Timestamp(end).to_string();
        let day = day.get(..10).unwrap_or(&day).to_owned();
        let message = if left <= 0 {
            format!("its certificate ended on {day}")
        } else {
            format!("its certificate ends on {day}, which may be before the move is over")
        };
        let object = format!("domains/{}/certificate", domain.name);
        findings.push(
            Finding::new(Severity::Warn, "DOM-CERT", object, message)
                .with_action("renew it before the shift"),
        );
    }
}
