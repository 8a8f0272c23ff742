//! From the domains of a scenario to the host names that clients ask for, and to the zones and
//! records that lead them to the source gateway. Pure.

use std::collections::BTreeMap;

use gateshift_lab_mse::Scenario;

/// Host names that clients use below a wildcard domain. They get records of their own, because
/// weights do not work for a wildcard record.
const BELOW_WILDCARD: [&str; 2] = ["alpha", "beta"];
/// Suffixes under which names are registered one level deeper.
const DEEP_SUFFIXES: [&str; 8] =
    ["com.cn", "net.cn", "org.cn", "com.hk", "com.sg", "co.uk", "co.jp", "com.au"];

/// A host name that clients ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServedHost {
    /// The gateway's domain it falls under.
    pub(crate) domain: String,
    /// The host name itself.
    pub(crate) host: String,
    /// Served over HTTPS, too.
    pub(crate) https: bool,
    /// Plain HTTP is redirected.
    pub(crate) force_https: bool,
}

/// The host names of a scenario. The domain `*` has none: nobody knows what clients ask it for.
pub(crate) fn served_hosts(scenario: &Scenario) -> Vec<ServedHost> {
    let exact = |name: &str| scenario.domains.iter().any(|domain| domain.name == name);
    let mut hosts = Vec::new();
    for domain in &scenario.domains {
        let names = match domain.name.strip_prefix("*.") {
            Some(suffix) => {
                let below = BELOW_WILDCARD.iter().map(|label| format!("{label}.{suffix}"));
                below.filter(|name| !exact(name)).collect()
            }
            None if domain.name == "*" => Vec::new(),
            None => vec![domain.name.clone()],
        };
        hosts.extend(names.into_iter().map(|host| ServedHost {
            domain: domain.name.clone(),
            host,
            https: !domain.certificate.is_empty(),
            force_https: domain.force_https,
        }));
    }
    hosts
}

/// The record names (`@`, `www`, `*.shop`) by zone that a scenario needs.
pub(crate) fn record_names(scenario: &Scenario) -> BTreeMap<String, Vec<String>> {
    let wildcards =
        scenario.domains.iter().map(|domain| domain.name.clone()).filter(|name| name.starts_with("*."));
    let hosts = served_hosts(scenario).into_iter().map(|served| served.host);
    let mut zones: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in hosts.chain(wildcards) {
        let zone = zone_of(&name);
        let rr = name.strip_suffix(&zone).map_or("@", |head| head.trim_end_matches('.'));
        let rr = if rr.is_empty() { "@" } else { rr }.to_owned();
        let names = zones.entry(zone).or_default();
        if !names.contains(&rr) {
            names.push(rr);
        }
    }
    zones
}

/// The registered name that a host name belongs to.
pub(crate) fn zone_of(host: &str) -> String {
    let labels: Vec<_> = host.split('.').collect();
    let suffix = labels.len().checked_sub(2).map_or(String::new(), |at| labels[at..].join("."));
    let kept = if DEEP_SUFFIXES.contains(&suffix.as_str()) { 3 } else { 2 };
    labels[labels.len().saturating_sub(kept)..].join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(names: &[&str]) -> Scenario {
        let domains: Vec<_> = names.iter().map(|name| format!("{{ name: \"{name}\" }}")).collect();
        Scenario::from_yaml(&format!("gateway: {{ name: g }}\ndomains: [{}]\n", domains.join(", "))).unwrap()
    }

    #[test]
    fn a_wildcard_gets_its_record_and_hosts_of_its_own() {
        let names = record_names(&scenario(&[
            "shop.example.com",
            "*.shop.example.com",
            "example.com",
            "*.example.com",
            "*",
        ]));
        let due = ["shop", "alpha.shop", "beta.shop", "@", "alpha", "beta", "*.shop", "*"];
        assert_eq!(names, BTreeMap::from([("example.com".to_owned(), due.map(str::to_owned).to_vec())]));
    }

    #[test]
    fn a_host_that_is_a_domain_itself_is_not_invented_again() {
        let scenario = scenario(&["alpha.example.com", "*.example.com"]);
        let hosts: Vec<_> =
            served_hosts(&scenario).into_iter().map(|served| (served.host, served.domain)).collect();
        let due = [("alpha.example.com", "alpha.example.com"), ("beta.example.com", "*.example.com")];
        assert_eq!(hosts, due.map(|(host, domain)| (host.to_owned(), domain.to_owned())));
    }

    #[test]
    fn zones_are_registered_names() {
        for (host, zone) in [
            ("a.b.example.com", "example.com"),
            ("*.example.com", "example.com"),
            ("example.com", "example.com"),
            ("www.example.com.cn", "example.com.cn"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(zone_of(host), zone);
        }
    }
}
