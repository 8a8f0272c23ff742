//! Properties of the generated requests, over inventories in which routes overlap.

use gateshift_gateway_model::{Protocol, PublishState, RequestFacts, Route, matches, select};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use serde_json::json;

use super::simulation::between;
use super::world::{domain, fixture, inventories, inventory, moved, route};
use crate::book::{Book, Winner, serves};
use crate::case::{Case, Kind, Reach};
use crate::generate::requests;
use crate::opened::Opened;
use crate::settings::{NearMisses, Settings};

fn facts(case: &Case) -> RequestFacts {
    let (path, query) = case.target.split_once('?').unwrap_or((&case.target, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    RequestFacts {
        host: case.host.clone(),
        path: path.to_owned(),
        method: case.method.clone(),
        headers: case.headers.clone(),
        queries: pairs.map(|(name, value)| (decoded(name), decoded(value))).collect(),
    }
}

fn all(per_route: usize) -> Settings {
    Settings { near_misses: NearMisses::All, per_route, ..Settings::default() }
}

/// Everything that serves as if it were published: what the reference matcher shall look at.
fn serving(routes: &[Route], tls: bool) -> Vec<Route> {
    let mut routes: Vec<Route> = routes.to_vec();
    for route in &mut routes {
        if serves(route) {
            route.state = PublishState::Published;
        }
        if tls {
            route.domains.retain(|domain| !domain.ends_with(".org"));
        }
    }
    routes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_index_agrees_with_the_reference(
        inventory in inventories(),
        asked in proptest::collection::vec((0..6usize, 0..8usize, 0..3usize, 0..4usize), 20),
        tls in any::<bool>(),
    ) {
        let book = Book::new(&inventory);
        let reference = serving(&inventory.routes, tls);
        for (host, path, method, value) in asked {
            let text = ["a", "ab", "a1", "x"][value].to_owned();
            let request = RequestFacts {
                host: ["b.example.com", "z.example.com", "c.example.org", "x.org", "B.Example.com", "other"][host].into(),
                path: ["/", "/a", "/a/b", "/A", "/ab", "/a/12", "/c/x.json", "/c%20d"][path].into(),
                method: ["GET", "POST", "HEAD"][method].into(),
                headers: vec![("x-a".into(), text.clone()), ("x-b".into(), text.clone())],
                queries: vec![("q".into(), text.clone()), ("r".into(), text)],
            };
            let expected = select(&reference, &request).map(|(route, _)| route.id.clone());
            let found = match book.winner(&request, tls) {
                Winner::Route(at) => Some(book.route(at).id.clone()),
                Winner::Missing => None,
                Winner::Secure => continue,
            };
            prop_assert_eq!(found, expected, "{:?}", request);
        }
    }

    #[test]
    fn positive_requests_are_won_by_their_route_and_near_misses_miss_it(inventory in inventories()) {
        let made = requests(&inventory, &moved(&inventory), &all(5), &Opened::default());
        prop_assert_eq!(&made, &requests(&inventory, &moved(&inventory), &all(5), &Opened::default()));
        for case in &made.cases {
            let request = facts(case);
            prop_assert!(["GET", "HEAD", "OPTIONS"].contains(&case.method.as_str()));
            let reference = serving(&inventory.routes, case.tls);
            let winner = select(&reference, &request).map(|(route, _)| route);
            if case.kind != Kind::Redirect {
                prop_assert_eq!(winner.map(|route| &route.name), case.winner.as_ref(), "{:?}", case);
            }
            prop_assert!(case.route.is_some() || !matches!(case.kind, Kind::Positive | Kind::NearMiss));
            for (at, kind, _) in case.about() {
                let route = inventory.routes.iter().find(|route| route.id == made.routes[at].id).unwrap();
                prop_assert_eq!(route.state, PublishState::Published);
                match kind {
                    Kind::Positive => prop_assert_eq!(winner.map(|one| &one.id), Some(&route.id), "{:?}", case),
                    Kind::NearMiss => prop_assert!(!matches(route, &request), "{:?}", case),
                    Kind::Redirect | Kind::Negative | Kind::Effect => {}
                }
            }
        }
        for (at, note) in made.routes.iter().enumerate() {
            let about = made.cases.iter().flat_map(Case::about);
            let shown = about.into_iter().any(|(route, kind, _)| kind == Kind::Positive && route == at);
            prop_assert_eq!(shown, note.reach == Reach::Compared, "{:?}", note);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn an_equal_target_has_no_mismatch(inventory in inventories()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // What an edited route serves is unknown; here it serves what it stores.
        let mut served = inventory.clone();
        for route in served.routes.iter_mut().filter(|route| route.state == PublishState::Edited) {
            route.state = PublishState::Published;
        }
        let host = super::simulation::host(
            super::simulation::Gateway::new(served.clone()),
            super::simulation::Gateway::new(served),
        );
        let ran = runtime.block_on(super::simulation::run(host, &inventory, json!({"nearMisses": "all", "rate": 10000})));
        let report = ran.report();
        prop_assert_eq!((report.mismatches, report.unclear), (0, 0), "{:?}", report.doubts);
        for one in &report.coverage {
            prop_assert!(!one.is_open(), "{:?}", one);
        }
    }
}

#[test]
fn a_large_gateway_stays_within_bounds() {
    use gateshift_gateway_model::{MatchKind, Protocol};
    let names: Vec<String> = (0..40).map(|n| format!("d{n}.example.com")).collect();
    let domains = names.iter().map(|name| super::world::domain(name, Protocol::Https, false)).collect();
    let routes = (0..1000i64).map(|n| {
        let kind = [MatchKind::Exact, MatchKind::Prefix, MatchKind::Regex][(n % 3) as usize];
        let path = if kind == MatchKind::Regex { format!("/r{n}/[a-z]+/\\d+") } else { format!("/r{n}/x") };
        route(n, &[names[(n % 40) as usize].as_str()], kind, &path)
    });
    let inventory = inventory(domains, routes.collect());
    let began = std::time::Instant::now();
    let made = requests(&inventory, &moved(&inventory), &Settings::default(), &Opened::default());
    let took = began.elapsed();
    assert!(made.routes.iter().all(|route| route.reach == Reach::Compared));
    assert!((3000..8000).contains(&made.cases.len()), "{}", made.cases.len());
    assert!(took.as_secs() < 4, "{took:?}");
}

#[tokio::test]
async fn the_fixture_is_fully_shown() {
    let fixture = super::world::fixture();
    let ran = between(&fixture, &fixture, json!({"nearMisses": "all", "perRoute": 12})).await;
    for one in ran.report().coverage {
        assert!(one.is_covered(), "{one:?}");
        assert!(one.not_shown.is_empty(), "{one:?}");
    }
}

#[test]
fn a_domain_that_no_route_uses_is_named_and_not_compared() {
    let mut inventory = fixture();
    inventory.domains.push(domain("idle.example.com", Protocol::Https, true));
    let requests = requests(&inventory, &moved(&inventory), &Settings::default(), &Opened::default());
    assert_eq!(requests.idle_domains, ["idle.example.com"]);
    assert!(requests.cases.iter().all(|case| !format!("{case:?}").contains("idle.example.com")));
}
