//! Killed at any moment, again and again: the end is the one of an undisturbed run.

use std::time::{Duration, Instant};

use gateshift_scenarios::{Desk, Lab, Running, quickstart, status};

use crate::dice::Dice;
use crate::end::{End, PATIENCE, Timeline, events, lab, undisturbed};

const KILLS: usize = 20;
const SPEED: u32 = 60;
/// The part of a run in which it is killed: one that goes faster than the measured one must not have
/// ended by then.
const BEFORE_THE_END: f64 = 0.85;

/// Starts the run, or goes on with it once there is one.
fn go_on(desk: &Desk, lab: &Lab) -> Running {
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    let mut arguments = match status(desk) {
        None => quickstart(desk, lab),
        Some(status) => {
            ["resume", status["run"].as_str().unwrap(), "--endpoints", &endpoints].map(str::to_owned).to_vec()
        }
    };
    arguments.extend(["--events".to_owned(), "ndjson".to_owned()]);
    desk.start(&arguments)
}

/// Lets it work until a moment of the undisturbed run: so far into a step, or to the end of that step.
/// Time that passed in a step before this process counts when the step waits by the clock.
fn work(
    running: &mut Running,
    timeline: &Timeline,
    step: &str,
    into: Duration,
    waiting: &mut Option<Instant>,
) {
    let place = timeline.place(step);
    let mut begun = None;
    let started = Instant::now();
    while !running.has_ended() && started.elapsed() < PATIENCE {
        let furthest =
            events(running).iter().filter_map(|event| Some(timeline.place(event["step"].as_str()?))).max();
        if furthest == Some(timeline.steps.len() - 1) {
            waiting.get_or_insert_with(Instant::now);
        }
        match furthest {
            Some(reached) if reached > place => return,
            Some(reached) if reached == place => {
                begun.get_or_insert_with(Instant::now);
            }
            // The very first moments of a run are before any step.
            _ if place == 0 && started.elapsed() >= into => return,
            _ => {}
        }
        let clock = (place == timeline.steps.len() - 1).then_some(*waiting).flatten().or(begun);
        if begun.is_some() && clock.is_some_and(|clock| clock.elapsed() >= into) {
            return;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn killed(seed: u64) {
    let (plain, timeline) = undisturbed(seed, SPEED);
    println!("seed {seed}: undisturbed {:?}, steps {:?}", timeline.all, timeline.steps);
    let lab = lab(seed, SPEED, &[]);
    let desk = Desk::new();
    let mut dice = Dice::seeded(seed);
    let (mut reached, mut waiting) = (Duration::ZERO, None);
    for kill in 0..KILLS {
        // Moments are drawn one by one, so that they spread over what is left whatever a kill has cost.
        if let Some(waiting) = waiting {
            let (_, began) = timeline.steps.last().unwrap();
            reached = reached.max(*began + Instant::elapsed(&waiting));
        }
        let left = timeline.all.mul_f64(BEFORE_THE_END).saturating_sub(reached);
        let moment = reached + left.mul_f64(2.0 * dice.fraction() / (KILLS - kill + 1) as f64);
        let (step, into) = timeline.at(moment);
        let mut running = go_on(&desk, &lab);
        work(&mut running, &timeline, &step, into, &mut waiting);
        let last = events(&running).last().map(|event| format!("{} {}", event["event"], event["step"]));
        let ended = running.kill();
        println!("kill {kill}: {into:?} into {step}, after {}", last.unwrap_or_default());
        assert_eq!(ended.code, None, "it had ended before it was killed: {}", ended.stderr);
        reached = moment;
    }
    let _ = go_on(&desk, &lab).wait(PATIENCE).expect(0);
    let history = desk.run(&["history", "--json"]).expect(0).json();
    let takeovers = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["body"]["event"] == "run_claimed")
        .count();
    println!("{takeovers} processes drove the run");
    let end = End::of(lab, &desk);
    end.assert_same(&plain);
    end.assert_moved();
}

#[test]
fn killed_at_twenty_moments_it_ends_as_undisturbed() {
    killed(3);
}
