//! Generated accounts, over many seeds and sizes.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_lab_mse::scenario::{Level, PathKind, Plugin, Route, RouteStatus, Scenario, ServiceType};
use gateshift_lab_mse::{generate, generate_dense, generate_rich};
use proptest::prelude::*;

fn count<T>(of: &[T], fits: impl Fn(&T) -> bool) -> usize {
    of.iter().filter(|item| fits(item)).count()
}

type Trait = (&'static str, fn(&Route) -> bool);

/// What every account has that is large enough.
fn check_variety(scenario: &Scenario) {
    let routes = &scenario.routes;
    for kind in [PathKind::Exact, PathKind::Prefix, PathKind::Regex] {
        assert!(count(routes, |route| route.kind == kind) > 0, "{kind:?}");
    }
    let traits: [Trait; 12] = [
        ("any case", |route| route.ignore_case),
        ("methods", |route| !route.methods.is_empty()),
        ("header", |route| !route.headers.is_empty()),
        ("query", |route| !route.query.is_empty()),
        ("weighted", |route| route.to.len() > 1 && route.to.iter().all(|to| to.version.is_empty())),
        ("versions", |route| route.to.len() > 1 && route.to.iter().all(|to| !to.version.is_empty())),
        ("mock", |route| route.mock.is_some()),
        ("redirect", |route| route.redirect.is_some()),
        ("fallback", |route| !route.fallback.is_empty()),
        ("unpublished", |route| route.status == RouteStatus::Unpublished),
        ("offline", |route| route.status == RouteStatus::Offline),
        ("published", |route| route.status == RouteStatus::Published),
    ];
    for (name, fits) in traits {
        assert!(count(routes, fits) > 0, "no route with {name}");
    }
    let edited = count(routes, |route| route.status == RouteStatus::Edited);
    assert!((1..=2).contains(&edited), "{edited} edited");
}

/// Groups of routes for one path on one domain, decided by something else than the path.
fn ties(scenario: &Scenario) -> usize {
    let mut groups: BTreeMap<(&str, PathKind, &str), usize> = BTreeMap::new();
    for route in &scenario.routes {
        *groups.entry((&route.domains[0], route.kind, &route.path)).or_default() += 1;
    }
    groups.values().filter(|routes| **routes > 1).count()
}

fn check_sound(scenario: &Scenario, routes: usize) {
    scenario.check().unwrap();
    assert_eq!(scenario.routes.len(), routes);
    assert!(scenario.domains.len() >= 12);
    assert!(scenario.services.len() >= 40);
    assert!(count(&scenario.domains, |domain| domain.name.starts_with("*.")) >= 3);
    assert!(count(&scenario.domains, |domain| domain.certificate.is_empty()) >= 3);
    for kind in
        [ServiceType::K8s, ServiceType::Nacos, ServiceType::Vip, ServiceType::Dns, ServiceType::Function]
    {
        assert!(count(&scenario.services, |service| service.kind == kind) >= 3, "{kind:?}");
    }
    let times: BTreeSet<_> = scenario.routes.iter().map(|route| route.created).collect();
    assert_eq!(times.len(), routes, "a creation time occurs twice");
    // Seconds are all that some answers tell.
    let seconds: BTreeSet<_> = scenario.routes.iter().map(|route| route.created.unwrap().0 / 1000).collect();
    assert_eq!(seconds.len(), routes);
    for host in scenario.domains.iter().filter(|domain| !domain.name.starts_with('*')) {
        for wildcard in scenario.domains.iter().filter_map(|domain| domain.name.strip_prefix('*')) {
            let tie = host.name.ends_with(wildcard) && host.name.len() == wildcard.len() + 1;
            assert!(!tie, "{} is as long as *{wildcard}", host.name);
        }
    }
    for route in &scenario.routes {
        assert!(route.path.bytes().all(|byte| byte.is_ascii_graphic()), "{}", route.path);
        for condition in route.headers.iter().chain(&route.query) {
            assert!(condition.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
            assert!(condition.value.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}

/// What every rich account has that is large enough.
fn check_riches(scenario: &Scenario) {
    let routes = &scenario.routes;
    let traits: [Trait; 10] = [
        ("rewrite", |route| route.rewrite.is_some()),
        ("header changes", |route| !route.change_headers.is_empty()),
        ("cors", |route| route.cors.is_some()),
        ("mirror", |route| route.mirror.is_some()),
        ("rate limit", |route| route.rate_limit.is_some()),
        ("concurrency", |route| route.concurrency.is_some()),
        ("breaker", |route| route.circuit_breaker.is_some()),
        ("waf", |route| route.waf),
        ("consumers", |route| route.guarded),
        ("dubbo", |route| route.to.iter().any(|to| to.dubbo.is_some())),
    ];
    for (name, fits) in traits {
        assert!(count(routes, fits) > 0, "no route with {name}");
    }
    let several = |route: &Route| {
        let kinds = [
            route.rewrite.is_some(),
            !route.change_headers.is_empty(),
            route.cors.is_some(),
            route.mirror.is_some(),
            route.rate_limit.is_some(),
            route.concurrency.is_some(),
            route.circuit_breaker.is_some(),
        ];
        kinds.into_iter().filter(|has| *has).count()
    };
    assert!(count(routes, |route| several(route) >= 4) > 0, "no route with four policies");
    let some = count(routes, |route| several(route) > 0);
    assert!(some * 6 > routes.len() && some * 4 < routes.len() * 3, "{some} of {}", routes.len());
    assert_eq!((scenario.consumers.len(), scenario.plugins.len()), (3, 15));
    for level in [Level::Gateway, Level::Domain, Level::Route] {
        assert!(count(&scenario.access_lists, |list| list.level == level) > 0, "{level:?}");
        let on_level = |plugin: &Plugin| plugin.rules.iter().any(|rule| rule.level == level);
        assert!(count(&scenario.plugins, on_level) > 1, "{level:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_seed_and_size_is_sound(seed: u64, routes in 24_usize..260) {
        let scenario = generate(seed, routes);
        check_sound(&scenario, routes);
        check_variety(&scenario);
        prop_assert_eq!(&scenario, &generate(seed, routes));
        prop_assert_eq!(&scenario, &Scenario::from_yaml(&scenario.to_yaml().unwrap()).unwrap());
    }

    #[test]
    fn any_rich_account_is_sound(seed: u64, routes in 36_usize..260) {
        let scenario = generate_rich(seed, routes);
        check_sound(&scenario, routes);
        check_riches(&scenario);
        prop_assert_eq!(&scenario, &generate_rich(seed, routes));
        prop_assert_eq!(&scenario, &Scenario::from_yaml(&scenario.to_yaml().unwrap()).unwrap());
    }

    #[test]
    fn a_small_rich_account_holds_together(seed: u64, routes in 0_usize..36) {
        check_sound(&generate_rich(seed, routes), routes);
    }

    #[test]
    fn few_routes_are_as_many_as_asked_for(seed: u64, routes in 0_usize..24) {
        check_sound(&generate(seed, routes), routes);
    }
}

#[test]
fn the_default_size_has_overlaps_and_an_order_of_its_own() {
    for seed in 0..20 {
        let scenario = generate(seed, 120);
        assert!(ties(&scenario) >= 8, "seed {seed}: {} groups", ties(&scenario));
        assert_eq!(count(&scenario.routes, |route| route.status == RouteStatus::Edited), 2);
        let in_order = scenario.routes.windows(2).filter(|pair| pair[0].created < pair[1].created).count();
        assert!((30..90).contains(&in_order), "seed {seed}: {in_order} of 119 in order");
        let with_routes: BTreeSet<_> = scenario.routes.iter().flat_map(|route| &route.domains).collect();
        assert!(with_routes.len() >= 12, "seed {seed}: routes on {} domains", with_routes.len());
    }
}

#[test]
fn a_rich_account_has_the_routes_of_the_plain_one() {
    let (plain, rich) = (generate(5, 108), generate_rich(5, 120));
    let names = |scenario: &Scenario| -> Vec<String> {
        scenario.routes.iter().take(108).map(|route| route.name.clone()).collect()
    };
    assert_eq!(names(&plain), names(&rich));
    let restrains = |route: &&Route| route.guarded || route.name.starts_with("partner-");
    assert!(rich.routes[..108].iter().find(restrains).is_none());
}

#[test]
fn seeds_differ_but_never_change() {
    assert_ne!(generate(1, 50), generate(2, 50));
    let scenario = generate(7, 24);
    let first = &scenario.routes[0];
    assert_eq!((first.name.as_str(), first.status), ("api-v1-orders", RouteStatus::Edited));
}

#[test]
fn a_dense_account_has_its_policies_on_every_route_that_forwards() {
    let scenario = generate_dense(3, 200, 4);
    assert_eq!(scenario, generate_dense(3, 200, 4));
    check_sound(&scenario, 200);
    for route in scenario.routes.iter().filter(|route| !route.to.is_empty()) {
        let all = [
            route.rewrite.is_some(),
            !route.change_headers.is_empty(),
            route.cors.is_some(),
            route.mirror.is_some(),
            route.rate_limit.is_some(),
            route.concurrency.is_some(),
            route.circuit_breaker.is_some(),
        ];
        assert!(all.into_iter().filter(|there| *there).count() >= 4, "{route:?}");
    }
}

#[test]
fn thousands_of_routes_are_no_problem() {
    let started = std::time::Instant::now();
    let scenario = generate(9, 5_000);
    check_sound(&scenario, 5_000);
    check_variety(&scenario);
    let text = scenario.to_yaml().unwrap();
    assert_eq!(Scenario::from_yaml(&text).unwrap(), scenario);
    let lab = crate::lab::Lab::of(&scenario);
    assert_eq!(lab.rows("ListGatewayRoute").len(), 5_000);
    assert!(started.elapsed().as_secs() < 10);
}
