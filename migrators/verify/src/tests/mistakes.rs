//! Seeded translation mistakes: each is put into a copy of the inventory that plays the target, on
//! every route it can be made on, and each has to show.

use gateshift_gateway_model::*;
use serde_json::json;

use super::simulation::between;
use super::world::{fixture, service};

/// Makes the mistake on a route; false when the route has nothing to mistake.
type Mistake = fn(&mut Route) -> bool;

fn other_kind(kind: MatchKind) -> MatchKind {
    match kind {
        MatchKind::Exact => MatchKind::Prefix,
        MatchKind::Prefix | MatchKind::Regex => MatchKind::Exact,
    }
}

const ON_ROUTES: [(&str, Mistake); 19] = [
    ("route lost", |route| {
        route.state = PublishState::Unpublished;
        true
    }),
    ("case", |route| {
        route.matching.path.ignore_case = !route.matching.path.ignore_case;
        true
    }),
    ("slash added", |route| {
        route.matching.path.value.push('/');
        true
    }),
    ("path kind", |route| {
        route.matching.path.kind = other_kind(route.matching.path.kind);
        true
    }),
    ("path cut", |route| {
        let is_plain = route.matching.path.kind != MatchKind::Regex;
        is_plain && route.matching.path.value.pop().is_some()
    }),
    ("first header lost", |route| {
        let has = !route.matching.headers.is_empty();
        has.then(|| route.matching.headers.remove(0)).is_some()
    }),
    ("last header lost", |route| route.matching.headers.pop().is_some()),
    ("first header kind", |route| {
        route.matching.headers.first_mut().map(|one| one.kind = other_kind(one.kind)).is_some()
    }),
    ("last header kind", |route| {
        route.matching.headers.last_mut().map(|one| one.kind = other_kind(one.kind)).is_some()
    }),
    ("middle header kind", |route| {
        route.matching.headers.get_mut(1).map(|one| one.kind = other_kind(one.kind)).is_some()
    }),
    ("first query lost", |route| {
        let has = !route.matching.queries.is_empty();
        has.then(|| route.matching.queries.remove(0)).is_some()
    }),
    ("last query lost", |route| route.matching.queries.pop().is_some()),
    ("middle query kind", |route| {
        route.matching.queries.get_mut(1).map(|one| one.kind = other_kind(one.kind)).is_some()
    }),
    ("method lost", |route| {
        let has = !route.matching.methods.is_empty();
        has.then(|| route.matching.methods.remove(0)).is_some()
    }),
    ("methods forgotten", |route| {
        let has = !route.matching.methods.is_empty();
        route.matching.methods.clear();
        has
    }),
    ("methods restricted", |route| {
        let had_none = route.matching.methods.is_empty();
        route.matching.methods = vec!["GET".to_owned()];
        had_none
    }),
    ("destination", |route| {
        route.destination = match &route.destination {
            Destination::Redirect { to } => {
                Destination::Redirect { to: RedirectTo { path: Some("/elsewhere".into()), ..to.clone() } }
            }
            Destination::Mock { status, .. } => Destination::Mock { status: *status, body: "other".into() },
            Destination::Versions { targets } => Destination::Versions { targets: targets[..1].to_vec() },
            _ => Destination::Single { target: service("wrong", 100) },
        };
        true
    }),
    ("one of several destinations", |route| match &mut route.destination {
        Destination::Weighted { targets } | Destination::Versions { targets } => {
            targets[1].service = "wrong".to_owned();
            true
        }
        Destination::Redirect { to } => {
            to.status = 301;
            true
        }
        Destination::Mock { status, .. } => {
            *status = 200;
            true
        }
        Destination::Single { .. } => false,
    }),
    ("domain lost", |route| {
        // Alone on its domain a route would leave with it.
        route.domains.len() > 1 && route.domains.pop().is_some()
    }),
];

/// Makes a mistake on the gateway as a whole.
type Disorder = fn(&mut Inventory);

const ON_GATEWAY: [(&str, Disorder); 6] = [
    ("order", |target| target.routes.swap_created(11, 12)),
    ("unpublished route served", |target| target.routes[10].state = PublishState::Published),
    ("redirect to HTTPS lost", |target| target.domains[0].force_https = false),
    ("redirect to HTTPS gained", |target| target.domains[1].force_https = true),
    ("other certificate", |target| target.domains[0].certificate = Some("other".into())),
    ("catch-all route", |target| {
        let domains = vec!["*".to_owned()];
        let all = super::world::route(99, &[], MatchKind::Prefix, "/");
        target.routes.push(Route { domains, ..all });
    }),
];

trait Swap {
    fn swap_created(&mut self, one: usize, other: usize);
}

impl Swap for Vec<Route> {
    fn swap_created(&mut self, one: usize, other: usize) {
        let (first, second) = (self[one].created_at, self[other].created_at);
        (self[one].created_at, self[other].created_at) = (second, first);
    }
}

#[tokio::test]
async fn every_mistake_on_a_route_is_found() {
    let source = fixture();
    let mut made = 0;
    for (name, mistake) in ON_ROUTES {
        let before = made;
        for at in (0..source.routes.len()).filter(|at| source.routes[*at].state == PublishState::Published) {
            let mut target = source.clone();
            if !mistake(&mut target.routes[at]) {
                continue;
            }
            made += 1;
            let ran = between(&source, &target, json!({"nearMisses": "all"})).await;
            let report = ran.report();
            assert!(report.mismatches > 0, "`{name}` on route {} was not found", source.routes[at].name);
            let error = ran.applied.unwrap_err();
            assert_eq!(error.code, "GS-VERIFY-MISMATCH");
        }
        assert!(made > before, "`{name}` was made on no route");
    }
    assert!(made > 100, "{made}");
}

#[tokio::test]
async fn every_mistake_on_the_gateway_is_found() {
    let source = fixture();
    for (name, mistake) in ON_GATEWAY {
        let mut target = source.clone();
        mistake(&mut target);
        let report = between(&source, &target, json!({})).await.report();
        assert!(report.mismatches > 0, "`{name}` was not found");
    }
}

#[tokio::test]
async fn causes_point_the_right_way() {
    let source = fixture();
    let cases: [(&str, Disorder); 9] = [
        ("route_missing", |target| target.routes[0].state = PublishState::Unpublished),
        ("case", |target| target.routes[3].matching.path.ignore_case = false),
        ("slash", |target| {
            target.routes[0].matching.path =
                PathMatch { kind: MatchKind::Regex, value: "/exact/?".into(), ignore_case: false }
        }),
        ("header_condition", |target| drop(target.routes[5].matching.headers.remove(0))),
        ("query_condition", |target| drop(target.routes[6].matching.queries.remove(0))),
        ("method", |target| target.routes[4].matching.methods.clear()),
        ("redirect", |target| target.domains[0].force_https = false),
        ("order", |target| target.routes.swap_created(11, 12)),
        ("upstream", |target| {
            target.routes[1].destination = Destination::Single { target: service("wrong", 100) }
        }),
    ];
    for (code, mistake) in cases {
        let mut target = source.clone();
        mistake(&mut target);
        let report = between(&source, &target, json!({"nearMisses": "all"})).await.report();
        let codes: Vec<&str> = report.differing.iter().map(|one| one.cause.code.as_str()).collect();
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
}
