//! Fills in what a hand-written scenario leaves out, so that nobody else needs to know a default.
//! Doing it twice changes nothing.

use std::collections::BTreeMap;

use super::{
    Destination, Keeper, Moment, Scenario, SecurityGroup, Service, ServiceType, SourceType, VSwitch,
};

/// 2025-01-06 01:00 UTC, a Monday morning in Hangzhou: when a scenario without times begins.
const BEGINNING: i64 = 1_736_125_200_000;
const MINUTE: i64 = 60_000;

impl Scenario {
    /// Makes everything explicit that has a default. [`Scenario::from_yaml`] and the generator have
    /// done it already; a scenario built by hand in code needs it once.
    pub fn complete(&mut self) {
        self.complete_network();
        self.complete_gateway();
        for source in &mut self.sources {
            if source.id.is_empty() {
                let prefix = if source.kind == SourceType::K8s { "c" } else { "mse-cn-" };
                source.id = format!("{prefix}{}", &digest(&source.name)[..12]);
            }
        }
        for alert in &mut self.alerts {
            or_else(&mut alert.id, || format!("rule-{}", &digest(&alert.name)[..12]));
            if alert.contacts.is_empty() && alert.keeper == Keeper::Cms {
                alert.contacts = vec!["operators".to_owned()];
            }
        }
        let registries: Vec<(SourceType, String)> =
            self.sources.iter().map(|source| (source.kind, source.name.clone())).collect();
        for service in &mut self.services {
            complete_service(service, &registries);
        }
        for (at, route) in (0..).zip(&mut self.routes) {
            route.created.get_or_insert(Moment(BEGINNING + at * MINUTE));
            complete_weights(&mut route.to);
            complete_weights(&mut route.fallback);
            if let Some(to) = route.serving.as_mut().and_then(|serving| serving.to.as_mut()) {
                complete_weights(to);
            }
        }
    }

    fn complete_network(&mut self) {
        let network = &mut self.network;
        let first = network.vpcs.first().map(|vpc| vpc.id.clone()).unwrap_or_default();
        let region = &self.region;
        for vpc in &mut network.vpcs {
            or_else(&mut vpc.name, || vpc.id.clone());
        }
        if network.vswitches.is_empty() {
            network.vswitches = [("h", 0), ("i", 1)]
                .map(|(zone, block)| VSwitch {
                    id: format!("vsw-lab-{zone}"),
                    vpc: first.clone(),
                    zone: format!("{region}-{zone}"),
                    cidr: format!("10.0.{block}.0/24"),
                    free: 200,
                })
                .to_vec();
        }
        if network.security_groups.is_empty() {
            network.security_groups = vec![SecurityGroup {
                id: "sg-lab-backends".to_owned(),
                name: "backends".to_owned(),
                vpc: first.clone(),
            }];
        }
        for vswitch in &mut network.vswitches {
            or_else(&mut vswitch.vpc, || first.clone());
        }
        for group in &mut network.security_groups {
            or_else(&mut group.name, || group.id.clone());
            or_else(&mut group.vpc, || first.clone());
        }
        for certificate in &mut network.certificates {
            or_else(&mut certificate.name, || {
                certificate.names.first().cloned().unwrap_or_default().replace('*', "wildcard")
            });
        }
    }

    fn complete_gateway(&mut self) {
        let gateway = &mut self.gateway;
        let name = gateway.name.clone();
        or_else(&mut gateway.id, || format!("gw-{}", digest(&name)));
        or_else(&mut gateway.security_group, || format!("sg-{}", &digest(&name)[..16]));
        or_else(&mut gateway.vpc, || self.network.vpcs.first().map(|vpc| vpc.id.clone()).unwrap_or_default());
        if gateway.vswitches.is_empty() {
            let of_vpc = self.network.vswitches.iter().filter(|vswitch| vswitch.vpc == gateway.vpc);
            gateway.vswitches = of_vpc.take(2).map(|vswitch| vswitch.id.clone()).collect();
        }
        gateway.created.get_or_insert(Moment(BEGINNING - 60 * MINUTE));
    }
}

fn complete_service(service: &mut Service, registries: &[(SourceType, String)]) {
    if let Some(kind) = service.kind.registry() {
        let mut fitting = registries.iter().filter(|(of, _)| *of == kind);
        if let (true, Some((_, only)), None) = (service.source.is_empty(), fitting.next(), fitting.next()) {
            service.source.clone_from(only);
        }
        let namespace = if service.kind == ServiceType::K8s { "default" } else { "public" };
        or_else(&mut service.namespace, || namespace.to_owned());
        if service.kind == ServiceType::Nacos {
            or_else(&mut service.group, || "DEFAULT_GROUP".to_owned());
        }
    }
    if service.kind == ServiceType::Function {
        or_else(&mut service.qualifier, || "LATEST".to_owned());
    }
    for version in &mut service.versions {
        if version.labels.is_empty() {
            version.labels = BTreeMap::from([("version".to_owned(), version.name.clone())]);
        }
    }
    if service.instances.is_empty() {
        service.instances = service.versions.iter().map(|version| version.labels.clone()).collect();
    }
}

/// One destination gets everything; several have to say their shares.
fn complete_weights(destinations: &mut [Destination]) {
    if let [only] = destinations {
        only.weight.get_or_insert(100);
    }
}

fn or_else(text: &mut String, default: impl FnOnce() -> String) {
    if text.is_empty() {
        *text = default();
    }
}

/// 32 hexadecimal digits that depend on nothing but the text (FNV-1a, twice).
fn digest(text: &str) -> String {
    let hash = |seed: u64| {
        text.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    format!("{:016x}{:016x}", hash(0xcbf2_9ce4_8422_2325), hash(0x9e37_79b9_7f4a_7c15))
}
