//! A thousand simulated canaries, healthy and broken, under metrics that are thin, late, missing, no numbers,
//! bursty or noisy: how often the gates let a broken target pass, and how often they take a healthy one for
//! broken. The rates are printed and held against what `levels` promises. `GATESHIFT_CANARIES=100000` makes
//! it as many.

mod simulated;

use std::collections::BTreeMap;

use gateshift_gateway_model::GateAnswer;

use super::levels::{FALSE_FAIL, FALSE_PASS};
use super::{Bin, Counts, Gates, Judgement, Stage, Watched, checked, judge, read};
use simulated::{BROKEN, Dice, Target, WEATHERS, Weather, minute};

const STAGES: [f64; 5] = [1.0, 5.0, 20.0, 50.0, 100.0];
/// Looks planned in a stage, and after how many a canary that hangs in doubt is let go.
const LOOKS: u32 = 10;
const PATIENCE: u32 = 160;
const MINUTE: f64 = 60.0;

/// What came of a canary.
#[derive(Debug, Default, Clone, Copy)]
struct Course {
    passed: u32,
    failed: bool,
    doubtful: bool,
    looks: u32,
}

struct Canary {
    dice: Dice,
    weather: Weather,
    target: Target,
    rate: f64,
}

impl Canary {
    /// What a query gives for both sides, or why nothing.
    fn query(&mut self, share: f64, owed: &mut f64) -> Result<Bin, String> {
        let (dice, weather) = (&mut self.dice, self.weather);
        let volume = if weather == Weather::Noisy { (0.8 * dice.normal()).exp() } else { 1.0 };
        let scale = if weather == Weather::Noisy { (0.5 * dice.normal()).exp() } else { 1.0 };
        let shock = weather == Weather::Shocks && dice.chance(0.02);
        *owed += 1.0;
        let late = weather == Weather::Late && dice.chance(0.3);
        if late || (weather == Weather::Missing && dice.chance(0.3)) {
            return Err("there is no metric".to_owned());
        }
        // What was not asked for before is part of the answer now.
        let all = self.rate * volume * *owed;
        let drift = if weather == Weather::Noisy { 1.0 + 0.2 * dice.normal() } else { 1.0 };
        let to_target = (all * share / 100.0 * drift.clamp(0.3, 2.0)).min(all);
        let mut sides = [
            minute(dice, all - to_target, Target::Healthy, weather, shock, scale),
            minute(dice, to_target, self.target, weather, shock, scale),
        ];
        if weather == Weather::NoNumbers && dice.chance(0.3) {
            let side = &mut sides[usize::from(dice.chance(0.5))];
            match (dice.next() * 3.0) as u32 {
                0 => side.requests = f64::NAN,
                1 => side.failed = -side.requests,
                _ => side.within.iter_mut().for_each(|(_, count)| *count = f64::NAN),
            }
        }
        let [source, target] = sides;
        let bin = Bin {
            seconds: MINUTE * *owed,
            source: checked(source)?,
            target: checked(target)?,
            ..Bin::default()
        };
        *owed = 0.0;
        Ok(bin)
    }

    fn fly(&mut self, gates: &Gates) -> Course {
        let mut course = Course::default();
        let mut reference: Option<Counts> = None;
        for (place, share) in STAGES.into_iter().enumerate() {
            let mut watched = Watched::default();
            let mut owed = 0.0;
            for look in 1.. {
                if look > PATIENCE {
                    course.doubtful = true;
                    return course;
                }
                course.looks += 1;
                if let Ok(bin) = self.query(share, &mut owed) {
                    watched.take(bin, f64::from(LOOKS) * MINUTE);
                }
                let stage = Stage {
                    share,
                    next: STAGES.get(place + 1).copied(),
                    stages: STAGES.len(),
                    looks: LOOKS,
                    is_held: look >= LOOKS,
                    spec: "",
                    reference: reference.as_ref(),
                    load: &[],
                    idle: &[],
                };
                let judgement: Judgement = judge(gates, &watched, &stage);
                assert!(!judgement.said.is_empty() && judgement.said.iter().all(|one| !one.said.is_empty()));
                match judgement.answer {
                    GateAnswer::Pass => break,
                    GateAnswer::Fail => {
                        assert!(!judgement.reason().is_empty());
                        course.failed = true;
                        return course;
                    }
                    GateAnswer::NotEnough if judgement.asked => watched.was_asked(),
                    GateAnswer::NotEnough => {}
                }
            }
            course.passed += 1;
            let source = watched.sums().0;
            if reference.as_ref().is_none_or(|before| before.requests * 0.1 < source.requests) {
                reference = Some(source);
            }
        }
        course
    }
}

/// What came of all canaries of a kind.
#[derive(Debug, Default)]
struct Rates {
    all: u32,
    passed: u32,
    failed: u32,
    doubtful: u32,
    looks: u32,
}

/// Threads that share the canaries.
const FLOCKS: u32 = 4;

fn fly(number: u32) -> BTreeMap<(Target, Weather), Rates> {
    let gates = read(None).unwrap();
    let mut rates: BTreeMap<(Target, Weather), Rates> = BTreeMap::new();
    std::thread::scope(|scope| {
        let gates = &gates;
        let flocks: Vec<_> = (0..FLOCKS)
            .map(|flock| {
                let seeds = (flock..number).step_by(FLOCKS as usize);
                scope.spawn(move || seeds.map(|seed| fly_one(seed, gates)).collect::<Vec<_>>())
            })
            .collect();
        for (target, weather, course) in flocks.into_iter().flat_map(|flock| flock.join().unwrap()) {
            let found = rates.entry((target, weather)).or_default();
            // A healthy target has to arrive, a broken one must not leave the first stage.
            let wanted = if target == Target::Healthy { STAGES.len() as u32 } else { 1 };
            found.all += 1;
            found.passed += u32::from(course.passed >= wanted);
            found.failed += u32::from(course.failed);
            found.doubtful += u32::from(course.doubtful);
            found.looks += course.looks;
        }
    });
    rates
}

fn fly_one(seed: u32, gates: &Gates) -> (Target, Weather, Course) {
    let weather = WEATHERS[(seed / 2) as usize % WEATHERS.len()];
    let target =
        if seed.is_multiple_of(2) { Target::Healthy } else { BROKEN[(seed / 16) as usize % BROKEN.len()] };
    let rate = if weather == Weather::Thin { 400.0 } else { 12_000.0 };
    let mut canary = Canary { dice: Dice(u64::from(seed) << 20), weather, target, rate };
    (target, weather, canary.fly(gates))
}

#[test]
fn a_thousand_canaries() {
    let number = std::env::var("GATESHIFT_CANARIES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let rates = fly(number);
    println!(
        "{:<10} {:<10} {:>7} {:>7} {:>7} {:>8} {:>6}",
        "target", "metrics", "flown", "passed", "back", "in doubt", "looks"
    );
    for ((target, weather), found) in &rates {
        println!(
            "{:<10} {:<10} {:>7} {:>7} {:>7} {:>8} {:>6.1}",
            format!("{target:?}"),
            format!("{weather:?}"),
            found.all,
            found.passed,
            found.failed,
            found.doubtful,
            f64::from(found.looks) / f64::from(found.all)
        );
    }
    let sum = |healthy: bool, of: fn(&Rates) -> u32| -> f64 {
        let chosen = rates.iter().filter(|((target, _), _)| (*target == Target::Healthy) == healthy);
        chosen.map(|(_, found)| f64::from(of(found))).sum()
    };
    let false_back = sum(true, |found| found.failed) / sum(true, |found| found.all);
    let false_pass = sum(false, |found| found.passed) / sum(false, |found| found.all);
    println!(
        "false rollbacks {:.2} % (promised {} %), false passes {:.2} % (promised {} %)",
        100.0 * false_back,
        100.0 * FALSE_FAIL,
        100.0 * false_pass,
        100.0 * FALSE_PASS
    );
    assert!(false_back <= FALSE_FAIL && false_pass <= FALSE_PASS);
    for ((target, weather), found) in &rates {
        let part = |count: u32| f64::from(count) / f64::from(found.all);
        if *target == Target::Healthy {
            // Honest gates are of use, too: most healthy targets arrive. A burst has to be outweighed
            // first, and thin traffic takes its time.
            let most = match weather {
                Weather::Thin => 0.2,
                Weather::Bursty => 0.5,
                _ => 0.85,
            };
            assert!(part(found.passed) > most, "{weather:?}: {found:?}");
        } else {
            // What thin traffic does not show clearly is held, which is no pass.
            assert!(
                found.passed == 0 && (part(found.failed) > 0.85 || *weather == Weather::Thin),
                "{target:?} {weather:?}: {found:?}"
            );
        }
    }
}
