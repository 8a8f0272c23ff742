//! A gateway that has nothing special meets nothing special: what is told of every gateway is written down
//! here, so that a finding that comes for no reason shows.

use std::collections::BTreeSet;

use gateshift_conformance::{Trial, Variant};

/// Told of every gateway with a public route in a mainland region.
const USUAL: [&str; 13] = [
    "assess warn DOM-ICP domains",
    "assess warn NET-IP-CHANGE instance",
    "assess info PLG-UNSUPPORTED plugins/edas-service-auth",
    "assess info PLG-UNSUPPORTED plugins/geo-ip",
    "assess info PLG-UNSUPPORTED plugins/http2-misdirect",
    "assess info PLG-UNSUPPORTED plugins/try-path",
    "parameters info PAR-DEFAULT-DIFFERS parameters",
    "parameters warn PAR-RESTART parameters",
    "routes warn DOM-ICP domains",
    "routes warn POL-TIMEOUT-DEFAULT routes",
    "routes warn POL-RETRY-DEFAULT routes",
    "observability manual OBS-METRICS-OFF observability/metrics",
    "observability warn OBS-ALERT-NOT-READ observability/alerts",
];

#[test]
fn a_gateway_that_has_nothing_special_meets_only_what_all_meet() {
    let plain: Variant = serde_json::from_str(r#"{"shows": [], "there": true}"#).unwrap();
    let trial = Trial::of(&plain);
    let text = |found: &serde_json::Value, name: &str| found[name].as_str().unwrap().to_owned();
    let found: BTreeSet<String> = trial
        .findings()
        .map(|(step, one)| {
            format!("{step} {} {} {}", text(one, "severity"), text(one, "code"), text(one, "object"))
        })
        .collect();
    let usual: BTreeSet<String> = USUAL
        .iter()
        .map(|line| (*line).to_owned())
        .chain(["traffic warn DNS-OPENING dns".to_owned()])
        .collect();
    assert_eq!(found, usual, "{}", trial.summary());
}
