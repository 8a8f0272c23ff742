//! Routes are translated and read back; nothing of their meaning may be lost on the way.

use gateshift_gateway_model::{
    Destination, DubboMethod, DubboTranscoding, ManagedBy, MatchKind, PathMatch, PublishState, RedirectTo,
    Retry, Route, RouteMatch, RoutePolicies, RouteTarget, Timeout, ValueMatch,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{References, body, difference};
use crate::convert::backend::{self, Meaning};
use crate::convert::matching;
use crate::wire::RouteView;

fn kinds() -> impl Strategy<Value = MatchKind> {
    prop_oneof![Just(MatchKind::Exact), Just(MatchKind::Prefix), Just(MatchKind::Regex)]
}

fn values() -> impl Strategy<Value = Vec<ValueMatch>> {
    let one = ("[a-z-]{1,6}", kinds(), "[ -~]{0,6}").prop_map(|(name, kind, value)| ValueMatch {
        name,
        kind,
        value,
    });
    prop::collection::vec(one, 0..3)
}

fn conditions() -> impl Strategy<Value = RouteMatch> {
    let methods =
        prop::collection::btree_set(prop::sample::select(vec!["GET", "POST", "OPTIONS", "PATCH"]), 0..4);
    (kinds(), "/[ -~]{0,12}", any::<bool>(), methods, values(), values()).prop_map(
        |(kind, value, ignore_case, methods, headers, queries)| RouteMatch {
            path: PathMatch { kind, value, ignore_case },
            methods: methods.into_iter().map(str::to_owned).collect(),
            headers,
            queries,
        },
    )
}

fn target(versioned: bool) -> impl Strategy<Value = RouteTarget> {
    let version =
        if versioned { "v[1-3]".prop_map(Some).boxed() } else { prop::option::of("v[1-3]").boxed() };
    ("[1-9]", prop::option::of(1u16..), version, 0u32..=100, prop::option::of(Just("HTTPS".to_owned())))
        .prop_map(|(service, port, version, weight, protocol)| RouteTarget {
            name: service.clone(),
            service,
            port,
            version,
            weight,
            protocol,
            dubbo: None,
        })
}

fn destinations() -> impl Strategy<Value = Destination> {
    prop_oneof![
        target(false).prop_map(|one| Destination::Single { target: RouteTarget { weight: 100, ..one } }),
        prop::collection::vec(target(false), 1..4).prop_map(|targets| Destination::Weighted { targets }),
        prop::collection::vec(target(true), 1..4).prop_map(|targets| Destination::Versions { targets }),
        Just(Destination::Mock { status: 200, body: "x".to_owned() }),
        Just(Destination::Redirect { to: RedirectTo { status: 301, host: None, path: None } }),
    ]
}

prop_compose! {
    fn routes()(
        domains in prop::collection::btree_set("[a-d]\\.example", 1..3),
        matching in conditions(),
        destination in destinations(),
    ) -> Route {
        Route {
            id: "1".to_owned(),
            name: "orders".to_owned(),
            description: String::new(),
            domains: domains.into_iter().collect(),
            matching,
            destination,
            fallback: None,
            timeout: Timeout { seconds: 60, explicit: false },
            retry: Retry { attempts: 2, on: vec![], statuses: vec![], explicit: false },
            order: None,
            created_at: 0,
            state: PublishState::Published,
            managed_by: ManagedBy::Operator,
            policies: RoutePolicies::default(),
        }
    }
}

fn made(route: &Route) -> Value {
    let references = References {
        domain: &|name| format!("d-{name}"),
        service: &|id| format!("svc-{id}"),
        registry: &|_| Some(("public".to_owned(), "DEFAULT_GROUP".to_owned())),
    };
    body(route, "orders", "", "env-1", &references)
}

#[test]
fn dubbo_is_written_with_the_targets_names_and_read_back() {
    let dubbo = DubboTranscoding {
        service: "org.x.Demo".into(),
        version: Some("0.0.0".into()),
        group: None,
        methods: vec![DubboMethod {
            method: "sayHello".into(),
            http_method: "ALL_GET".into(),
            path: "/hello".into(),
            rest: json!({
                "PassThroughAllHeaders": "PASS_NOT", "PassThroughList": ["x-a"],
                "ParamMapsList": [{"ExtractKeySpec": "ALL_QUERY_PARAMETER", "ExtractKey": "name", "MappingType": "String"}],
            }),
        }],
    };
    let target = RouteTarget {
        service: "9".into(),
        name: "s".into(),
        port: None,
        version: None,
        weight: 100,
        protocol: Some("DUBBO".into()),
        dubbo: Some(dubbo),
    };
    let references = References {
        domain: &|name| name.to_owned(),
        service: &|id| id.to_owned(),
        registry: &|_| Some(("public".to_owned(), "DEFAULT_GROUP".to_owned())),
    };
    let body = backend::body(&Destination::Single { target }, &references);
    let wanted = json!({
        "serviceId": "9", "protocol": "DUBBO", "sourceType": "MSE_NACOS", "namespace": "public", "groupName": "DEFAULT_GROUP",
        "httpDubboTranscoder": {
            "dubboServiceName": "org.x.Demo", "dubboServiceVersion": "0.0.0",
            "methodMapList": [{
                "dubboMethodName": "sayHello", "httpMethod": "ALL_GET", "methodPath": "/hello",
                "passThroughAllHeaders": "PASS_NOT", "passThroughList": ["x-a"],
                "paramMapsList": [{"extractKeySpec": "ALL_QUERY_PARAMETER", "extractKey": "name", "mappingType": "String"}],
            }],
        },
    });
    assert_eq!(body, json!({"scene": "SingleService", "services": [wanted]}));
    let meaning = backend::read(&body).unwrap();
    assert!(backend::same(&meaning, &meaning));
    let mut other = body.clone();
    other["services"][0]["httpDubboTranscoder"]["dubboServiceName"] = json!("org.x.Other");
    assert!(!backend::same(&meaning, &backend::read(&other).unwrap()));
    let mut without = body;
    without["services"][0].as_object_mut().unwrap().remove("httpDubboTranscoder");
    let without = backend::read(&without).unwrap();
    assert!(!backend::same(&meaning, &without) && !backend::same(&without, &meaning));
}

/// What the product answers about a route made from a body: other spellings, more fields.
fn answer(body: &Value) -> RouteView {
    let mut backend = body["backendConfig"].clone();
    if backend["scene"] == "SingleService" {
        backend["scene"] = json!("Single");
    }
    for one in backend["services"].as_array_mut().unwrap() {
        one["name"] = json!("some");
        if one["port"].is_null() {
            one["port"] = json!(8080);
        }
    }
    let mut condition = body["match"].clone();
    if let Some(methods) = condition["methods"].as_array_mut() {
        methods.iter_mut().filter(|one| **one == "OPTIONS").for_each(|one| *one = json!("OPTION"));
        methods.reverse();
    }
    let domains: Vec<Value> = body["domainIds"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|id| json!({"domainId": id}))
        .chain([json!({"domainId": "d-env"})])
        .collect();
    let view = json!({
        "routeId": "hr-1", "name": "orders", "match": condition, "backend": backend, "domainInfos": domains,
        "environmentInfo": {"environmentId": "env-1", "subDomains": [{"domainId": "d-env"}]},
    });
    serde_json::from_value(view).unwrap()
}

proptest! {
    #[test]
    fn what_is_written_reads_back_with_the_same_meaning(route in routes()) {
        let body = made(&route);
        prop_assert_eq!(matching::read(&body["match"]), Some(route.matching.clone()));
        let read = backend::read(&body["backendConfig"]);
        let mut targets: Vec<_> = route.targets().map(|one| {
            (format!("svc-{}", one.service), one.version.clone(), one.port.map(u64::from), one.protocol.clone(), u64::from(one.weight))
        }).collect();
        targets.sort();
        match read.unwrap() {
            Meaning::Services(shares) => {
                let shares: Vec<_> = shares.into_iter().map(|one| (one.service, one.version, one.port, one.protocol, one.weight)).collect();
                prop_assert_eq!(shares, targets);
            }
            Meaning::Mock => prop_assert!(matches!(route.destination, Destination::Mock { .. }), "a mock"),
            Meaning::Redirect => prop_assert!(matches!(route.destination, Destination::Redirect { .. }), "a redirect"),
        }
    }

    #[test]
    fn an_answer_is_equal_to_its_own_body_and_to_no_other(one in routes(), two in routes()) {
        let (first, second) = (made(&one), made(&two));
        let view = answer(&first);
        prop_assert_eq!(difference(&first, &view), None);
        let normal = |route: &Route| matching::normal(route.matching.clone());
        if one.domains != two.domains || normal(&one) != normal(&two) {
            prop_assert!(difference(&second, &view).is_some());
        }
        let mut foreign = view.clone();
        foreign.domain_infos.push(crate::wire::DomainInfo { domain_id: "d-foreign".to_owned(), name: String::new() });
        prop_assert!(difference(&first, &foreign).is_some());
    }

    #[test]
    fn another_destination_shows(one in routes(), two in routes()) {
        let (first, second) = (made(&one), made(&two));
        let mut mixed = first.clone();
        mixed["backendConfig"] = second["backendConfig"].clone();
        let (wanted, found) = (backend::read(&mixed["backendConfig"]).unwrap(), backend::read(&first["backendConfig"]).unwrap());
        if difference(&mixed, &answer(&first)).is_none() {
            // Equal up to ports and protocols that were not asked for.
            let plain = |meaning: Meaning| match meaning {
                Meaning::Services(list) => list.into_iter().map(|one| (one.service, one.version, one.weight)).collect(),
                Meaning::Mock => vec![("mock".to_owned(), None, 0)],
                Meaning::Redirect => vec![("redirect".to_owned(), None, 0)],
            };
            prop_assert_eq!(plain(wanted), plain(found));
        }
    }
}

#[test]
fn versions_of_one_service_go_by_tag_and_those_of_several_by_ratio() {
    let one = |service: &str, version: &str| RouteTarget {
        service: service.to_owned(),
        name: service.to_owned(),
        port: None,
        version: Some(version.to_owned()),
        weight: 50,
        protocol: None,
        dubbo: None,
    };
    for (second, scene) in [("1", "MultiServiceByTag"), ("2", "MultiServiceByRatio")] {
        let destination = Destination::Versions { targets: vec![one("1", "v1"), one(second, "v2")] };
        let references =
            References { domain: &|name| name.to_owned(), service: &|id| id.to_owned(), registry: &|_| None };
        assert_eq!(backend::body(&destination, &references)["scene"], scene);
    }
}

#[test]
fn unknown_forms_are_not_taken_for_equal() {
    assert_eq!(backend::read(&json!({"scene": "Other", "services": []})), None);
    assert_eq!(matching::read(&json!({"path": {"type": "Glob", "value": "/"}})), None);
}
