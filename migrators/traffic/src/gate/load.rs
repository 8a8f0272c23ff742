//! The target's own load against absolute bounds, now and as it will be at the next share.

use serde::{Deserialize, Serialize};

use super::words::{percent, trimmed};

/// One measure of the target's load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    /// `cpu`, `memory`, `connections`, `handshakes`.
    pub(crate) name: String,
    /// Its value, in the unit of its bound.
    pub(crate) value: f64,
}

/// The bounds of a measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LoadBound {
    /// Of which measure.
    pub(crate) name: String,
    /// Above it the target is overloaded.
    pub(crate) alert: f64,
    /// Above it the next share is not given.
    pub(crate) safe: f64,
    /// Whether it grows with the share; memory hardly does.
    pub(crate) grows: bool,
}

/// What a measure means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bearing {
    /// It bears the present share and the next.
    Fine(String),
    /// It does not bear the present share.
    Over(String),
    /// It would not bear the next share, or nobody knows.
    NotNext(String),
}

/// Units of the target's specifications; bounds of connections and handshakes go by them.
const UNITS: [(&str, f64); 11] = [
    ("apigw.dev.x1", 1.0),
    ("apigw.small.x1", 2.0),
    ("apigw.small.x2", 4.0),
    ("apigw.small.x4", 8.0),
    ("apigw.medium.x1", 16.0),
    ("apigw.medium.x2", 32.0),
    ("apigw.medium.x3", 48.0),
    ("apigw.large.x1", 64.0),
    ("apigw.large.x2", 128.0),
    ("apigw.large.x3", 192.0),
    ("apigw.large.x4", 256.0),
];

/// The bounds that the provider's capacity page has for a specification. Processor and memory are parts of
/// one, and the same for all.
pub(crate) fn bounds(spec: &str) -> Vec<LoadBound> {
    let bound = |name: &str, safe: f64, alert: f64, grows: bool| LoadBound {
        name: name.to_owned(),
        alert,
        safe,
        grows,
    };
    let mut found = vec![bound("cpu", 0.30, 0.60, true), bound("memory", 0.75, 0.75, false)];
    if let Some((_, units)) = UNITS.iter().find(|(known, _)| *known == spec) {
        found.push(bound("connections", 12_000.0 * units, 24_000.0 * units, true));
        found.push(bound("handshakes", 400.0 * units, 800.0 * units, true));
    }
    found
}

/// Holds a measure against its bound. `idle` is what it was before the first request came.
pub(super) fn bearing(
    bound: &LoadBound,
    now: &Load,
    idle: Option<f64>,
    share: f64,
    next: Option<f64>,
) -> Bearing {
    let said = |value: f64| number(&bound.name, value);
    let present = format!("{} of the new gateway is {}", bound.name, said(now.value));
    if now.value > bound.alert {
        return Bearing::Over(format!("{present}, above the alert level {}", said(bound.alert)));
    }
    let fine = format!("{present}; alert level {}", said(bound.alert));
    let (Some(next), Some(idle), true) = (next, idle, bound.grows && share > 0.0) else {
        return Bearing::Fine(fine);
    };
    let projected = idle + (now.value - idle).max(0.0) * next / share;
    if projected > bound.safe {
        return Bearing::NotNext(format!(
            "{present} at {share}% of the traffic, which makes {} at {next}%: above the safe level {}; give the new gateway more units, or set a higher `safe`",
            said(projected),
            said(bound.safe)
        ));
    }
    Bearing::Fine(format!("{fine}; {} expected at {next}%, safe level {}", said(projected), said(bound.safe)))
}

fn number(name: &str, value: f64) -> String {
    if matches!(name, "cpu" | "memory") { percent(value) } else { trimmed(format!("{value:.1}")) }
}

#[cfg(test)]
mod tests {
    use super::{Bearing, Load, bearing, bounds};

    #[test]
    fn bounds_follow_the_capacity_page() {
        let of = |spec: &str, name: &str| {
            let found = bounds(spec).into_iter().find(|bound| bound.name == name)?;
            Some((found.safe, found.alert))
        };
        assert_eq!(of("apigw.small.x1", "connections"), Some((24_000.0, 48_000.0)));
        assert_eq!(of("apigw.large.x3", "handshakes"), Some((76_800.0, 153_600.0)));
        assert_eq!(of("apigw.small.x1", "cpu"), Some((0.30, 0.60)));
        assert_eq!(of("something new", "connections"), None);
    }

    #[test]
    fn now_and_at_the_next_share() {
        let bound = &bounds("apigw.small.x1")[0];
        let at = |value: f64, idle: Option<f64>, share: f64, next: Option<f64>| {
            bearing(bound, &Load { name: "cpu".into(), value }, idle, share, next)
        };
        assert!(matches!(at(0.61, Some(0.02), 5.0, Some(20.0)), Bearing::Over(_)));
        assert!(matches!(at(0.05, Some(0.02), 5.0, Some(20.0)), Bearing::Fine(_)));
        let Bearing::NotNext(said) = at(0.10, Some(0.02), 5.0, Some(20.0)) else { panic!() };
        assert!(said.contains("makes 34 % at 20%") && said.contains("safe level 30 %"), "{said}");
        // Without the idle load nothing is projected, and the last stage has no next one.
        assert!(matches!(at(0.10, None, 5.0, Some(20.0)), Bearing::Fine(_)));
        assert!(matches!(at(0.45, Some(0.02), 100.0, None), Bearing::Fine(_)));
        let memory = &bounds("apigw.small.x1")[1];
        let said = bearing(memory, &Load { name: "memory".into(), value: 0.4 }, Some(0.4), 1.0, Some(50.0));
        assert!(matches!(said, Bearing::Fine(_)), "{said:?}");
    }
}
