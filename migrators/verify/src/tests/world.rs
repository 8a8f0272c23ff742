//! Inventories for tests: builders, a fixture with every kind of condition and destination, and
//! generated ones in which routes overlap a lot.

use std::collections::BTreeMap;

use gateshift_gateway_model::*;
use proptest::prelude::*;

pub(crate) fn entry(address: &str) -> Entry {
    Entry {
        domain: None,
        ipv4: vec![address.parse().unwrap()],
        ipv6: Vec::new(),
        http_ports: vec![80],
        https_ports: vec![443],
        network: NetworkKind::Public,
    }
}

pub(crate) fn domain(name: &str, protocol: Protocol, force_https: bool) -> Domain {
    Domain {
        id: name.to_owned(),
        name: name.to_owned(),
        protocol,
        force_https,
        certificate: (protocol == Protocol::Https).then(|| format!("cert-{name}")),
        http2: Http2::Gateway,
        tls_min: None,
        tls_max: None,
        ciphers: Vec::new(),
        mtls: Mtls::default(),
        managed_by: ManagedBy::Operator,
        state: PublishState::Published,
    }
}

pub(crate) fn service(name: &str, weight: u32) -> RouteTarget {
    RouteTarget {
        service: name.to_owned(),
        name: name.to_owned(),
        port: None,
        version: None,
        weight,
        protocol: None,
        dubbo: None,
    }
}

pub(crate) fn route(number: i64, domains: &[&str], kind: MatchKind, path: &str) -> Route {
    Route {
        id: number.to_string(),
        name: format!("r{number}"),
        description: String::new(),
        domains: domains.iter().map(|one| (*one).to_owned()).collect(),
        matching: RouteMatch {
            path: PathMatch { kind, value: path.to_owned(), ignore_case: false },
            methods: Vec::new(),
            headers: Vec::new(),
            queries: Vec::new(),
        },
        destination: Destination::Single { target: service(&format!("s{number}"), 100) },
        fallback: None,
        timeout: Timeout { seconds: 60, explicit: false },
        retry: Retry { attempts: 2, on: Vec::new(), statuses: Vec::new(), explicit: false },
        order: None,
        created_at: number,
        state: PublishState::Published,
        managed_by: ManagedBy::Operator,
        policies: RoutePolicies::default(),
    }
}

pub(crate) fn value(name: &str, kind: MatchKind, value: &str) -> ValueMatch {
    ValueMatch { name: name.to_owned(), kind, value: value.to_owned() }
}

pub(crate) fn inventory(domains: Vec<Domain>, routes: Vec<Route>) -> Inventory {
    Inventory {
        format: FORMAT,
        taken_at: 0,
        origin: Origin { product: "p".into(), region: "r".into(), gateway: "gw-1".into() },
        instance: Instance {
            name: "old".into(),
            edition: "e".into(),
            engine_version: "1".into(),
            node: NodeSize { vcpu: 2, memory_gib: 4 },
            peak_nodes: 2,
            nodes: 2,
            prepaid: false,
            vpc: "vpc-1".into(),
            vswitches: Vec::new(),
            security_group: None,
            entries: vec![entry("192.0.2.1")],
            resource_group: None,
            tags: BTreeMap::new(),
            backend_rules: Vec::new(),
            elastic: None,
        },
        domains,
        certificates: Vec::new(),
        sources: Vec::new(),
        services: Vec::new(),
        routes,
        access_lists: Vec::new(),
        authentications: Vec::new(),
        consumers: Vec::new(),
        guarded_routes: Vec::new(),
        plugins: Vec::new(),
        observability: Default::default(),
        parameters: BTreeMap::new(),
        accounting: Accounting::default(),
        raw: Vec::new(),
    }
}

pub(crate) fn moved(inventory: &Inventory) -> TargetRoutes {
    let routes = inventory.routes.iter().map(|route| {
        let deployed = route.state == PublishState::Published;
        (route.id.clone(), TargetRoute { id: format!("t-{}", route.id), name: route.name.clone(), deployed })
    });
    TargetRoutes {
        rest: BTreeMap::new(),
        api: "api".into(),
        domains: BTreeMap::new(),
        sources: BTreeMap::new(),
        services: BTreeMap::new(),
        routes: routes.collect(),
    }
}

/// Every kind of condition and destination, on paths that do not meet, and one pair of routes whose
/// order decides.
pub(crate) fn fixture() -> Inventory {
    use MatchKind::{Exact, Prefix, Regex};
    let tls = "shop.example.com";
    let domains = vec![
        domain(tls, Protocol::Https, true),
        domain("*.example.com", Protocol::Https, false),
        domain("plain.example.org", Protocol::Http, false),
    ];
    let mut routes = vec![
        route(1, &[tls], Exact, "/exact"),
        route(2, &[tls, "plain.example.org"], Prefix, "/orders"),
        route(3, &["plain.example.org"], Regex, "/items/[0-9]+/(red|blue)"),
        route(4, &["*.example.com"], Prefix, "/Case"),
        route(5, &["plain.example.org"], Prefix, "/methods"),
        route(6, &["plain.example.org"], Prefix, "/header"),
        route(7, &["plain.example.org"], Prefix, "/query"),
        route(8, &[tls], Prefix, "/weighted"),
        route(9, &["plain.example.org"], Exact, "/mock"),
        route(10, &["*.example.com"], Exact, "/redirect"),
        route(11, &["plain.example.org"], Exact, "/hidden"),
        route(12, &["plain.example.org"], Prefix, "/pair"),
        route(13, &["plain.example.org"], Prefix, "/pair"),
        route(14, &[tls], Prefix, "/versions"),
    ];
    routes[3].matching.path.ignore_case = true;
    routes[4].matching.methods = vec!["GET".into(), "POST".into()];
    routes[5].matching.headers = vec![
        value("x-exact", Exact, "one"),
        value("x-prefix", Prefix, "beta-"),
        value("x-regex", Regex, "v[12]\\.\\d+"),
    ];
    routes[6].matching.queries = vec![
        value("exact", Exact, "one"),
        value("prefix", Prefix, "beta-"),
        value("regex", Regex, "[a-f]{2,4}"),
    ];
    routes[7].destination =
        Destination::Weighted { targets: vec![service("blue", 70), service("green", 30)] };
    routes[8].destination = Destination::Mock { status: 404, body: "gone".into() };
    let to = RedirectTo { status: 302, host: None, path: Some("/moved".into()) };
    routes[9].destination = Destination::Redirect { to };
    routes[10].state = PublishState::Unpublished;
    routes[11].matching.headers = vec![value("x-a", Exact, "1")];
    routes[12].matching.headers = vec![value("x-b", Exact, "1")];
    let version = |name: &str, weight| RouteTarget { version: Some(name.into()), ..service("s", weight) };
    routes[13].destination = Destination::Versions { targets: vec![version("v1", 90), version("v2", 10)] };
    inventory(domains, routes)
}

/// Routes that overlap a lot, over few domains, paths and conditions.
pub(crate) fn inventories() -> impl Strategy<Value = Inventory> {
    proptest::collection::vec(generated_route(), 1..24).prop_map(|routes| {
        let domains = vec![
            domain("a.example.com", Protocol::Https, true),
            domain("b.example.com", Protocol::Https, false),
            domain("*.example.com", Protocol::Https, false),
            domain("c.example.org", Protocol::Http, false),
            domain("*.org", Protocol::Http, false),
        ];
        let routes = routes.into_iter().enumerate().map(|(at, route)| Route {
            id: at.to_string(),
            name: format!("r{at}"),
            ..route
        });
        inventory(domains, routes.collect())
    })
}

fn generated_route() -> impl Strategy<Value = Route> {
    let domains = proptest::sample::subsequence(
        vec!["a.example.com", "b.example.com", "*.example.com", "c.example.org", "*.org"],
        1..3,
    );
    let path = prop_oneof![
        (Just(MatchKind::Exact), proptest::sample::select(vec!["/", "/a", "/a/b", "/A", "/a/", "/c%20d"])),
        (Just(MatchKind::Prefix), proptest::sample::select(vec!["/", "/a", "/a/", "/ab", "/A/b", "/c"])),
        (
            Just(MatchKind::Regex),
            proptest::sample::select(vec!["/a/.*", "/[ab]+", "/(a|c)/\\d{2}", ".*\\.json", "/a("])
        ),
    ];
    let methods = proptest::sample::subsequence(vec!["GET", "HEAD", "POST", "DELETE", "OPTIONS"], 0..3);
    let kind = proptest::sample::select(vec![MatchKind::Exact, MatchKind::Prefix, MatchKind::Regex]);
    let named = |names: Vec<&'static str>| {
        let one =
            (proptest::sample::select(names), kind.clone(), proptest::sample::select(vec!["a", "ab", "a1"]))
                .prop_map(|(name, kind, text)| value(name, kind, text));
        proptest::collection::vec(one, 0..3)
    };
    let state = proptest::sample::select(vec![
        PublishState::Published,
        PublishState::Published,
        PublishState::Published,
        PublishState::Edited,
        PublishState::Unpublished,
    ]);
    let destination = prop_oneof![
        3 => (0..4u32).prop_map(|n| Destination::Single { target: service(&format!("s{n}"), 100) }),
        1 => Just(Destination::Weighted { targets: vec![service("blue", 60), service("green", 40)] }),
        1 => Just(Destination::Mock { status: 418, body: "short and stout".into() }),
        1 => Just(Destination::Redirect { to: RedirectTo { status: 301, host: Some("x.example".into()), path: None } }),
    ];
    let conditions = (path, any::<bool>(), methods, named(vec!["x-a", "X-B"]), named(vec!["q", "r"]));
    (domains, conditions, state, destination, 0..5i64).prop_map(
        |(domains, conditions, state, destination, created_at)| {
            let ((kind, path), ignore_case, methods, headers, queries) = conditions;
            let mut route = route(0, &domains, kind, path);
            route.matching.path.ignore_case = ignore_case;
            route.matching.methods = methods.into_iter().map(str::to_owned).collect();
            (route.matching.headers, route.matching.queries) = (headers, queries);
            Route { state, destination, created_at, ..route }
        },
    )
}
