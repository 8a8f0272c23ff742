//! Which upstream, and which instance of it, answers a forwarded request.

use std::collections::BTreeMap;

use gateshift_lab_kernel::World;
use gateshift_lab_kernel::gateway::{Forward, Target};

/// The upstream and the instance chosen for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) upstream: String,
    pub(crate) labels: BTreeMap<String, String>,
}

/// Sum of the weights, the bound of the roll that [`choose`] takes.
pub(crate) fn total_weight(forward: &Forward) -> u64 {
    forward.targets.iter().map(|target| u64::from(target.weight)).sum()
}

/// The target that the roll falls on; when it has no live endpoint, the first fallback that has one.
pub(crate) fn choose(world: &World, forward: &Forward, path: &str, roll: u64) -> Option<Chosen> {
    let mut below = 0;
    let primary = forward.targets.iter().find(|target| {
        below += u64::from(target.weight);
        roll < below
    });
    // Without any weight the first target is meant.
    let primary = primary.or_else(|| forward.targets.first());
    primary.into_iter().chain(&forward.fallback).find_map(|target| instance(world, target, path))
}

/// The instance of a target that answers a path: always the same one, so that answers can be
/// compared. Nothing when no live instance carries the labels asked for.
pub(crate) fn instance(world: &World, target: &Target, path: &str) -> Option<Chosen> {
    let upstream = world.upstreams.get(&target.upstream).filter(|upstream| upstream.alive)?;
    let carries = |instance: &&BTreeMap<String, String>| {
        target.labels.iter().all(|(name, value)| instance.get(name) == Some(value))
    };
    let fitting: Vec<_> = upstream.instances.iter().filter(carries).collect();
    let labels = match fitting.len() {
        0 if target.labels.is_empty() => BTreeMap::new(),
        0 => return None,
        count => fitting[(hash(path) % count as u64) as usize].clone(),
    };
    Some(Chosen { upstream: target.upstream.clone(), labels })
}

/// FNV-1a, which stays the same from build to build.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use gateshift_lab_kernel::Upstream;

    use super::*;

    fn labels(version: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("version".to_owned(), version.to_owned())])
    }

    fn target(upstream: &str, version: Option<&str>, weight: u32) -> Target {
        let labels = version.map(labels).unwrap_or_default();
        Target { upstream: upstream.to_owned(), labels, weight }
    }

    fn world() -> World {
        let both = vec![labels("v1"), labels("v2")];
        World {
            upstreams: BTreeMap::from([
                ("a".to_owned(), Upstream { alive: true, instances: both.clone() }),
                ("b".to_owned(), Upstream { alive: true, instances: Vec::new() }),
                ("dead".to_owned(), Upstream { alive: false, instances: both }),
            ]),
        }
    }

    fn forward(targets: Vec<Target>, fallback: Vec<Target>) -> Forward {
        Forward { targets, fallback, timeout_ms: 0, retries: 0 }
    }

    #[test]
    fn every_roll_falls_on_its_target() {
        let forward = forward(vec![target("a", Some("v2"), 30), target("b", None, 70)], Vec::new());
        assert_eq!(total_weight(&forward), 100);
        for roll in 0..100 {
            let chosen = choose(&world(), &forward, "/", roll).expect("live");
            assert_eq!(chosen.upstream, if roll < 30 { "a" } else { "b" }, "{roll}");
            assert_eq!(chosen.labels, if roll < 30 { labels("v2") } else { BTreeMap::new() });
        }
    }

    #[test]
    fn fallback_stands_in_for_what_is_dead_unknown_or_unlabelled() {
        for primary in [target("dead", None, 100), target("no", None, 100), target("a", Some("v9"), 100)] {
            let alone = forward(vec![primary.clone()], Vec::new());
            assert_eq!(choose(&world(), &alone, "/", 0), None, "{primary:?}");
            let backed = forward(vec![primary], vec![target("dead", None, 0), target("b", None, 0)]);
            assert_eq!(choose(&world(), &backed, "/", 0).map(|c| c.upstream).as_deref(), Some("b"));
        }
    }

    #[test]
    fn one_path_always_meets_the_same_instance_and_all_are_met() {
        let forward = forward(vec![target("a", None, 100)], Vec::new());
        let at = |path: &str| choose(&world(), &forward, path, 5).expect("live").labels;
        assert_eq!(at("/same"), at("/same"));
        let met: std::collections::BTreeSet<_> = (0..50).map(|n| at(&format!("/{n}"))).collect();
        assert_eq!(met.len(), 2);
    }
}
