//! Never above the planned share: neither what records and weights mean, nor what the name server
//! answers, exceeds the stage that is in force, and every stage is held for its time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gateshift_scenarios::{Desk, quickstart, records, share_of_target};
use serde_json::Value;

use crate::end::{End, PATIENCE, events, lab};

const SPEED: u32 = 60;
const STAGES: [f64; 6] = [0.0, 1.0, 5.0, 20.0, 50.0, 100.0];

/// The lowest stage that allows a share.
fn stage_of(share: f64) -> u64 {
    STAGES.iter().copied().find(|stage| share <= stage + 1e-9).unwrap_or(100.0) as u64
}

/// Answers of the name server so far, of all names: those that lead to the target, and all.
fn answered(stats: &Value, source: &str) -> (f64, f64) {
    let rows = stats["dns_answers"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["value"].as_str().is_some_and(|value| value.starts_with("127.")));
    rows.fold((0.0, 0.0), |(target, all), row| {
        let count = row["count"].as_f64().unwrap();
        let other = if row["value"] == source { 0.0 } else { count };
        (target + other, all + count)
    })
}

#[test]
fn the_share_never_exceeds_its_stage() {
    let lab = lab(21, SPEED, &[]);
    let desk = Desk::new();
    let hosts: Vec<String> = records(&lab.state())
        .into_iter()
        .map(|(host, _)| host)
        .filter(|host| !host.starts_with('*'))
        .collect();
    let source = lab.resolve(&hosts[0])[0].to_string();
    let mut arguments = quickstart(&desk, &lab);
    arguments.extend(["--events".to_owned(), "ndjson".to_owned()]);
    let mut running = desk.start(&arguments);
    let began = Instant::now();
    // Answers by the highest share that any host had since the last look.
    let mut counts: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    let (mut before, mut share_before, mut since) =
        (answered(&lab.stats(), &source), 0.0_f64, BTreeMap::new());
    while !running.has_ended() {
        assert!(began.elapsed() < PATIENCE, "{}", running.stderr());
        let announced = announced(&events(&running));
        let state = lab.state();
        let now = answered(&lab.stats(), &source);
        let state_after = lab.state();
        let shares: Vec<f64> = hosts.iter().map(|host| share_of_target(&state, host)).collect();
        let highest = shares.iter().copied().fold(0.0, f64::max);
        let after = hosts.iter().map(|host| share_of_target(&state_after, host)).fold(0.0, f64::max);
        // A stage announces itself when its records are written: one stage more than announced, at most.
        let next = STAGES.iter().copied().find(|stage| *stage > announced).unwrap_or(100.0);
        assert!(highest <= next + 1e-9, "at {highest}% while {announced}% was announced last");
        assert!(highest >= share_before - 0.5, "the share fell from {share_before}% to {highest}%");
        since.entry(stage_of(highest)).or_insert_with(Instant::now);
        let between = counts.entry(stage_of(highest.max(share_before).max(after))).or_default();
        *between = (between.0 + now.0 - before.0, between.1 + now.1 - before.1);
        (before, share_before) = (now, highest);
        std::thread::sleep(Duration::from_millis(30));
    }
    let _ = running.wait(PATIENCE).expect(0);
    println!("answers by stage: {counts:?}");
    for (stage, (target, all)) in &counts {
        let share = *stage as f64 / 100.0;
        let tolerance = 3.5 * (all * share * (1.0 - share)).sqrt() + 1.0;
        assert!(
            *target <= all * share + tolerance,
            "at {stage}% the name server gave the target {target} of {all}"
        );
    }
    let held = Duration::from_secs_f64(120.0 / f64::from(SPEED));
    let moments: Vec<(&u64, &Instant)> = since.iter().collect();
    assert_eq!(moments.len(), STAGES.len(), "stages seen: {moments:?}");
    for pair in moments[1..].windows(2) {
        let stayed = pair[1].1.duration_since(*pair[0].1);
        assert!(stayed >= held.mul_f64(0.9), "{}% was held for {stayed:?} only", pair[0].0);
    }
    End::of(lab, &desk).assert_moved();
}

/// The highest stage that the run has announced.
fn announced(events: &[Value]) -> f64 {
    let reasons = events.iter().filter_map(|event| event["reason"].as_str());
    let stages = reasons.filter_map(|reason| reason.strip_prefix("stage ")?.split('%').next()?.parse().ok());
    stages.fold(0.0, f64::max)
}
