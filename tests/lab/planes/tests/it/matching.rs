//! The routing table against the documented order: a table of cases, a naive matcher over generated
//! configurations, and its speed with many routes.

use std::time::{Duration, Instant};

use crate::common::{domain, mock, route, value};
use gateshift_lab_kernel::gateway::{GatewayConfig, MatchKind, PathMatch, Route, ValueMatch};
use gateshift_lab_planes::{RequestView, RouteTable, TableCache, host_of};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use proptest::prelude::*;

use MatchKind::{Exact, Prefix, Regex};

fn headers(pairs: &[(String, String)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("header name");
            (name, HeaderValue::from_str(value).expect("header value"))
        })
        .collect()
}

fn find(table: &RouteTable, request: &Sent) -> Option<String> {
    let host = host_of(&request.authority);
    let headers = headers(&request.headers);
    let view = RequestView {
        host: &host,
        method: &request.method,
        path: &request.path,
        query: &request.query,
        headers: &headers,
        secure: request.secure,
    };
    table.find(&view).map(|(name, _)| name.to_owned())
}

#[derive(Debug, Clone)]
struct Sent {
    authority: String,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    secure: bool,
}

fn get(authority: &str, path: &str) -> Sent {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Sent {
        authority: authority.to_owned(),
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
        secure: false,
    }
}

/// Each rule of the order decides once, and against all rules after it.
#[test]
fn every_rule_of_the_order_decides_before_the_next() {
    let host = "www.example.com";
    let older = |mut route: Route| {
        route.created_ms = -1000;
        route
    };
    let with = |mut route: Route, headers: usize, queries: usize| {
        route.headers = (0..headers).map(|n| value(&format!("h{n}"), Exact, "1")).collect();
        route.queries = (0..queries).map(|n| value(&format!("q{n}"), Exact, "1")).collect();
        route
    };
    let at = |name: &str, domain: &str, kind, path: &str| route(name, &[domain], kind, path, mock(""));
    let cases = [
        (
            "longer domain before path kind",
            at("win", host, Regex, "/.*"),
            older(with(at("lose", "*.example.com", Exact, "/abc/def"), 3, 3)),
        ),
        (
            "length alone counts, so a name of one letter is no longer than the star",
            at("win", "*.b.www.example.com", Exact, "/abc/def"),
            older(at("lose", "a.b.www.example.com", Prefix, "/abc/def")),
        ),
        (
            "longer wildcard before shorter",
            at("win", "*.example.com", Prefix, "/"),
            older(at("lose", "*.com", Exact, "/abc/def")),
        ),
        ("any domain last", at("win", "*.com", Regex, "/.*"), older(at("lose", "*", Exact, "/abc/def"))),
        (
            "exact before longer prefix conditions",
            at("win", host, Exact, "/abc/def"),
            older(with(at("lose", host, Prefix, "/abc/def"), 3, 3)),
        ),
        (
            "prefix before a longer expression",
            at("win", host, Prefix, "/a"),
            older(with(at("lose", host, Regex, "/abc/d[a-z]+[a-z]*"), 3, 3)),
        ),
        (
            "longer path before header conditions",
            at("win", host, Prefix, "/abc/d"),
            older(with(at("lose", host, Prefix, "/abc/"), 3, 3)),
        ),
        (
            "longer expression before header conditions",
            at("win", host, Regex, "/abc/[a-z]+"),
            older(with(at("lose", host, Regex, "/abc/.*"), 3, 3)),
        ),
        (
            "header conditions before query conditions",
            with(at("win", host, Prefix, "/abc"), 2, 0),
            older(with(at("lose", host, Prefix, "/abc"), 1, 3)),
        ),
        (
            "query conditions before age",
            with(at("win", host, Prefix, "/abc"), 1, 2),
            older(with(at("lose", host, Prefix, "/abc"), 1, 1)),
        ),
        ("age", older(at("win", host, Prefix, "/abc")), at("lose", host, Prefix, "/abc")),
        (
            "serial number within one millisecond",
            at("win", host, Prefix, "/abc"),
            Route { sequence: 1, ..at("lose", host, Prefix, "/abc") },
        ),
    ];
    let names = ["h0", "h1", "h2"].map(|name| (name.to_owned(), "1".to_owned()));
    let sent = |host| Sent { headers: names.to_vec(), ..get(host, "/abc/def?q0=1&q1=1&q2=1") };
    for (rule, win, lose) in cases {
        let request = sent(if rule.starts_with("length") { "a.b.www.example.com" } else { host });
        for routes in [vec![win.clone(), lose.clone()], vec![lose.clone(), win.clone()]] {
            let config = GatewayConfig { routes, ..GatewayConfig::default() };
            let table = RouteTable::compile(&config, &mut TableCache::default());
            assert_eq!(find(&table, &request).as_deref(), Some("win"), "{rule}");
        }
        // The loser does match: alone it answers.
        let config = GatewayConfig { routes: vec![lose], ..GatewayConfig::default() };
        let table = RouteTable::compile(&config, &mut TableCache::default());
        assert_eq!(find(&table, &request).as_deref(), Some("lose"), "{rule}");
    }
}

#[test]
fn single_conditions_match_what_they_say() {
    let base = route("r", &["*.Example.com"], Prefix, "/Api", mock(""));
    let folded = Route {
        path: PathMatch { kind: Exact, value: "/Api/X".to_owned(), ignore_case: true },
        ..base.clone()
    };
    let post = Route { methods: vec!["POST".to_owned(), "PUT".to_owned()], ..base.clone() };
    let header = Route { headers: vec![value("X-Env", Regex, "gr[ae]y")], ..base.clone() };
    let query = Route { queries: vec![value("v", Prefix, "2")], ..base.clone() };
    let header_sent = |text: &str| {
        let pairs = vec![("x-env".to_owned(), text.to_owned())];
        Sent { headers: pairs, ..get("a.example.com", "/Api") }
    };
    for (route, request, wanted) in [
        (&base, get("A.example.COM:8080", "/Apix"), true),
        (&base, get("a.b.example.com", "/Api"), true),
        (&base, get("example.com", "/Api"), false),
        (&base, get("a.example.com", "/api"), false),
        (&base, get("aexample.com", "/Api"), false),
        (&base, Sent { secure: true, ..get("a.example.com", "/Api") }, false),
        (&folded, get("a.example.com", "/aPI/x"), true),
        (&folded, get("a.example.com", "/aPI/x/"), false),
        (&post, get("a.example.com", "/Api"), false),
        (&post, Sent { method: "PUT".to_owned(), ..get("a.example.com", "/Api") }, true),
        (&header, header_sent("grey"), true),
        (&header, header_sent("greyish"), false),
        (&header, get("a.example.com", "/Api"), false),
        (&query, get("a.example.com", "/Api?a=1&v=25"), true),
        (&query, get("a.example.com", "/Api?V=25"), false),
        (&query, get("a.example.com", "/Api?v=1&v=2"), false),
        (&query, get("a.example.com", "/Api"), false),
    ] {
        let config = GatewayConfig { routes: vec![route.clone()], ..GatewayConfig::default() };
        let table = RouteTable::compile(&config, &mut TableCache::default());
        assert_eq!(find(&table, &request).is_some(), wanted, "{route:?} {request:?}");
    }
}

/// The documented rule again, as plainly as possible: look at every route, keep those that match,
/// take the greatest by the order.
fn naive(config: &GatewayConfig, request: &Sent) -> Option<String> {
    let host = request.authority.split(':').next().unwrap_or_default().to_lowercase();
    let text = |kind: MatchKind, pattern: &str, value: &str| match kind {
        Exact => value == pattern,
        Prefix => value.starts_with(pattern),
        Regex => regex::Regex::new(pattern).is_ok_and(|expression| {
            expression.find_iter(value).any(|found| found.len() == value.len())
                || regex::Regex::new(&format!("^({pattern})$")).is_ok_and(|e| e.is_match(value))
        }),
    };
    let domain_length = |route: &Route| {
        let served = |name: &String| {
            let secure = config.domains.iter().any(|d| d.name == *name && d.certificate.is_some());
            !request.secure || secure
        };
        let covers = |name: &String| {
            name == "*"
                || *name == host
                || name.strip_prefix('*').is_some_and(|rest| rest.starts_with('.') && host.ends_with(rest))
        };
        route.domains.iter().filter(|n| served(n) && covers(n)).map(String::len).max()
    };
    let path_matches = |path: &PathMatch| {
        if path.ignore_case {
            text(path.kind, &path.value.to_lowercase(), &request.path.to_lowercase())
        } else {
            text(path.kind, &path.value, &request.path)
        }
    };
    let header = |c: &ValueMatch| {
        let found = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&c.name));
        found.is_some_and(|(_, value)| text(c.kind, &c.value, value))
    };
    let query = |c: &ValueMatch| {
        let mut pairs = request.query.split('&').map(|p| p.split_once('=').unwrap_or((p, "")));
        pairs.find(|(name, _)| *name == c.name).is_some_and(|(_, v)| text(c.kind, &c.value, v))
    };
    let rank = |kind: MatchKind| match kind {
        Exact => 2,
        Prefix => 1,
        Regex => 0,
    };
    let mut best = None;
    for route in &config.routes {
        let Some(length) = domain_length(route) else {
            continue;
        };
        let all = path_matches(&route.path)
            && (route.methods.is_empty() || route.methods.contains(&request.method))
            && route.headers.iter().all(header)
            && route.queries.iter().all(query);
        let key = (
            length,
            rank(route.path.kind),
            route.path.value.len(),
            route.headers.len(),
            route.queries.len(),
            -route.created_ms,
            -(route.sequence as i64),
        );
        if all && best.as_ref().is_none_or(|(other, _): &(_, &Route)| key > *other) {
            best = Some((key, route));
        }
    }
    best.map(|(_, route)| route.name.clone())
}

const DOMAINS: [&str; 8] = ["a.ex.io", "b.ex.io", "*.ex.io", "*.io", "*", "x.a.ex.io", "*.a.ex.io", "ex.io"];
const HOSTS: [&str; 9] =
    ["a.ex.io", "B.ex.io", "c.ex.io:80", "x.a.ex.io", "y.a.ex.io", "ex.io", "io", "other.net", "z.io"];
const PATHS: [&str; 9] = ["/", "/a", "/a/b", "/A/b", "/a/b/c", "/ab", "/a/bb", "/b", "/a/1"];
const PATTERNS: [&str; 9] =
    ["/a/.*", "/a/b?", "/[ab]", "/a/[0-9]+", "/a|/b", "/(a|b)/.*", "/.*", "/a/b{2}", "/a/b+"];

fn any_path() -> impl Strategy<Value = PathMatch> {
    let literal = (prop_oneof![Just(Exact), Just(Prefix)], prop::sample::select(&PATHS[..]));
    let pattern = (Just(Regex), prop::sample::select(&PATTERNS[..]));
    (prop_oneof![3 => literal, 2 => pattern], prop::bool::weighted(0.2))
        .prop_map(|((kind, value), ignore_case)| PathMatch { kind, value: value.to_owned(), ignore_case })
}

fn any_condition() -> impl Strategy<Value = ValueMatch> {
    let text = prop_oneof![
        (Just(Exact), prop::sample::select(vec!["1", "2", "12"])),
        (Just(Prefix), prop::sample::select(vec!["", "1"])),
        (Just(Regex), prop::sample::select(vec![".*", "[12]", "1?2"])),
    ];
    (prop::sample::select(vec!["k", "l"]), text).prop_map(|(name, (kind, text))| value(name, kind, text))
}

fn any_route() -> impl Strategy<Value = Route> {
    (
        prop::collection::vec(prop::sample::select(&DOMAINS[..]), 1..3),
        any_path(),
        prop::collection::vec(prop::sample::select(vec!["GET", "POST"]), 0..2),
        prop::collection::vec(any_condition(), 0..3),
        prop::collection::vec(any_condition(), 0..3),
        0_i64..3,
    )
        .prop_map(|(domains, path, methods, headers, queries, created_ms)| Route {
            path,
            methods: methods.into_iter().map(str::to_owned).collect(),
            headers,
            queries,
            created_ms,
            ..route("", &domains, Exact, "", mock(""))
        })
}

fn any_config() -> impl Strategy<Value = GatewayConfig> {
    let secure = prop::collection::vec(any::<bool>(), DOMAINS.len());
    (prop::collection::vec(any_route(), 1..40), secure).prop_map(|(mut routes, secure)| {
        for (number, route) in routes.iter_mut().enumerate() {
            route.name = format!("r{number}");
            route.sequence = number as u64;
        }
        let domains = DOMAINS
            .iter()
            .zip(secure)
            .map(|(name, secure)| domain(name, secure.then_some("c"), false))
            .collect();
        GatewayConfig { domains, routes, ..GatewayConfig::default() }
    })
}

fn any_request() -> impl Strategy<Value = Sent> {
    let pairs = || {
        let pair =
            (prop::sample::select(vec!["k", "l", "m"]), prop::sample::select(vec!["1", "2", "12", "3"]));
        prop::collection::btree_map(pair.0, pair.1, 0..3)
    };
    (
        prop::sample::select(&HOSTS[..]),
        prop::sample::select(vec!["GET", "POST", "PUT"]),
        prop::sample::select(&PATHS[..]),
        pairs(),
        pairs(),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(authority, method, path, queries, headers, secure)| {
            let pairs: Vec<String> = queries.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let headers = headers.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            let method = method.to_owned();
            Sent { method, query: pairs.join("&"), headers, secure, ..get(authority, path) }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_table_agrees_with_a_naive_matcher(
        config in any_config(),
        requests in prop::collection::vec(any_request(), 40),
    ) {
        let table = RouteTable::compile(&config, &mut TableCache::default());
        for request in requests {
            prop_assert_eq!(find(&table, &request), naive(&config, &request), "{:?}", request);
        }
    }
}

/// 5,000 routes on few domains: exact, prefix and expressions, many with header conditions.
fn many() -> GatewayConfig {
    let routes = (0..5000_usize)
        .map(|n| {
            let host = ["api.example.com", "*.example.com", "shop.example.com"][n % 3];
            let (kind, path) = match n % 5 {
                0 | 1 => (Exact, format!("/svc-{n}/items")),
                2 | 3 => (Prefix, format!("/svc-{n}/")),
                _ => (Regex, format!("/svc-{n}/v[0-9]+/.*")),
            };
            let mut route = route(&format!("r{n}"), &[host], kind, &path, mock(""));
            route.sequence = n as u64;
            if n % 7 == 0 {
                route.headers = vec![value("x-canary", Exact, "true")];
            }
            route
        })
        .collect();
    GatewayConfig { routes, ..GatewayConfig::default() }
}

#[test]
fn five_thousand_routes_are_compiled_and_matched_quickly() {
    // Without optimisation the same is allowed to take ten times as long.
    let slack = if cfg!(debug_assertions) { 10 } else { 1 };
    let config = many();
    let mut cache = TableCache::default();
    let began = Instant::now();
    let table = RouteTable::compile(&config, &mut cache);
    let first = began.elapsed();
    assert!(first < Duration::from_secs(1) * slack, "first compilation took {first:?}");
    let requests: Vec<Sent> = (0..1000)
        .map(|n| {
            let service = n * 11 % 5000;
            let suffix = ["items", "items", "any", "any", "v2/x"][service % 5];
            get("api.example.com", &format!("/svc-{service}/{suffix}"))
        })
        .collect();
    let began = Instant::now();
    let found = requests.iter().filter(|request| find(&table, request).is_some()).count();
    let each = began.elapsed() / 1000;
    assert!(each < Duration::from_micros(50) * slack, "a match took {each:?}");
    // Two of three services are on a domain of that host, six of seven need no header.
    assert!((500..650).contains(&found), "{found} of 1000 requests found a route");
    let began = Instant::now();
    let table = RouteTable::compile(&config, &mut cache);
    let again = began.elapsed();
    assert_eq!(requests.iter().filter(|request| find(&table, request).is_some()).count(), found);
    assert!(again < first, "second compilation took {again:?}, the first {first:?}");
    println!("compile {first:?}, again {again:?}, match {each:?}");
}
