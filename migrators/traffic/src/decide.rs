//! From the observed records to phases of explicit writes: which sets are moved, what speaks against it,
//! and what the driver of their zones makes of the stages. Pure.

mod notes;

use std::collections::BTreeSet;
use std::net::IpAddr;

use gateshift_gateway_model::address::is_wildcard;
use gateshift_gateway_model::{Entry, Inventory, NetworkKind, PublishState, TargetInstance};
use gateshift_sdk::model::{Finding, Plan, Severity};
use gateshift_sdk::to_json;

use crate::driver::driver;
use crate::facts::{Facts, SetFacts};
use crate::records::Observed;
use crate::settings::{Settings, Wildcards};

/// Decides.
pub(crate) fn decide(
    inventory: &Inventory,
    target: &TargetInstance,
    observed: &Observed,
    settings: &Settings,
) -> Plan {
    let mut findings = odd(observed, settings);
    let sides = Sides::of(inventory, target);
    let sets = chosen(observed, &sides, settings, &mut findings);
    check_coverage(inventory, &sets, settings, &mut findings);
    notes::add(observed, &sets, &mut findings);
    let ttl = settings.ttl.max(zones_of(observed, &sets).map(|zone| zone.min_ttl).max().unwrap_or(1));
    if ttl > settings.ttl {
        findings.push(
            Finding::new(
                Severity::Warn,
                "DNS-TTL",
                "ttl",
                format!("the zone's edition allows no TTL below {ttl} s: a rollback takes that long to reach everybody, not {} s", settings.ttl),
            )
            .with_action("move the zone to an edition that allows a shorter one for the time of the shift, or live with it"),
        );
    }
    if settings.requests.is_empty() {
        findings.push(
            Finding::new(
                Severity::Warn,
                "DNS-NO-METRICS",
                "metrics",
                "there is no connection `metrics`: stages are held for their time and confirmed by DNS answers, not by the requests that really arrive",
            )
            .with_action("add a connection `metrics` to the workflow"),
        );
    }
    let planned = driver(observed.kind).plan(&sets, ttl, settings, &mut findings);
    let hosts: BTreeSet<&str> = sets.iter().map(|one| one.set.host.as_str()).collect();
    let stages: Vec<String> = settings.stages.iter().map(|stage| format!("{stage}%")).collect();
    let summary = format!(
        "move {} hosts through {}; TTL {ttl} s; {} DNS writes",
        hosts.len(),
        stages.join(", "),
        planned.operations.len()
    );
    let facts = Facts {
        before: sets,
        phases: planned.phases,
        source: inventory.origin.gateway.clone(),
        target: target.gateway.clone(),
        requests: settings.requests.clone(),
        min_requests: settings.min_requests,
        ttl,
        driver: observed.kind.to_owned(),
        gates: settings.gates.clone(),
        poll: settings.poll.as_secs().max(1),
        spec: target.spec.clone(),
    };
    Plan { operations: planned.operations, findings, facts: to_json(&facts), summary }
}

/// What the driver found odd about the hosts that are to move, and about the zones around them.
fn odd(observed: &Observed, settings: &Settings) -> Vec<Finding> {
    let wanted = |finding: &&Finding| {
        let name = finding.object.trim_start_matches("dns/");
        let around = |host: &String| host == name || host.ends_with(&format!(".{name}"));
        settings.hosts.is_empty() || settings.hosts.iter().any(around)
    };
    observed.odd.iter().filter(wanted).cloned().collect()
}

/// What records of the source look like, and what the target's will.
struct Sides {
    old_addresses: BTreeSet<String>,
    old_names: BTreeSet<String>,
    new_ipv4: Vec<String>,
    new_ipv6: Vec<String>,
    new_name: Option<String>,
}

impl Sides {
    fn of(inventory: &Inventory, target: &TargetInstance) -> Self {
        let old = &inventory.instance.entries;
        let public = |entry: &&Entry| entry.network == NetworkKind::Public;
        let new: Vec<&Entry> = match target.entries.iter().find(public) {
            Some(entry) => vec![entry],
            None => target.entries.iter().take(1).collect(),
        };
        Self {
            old_addresses: old
                .iter()
                .flat_map(|entry| {
                    let longer = entry.ipv6.iter().map(ToString::to_string);
                    entry.ipv4.iter().map(ToString::to_string).chain(longer)
                })
                .collect(),
            old_names: old
                .iter()
                .filter_map(|entry| entry.domain.as_ref())
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            new_ipv4: new.iter().flat_map(|entry| &entry.ipv4).map(ToString::to_string).collect(),
            new_ipv6: new.iter().flat_map(|entry| &entry.ipv6).map(ToString::to_string).collect(),
            new_name: new.iter().find_map(|entry| entry.domain.clone()).map(|name| name.to_ascii_lowercase()),
        }
    }

    fn is_old(&self, value: &str) -> bool {
        self.old_addresses.contains(&plain(value)) || self.old_names.contains(value)
    }

    fn is_new(&self, value: &str) -> bool {
        let mut addresses = self.new_ipv4.iter().chain(&self.new_ipv6);
        addresses.any(|address| *address == plain(value)) || self.new_name.as_deref() == Some(value)
    }

    /// Values of the target for a set of this type.
    fn values(&self, kind: &str) -> Vec<String> {
        match kind {
            "CNAME" => self.new_name.iter().cloned().collect(),
            "AAAA" => self.new_ipv6.clone(),
            _ => self.new_ipv4.clone(),
        }
    }
}

/// An address in the one form that addresses are compared in; other values as they are.
fn plain(value: &str) -> String {
    value.parse::<IpAddr>().map_or_else(|_| value.to_owned(), |address| address.to_string())
}

fn zones_of<'a>(
    observed: &'a Observed,
    sets: &'a [SetFacts],
) -> impl Iterator<Item = &'a crate::records::Zone> {
    observed.zones.iter().filter(|zone| sets.iter().any(|one| one.set.zone == zone.name))
}

/// The sets to move: enabled records that point at the source and at nothing else.
fn chosen(
    observed: &Observed,
    sides: &Sides,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> Vec<SetFacts> {
    let mut chosen = Vec::new();
    for set in &observed.sets {
        let object = format!("dns/{}", set.label());
        let enabled: Vec<_> = set.records.iter().filter(|record| record.enabled).collect();
        if !enabled.iter().any(|record| sides.is_old(&record.value)) {
            continue;
        }
        if !settings.hosts.is_empty() && !settings.hosts.contains(&set.host) {
            continue;
        }
        if is_wildcard(&set.host) {
            findings.push(wildcard(settings, &object));
            continue;
        }
        let mut block = |code: &str, message: String, action: &str| {
            findings.push(Finding::new(Severity::Block, code, &object, message).with_action(action))
        };
        if let Some(other) = set.records.iter().find(|record| sides.is_new(&record.value)) {
            block(
                "DNS-TARGET-PRESENT",
                format!("the set has {} already, which this run did not add", other.value),
                "remove that record, or finish the run that added it",
            );
            continue;
        }
        if let Some(other) = enabled.iter().find(|record| !sides.is_old(&record.value)) {
            block(
                "DNS-FOREIGN",
                format!("the set also answers {}, which is not the source", other.value),
                "leave the host out with `hosts`, or remove that record",
            );
            continue;
        }
        if set.records.iter().any(|record| record.locked) {
            block("DNS-LOCKED", "a record of the set is locked".to_owned(), "unlock it in the DNS console");
            continue;
        }
        let target_values = sides.values(&set.kind);
        if target_values.is_empty() {
            block(
                "DNS-TYPE",
                format!("the set is of type {} and the target has no such address", set.kind),
                "give the target the kind of network the source has",
            );
            continue;
        }
        let zone = observed.zones.iter().find(|zone| zone.name == set.zone);
        if let Some(zone) = zone.filter(|zone| zone.blocked) {
            block(
                "DNS-BLOCKED",
                format!("zone {} is blocked by its provider", zone.name),
                "have the block lifted first",
            );
            continue;
        }
        let most = zone.map_or(usize::MAX, |zone| zone.max_records);
        if set.records.len() + target_values.len() > most {
            block(
                "DNS-LIMIT",
                format!(
                    "the set would hold {} records and the zone's edition allows {most}",
                    set.records.len() + target_values.len()
                ),
                "remove records of the set, or move the zone to a larger edition",
            );
            continue;
        }
        let mut set = set.clone();
        set.records.retain(|record| record.enabled);
        chosen.push(SetFacts { set, target_values });
    }
    if chosen.is_empty() && findings.iter().all(|finding| finding.severity < Severity::Decide) {
        findings.push(
            Finding::new(Severity::Block, "DNS-NO-RECORDS", "dns", "no record of the zones points at the source")
                .with_action("check the connection `dns`: are the zones in that account, and do they really serve the domains?"),
        );
    }
    chosen
}

fn wildcard(settings: &Settings, object: &str) -> Finding {
    let message = "a wildcard record points at the source and cannot be weighted";
    match settings.wildcards {
        Wildcards::Block => Finding::new(Severity::Decide, "DNS-WILDCARD", object, message)
            .with_action("add explicit records for the hosts in use, or set `wildcards: leave` to keep the rest on the source"),
        Wildcards::Leave => Finding::new(Severity::Warn, "DNS-WILDCARD", object, format!("{message}: hosts without a record of their own stay on the source")),
    }
}

/// Says which published domains will not move, and which wished hosts have no record.
fn check_coverage(
    inventory: &Inventory,
    sets: &[SetFacts],
    settings: &Settings,
    findings: &mut Vec<Finding>,
) {
    let covered = |name: &str| sets.iter().any(|one| one.set.host.eq_ignore_ascii_case(name));
    for host in settings.hosts.iter().filter(|host| !covered(host)) {
        findings.push(
            Finding::new(Severity::Block, "DNS-NO-RECORDS", format!("dns/{host}"), "no record of this host points at the source")
                .with_action("check the spelling in `hosts`, and whether the zone is in the account of the connection `dns`"),
        );
    }
    if !settings.hosts.is_empty() {
        return;
    }
    let published = |name: &str| {
        inventory.routes.iter().any(|route| {
            route.state == PublishState::Published && route.domains.iter().any(|one| one == name)
        })
    };
    for domain in inventory.domains.iter().filter(|domain| !is_wildcard(&domain.name)) {
        if published(&domain.name) && !covered(&domain.name) {
            findings.push(
                Finding::new(Severity::Warn, "DNS-NOT-MOVED", format!("dns/{}", domain.name), "the source serves this domain, and no record of it points at the source: it is not moved")
                    .with_action("move it where its DNS is kept"),
            );
        }
    }
}

#[cfg(test)]
mod tests;
