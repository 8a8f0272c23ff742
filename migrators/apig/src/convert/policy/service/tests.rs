//! Every kind of load balancing and TLS, there and back, and what stops.

use gateshift_gateway_model::{
    BackendTls, Balancer, HashKey, LoadBalancing, PortPolicy, PortTls, Service, ServiceKind, TlsMode,
};
use gateshift_sdk::model::Severity;
use serde_json::{Value, json};

use super::{limits, of_service, service_difference};
use crate::convert::policy::{Class, ON_SERVICE};
use crate::wire::{AttachmentView, PolicyView};

fn service(load_balancing: LoadBalancing, tls: Option<BackendTls>) -> Service {
    Service {
        id: "9".into(),
        name: "orders".into(),
        kind: ServiceKind::Kubernetes { namespace: "shop".into() },
        source: None,
        fqdn: None,
        protocol: "HTTP".into(),
        port: None,
        ports: vec![],
        health_check: None,
        versions: vec![],
        load_balancing,
        tls,
        port_policies: vec![],
        traffic_policy: Value::Null,
    }
}

fn simple(sni: Option<&str>) -> BackendTls {
    BackendTls {
        mode: TlsMode::Simple,
        sni: sni.map(str::to_owned),
        certificate: None,
        authority: None,
        authority_pem: None,
        alternative_names: vec![],
    }
}

fn balancers() -> Vec<Balancer> {
    let hash = |key, minimum_ring_size| Balancer::ConsistentHash { key, minimum_ring_size };
    let cookie = |path: Option<&str>, ttl: Option<&str>| HashKey::Cookie {
        name: "who".into(),
        path: path.map(str::to_owned),
        ttl: ttl.map(str::to_owned),
    };
    vec![
        Balancer::RoundRobin,
        Balancer::LeastConnections,
        Balancer::Random,
        hash(HashKey::Header { name: "x-user".into() }, None),
        hash(HashKey::QueryParameter { name: "user".into() }, Some(64)),
        hash(HashKey::SourceIp, Some(1024)),
        hash(cookie(Some("/"), Some("30s")), None),
        hash(cookie(None, None), Some(2048)),
    ]
}

/// A service of every kind: all balancers, warming up or not, with TLS or not.
fn services() -> Vec<Service> {
    let secured = [
        None,
        Some(simple(None)),
        Some(simple(Some("b.example.com"))),
        Some(BackendTls { mode: TlsMode::Mutual, ..simple(Some("b.example.com")) }),
    ];
    let mut all = Vec::new();
    for balancer in balancers() {
        for warmup in [0, 30] {
            for tls in &secured {
                all.push(service(LoadBalancing { balancer: balancer.clone(), warmup }, tls.clone()));
            }
        }
    }
    all
}

fn view(class: Class, config: &Value) -> PolicyView {
    PolicyView {
        class_name: class.name().to_owned(),
        config: config.to_string(),
        attachments: vec![AttachmentView {
            attach_resource_id: "svc-1".into(),
            attach_resource_ids: vec![],
            attach_resource_type: ON_SERVICE.into(),
        }],
        ..PolicyView::default()
    }
}

#[test]
fn every_kind_is_told_from_every_other() {
    let all: Vec<_> = services().iter().map(of_service).collect();
    let there: Vec<Vec<PolicyView>> =
        all.iter().map(|one| one.iter().map(|(class, config)| view(*class, config)).collect()).collect();
    assert!(all[0].is_empty(), "plain round robin without TLS needs no policy");
    for (n, wanted) in all.iter().enumerate() {
        for (m, found) in there.iter().enumerate() {
            // What the wanted one leaves to the target is not compared, so one side of each pair shows.
            let differs = service_difference(wanted, "svc-1", found).is_some()
                || service_difference(&all[m], "svc-1", &there[n]).is_some();
            assert_eq!(differs, n != m, "{wanted:?} {found:?}");
        }
        assert_eq!(service_difference(wanted, "svc-2", &there[n]).is_some(), !wanted.is_empty());
    }
}

#[test]
fn only_known_keys_of_known_kinds_are_written() {
    fn within(ours: &Value, template: &Value) -> bool {
        match (ours, template) {
            (Value::Object(ours), Value::Object(template)) => ours
                .iter()
                .all(|(key, value)| template.get(key).is_some_and(|template| within(value, template))),
            (Value::String(_), Value::String(_))
            | (Value::Number(_), Value::Number(_))
            | (Value::Bool(_), Value::Bool(_)) => true,
            _ => false,
        }
    }
    for (class, config) in services().iter().flat_map(of_service) {
        assert_eq!(config["enable"], true);
        assert!(within(&config, &class.template()), "{config} {}", class.template());
    }
    let full = LoadBalancing { balancer: balancers().remove(6), warmup: 30 };
    assert_eq!(
        of_service(&service(full, Some(simple(Some("b.example.com"))))),
        vec![
            (
                Class::ServiceLb,
                json!({
                    "enable": true, "loadbalancerType": "CONSISTENT_HASH", "warmupDuration": 30,
                    "consistentHashLBConfig": {
                        "consistentHashLBType": "COOKIE", "httpCookie": {"name": "who", "path": "/", "TTL": "30s"},
                    },
                })
            ),
            (Class::ServiceTls, json!({"enable": true, "mode": "SIMPLE", "sni": "b.example.com"})),
        ]
    );
}

#[test]
fn a_policy_nobody_wants_is_a_difference_only_when_it_does_something() {
    let differs = |class, config: Value| service_difference(&[], "svc-1", &[view(class, &config)]).is_some();
    let plain = json!({"enable": true, "loadbalancerType": "ROUND_ROBIN", "warmupDuration": 0});
    assert!(!differs(Class::ServiceLb, plain));
    assert!(!differs(Class::ServiceLb, json!({"enable": false, "loadbalancerType": "RANDOM"})));
    assert!(!differs(Class::ServiceTls, json!({"enable": false, "mode": "SIMPLE"})));
    assert!(differs(
        Class::ServiceLb,
        json!({"enable": true, "loadbalancerType": "RANDOM", "warmupDuration": 0})
    ));
    assert!(differs(Class::ServiceTls, json!({"enable": true, "mode": "SIMPLE"})));
    assert!(differs(Class::ServiceTls, json!({"mode": "SIMPLE"})));
    let wanted = of_service(&service(LoadBalancing::default(), Some(simple(None))));
    for (more, differs) in [
        (json!({}), false),
        (json!({"sni": "", "certId": "", "subjectAltNames": []}), false),
        (json!({"sni": "b.example.com"}), true),
        (json!({"caCertId": "7"}), true),
    ] {
        let mut config = wanted[0].1.clone();
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let found = service_difference(&wanted, "svc-1", &[view(Class::ServiceTls, &config)]);
        assert_eq!(found.is_some(), differs, "{config} {found:?}");
    }
}

#[test]
fn what_cannot_be_said_stops_and_the_rest_does_not() {
    assert!(services().iter().all(|one| limits(one).is_empty()));
    let random = LoadBalancing { balancer: Balancer::Random, warmup: 0 };
    let port = |load_balancing, tls| PortPolicy { port: 81, load_balancing, tls };
    let with = |tls: Option<BackendTls>, ports: Vec<PortPolicy>| Service {
        port_policies: ports,
        ..service(random.clone(), tls)
    };
    let text = |one: &str| Some(one.to_owned());
    let mutual = BackendTls { mode: TlsMode::Mutual, ..simple(None) };
    let cases = [
        (with(Some(BackendTls { mode: TlsMode::Mesh, ..simple(None) }), vec![]), Some("SVC-TLS-ISTIO")),
        (
            with(Some(BackendTls { certificate: text("7"), ..mutual.clone() }), vec![]),
            Some("FTR-NOT-CARRIED"),
        ),
        (with(Some(BackendTls { authority: text("7"), ..simple(None) }), vec![]), Some("FTR-NOT-CARRIED")),
        (with(Some(BackendTls { authority_pem: text("PEM"), ..mutual }), vec![]), Some("FTR-NOT-CARRIED")),
        (
            with(Some(BackendTls { alternative_names: vec!["b".into()], ..simple(None) }), vec![]),
            Some("FTR-NOT-CARRIED"),
        ),
        (with(None, vec![port(None, PortTls::On(simple(None)))]), Some("FTR-NOT-CARRIED")),
        (with(Some(simple(None)), vec![port(None, PortTls::Off)]), Some("FTR-NOT-CARRIED")),
        (with(Some(simple(None)), vec![port(None, PortTls::On(simple(Some("b"))))]), Some("FTR-NOT-CARRIED")),
        (with(None, vec![port(Some(LoadBalancing::default()), PortTls::Inherited)]), Some("SVC-PORT-LB")),
        (with(None, vec![port(Some(random.clone()), PortTls::Off)]), None),
        (with(Some(simple(None)), vec![port(None, PortTls::On(simple(None)))]), None),
    ];
    for (service, code) in cases {
        let found = limits(&service);
        assert_eq!(
            found.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(),
            Vec::from_iter(code),
            "{service:?}"
        );
        for finding in found {
            let wanted = if finding.code == "SVC-PORT-LB" { Severity::Warn } else { Severity::Block };
            assert_eq!(finding.severity, wanted);
            assert!(finding.object.starts_with("services/orders/") && finding.action.is_some());
        }
    }
}
