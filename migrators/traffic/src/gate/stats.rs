//! Tails of the binomial distribution, exact for counts of any size. Counts may be fractions: sources of
//! metrics extrapolate, and a baseline is scaled.

/// Iterations of the continued fraction; it needs about the square root of the largest count.
const LONGEST: u32 = 100_000;
const TINY: f64 = 1e-300;

/// Probability of at least `hits` hits in `of` trials that each hit with `chance`.
pub(super) fn at_least(hits: f64, of: f64, chance: f64) -> f64 {
    if hits <= 0.0 || chance >= 1.0 {
        return 1.0;
    }
    if hits > of || chance <= 0.0 {
        return 0.0;
    }
    incomplete_beta(chance, hits, of - hits + 1.0)
}

/// Probability of at most `hits` hits in `of` trials that each hit with `chance`.
pub(super) fn at_most(hits: f64, of: f64, chance: f64) -> f64 {
    if hits >= of || chance <= 0.0 {
        return 1.0;
    }
    if chance >= 1.0 {
        return 0.0;
    }
    incomplete_beta(1.0 - chance, of - hits, hits + 1.0)
}

/// The largest chance under which so few hits in so many trials have a probability above `level`: an
/// upper bound of the true chance that is wrong no oftener than that.
pub(super) fn upper_bound(hits: f64, of: f64, level: f64) -> f64 {
    if of <= 0.0 || hits >= of {
        return 1.0;
    }
    let (mut low, mut high) = (hits / of, 1.0);
    for _ in 0..36 {
        let middle = f64::midpoint(low, high);
        if at_most(hits, of, middle) > level {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The regularised incomplete beta function, by its continued fraction (Lentz's way).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // Converges fast on one side of the mean only; the other side is its mirror image.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    let at_least_tiny = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / at_least_tiny(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in (1..LONGEST).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / at_least_tiny(1.0 + term * d);
            c = at_least_tiny(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front.exp() * fraction / a).clamp(0.0, 1.0)
}

/// Logarithm of the gamma function, by Stirling's series.
fn log_gamma(x: f64) -> f64 {
    // The series wants a large argument; the recurrence brings a small one there.
    let (mut shift, mut x) = (0.0, x);
    while x < 15.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let series = (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / x;
    let half_log_tau = 0.5 * std::f64::consts::TAU.ln();
    shift + (x - 0.5) * x.ln() - x + half_log_tau + series
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{at_least, at_most, upper_bound};

    /// The same by adding up every term, slow and simple.
    fn summed(hits: u32, of: u32, chance: f64) -> f64 {
        let mut log_term = f64::from(of) * (1.0 - chance).ln();
        let mut sum = 0.0;
        for k in 0..=of {
            if k >= hits {
                sum += log_term.exp();
            }
            log_term += (f64::from(of - k) / f64::from(k + 1)).ln() + (chance / (1.0 - chance)).ln();
        }
        sum
    }

    proptest! {
        #[test]
        fn tails_are_what_their_terms_add_up_to(of in 1_u32..400, part in 0.0_f64..1.0, chance in 0.001_f64..0.999) {
            let hits = (f64::from(of) * part).round() as u32;
            let (tail, exact) = (at_least(f64::from(hits), f64::from(of), chance), summed(hits, of, chance));
            prop_assert!((tail - exact).abs() <= 1e-9 + 1e-7 * exact, "{tail} {exact}");
            let below = at_most(f64::from(hits) - 1.0, f64::from(of), chance);
            if hits > 0 {
                prop_assert!((tail + below - 1.0).abs() < 1e-9, "{tail} {below}");
            }
        }

        #[test]
        fn the_upper_bound_is_where_the_tail_meets_the_level(of in 1_u32..5000, part in 0.0_f64..0.99, level in 0.0001_f64..0.5) {
            let of = f64::from(of);
            let hits = (of * part).floor();
            let bound = upper_bound(hits, of, level);
            prop_assert!(bound >= hits / of);
            prop_assert!((at_most(hits, of, bound) - level).abs() < 1e-6, "{bound}");
        }
    }

    #[test]
    fn known_values_and_the_ends() {
        // No hit in 300 trials: below 1 % with 95 % confidence, the rule of three.
        assert!((upper_bound(0.0, 300.0, 0.05) - 0.009_936).abs() < 1e-6);
        assert!((at_least(1.0, 2.0, 0.5) - 0.75).abs() < 1e-12);
        assert!((at_least(60.0, 100.0, 0.5) - 0.028_443_966_8).abs() < 1e-9);
        for (tail, exact) in [
            (at_least(0.0, 10.0, 0.1), 1.0),
            (at_least(11.0, 10.0, 0.9), 0.0),
            (at_least(1.0, 10.0, 0.0), 0.0),
            (at_most(10.0, 10.0, 0.9), 1.0),
            (at_most(3.0, 10.0, 1.0), 0.0),
            (upper_bound(0.0, 0.0, 0.05), 1.0),
            (upper_bound(5.0, 5.0, 0.05), 1.0),
        ] {
            assert!((tail - exact).abs() < 1e-12, "{tail} {exact}");
        }
        // Large counts neither hang nor lose the number.
        let large = at_least(10_100.0, 10_000_000.0, 0.001);
        assert!((0.158..0.162).contains(&large), "{large}");
        assert!(at_least(12.0, 800.0, 0.001) < 1e-9);
    }
}
