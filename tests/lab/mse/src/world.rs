//! What a scenario contributes to the shared ground: the network with its certificates, and the
//! registries and backends under the names that both gateways find them by.

use std::collections::BTreeMap;

use gateshift_lab_kernel::{self as kernel, ByHand, LogTarget, Network, Upstream, UpstreamName, World};

use crate::scenario::{Scenario, Service, ServiceType};

/// What a person at the console of the target sets, so that it traces and delivers logs as the source does.
#[must_use]
pub fn by_hand_of(scenario: &Scenario) -> ByHand {
    let gateway = &scenario.gateway;
    let tracing = gateway.tracing.as_ref().map(|tracing| kernel::Tracing {
        kind: tracing.kind.word().to_owned(),
        sample: tracing.sample,
        service: tracing.service.clone(),
        port: tracing.port,
    });
    let own = LogTarget::own(&scenario.region);
    let logs = gateway.log.as_ref().map(|log| {
        // In the products' own project each product has a store of its own.
        let (project, store) = if log.project == own.project {
            (own.project.clone(), own.store.clone())
        } else {
            (log.project.clone(), log.store.clone())
        };
        LogTarget { project, store, nginx_format: log.nginx_compatible }
    });
    ByHand { tracing, logs: logs.filter(|to| *to != own) }
}

/// The account's network as the lab's other products see it.
#[must_use]
pub fn network_of(scenario: &Scenario) -> Network {
    let scenario = completed(scenario);
    let network = scenario.network;
    let mut security_groups: Vec<kernel::SecurityGroup> = network
        .security_groups
        .into_iter()
        .map(|group| kernel::SecurityGroup { id: group.id, name: group.name, vpc_id: group.vpc })
        .collect();
    if !security_groups.iter().any(|group| group.id == scenario.gateway.security_group) {
        security_groups.push(kernel::SecurityGroup {
            id: scenario.gateway.security_group,
            name: scenario.gateway.name,
            vpc_id: scenario.gateway.vpc,
        });
    }
    Network {
        region: scenario.region,
        vpcs: network
            .vpcs
            .into_iter()
            .map(|vpc| kernel::Vpc { id: vpc.id, name: vpc.name, cidr: vpc.cidr })
            .collect(),
        vswitches: network
            .vswitches
            .into_iter()
            .map(|vswitch| kernel::VSwitch {
                id: vswitch.id,
                vpc_id: vswitch.vpc,
                zone_id: vswitch.zone,
                cidr: vswitch.cidr,
                available_addresses: vswitch.free,
            })
            .collect(),
        security_groups,
        certificates: network
            .certificates
            .into_iter()
            .map(|cert| kernel::Certificate {
                identifier: cert.id,
                name: cert.name,
                common_name: cert.names.first().cloned().unwrap_or_default(),
                sans: cert.names,
                not_before_ms: cert.valid_from.0,
                not_after_ms: cert.valid_to.0,
            })
            .collect(),
    }
}

/// The registries and backends.
#[must_use]
pub fn world_of(scenario: &Scenario) -> World {
    let scenario = completed(scenario);
    let mut upstreams: BTreeMap<UpstreamName, Upstream> = BTreeMap::new();
    for service in &scenario.services {
        let upstream = upstreams.entry(upstream_of(&scenario, service)).or_default();
        upstream.alive |= service.alive;
        for instance in &service.instances {
            if !upstream.instances.contains(instance) {
                upstream.instances.push(instance.clone());
            }
        }
    }
    for backend in scenario.backends {
        upstreams
            .entry(backend.name)
            .or_insert(Upstream { alive: backend.alive, instances: backend.instances });
    }
    World { upstreams }
}

fn completed(scenario: &Scenario) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.complete();
    scenario
}

/// The name of a service of a completed scenario in the world.
pub(crate) fn upstream_of(scenario: &Scenario, service: &Service) -> UpstreamName {
    let instance = scenario
        .sources
        .iter()
        .find(|source| source.name == service.source)
        .map_or("", |source| source.id.as_str());
    let Service { name, namespace, group, .. } = service;
    match service.kind {
        ServiceType::K8s => format!("k8s://{instance}/{namespace}/{name}"),
        ServiceType::Nacos => format!("nacos://{instance}/{namespace}/{group}/{name}"),
        ServiceType::Zookeeper => format!("zookeeper://{instance}/{namespace}/{name}"),
        ServiceType::Sae => format!("sae://{instance}/{namespace}/{name}"),
        ServiceType::Edas => format!("edas://{instance}/{namespace}/{name}"),
        // The target takes such services without a source: they belong to the account.
        ServiceType::SaeK8s => format!("sae-k8s://{namespace}/{name}"),
        ServiceType::Vip => format!("vip://{}", with_ports(service)),
        ServiceType::Dns => format!("dns://{}", with_ports(service)),
        ServiceType::Function => {
            format!("fc3://{name}@{}", service.qualifier)
        }
    }
}

/// Addresses with their ports, sorted.
fn with_ports(service: &Service) -> String {
    let mut addresses: Vec<String> = service
        .addresses
        .iter()
        .map(|address| match port_of(address) {
            Some(_) => address.clone(),
            None if address.contains(':') && !address.starts_with('[') => {
                format!("[{address}]:{}", service.port)
            }
            None => format!("{address}:{}", service.port),
        })
        .collect();
    addresses.sort();
    addresses.join(",")
}

/// The port an address carries itself: `host:80`, `[::1]:80`, but not the tail of `fd00::1`.
pub(crate) fn port_of(address: &str) -> Option<u16> {
    let (host, port) = address.rsplit_once(':')?;
    if host.contains(':') && !host.ends_with(']') {
        return None;
    }
    port.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_sorted_and_get_the_ports_they_lack() {
        let mut service = Service::new("legacy", ServiceType::Vip);
        service.port = 8080;
        service.addresses =
            ["10.1.0.9", "10.1.0.10:81", "fd00::1", "[fd00::2]:82"].map(str::to_owned).to_vec();
        assert_eq!(with_ports(&service), "10.1.0.10:81,10.1.0.9:8080,[fd00::1]:8080,[fd00::2]:82");
    }
}
