//! Large sources: planning grows with them, not with their square.

use std::time::{Duration, Instant};

use gateshift_gateway_model::{Inventory, TargetInstance};
use gateshift_sdk::model::Timestamp;

use super::model::{domain, inventory, policies, route};
use crate::observe::Observed;
use crate::plan::{Given, plan};
use crate::settings::Settings;

fn large(count: usize) -> Inventory {
    let mut all = inventory();
    for at in 0..count / 20 {
        all.domains.push(domain(&format!("d{at}.example.com"), false));
    }
    all.routes = (0..count)
        .map(|at| {
            let mut one = route(
                &format!("r{at}"),
                &format!("d{}.example.com", at % (count / 20)),
                &format!("/p/{at}/"),
            );
            let every = policies();
            one.policies.rewrite = every.rewrite.filter(|_| at % 2 == 0);
            one.policies.cors = every.cors;
            one.policies.headers = every.headers;
            one.policies.rate_limits = every.rate_limits;
            (one.created_at, one.order) = (at as i64, Some((count - at) as i64));
            one
        })
        .collect();
    all
}

fn time(inventory: &Inventory) -> Duration {
    let target = TargetInstance {
        gateway: "gw".into(),
        name: "gw".into(),
        environment: "env".into(),
        spec: "apigw.small.x1".into(),
        vpc: "vpc-1".into(),
        version: "2".into(),
        entries: vec![],
    };
    let given = Given {
        inventory,
        observed: &Observed::default(),
        target: &target,
        settings: &Settings::default(),
        now: Timestamp(0),
    };
    let start = Instant::now();
    let made = plan(&given);
    let taken = start.elapsed();
    assert!(made.operations.len() > inventory.routes.len() * 5, "{}", made.operations.len());
    taken
}

#[test]
fn twice_the_routes_take_about_twice_the_time() {
    let (one, two) = (large(1000), large(2000));
    // The best of three: other tests run beside this one.
    let best = |inventory| (0..3).map(|_| time(inventory)).min().unwrap();
    let (small, large) = (best(&one), best(&two));
    assert!(large < small * 3, "{small:?} for 1,000 routes and {large:?} for 2,000");
}
