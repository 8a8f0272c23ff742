//! Both data planes against an oracle that is written from the documented matching order alone.

mod collisions;
mod expected;
mod matcher;
mod requests;

use std::net::IpAddr;
use std::time::Duration;

use gateshift_lab_mse::{Scenario, generate};
use gateshift_scenarios::{Ask, Desk, Lab, configured, status};

use crate::dice::Dice;
use collisions::{collisions, marked};
use matcher::{Side, Verdict, decide, served};

/// Routing alone: the oracle knows neither policies nor who may ask.
fn generated(seed: u64, routes: usize) -> Scenario {
    generate(seed, routes)
}

/// A lab of a scenario.
fn lab_of(scenario: &Scenario, desk: &Desk, speed: u32) -> Lab {
    let file = desk.write("scenario.yaml", &scenario.to_yaml().unwrap());
    Lab::up(&["--scenario", &file.display().to_string(), "--speed", &speed.to_string()])
}

/// Address of the source: where DNS leads.
fn source_of(lab: &Lab) -> IpAddr {
    let all = gateshift_scenarios::records(&lab.state());
    let (host, _) = all.iter().find(|(host, _)| !host.starts_with('*')).unwrap();
    lab.resolve(host)[0]
}

/// Sends so many requests near the scenario's routes, and compares every answer.
fn compare(lab: &Lab, gateway: IpAddr, scenario: &Scenario, side: Side, seed: u64, requests: usize) {
    let mut dice = Dice::seeded(seed);
    let routes = served(scenario, side);
    let (mut hit, mut missed, mut wrong) = (0, 0, Vec::new());
    for _ in 0..requests {
        let request = requests::near(&mut dice, scenario);
        let verdict = decide(&scenario.domains, &routes, &request);
        match verdict {
            Verdict::Missing => missed += 1,
            _ => hit += 1,
        }
        let target = request.target();
        let ask = Ask { headers: &request.headers, ..Ask::new(&request.method, &request.host, &target) };
        let difference = match lab.ask(gateway, request.https, &ask) {
            Ok(answer) => expected::difference(scenario, &verdict, &request, &answer),
            Err(error) => Some(format!("no answer: {error}")),
        };
        wrong.extend(difference.map(|difference| format!("{request:?}\n    {difference}")));
    }
    assert!(
        hit > requests / 3 && missed > requests / 50,
        "the requests tell little: {hit} hits, {missed} misses"
    );
    let first: Vec<_> = wrong.iter().take(5).collect();
    assert!(wrong.is_empty(), "seed {seed}: {} of {requests} differ\n{first:#?}", wrong.len());
}

#[test]
fn the_source_routes_by_the_documented_order() {
    for seed in [1, 7, 42] {
        let plain = generated(seed, 120);
        for scenario in [marked(&plain), plain] {
            let desk = Desk::new();
            let lab = lab_of(&scenario, &desk, 60);
            compare(&lab, source_of(&lab), &scenario, Side::Source, seed, 1500);
        }
    }
}

#[test]
fn the_source_settles_collisions_by_the_documented_order() {
    for seed in 0..4 {
        let scenario = collisions(seed, 90);
        let desk = Desk::new();
        let lab = lab_of(&scenario, &desk, 60);
        compare(&lab, source_of(&lab), &scenario, Side::Source, seed, 1500);
    }
}

/// Moves everything but the traffic, and gives the target's address.
fn migrate(lab: &Lab) -> IpAddr {
    let desk = Desk::new();
    let ended = desk.start(&configured(&desk, lab)).wait(Duration::from_secs(180)).expect(0);
    let status = status(&desk).unwrap();
    let step = |name: &str| {
        status["steps"].as_array().unwrap().iter().find(|step| step["name"] == name).unwrap().clone()
    };
    assert_eq!(step("verify")["output"]["mismatches"], 0, "{}", ended.stdout);
    assert!(step("verify")["output"]["compared"].as_u64().unwrap() > 0, "{}", ended.stdout);
    let entries = step("instance")["output"]["entries"].clone();
    entries[0]["ipv4"][0].as_str().unwrap_or_else(|| panic!("no address in {entries}")).parse().unwrap()
}

#[test]
fn the_target_routes_as_the_source_did() {
    for seed in [1, 7, 42] {
        let plain = generated(seed, 120);
        let scenario = if seed == 7 { plain } else { marked(&plain) };
        let desk = Desk::new();
        let lab = lab_of(&scenario, &desk, 240);
        let target = migrate(&lab);
        compare(&lab, target, &scenario, Side::Target, seed, 1500);
        compare(&lab, source_of(&lab), &scenario, Side::Source, seed + 1000, 500);
    }
}

#[test]
fn the_target_settles_collisions_as_the_source_did() {
    for seed in 0..3 {
        let scenario = collisions(seed, 60);
        let desk = Desk::new();
        let lab = lab_of(&scenario, &desk, 240);
        let target = migrate(&lab);
        compare(&lab, target, &scenario, Side::Target, seed, 1500);
    }
}
