//! Puts groups together until there are enough routes, and gives them their times.

use super::groups::{Group, Maker};
use super::random::Random;
use crate::scenario::{Moment, Route, Scenario};

/// Every kind once, the most telling first, so that even a small scenario has them.
const FIRST: &[Group] = &[
    Group::Edited,
    Group::Unpublished,
    Group::Offline,
    Group::Weighted,
    Group::Versions,
    Group::Mock,
    Group::Redirect,
    Group::Fallback,
    Group::AnyCase,
    Group::Kinds,
    Group::Headers,
    Group::Queries,
    Group::Age,
    Group::Domains,
    Group::Nested,
    Group::Plain,
];

/// What follows, as often as it is listed.
const THEN: &[Group] = &[
    Group::Plain,
    Group::Plain,
    Group::Plain,
    Group::Kinds,
    Group::Kinds,
    Group::Headers,
    Group::Queries,
    Group::Age,
    Group::Domains,
    Group::Nested,
    Group::Weighted,
    Group::Versions,
    Group::Mock,
    Group::Redirect,
    Group::Fallback,
    Group::AnyCase,
    Group::Unpublished,
    Group::Offline,
];

const NOUNS: &[&str] = &[
    "orders",
    "carts",
    "products",
    "categories",
    "users",
    "payments",
    "refunds",
    "coupons",
    "reviews",
    "stock",
    "shipments",
    "returns",
    "wishlists",
    "addresses",
    "invoices",
    "messages",
    "brands",
    "banners",
    "search",
    "suggest",
    "prices",
    "campaigns",
    "vouchers",
    "points",
    "sessions",
    "devices",
    "feedback",
    "stores",
    "suppliers",
    "reports",
];
const AREAS: &[&str] = &["/api", "/web", "/app", "/internal", "/open"];

/// 2025-01-06 01:00 UTC.
pub(super) const BEGINNING_MS: i64 = 1_736_125_200_000;

/// So many routes, in an order that is not the one they were created in.
pub(super) fn routes(random: &mut Random, scenario: &Scenario, count: usize) -> Vec<Route> {
    let alive: Vec<&str> = scenario
        .services
        .iter()
        .filter(|service| service.alive)
        .map(|service| service.name.as_str())
        .collect();
    let versioned: Vec<&str> = scenario
        .services
        .iter()
        .filter(|service| !service.versions.is_empty())
        .map(|service| service.name.as_str())
        .collect();
    let mut maker = Maker { random, scenario, alive, versioned };
    let mut routes: Vec<Route> = Vec::with_capacity(count + 3);
    let rare = [(60, Group::Edited), (100, Group::Unavailable)];
    let rare: Vec<Group> =
        rare.into_iter().filter(|(from, _)| count >= *from).map(|(_, group)| group).collect();
    let mut fixed = FIRST.iter().chain(&rare);
    for serial in 0.. {
        if routes.len() >= count {
            break;
        }
        let group = fixed.next().copied().unwrap_or_else(|| *maker.random.pick(THEN));
        let (name, base) = place(serial);
        routes.extend(maker.make(group, &name, &base));
    }
    routes.truncate(count);
    spread_times(random, &mut routes);
    routes
}

/// Name and path of a group; no path of one is the beginning of a path of another on purpose only.
fn place(serial: usize) -> (String, String) {
    let noun = NOUNS[serial % NOUNS.len()];
    let round = serial / NOUNS.len();
    let area = AREAS[round % AREAS.len()];
    let version = 1 + round / AREAS.len();
    let name = match serial % 40 {
        17 => format!("Legacy_{noun}_v{version}{}", area.replace('/', "_")),
        _ => format!("{}-v{version}-{noun}", &area[1..]),
    };
    (name, format!("{area}/v{version}/{noun}"))
}

/// Times between one and two minutes apart, dealt out in any order.
fn spread_times(random: &mut Random, routes: &mut [Route]) {
    let mut times: Vec<i64> = Vec::with_capacity(routes.len());
    let mut at = BEGINNING_MS;
    for _ in 0..routes.len() {
        at += 60_000 + 1_000 * random.below(60) as i64 + random.below(1_000) as i64;
        times.push(at);
    }
    random.shuffle(&mut times);
    for (route, at) in routes.iter_mut().zip(times) {
        route.created = Some(Moment(at));
    }
}
