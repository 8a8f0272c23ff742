//! The verdict on policies of services.

mod ahead;

use gateshift_gateway_model::{
    BackendTls, Balancer, FORMAT, Inventory, LoadBalancing, PortPolicy, PortTls, Service, TlsMode,
};
use gateshift_sdk::model::{Finding, Severity};
use serde_json::json;

use super::backends::policies as service_policies;
use super::users::Scope;
use crate::Ahead;

pub(crate) fn inventory() -> Inventory {
    serde_json::from_value(json!({
        "format": FORMAT, "taken_at": 0,
        "origin": {"product": "p", "region": "r", "gateway": "g"},
        "instance": {
            "name": "g", "edition": "e", "engine_version": "1", "node": {"vcpu": 2, "memory_gib": 4},
            "peak_nodes": 2, "nodes": 2, "prepaid": false, "vpc": "v", "vswitches": [], "security_group": null,
            "entries": [], "resource_group": null, "tags": {},
        },
        "domains": [], "certificates": [], "sources": [],
        "services": [
            {"id": "1", "name": "used", "kind": {"is": "kubernetes", "namespace": "shop"}, "protocol": "HTTP"},
            {"id": "2", "name": "idle", "kind": {"is": "kubernetes", "namespace": "shop"}, "protocol": "HTTP"},
        ],
        "routes": [{
            "id": "7", "name": "orders", "domains": [],
            "match": {"path": {"kind": "prefix", "value": "/"}},
            "destination": {"is": "single", "target": {"service": "1", "name": "used", "weight": 100}},
            "timeout": {"seconds": 1, "explicit": true},
            "retry": {"attempts": 0, "on": [], "explicit": true},
            "created_at": 0, "state": "published", "managed_by": "operator",
        }],
        "accounting": {"fields": 0, "accounted": 0, "unknown": []}, "raw": [],
    }))
    .unwrap()
}

fn judged(change: impl Fn(&mut Service)) -> Vec<Finding> {
    let (mut all, mut findings) = (inventory(), Vec::new());
    all.services.iter_mut().for_each(change);
    let ahead = Ahead::default();
    service_policies(Scope { inventory: &all, ahead: &ahead }, &mut findings);
    findings
}

fn tls(mode: TlsMode) -> BackendTls {
    let sni = Some("b.example.com".to_owned());
    BackendTls {
        mode,
        sni,
        certificate: None,
        authority: None,
        authority_pem: None,
        alternative_names: vec![],
    }
}

#[test]
fn what_is_carried_over_is_no_finding() {
    for balancer in [Balancer::RoundRobin, Balancer::LeastConnections, Balancer::Random] {
        for mode in [TlsMode::Simple, TlsMode::Mutual] {
            let found = judged(|service| {
                service.load_balancing = LoadBalancing { balancer: balancer.clone(), warmup: 30 };
                service.tls = Some(tls(mode));
            });
            assert!(found.is_empty(), "{found:?}");
        }
    }
}

#[test]
fn what_is_not_blocks_where_it_is_used() {
    type Change = fn(&mut Service);
    let cases: [(&str, Change); 3] = [
        ("SVC-TLS-ISTIO", |service| service.tls = Some(tls(TlsMode::Mesh))),
        ("FTR-NOT-CARRIED", |service| {
            service.tls = Some(BackendTls { certificate: Some("7".into()), ..tls(TlsMode::Mutual) });
        }),
        ("FTR-NOT-CARRIED", |service| {
            let tls = PortTls::On(tls(TlsMode::Simple));
            service.port_policies = vec![PortPolicy { port: 443, load_balancing: None, tls }];
        }),
    ];
    for (code, change) in cases {
        let found = judged(change);
        assert_eq!(found.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), vec![code; 2]);
        assert_eq!((found[0].severity, found[1].severity), (Severity::Block, Severity::Warn));
        assert!(found[0].object.starts_with("services/used/") && found[0].message.contains("orders"));
        assert!(found[1].object.starts_with("services/idle/"));
    }
    let found = judged(|service| {
        let load_balancing = Some(LoadBalancing { balancer: Balancer::Random, warmup: 0 });
        service.port_policies = vec![PortPolicy { port: 80, load_balancing, tls: PortTls::Inherited }];
    });
    assert!(found.iter().all(|one| one.code == "SVC-PORT-LB" && one.severity == Severity::Warn));
    assert_eq!(found.len(), 2);
}
