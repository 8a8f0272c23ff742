//! Small sources for tests.

use std::collections::BTreeMap;

use gateshift_gateway_model::{
    Accounting, BackendTls, Balancer, CircuitBreaker, ConcurrencyLimit, Cors, Destination, Direction, Domain,
    DubboMethod, DubboTranscoding, FORMAT, Fallback, HashKey, HeaderChange, HeaderOp, HealthCheck, Http2,
    Instance, Inventory, LoadBalancing, ManagedBy, MatchKind, Mirror, Mtls, NodeSize, Origin, PathMatch,
    PathRewrite, Protocol, PublishState, RateLimit, RedirectTo, Refusal, RefusalKind, Retry, Rewrite, Route,
    RouteMatch, RoutePolicies, RouteTarget, Service, ServiceKind, ServiceVersion, Source, SourceKind,
    Timeout, TlsMode,
};
use serde_json::{Value, json};

pub(crate) fn target(service: &str, weight: u32) -> RouteTarget {
    RouteTarget {
        service: service.into(),
        name: format!("svc{service}"),
        port: Some(80),
        version: None,
        weight,
        protocol: None,
        dubbo: None,
    }
}

pub(crate) fn route(name: &str, domain: &str, path: &str) -> Route {
    Route {
        id: format!("r-{name}"),
        name: name.into(),
        description: String::new(),
        domains: vec![domain.into()],
        matching: RouteMatch {
            path: PathMatch { kind: MatchKind::Prefix, value: path.into(), ignore_case: false },
            methods: vec![],
            headers: vec![],
            queries: vec![],
        },
        destination: Destination::Single { target: target("1", 100) },
        fallback: None,
        timeout: Timeout { seconds: 60, explicit: false },
        retry: Retry { attempts: 2, on: vec!["connect-failure".into()], statuses: vec![], explicit: false },
        order: None,
        created_at: 0,
        state: PublishState::Published,
        managed_by: ManagedBy::Operator,
        policies: RoutePolicies::default(),
    }
}

pub(crate) fn domain(name: &str, https: bool) -> Domain {
    Domain {
        id: format!("dom-{name}"),
        name: name.into(),
        protocol: if https { Protocol::Https } else { Protocol::Http },
        force_https: false,
        certificate: https.then(|| "7-cn-hangzhou".into()),
        http2: Http2::Gateway,
        tls_min: https.then(|| "TLS 1.2".into()),
        tls_max: None,
        ciphers: vec![],
        mtls: Mtls::default(),
        managed_by: ManagedBy::Operator,
        state: PublishState::Published,
    }
}

pub(crate) fn service(id: &str, kind: ServiceKind, source: Option<&str>) -> Service {
    Service {
        id: id.into(),
        name: format!("svc{id}"),
        kind,
        source: source.map(str::to_owned),
        fqdn: None,
        protocol: "HTTP".into(),
        port: Some(80),
        ports: vec![],
        health_check: None,
        versions: vec![],
        load_balancing: LoadBalancing::default(),
        tls: None,
        port_policies: vec![],
        traffic_policy: Value::Null,
    }
}

pub(crate) fn tls(mode: TlsMode) -> BackendTls {
    BackendTls {
        mode,
        sni: Some("b.internal.example".into()),
        certificate: None,
        authority: None,
        authority_pem: None,
        alternative_names: vec![],
    }
}

/// A limit that answers with text.
pub(crate) fn rate_limit(id: &str, threshold: u64) -> RateLimit {
    RateLimit { id: id.into(), threshold, mode: Some(0), window_ms: Some(1000), refusal: refusal() }
}

fn refusal() -> Refusal {
    let kind = RefusalKind::Content { status: 429, body: "{}".into(), json: true };
    Refusal { kind, extra_headers: None }
}

/// One method of an interface.
pub(crate) fn dubbo() -> DubboTranscoding {
    let rest = json!({"PassThroughAllHeaders": "PASS_NOT", "PassThroughList": ["x-a"]});
    let method =
        DubboMethod { method: "sayHello".into(), http_method: "ALL_GET".into(), path: "/hello".into(), rest };
    DubboTranscoding {
        service: "org.example.Demo".into(),
        version: Some("0.0.0".into()),
        group: None,
        methods: vec![method],
    }
}

/// Everything a route may do beside forwarding.
pub(crate) fn policies() -> RoutePolicies {
    let header = |direction, op, name: &str, value: &str| HeaderChange {
        direction,
        op,
        name: name.into(),
        value: value.into(),
    };
    RoutePolicies {
        rewrite: Some(Rewrite {
            path: Some(PathRewrite::Prefix { prefix: "/".into() }),
            host: Some("b.internal.example".into()),
        }),
        headers: vec![
            header(Direction::Request, HeaderOp::Update, "x-b", "2"),
            header(Direction::Request, HeaderOp::Add, "x-a", "1"),
            header(Direction::Response, HeaderOp::Delete, "server", ""),
        ],
        cors: Some(Cors {
            allow_origins: vec!["https://a.example.com".into(), "https://b.example.com".into()],
            allow_methods: vec!["GET".into(), "POST".into()],
            allow_headers: vec!["*".into()],
            expose_headers: vec![],
            allow_credentials: true,
            max_age: 12,
            unit: "h".into(),
        }),
        mirror: Some(Mirror { service: "4".into(), port: Some(80), percent: 5 }),
        rate_limits: vec![rate_limit("11", 100)],
        concurrency_limits: vec![ConcurrencyLimit {
            id: "12".into(),
            threshold: 50,
            mode: None,
            refusal: Refusal {
                kind: RefusalKind::Redirect { url: "https://busy.example.com".into() },
                extra_headers: None,
            },
        }],
        circuit_breakers: vec![CircuitBreaker {
            id: "13".into(),
            strategy: Some(0),
            trigger_ratio: 50,
            window_seconds: 10,
            recovery_seconds: 20,
            min_requests: 5,
            max_allowed_ms: Some(300),
            mode: Some(0),
            refusal: refusal(),
        }],
        waf: true,
    }
}

fn source(id: &str, kind: SourceKind, instance: &str) -> Source {
    Source {
        id: id.into(),
        name: format!("source {id}"),
        kind,
        instance: instance.into(),
        usable: true,
        ingress: false,
        ingress_class: None,
        ingress_namespace: None,
    }
}

/// One of everything this migrator moves.
pub(crate) fn inventory() -> Inventory {
    let mut checked = service(
        "1",
        ServiceKind::Fixed { addresses: vec!["10.0.0.1:80".into(), "10.0.0.2:80".into()] },
        None,
    );
    checked.health_check = Some(HealthCheck {
        protocol: "HTTP".into(),
        interval: 5,
        timeout: 2,
        healthy_threshold: 2,
        unhealthy_threshold: 3,
        host: None,
        path: Some("/up".into()),
        statuses: vec![200],
    });
    let mut versioned = service("2", ServiceKind::Kubernetes { namespace: "shop".into() }, Some("k"));
    let label = |value: &str| BTreeMap::from([("version".to_owned(), value.to_owned())]);
    versioned.versions = vec![
        ServiceVersion { name: "v1".into(), labels: label("1") },
        ServiceVersion { name: "v2".into(), labels: label("2") },
    ];
    let mut nacos = service(
        "3",
        ServiceKind::Nacos { namespace: "public".into(), group: "DEFAULT_GROUP".into() },
        Some("n"),
    );
    let mut dns = service(
        "4",
        ServiceKind::Dns { addresses: vec!["b.internal.example:80".into()], servers: vec![] },
        None,
    );
    let function = service(
        "5",
        ServiceKind::Function { function: "fn5".into(), qualifier: "LATEST".into(), service: None },
        None,
    );

    let key = HashKey::Cookie { name: "who".into(), path: Some("/".into()), ttl: None };
    checked.load_balancing.balancer = Balancer::ConsistentHash { key, minimum_ring_size: Some(64) };
    nacos.load_balancing = LoadBalancing { balancer: Balancer::LeastConnections, warmup: 30 };
    dns.load_balancing.warmup = 5;
    dns.tls = Some(tls(TlsMode::Simple));

    let mut routes = routes();
    for (at, route) in routes.iter_mut().enumerate() {
        route.created_at = 1000 + at as i64;
    }
    Inventory {
        format: FORMAT,
        taken_at: 0,
        origin: Origin {
            product: "aliyun/mse".into(),
            region: "cn-hangzhou".into(),
            gateway: "gw-source".into(),
        },
        instance: instance(),
        domains: vec![domain("a.example.com", false), domain("*.example.com", true)],
        certificates: vec![],
        sources: vec![source("k", SourceKind::Kubernetes, "c-1"), source("n", SourceKind::Nacos, "mse-1")],
        services: vec![checked, versioned, nacos, dns, function],
        routes,
        access_lists: Vec::new(),
        authentications: Vec::new(),
        consumers: Vec::new(),
        guarded_routes: Vec::new(),
        plugins: Vec::new(),
        observability: Default::default(),
        parameters: BTreeMap::new(),
        accounting: Accounting::default(),
        raw: vec![],
    }
}

fn routes() -> Vec<Route> {
    let version = |name: &str, weight| RouteTarget { version: Some(name.into()), ..target("2", weight) };
    let mut all = vec![
        route("plain", "a.example.com", "/plain"),
        Route {
            matching: RouteMatch {
                methods: vec!["GET".into(), "OPTIONS".into()],
                ..route("x", "", "/same1").matching
            },
            ..route("tie-one", "a.example.com", "/same1")
        },
        route("tie-two", "a.example.com", "/same2"),
        Route {
            destination: Destination::Weighted { targets: vec![target("3", 30), target("4", 70)] },
            ..route("shares", "*.example.com", "/shares")
        },
        Route {
            destination: Destination::Versions { targets: vec![version("v1", 90), version("v2", 10)] },
            ..route("versions", "a.example.com", "/versions")
        },
        Route {
            destination: Destination::Mock { status: 418, body: "tea".into() },
            ..route("mock", "a.example.com", "/mock")
        },
        Route {
            destination: Destination::Redirect {
                to: RedirectTo { status: 302, host: Some("b.example.com".into()), path: None },
            },
            ..route("redirect", "a.example.com", "/old")
        },
        Route {
            fallback: Some(Fallback { targets: vec![target("4", 100)] }),
            ..route("Fall_Back", "a.example.com", "/fallback")
        },
        Route { state: PublishState::Unpublished, ..route("draft", "a.example.com", "/draft") },
        Route {
            destination: Destination::Single { target: target("5", 100) },
            ..route("function", "a.example.com", "/fn")
        },
    ];
    all[0].domains.push("*.example.com".into());
    all
}

fn instance() -> Instance {
    Instance {
        name: "Shop gateway".into(),
        edition: "mse_pro".into(),
        engine_version: "2.0".into(),
        node: NodeSize { vcpu: 2, memory_gib: 4 },
        peak_nodes: 2,
        nodes: 2,
        prepaid: false,
        vpc: "vpc-1".into(),
        vswitches: vec!["vsw-1".into()],
        security_group: None,
        entries: vec![],
        resource_group: None,
        tags: BTreeMap::new(),
        backend_rules: Vec::new(),
        elastic: None,
    }
}
