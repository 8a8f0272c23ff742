//! What the operator should know about the zones beside the sets that are moved. Pure.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_sdk::model::{Finding, Severity};

use crate::driver::driver;
use crate::facts::SetFacts;
use crate::records::{Observed, Zone};

/// Every note.
pub(super) fn add(observed: &Observed, sets: &[SetFacts], findings: &mut Vec<Finding>) {
    delegation(observed, sets, findings);
    lines(observed, sets, findings);
    if driver(observed.kind).abilities().opens_weights {
        opening(sets, findings);
    }
}

/// Records in a zone that nobody asks move nothing.
fn delegation(observed: &Observed, sets: &[SetFacts], findings: &mut Vec<Finding>) {
    let used: BTreeSet<&str> = sets.iter().map(|one| one.set.zone.as_str()).collect();
    for zone in observed.zones.iter().filter(|zone| used.contains(zone.name.as_str())) {
        let object = format!("dns/{}", zone.name);
        match delegated(zone) {
            Delegation::Here => {}
            Delegation::Elsewhere(servers) => findings.push(
                Finding::new(Severity::Block, "DNS-DELEGATION", object, format!("the zone is delegated to {}, not to {}: what is written here is answered to nobody", servers.join(", "), zone.servers.join(", ")))
                    .with_action("move the records where the zone is really served, or have the registrar delegate it to this product first"),
            ),
            Delegation::Unknown => findings.push(
                Finding::new(Severity::Warn, "DNS-DELEGATION", object, "nobody could be asked to whom the zone is delegated: whether these records are answered at all is not known")
                    .with_action("compare the name servers at the registrar with those in the DNS console"),
            ),
        }
    }
}

enum Delegation {
    Here,
    Elsewhere(Vec<String>),
    Unknown,
}

/// One common server is enough: a delegation may be in the middle of a change.
fn delegated(zone: &Zone) -> Delegation {
    match &zone.delegated_to {
        Some(answered) if !answered.is_empty() && !zone.servers.is_empty() => {
            if answered.iter().any(|server| zone.servers.contains(server)) {
                Delegation::Here
            } else {
                Delegation::Elsewhere(answered.clone())
            }
        }
        _ => Delegation::Unknown,
    }
}

/// Each line of a zone has a set of its own: all that lead to the source are moved alike, the others stay.
fn lines(observed: &Observed, sets: &[SetFacts], findings: &mut Vec<Finding>) {
    let mut moved: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for SetFacts { set, .. } in sets {
        moved.entry((&set.host, &set.kind)).or_default().insert(&set.line);
    }
    for ((host, kind), lines) in moved {
        let all: BTreeSet<&str> = observed
            .sets
            .iter()
            .filter(|set| set.host == host && set.records.iter().any(|record| record.enabled))
            .map(|set| set.line.as_str())
            .collect();
        let stays: Vec<&str> = all.difference(&lines).copied().collect();
        if all.len() < 2 {
            continue;
        }
        let names = lines.iter().copied().collect::<Vec<_>>().join(", ");
        let message = if stays.is_empty() {
            format!(
                "the {kind} records of this host differ by line ({names}): each line is moved by the same stages"
            )
        } else {
            format!(
                "the {kind} records of this host differ by line: {names} are moved, {} do not lead to the source and stay",
                stays.join(", ")
            )
        };
        findings.push(
            Finding::new(Severity::Warn, "DNS-LINES", format!("dns/{host}"), message)
                .with_action("expect different shares for visitors of different lines"),
        );
    }
}

/// Opening weights over a single record is not documented. Nothing is exposed while it is tried.
fn opening(sets: &[SetFacts], findings: &mut Vec<Finding>) {
    let alone: Vec<String> = sets
        .iter()
        .filter(|one| !one.set.weighted && one.set.records.len() == 1)
        .map(|one| one.set.label())
        .collect();
    if alone.is_empty() {
        return;
    }
    let message = format!(
        "weights are opened while {} of the sets have a single record ({}), which the provider does not document: it is tried before the target is in any set, so a refusal exposes nobody and stops the step",
        alone.len(),
        shortened(&alone),
    );
    findings.push(Finding::new(Severity::Warn, "DNS-OPENING", "dns", message).with_action(
        "if it is refused: switch weighting on for these hosts in the DNS console, then `gateshift resume`",
    ));
}

fn shortened(names: &[String]) -> String {
    match names {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        all => all.join(", "),
    }
}
