//! Each class writes what it should, and any other reading shows.

use gateshift_gateway_model::{
    CircuitBreaker, ConcurrencyLimit, Cors, Destination, Direction, HeaderChange, HeaderOp, ManagedBy,
    MatchKind, Mirror, PathMatch, PathRewrite, PublishState, RateLimit, Refusal, RefusalKind, Retry, Rewrite,
    Route, RouteMatch, RoutePolicies, Timeout,
};
use serde_json::{Value, json};

use super::{Class, difference, of_route, unsaid};
use crate::wire::PolicyView;

fn route(policies: RoutePolicies) -> Route {
    Route {
        id: "1".into(),
        name: "r".into(),
        description: String::new(),
        domains: vec![],
        matching: RouteMatch {
            path: PathMatch { kind: MatchKind::Prefix, value: "/a/".into(), ignore_case: false },
            methods: vec![],
            headers: vec![],
            queries: vec![],
        },
        destination: Destination::Mock { status: 200, body: String::new() },
        fallback: None,
        timeout: Timeout { seconds: 60, explicit: false },
        retry: Retry { attempts: 2, on: vec![], statuses: vec![], explicit: false },
        order: None,
        created_at: 0,
        state: PublishState::Published,
        managed_by: ManagedBy::Operator,
        policies,
    }
}

fn refusal() -> Refusal {
    Refusal {
        kind: RefusalKind::Content { status: 503, body: "busy".into(), json: true },
        extra_headers: None,
    }
}

fn all() -> RoutePolicies {
    RoutePolicies {
        rewrite: Some(Rewrite {
            path: Some(PathRewrite::Prefix { prefix: "/".into() }),
            host: Some("b.example".into()),
        }),
        headers: vec![
            HeaderChange {
                direction: Direction::Response,
                op: HeaderOp::Delete,
                name: "server".into(),
                value: String::new(),
            },
            HeaderChange {
                direction: Direction::Request,
                op: HeaderOp::Add,
                name: "a".into(),
                value: "1".into(),
            },
        ],
        cors: Some(Cors {
            allow_origins: vec!["https://a".into(), "https://b".into()],
            max_age: 3,
            unit: "h".into(),
            ..Cors::default()
        }),
        mirror: Some(Mirror { service: "9".into(), port: None, percent: 4 }),
        rate_limits: vec![RateLimit {
            id: "1".into(),
            threshold: 10,
            mode: Some(0),
            window_ms: Some(1000),
            refusal: refusal(),
        }],
        concurrency_limits: vec![ConcurrencyLimit {
            id: "2".into(),
            threshold: 20,
            mode: None,
            refusal: Refusal { kind: RefusalKind::Redirect { url: "https://x".into() }, extra_headers: None },
        }],
        circuit_breakers: vec![CircuitBreaker {
            id: "3".into(),
            strategy: Some(1),
            trigger_ratio: 50,
            window_seconds: 10,
            recovery_seconds: 20,
            min_requests: 5,
            max_allowed_ms: Some(300),
            mode: Some(2),
            refusal: refusal(),
        }],
        waf: true,
    }
}

fn configs(shows: bool) -> Vec<(Class, Value)> {
    of_route(&route(all()), &|id| format!("service/{id}"), &|_, _| shows)
}

#[test]
fn all_policies_of_a_route_in_order() {
    let found = configs(false);
    let wanted = [
        (Class::DirectResponse, json!({"enable": true, "code": 200, "body": ""})),
        (Class::HttpRewrite, json!({"enable": true, "host": "b.example", "pathType": "PRE", "path": "/"})),
        (
            Class::HeaderModify,
            json!({"enable": true, "headerOpItems": [
                {"directionType": "Response", "opType": "Delete", "key": "server", "value": ""},
                {"directionType": "Request", "opType": "Add", "key": "a", "value": "1"},
            ]}),
        ),
        (
            Class::Cors,
            json!({"enable": true, "allowOrigins": "https://a,https://b", "allowMethods": "", "allowHeaders": "",
                "exposeHeaders": "", "allowCredentials": false, "timeUnit": "h", "unitNum": 3}),
        ),
        (Class::FlowCopy, json!({"enable": true, "targetServiceId": "service/9", "percentage": 4})),
        (
            Class::RateLimit,
            json!({"enable": true, "threshold": 10, "behaviorType": 0, "bodyEncoding": 1, "responseStatusCode": 503, "responseContentBody": "busy"}),
        ),
        (
            Class::ConcurrencyLimit,
            json!({"enable": true, "threshold": 20, "behaviorType": 1, "responseRedirectUrl": "https://x"}),
        ),
        (
            Class::CircuitBreaker,
            json!({"enable": true, "strategy": 1, "triggerRatio": 50, "statDurationSec": 10, "recoveryTimeoutSec": 20,
                "minRequestAmount": 5, "maxAllowedMs": 300, "behaviorType": 0, "bodyEncoding": 1, "responseStatusCode": 503, "responseContentBody": "busy"}),
        ),
        (Class::Waf, json!({"enable": true})),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_configuration_has_only_keys_of_the_template() {
    for (class, config) in configs(false) {
        let template = class.template();
        for key in config.as_object().unwrap().keys() {
            assert!(template.get(key).is_some(), "{}.{key}", class.name());
        }
    }
}

#[test]
fn undocumented_numbers_are_written_where_the_example_shows_them_and_reported_where_not() {
    let limits = |shows| {
        let found = configs(shows);
        let of = |class| found.iter().find(|(one, _)| *one == class).unwrap().1.clone();
        (of(Class::RateLimit), of(Class::CircuitBreaker))
    };
    let (rate, breaker) = limits(true);
    assert_eq!((&rate["limitMode"], &rate["statDurationMs"]), (&json!(0), &json!(1000)));
    assert_eq!(breaker["limitMode"], 2);
    let (rate, breaker) = limits(false);
    assert!(rate.get("limitMode").is_none() && breaker.get("limitMode").is_none());
    assert!(unsaid(&route(all()), &|_, _| true).is_empty());
    let mut policies = all();
    let lost = unsaid(&route(policies.clone()), &|_, _| false);
    assert_eq!(lost.iter().map(|one| one.0).collect::<Vec<_>>(), [Class::CircuitBreaker], "{lost:?}");
    policies.rate_limits[0].window_ms = Some(60_000);
    assert_eq!(unsaid(&route(policies), &|_, _| false).len(), 2);
}

#[test]
fn rewrites_of_every_kind() {
    let config = |path| {
        let rewrite = Some(Rewrite { path: Some(path), host: None });
        let policies = RoutePolicies { rewrite, ..RoutePolicies::default() };
        of_route(&route(policies), &|_| String::new(), &|_, _| false).remove(1).1
    };
    assert_eq!(
        config(PathRewrite::Exact { path: "/x".into() }),
        json!({"enable": true, "pathType": "EQUAL", "path": "/x"})
    );
    assert_eq!(
        config(PathRewrite::Regex { pattern: "a(.*)".into(), substitution: "\\1".into() }),
        json!({"enable": true, "pathType": "ERGULAR", "pattern": "a(.*)", "substitution": "\\1"})
    );
}

#[test]
fn every_class_writes_an_enabled_object_that_equals_itself() {
    for class in Class::ALL {
        let config = class.template();
        assert_eq!(config["enable"], true, "{}", class.name());
        assert_eq!(Class::named(class.name()), Some(class));
        let view = PolicyView {
            config: config.to_string(),
            class_name: class.name().into(),
            ..PolicyView::default()
        };
        assert_eq!(difference(&config, &view), None);
        for key in config.as_object().unwrap().keys() {
            let mut less = config.clone();
            less.as_object_mut().unwrap().remove(key);
            let view = PolicyView { config: less.to_string(), ..PolicyView::default() };
            assert!(difference(&config, &view).is_some(), "{}.{key}", class.name());
        }
    }
    assert!(difference(&Class::Timeout.template(), &PolicyView::default()).is_some());
}

#[test]
fn what_nobody_asked_for_shows() {
    let wanted = json!({"enable": true, "pathType": "PRE", "path": "/"});
    let view = |more: Value| {
        let mut config = wanted.clone();
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        PolicyView { config: config.to_string(), class_name: "HttpRewrite".into(), ..PolicyView::default() }
    };
    assert_eq!(difference(&wanted, &view(json!({"host": "", "pattern": null}))), None);
    assert!(difference(&wanted, &view(json!({"host": "other"}))).is_some());
}
