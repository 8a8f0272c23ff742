//! Simulated minutes of a gateway, from a seed.

use crate::gate::Raw;

/// Bounds of the simulated histograms, milliseconds.
const BOUNDS: [f64; 10] = [1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 5000.0];

/// A small generator with a seed (splitmix64): the same canaries on every machine.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn chance(&mut self, chance: f64) -> bool {
        self.next() < chance
    }

    pub(super) fn normal(&mut self) -> f64 {
        (-2.0 * self.next().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos()
    }

    /// Hits in so many trials: one by one where they are few, by the normal law where they are many.
    fn hits(&mut self, of: f64, chance: f64) -> f64 {
        let chance = chance.clamp(0.0, 1.0);
        if of < 400.0 {
            return (0..of as u32).filter(|_| self.chance(chance)).count() as f64;
        }
        let mean = of * chance;
        if mean < 30.0 {
            // Gaps between hits are geometric.
            let (mut at, mut count) = (0.0, 0.0);
            loop {
                at += 1.0 + (self.next().max(1e-12).ln() / (-chance).ln_1p().min(-1e-12)).floor();
                if at > of {
                    return count;
                }
                count += 1.0;
            }
        }
        (mean + self.normal() * (mean * (1.0 - chance)).sqrt()).round().clamp(0.0, of)
    }
}

/// What is wrong with the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weather {
    Clean,
    Thin,
    Late,
    Missing,
    NoNumbers,
    Bursty,
    Shocks,
    Noisy,
}

/// What is wrong with the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Healthy,
    /// 3 % of all requests fail.
    Failing,
    /// A route with a tenth of the traffic fails.
    OneRoute,
    /// Ten times as slow.
    Slow,
    /// Nothing is answered in time.
    Hanging,
    /// A fifth of the requests is refused.
    Refusing,
}

pub(super) const WEATHERS: [Weather; 8] = [
    Weather::Clean,
    Weather::Thin,
    Weather::Late,
    Weather::Missing,
    Weather::NoNumbers,
    Weather::Bursty,
    Weather::Shocks,
    Weather::Noisy,
];
pub(super) const BROKEN: [Target; 5] =
    [Target::Failing, Target::OneRoute, Target::Slow, Target::Hanging, Target::Refusing];

/// One minute of one gateway.
pub(super) fn minute(
    dice: &mut Dice,
    requests: f64,
    target: Target,
    weather: Weather,
    shock: bool,
    scale: f64,
) -> Raw {
    let requests = requests.round().max(0.0);
    let failing = match target {
        Target::Failing => 0.03,
        Target::OneRoute => 0.1,
        Target::Hanging => 1.0,
        _ => 0.0005,
    };
    let mut failed = dice.hits(requests, if shock { 0.6 } else { failing });
    let mut refused = dice.hits(requests - failed, if target == Target::Refusing { 0.2 } else { 0.02 });
    // One client tries again and again what cannot work.
    if weather == Weather::Bursty && dice.chance(0.02) {
        failed += (0.3 * requests).max(5.0).round();
    }
    if weather == Weather::Bursty && dice.chance(0.02) {
        refused += (0.3 * requests).max(5.0).round();
    }
    let requests = requests.max(failed + refused);
    let middle = match target {
        Target::Slow => 80.0,
        Target::Hanging => 60_000.0,
        _ => 8.0,
    } * scale
        * if shock { 20.0 } else { 1.0 };
    // Times of log-normal shape.
    let mut before = 0.0;
    let mut within = Vec::new();
    let mut below = 0.0;
    for bound in BOUNDS {
        let now = normal_below((bound / middle).ln() / 0.7);
        before += dice.hits(requests - before, ((now - below) / (1.0 - below).max(1e-9)).clamp(0.0, 1.0));
        below = now;
        within.push((bound, before));
    }
    within.push((f64::INFINITY, requests));
    Raw { requests, failed, refused, within }
}

/// The normal distribution.
fn normal_below(x: f64) -> f64 {
    // Abramowitz and Stegun 7.1.26.
    let z = x.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = t
        * (0.254_829_592
            + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let tail = 0.5 * series * (-z * z).exp();
    if x >= 0.0 { 1.0 - tail } else { tail }
}
