//! Both spellings, every kind, and everything that is not clear.

use gateshift_gateway_model::{BackendTls, Balancer, HashKey, LoadBalancing, PortTls, TlsMode};
use gateshift_sdk::model::Finding;
use serde_json::{Value, json};

use super::{Traffic, of_ports, of_service};

fn read(detail: &Value, listed: &Value) -> (Traffic, Vec<Finding>) {
    let mut findings = Vec::new();
    let found = of_service((detail, listed), "services/orders", &mut findings);
    (found, findings)
}

fn balanced(settings: Value) -> Value {
    json!({"LoadBalancerSettings": settings})
}

fn hashed(config: Value) -> Value {
    balanced(json!({"LoadbalancerType": "CONSISTENT_HASH", "ConsistentHashLBConfig": config}))
}

#[test]
fn every_kind_of_load_balancing_is_read_from_either_answer() {
    let cookie = |path: Option<&str>, ttl: Option<&str>| HashKey::Cookie {
        name: "who".into(),
        path: path.map(str::to_owned),
        ttl: ttl.map(str::to_owned),
    };
    let hash = |key, minimum_ring_size| Balancer::ConsistentHash { key, minimum_ring_size };
    let cases = [
        (balanced(json!({"LoadbalancerType": "ROUND_ROBIN"})), Balancer::RoundRobin, 0),
        (balanced(json!({"WarmupDuration": 7})), Balancer::RoundRobin, 7),
        (
            balanced(json!({"LoadbalancerType": "LEAST_CONN", "WarmupDuration": 30})),
            Balancer::LeastConnections,
            30,
        ),
        (
            balanced(json!({"LoadbalancerType": "RANDOM", "ConsistentHashLBConfig": {"ParameterName": "x"}})),
            Balancer::Random,
            0,
        ),
        (
            hashed(
                json!({"ConsistentHashLBType": "HEADER", "ParameterName": "x-user", "HttpCookie": {"Name": ""}}),
            ),
            hash(HashKey::Header { name: "x-user".into() }, None),
            0,
        ),
        (
            hashed(
                json!({"ConsistentHashLBType": "QUERY_PARAMETER", "ParameterName": "user", "MinimumRingSize": 1024}),
            ),
            hash(HashKey::QueryParameter { name: "user".into() }, Some(1024)),
            0,
        ),
        (
            hashed(json!({"ConsistentHashLBType": "SOURCE_IP", "MinimumRingSize": 64})),
            hash(HashKey::SourceIp, Some(64)),
            0,
        ),
        (
            hashed(
                json!({"ConsistentHashLBType": "COOKIE", "HttpCookie": {"Name": "who", "Path": "/", "TTL": "30s"}}),
            ),
            hash(cookie(Some("/"), Some("30s")), None),
            0,
        ),
        (
            hashed(json!({"ConsistentHashLBType": "COOKIE", "HttpCookie": {"Name": "who", "Ttl": "0s"}})),
            hash(cookie(None, Some("0s")), None),
            0,
        ),
    ];
    for (policy, balancer, warmup) in cases {
        let wanted =
            Traffic { load_balancing: Some(LoadBalancing { balancer, warmup }), tls: PortTls::Inherited };
        for (detail, listed) in [(&policy, &policy), (&policy, &Value::Null), (&json!({}), &policy)] {
            let (found, findings) = read(detail, listed);
            assert!(findings.is_empty(), "{policy}: {findings:?}");
            assert_eq!(found, wanted, "{policy}");
        }
    }
    assert_eq!(read(&Value::Null, &Value::Null), (Traffic::default(), vec![]));
}

#[test]
fn tls_is_put_together_from_both_spellings() {
    let detail = json!({"TlsSetting": {"TlsMode": "MUTUAL", "Sni": "b.example.com", "CertId": "7", "CaCertContent": "PEM"}});
    let listed = json!({"Tls": {"Mode": "MUTUAL", "Sni": "b.example.com", "CaCertId": "9", "CaCertContent": "", "SubjectAltNames": ["b.example.com"]}});
    let (found, findings) = read(&detail, &listed);
    assert!(findings.is_empty(), "{findings:?}");
    let whole = BackendTls {
        mode: TlsMode::Mutual,
        sni: Some("b.example.com".into()),
        certificate: Some("7".into()),
        authority: Some("9".into()),
        authority_pem: Some("PEM".into()),
        alternative_names: vec!["b.example.com".into()],
    };
    assert_eq!(found.tls, PortTls::On(whole));
    for (mode, wanted) in
        [("SIMPLE", TlsMode::Simple), ("MUTUAL", TlsMode::Mutual), ("ISTIO_MUTUAL", TlsMode::Mesh)]
    {
        for policy in [json!({"TlsSetting": {"TlsMode": mode}}), json!({"Tls": {"Mode": mode}})] {
            let (found, findings) = read(&policy, &json!({}));
            assert!(findings.is_empty(), "{findings:?}");
            assert!(matches!(found.tls, PortTls::On(tls) if tls.mode == wanted), "{policy}");
        }
    }
    let off = json!({"TlsSetting": {"TlsMode": "DISABLE", "Sni": ""}});
    assert_eq!(read(&off, &json!({"Tls": {"Mode": "DISABLE"}})).0.tls, PortTls::Off);
    assert_eq!(
        read(&json!({"TlsSetting": {"Sni": "", "CertId": null}}), &json!({})).0.tls,
        PortTls::Inherited
    );
}

#[test]
fn what_is_not_clear_is_said_and_never_guessed() {
    let least = balanced(json!({"LoadbalancerType": "LEAST_CONN"}));
    let unclear = [
        (balanced(json!({"LoadbalancerType": "MAGLEV"})), json!({})),
        (balanced(json!({"LoadbalancerType": "RANDOM", "WarmupDuration": "soon"})), json!({})),
        (balanced(json!({"LoadbalancerType": "RANDOM", "WarmupDuration": -1})), json!({})),
        (balanced(json!({"LoadbalancerType": "CONSISTENT_HASH"})), json!({})),
        (hashed(json!({"ConsistentHashLBType": "HEADER"})), json!({})),
        (hashed(json!({"ConsistentHashLBType": "QUERY_PARAMETER", "ParameterName": ""})), json!({})),
        (hashed(json!({"ConsistentHashLBType": "COOKIE", "HttpCookie": {"Path": "/"}})), json!({})),
        (hashed(json!({"ConsistentHashLBType": "BODY"})), json!({})),
        (json!({"TlsSetting": {"TlsMode": "OPTIONAL"}}), json!({})),
        (json!({"TlsSetting": {"Sni": "b.example.com"}}), json!({})),
        (least.clone(), balanced(json!({"LoadbalancerType": "RANDOM"}))),
        (json!({"TlsSetting": {"TlsMode": "SIMPLE"}}), json!({"Tls": {"Mode": "MUTUAL"}})),
        (json!("text"), json!({})),
    ];
    for (detail, listed) in unclear {
        let (_, findings) = read(&detail, &listed);
        assert_eq!(findings.len(), 1, "{detail} {listed}: {findings:?}");
        assert_eq!(findings[0].code, "SRC-UNCLEAR");
        assert_eq!(findings[0].object, "services/orders/traffic-policy");
    }
    assert!(read(&least, &least).1.is_empty());
}

#[test]
fn ports_have_policies_of_their_own() {
    let list = [
        json!({"ServicePort": 80, "TrafficPolicy": balanced(json!({"LoadbalancerType": "RANDOM"}))}),
        json!({"ServicePort": 443, "TrafficPolicy": {"TlsSetting": {"TlsMode": "SIMPLE"}}}),
        json!({"ServicePort": 81, "TrafficPolicy": {"TlsSetting": {"TlsMode": "DISABLE"}}}),
        json!({"ServicePort": 0, "TrafficPolicy": {}}),
        json!({"ServicePort": 82, "TrafficPolicy": {"TlsSetting": {"TlsMode": "ODD"}}}),
    ];
    let mut findings = Vec::new();
    let found = of_ports(&list, "services/orders", &mut findings);
    assert_eq!(found.iter().map(|one| one.port).collect::<Vec<_>>(), vec![80, 443, 81, 82]);
    assert_eq!(found[0].load_balancing.as_ref().unwrap().balancer, Balancer::Random);
    assert_eq!(found[0].tls, PortTls::Inherited);
    assert!(matches!(&found[1].tls, PortTls::On(tls) if tls.mode == TlsMode::Simple));
    assert_eq!(found[2].tls, PortTls::Off);
    let objects: Vec<&str> = findings.iter().map(|one| one.object.as_str()).collect();
    assert_eq!(objects, vec!["services/orders/port-policies", "services/orders/port-policies/82"]);
}
