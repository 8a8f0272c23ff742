//! Whether a route lets in a client without credentials whose address is a loopback one. Pure.

use gateshift_lab_kernel::gateway::{GatewayConfig, MatchKind, Route};
use gateshift_lab_kernel::policy::{AddressList, AuthResource, PluginRule, Scope};

/// Plugins that ask callers for something, or answer in place of the backend.
const ASKING: &[&str] = &[
    "basic-auth",
    "custom-response",
    "edas-service-auth",
    "ext-auth",
    "hmac-auth",
    "ip-restriction",
    "jwt-auth",
    "key-auth",
    "oauth",
    "opa",
];
/// A limit below this is there to be met.
const LOW: u64 = 1_000;

/// Whether the load client may ask for a path of a route.
pub(crate) fn is_open(config: &GatewayConfig, route: &Route, path: &str) -> bool {
    let policies = &route.policies;
    let low = [&policies.rate_limit, &policies.concurrency];
    policies.consumers.is_none()
        && !low.into_iter().flatten().any(|limit| limit.threshold < LOW)
        && !config.plugins.iter().any(|rule| asks(rule, route))
        && !config.lists.iter().any(|list| keeps_out(list, route))
        && !config.authentications.iter().any(|auth| {
            let listed = auth.resources.iter().any(|resource| is_about(resource, route, path));
            listed != auth.white
        })
}

fn asks(rule: &PluginRule, route: &Route) -> bool {
    let only_knows = rule.scope == Scope::Gateway && rule.config["global_auth"] == false;
    ASKING.contains(&rule.plugin.as_str()) && !only_knows && covers(&rule.scope, route)
}

/// Lists in general name networks of others; this is only right for those that do.
fn keeps_out(list: &AddressList, route: &Route) -> bool {
    let ours = list.networks.iter().any(|network| network.starts_with("127.") || network == "0.0.0.0/0");
    covers(&list.scope, route) && list.white != ours
}

fn covers(scope: &Scope, route: &Route) -> bool {
    match scope {
        Scope::Gateway => true,
        Scope::Domains(names) => route.domains.iter().any(|domain| names.contains(domain)),
        Scope::Routes(names) => names.contains(&route.name),
    }
}

/// Whether a resource covers a path; an expression is taken to.
fn is_about(resource: &AuthResource, route: &Route, path: &str) -> bool {
    let same_domain = resource.domain == "*" || route.domains.contains(&resource.domain);
    let fold = |text: &str| {
        if resource.ignore_case { text.to_ascii_lowercase() } else { text.to_owned() }
    };
    let (path, wanted) = (fold(path), fold(&resource.path));
    same_domain
        && match resource.kind {
            MatchKind::Exact => path == wanted,
            MatchKind::Prefix => path.starts_with(&wanted),
            MatchKind::Regex => true,
        }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gateshift_lab_kernel::{AddressPool, Cloud, LabClock, Product};
    use gateshift_lab_mse::{Mse, Scenario, generate_rich, network_of, world_of};

    use super::*;

    fn config(scenario: &Scenario) -> GatewayConfig {
        let pool = AddressPool::new(71, 73);
        let cloud = Cloud::new(LabClock::new(1.0), network_of(scenario), world_of(scenario), pool);
        Mse::new(Arc::clone(&cloud), scenario).gateways().remove(0)
    }

    /// Names of the routes that are not asked for.
    fn closed(config: &GatewayConfig) -> Vec<&str> {
        let routes = config.routes.iter().filter(|route| !is_open(config, route, &route.path.value));
        routes.map(|route| route.name.as_str()).collect()
    }

    #[test]
    fn of_a_generated_gateway_only_the_routes_made_for_it_are_closed() {
        for seed in 0..4 {
            let config = config(&generate_rich(seed, 120));
            let due = [
                "partner-keys",
                "partner-passwords",
                "partner-signed",
                "partner-tokens",
                "partner-orders",
                "partner-stock",
                "hooks-answer",
                "hooks-limited",
                "hooks-friend",
                "hooks-scripted",
                "secure",
            ];
            assert_eq!(closed(&config), due, "seed {seed}");
        }
    }

    #[test]
    fn a_list_that_lets_only_others_in_and_a_check_of_all_but_some_paths_close() {
        let text = "
gateway: { name: g }
domains: [{ name: a.example.com }, { name: b.example.com }]
routes:
  - { name: free, domains: [a.example.com], path: /free, mock: { status: 200 } }
  - { name: rest, domains: [a.example.com], path: /rest, mock: { status: 200 } }
  - { name: office, domains: [b.example.com], path: /free, mock: { status: 200 } }
access_lists: [{ name: office, white: true, level: domain, on: [b.example.com], addresses: [10.0.0.0/8] }]
authentications:
  - name: all-but
    kind: jwt
    white: true
    jwks: '{\"keys\":[]}'
    resources: [{ domain: a.example.com, path: /free }, { domain: b.example.com, path: /free }]
";
        let config = config(&Scenario::from_yaml(text).unwrap());
        assert_eq!(closed(&config), ["rest", "office"]);
    }
}
