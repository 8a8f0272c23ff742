//! Which zones of a PowerDNS server serve the domains, and what speaks against writing to one.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_sdk::api::{CallFailure, Host};
use gateshift_sdk::model::{Finding, Severity, StepError};
use serde_json::Value;

use super::{dotted, read, undotted};

/// The zone closest around each domain.
pub(super) async fn around(
    host: &dyn Host,
    domains: &BTreeSet<String>,
) -> Result<BTreeSet<String>, StepError> {
    let mut known: BTreeMap<String, bool> = BTreeMap::new();
    let mut zones = BTreeSet::new();
    for domain in domains {
        let mut rest = domain.trim_start_matches("*.");
        while rest.contains('.') {
            let is_zone = match known.get(rest) {
                Some(is_zone) => *is_zone,
                None => {
                    let call = read("ListZones", &["zones"]).query("zone", dotted(rest));
                    let listed = host.call(call.build()).await?.body;
                    let listed = listed.as_array().map(Vec::as_slice).unwrap_or_default();
                    let is_zone = listed.iter().any(|zone| undotted(&zone["name"]) == rest);
                    known.insert(rest.to_owned(), is_zone);
                    is_zone
                }
            };
            if is_zone {
                zones.insert(rest.to_owned());
                break;
            }
            rest = rest.split_once('.').map_or("", |(_, rest)| rest);
        }
    }
    Ok(zones)
}

/// What about a zone keeps it from being shifted.
pub(super) async fn unfit(host: &dyn Host, name: &str, zone: &Value) -> Result<Vec<Finding>, StepError> {
    let mut findings = Vec::new();
    let object = format!("dns/{name}");
    let mut add = |severity, message: String, action: &str| {
        findings.push(Finding::new(severity, "DNS-UNFIT", &object, message).with_action(action));
    };
    let kind = zone["kind"].as_str().unwrap_or_default().to_ascii_lowercase();
    if matches!(kind.as_str(), "slave" | "secondary" | "consumer") {
        add(
            Severity::Block,
            format!("the zone is a {kind} here: its records come from another server"),
            "give the connection of the server where the zone is kept",
        );
    }
    if zone["presigned"] == Value::Bool(true) {
        add(
            Severity::Block,
            "the zone is signed beforehand, and answers of scripts cannot be".to_owned(),
            "let the server sign the zone itself, or use another driver",
        );
    }
    if matches!(kind.as_str(), "master" | "primary") {
        add(
            Severity::Warn,
            "the zone is handed to other servers: they have to run scripts as well, or they answer nothing for a host whose weights are open".to_owned(),
            "make sure that every server of the zone is PowerDNS with `enable-lua-records`; each is asked while nobody is exposed yet",
        );
    }
    if scripts_are_off(host, name).await? {
        add(
            Severity::Block,
            "scripts are switched off on this server, and weights are scripts".to_owned(),
            "set `enable-lua-records` on every server of the zone, or the zone's ENABLE-LUA-RECORDS",
        );
    }
    Ok(findings)
}

/// Only what the server says counts: one that says nothing is found out when the weights are opened.
async fn scripts_are_off(host: &dyn Host, name: &str) -> Result<bool, StepError> {
    let settings = match host.call(read("ListSettings", &["config"]).build()).await {
        Ok(reply) => reply.body,
        Err(CallFailure::Refused { status: 404 | 405, .. }) => return Ok(false),
        Err(failure) => return Err(failure.into()),
    };
    let is_off = |one: &Value| one["name"] == "enable-lua-records" && one["value"] == "no";
    if !settings.as_array().is_some_and(|settings| settings.iter().any(is_off)) {
        return Ok(false);
    }
    let call = read("GetMetadata", &["zones", &dotted(name), "metadata", "ENABLE-LUA-RECORDS"]);
    match host.call(call.build()).await {
        Ok(reply) => {
            Ok(!reply.body["metadata"].as_array().is_some_and(|values| values.iter().any(|one| one == "1")))
        }
        Err(CallFailure::Refused { .. }) => Ok(true),
        Err(failure) => Err(failure.into()),
    }
}

/// A host whose records are of a form that cannot be moved.
pub(super) fn not_moved(host: &str, why: &str) -> Finding {
    Finding::new(Severity::Block, "DNS-UNFIT", format!("dns/{host}"), why)
        .with_action("leave the host out with `hosts`, or give it plain records first")
}
