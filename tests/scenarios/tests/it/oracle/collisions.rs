//! A scenario made to collide: few domains, few short paths, many conditions, every route an answer of
//! its own, so that the answer names the route.

use gateshift_lab_mse::Scenario;
use gateshift_lab_mse::scenario::{
    Certificate, Compare, Condition, Domain, Gateway, Mock, Network, PathKind, Route,
};

use crate::dice::Dice;

/// Hosts whose names are as long as the wildcard beside them are among them.
const DOMAINS: [&str; 6] = ["a.zz.test", "*.zz.test", "bb.zz.test", "*.bb.zz.test", "yy.test", "*.yy.test"];
const PATHS: [&str; 8] = ["/", "/a", "/a/", "/a/b", "/ab", "/A", "/a/b/c", "/abc"];
const EXPRESSIONS: [&str; 7] = ["/a/.*", "/[a-z]+", "/a(/b)?", "/a/[0-9]+", "/(a|ab)", "/.*", "/[^/]+/b"];

/// The scenario of a seed.
pub(crate) fn collisions(seed: u64, routes: usize) -> Scenario {
    let mut dice = Dice::seeded(seed);
    let certificate = |id: &str, names: &[&str]| {
        let text = serde_json::json!({"id": id, "names": names});
        serde_json::from_value::<Certificate>(text).unwrap()
    };
    let certificates =
        vec![certificate("1-cn-hangzhou", &["a.zz.test"]), certificate("2-cn-hangzhou", &["*.bb.zz.test"])];
    let domain = |name: &&str| match *name {
        "a.zz.test" => Domain { certificate: "1-cn-hangzhou".to_owned(), ..Domain::http(name) },
        "*.bb.zz.test" => Domain { certificate: "2-cn-hangzhou".to_owned(), ..Domain::http(name) },
        _ => Domain::http(name),
    };
    let mut scenario = Scenario {
        region: "cn-hangzhou".to_owned(),
        network: Network { certificates, ..Network::default() },
        gateway: Gateway::named(&format!("collisions-{seed}")),
        domains: DOMAINS.iter().map(domain).collect(),
        sources: Vec::new(),
        services: Vec::new(),
        routes: Vec::new(),
        backends: Vec::new(),
        access_lists: Vec::new(),
        authentications: Vec::new(),
        consumers: Vec::new(),
        plugins: Vec::new(),
        alerts: Vec::new(),
        answers: Default::default(),
    };
    while scenario.routes.len() < routes {
        let route = route(&mut dice, scenario.routes.len());
        let same = |other: &Route| {
            Route { name: String::new(), mock: None, ..other.clone() }
                == Route { name: String::new(), mock: None, ..route.clone() }
        };
        if !scenario.routes.iter().any(same) {
            scenario.routes.push(route);
        }
    }
    // Lists show them in another order than they were made in.
    for at in (1..scenario.routes.len()).rev() {
        let other = dice.below(at + 1);
        scenario.routes.swap(at, other);
    }
    scenario.complete();
    scenario
}

fn route(dice: &mut Dice, serial: usize) -> Route {
    let kind = *dice.pick(&[PathKind::Exact, PathKind::Prefix, PathKind::Prefix, PathKind::Regex]);
    let path = if kind == PathKind::Regex { *dice.pick(&EXPRESSIONS) } else { *dice.pick(&PATHS) };
    let name = format!("r{serial:03}");
    let mut route = Route::new(&name, DOMAINS[dice.below(DOMAINS.len())], path);
    if dice.percent(15) {
        let second = (*dice.pick(&DOMAINS)).to_owned();
        if !route.domains.contains(&second) {
            route.domains.push(second);
        }
    }
    route.kind = kind;
    route.ignore_case = dice.percent(15);
    if dice.percent(30) {
        route.methods = vec![(*dice.pick(&["GET", "POST", "PUT"])).to_owned()];
    }
    let condition =
        |name: &str, kind, value: &str| Condition { name: name.to_owned(), kind, value: value.to_owned() };
    let headers = [
        condition("x-k", Compare::Exact, "1"),
        condition("x-k", Compare::Prefix, "1"),
        condition("x-r", Compare::Regex, "1|2"),
    ];
    let query = [condition("q", Compare::Exact, "1"), condition("p", Compare::Prefix, "v")];
    if dice.percent(40) {
        route.headers = vec![dice.pick(&headers).clone()];
        if dice.percent(30) && route.headers[0].name == "x-k" {
            route.headers.push(headers[2].clone());
        }
    }
    if dice.percent(30) {
        route.query = vec![dice.pick(&query).clone()];
    }
    route.mock = Some(Mock { status: 200, body: name });
    route
}

/// The same routes, each with an answer of its own in place of its destination.
pub(crate) fn marked(scenario: &Scenario) -> Scenario {
    let mut marked = scenario.clone();
    for route in &mut marked.routes {
        route.to.clear();
        route.fallback.clear();
        route.redirect = None;
        route.retry = None;
        route.mock = Some(Mock { status: 200, body: route.name.clone() });
    }
    marked
}
