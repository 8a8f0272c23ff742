//! How large the target has to be. One unit of the target and one node of 2 vCPU at the source have
//! the same connection, handshake and request figures in both capacity pages; hence the rule
//! `units = vCPU / 2 * nodes`, with the largest number of nodes the source may have.

use gateshift_gateway_model::Instance;

/// A size of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Token.
    pub name: &'static str,
    /// Units.
    pub units: u32,
}

/// Sizes for production, ascending. The one-node size for tests is left out: it has no SLA.
pub(crate) const SPECS: &[Spec] = &[
    Spec { name: "apigw.small.x1", units: 2 },
    Spec { name: "apigw.small.x2", units: 4 },
    Spec { name: "apigw.small.x4", units: 8 },
    Spec { name: "apigw.medium.x1", units: 16 },
    Spec { name: "apigw.medium.x2", units: 32 },
    Spec { name: "apigw.medium.x3", units: 48 },
    Spec { name: "apigw.large.x1", units: 64 },
    Spec { name: "apigw.large.x2", units: 128 },
    Spec { name: "apigw.large.x3", units: 192 },
    Spec { name: "apigw.large.x4", units: 256 },
];

/// The size that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizing {
    /// The smallest that is large enough.
    Fits(Spec),
    /// No size is large enough: the gateway has to be split.
    TooLarge,
}

/// Units the source needs.
#[must_use]
pub fn required_units(instance: &Instance) -> u32 {
    let nodes = instance.peak_nodes.max(instance.nodes).max(1);
    (instance.node.vcpu * nodes).div_ceil(2).max(1)
}

/// The smallest size with at least that many units.
#[must_use]
pub fn size(units: u32) -> Sizing {
    SPECS.iter().find(|spec| spec.units >= units).map_or(Sizing::TooLarge, |spec| Sizing::Fits(*spec))
}

/// The size of that name, the test size included.
#[must_use]
pub(crate) fn by_name(name: &str) -> Option<Spec> {
    const TESTS_ONLY: Spec = Spec { name: "apigw.dev.x1", units: 1 };
    SPECS.iter().chain([&TESTS_ONLY]).find(|spec| spec.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::{SPECS, Sizing, size};

    /// The results the capacity pages lead to: (vCPU, nodes, size).
    const KNOWN: &[(u32, u32, &str)] = &[
        (2, 2, "apigw.small.x1"),
        (2, 3, "apigw.small.x2"),
        (4, 2, "apigw.small.x2"),
        (4, 3, "apigw.small.x4"),
        (4, 4, "apigw.small.x4"),
        (8, 2, "apigw.small.x4"),
        (8, 3, "apigw.medium.x1"),
        (16, 2, "apigw.medium.x1"),
        (16, 3, "apigw.medium.x2"),
        (16, 4, "apigw.medium.x2"),
        (16, 6, "apigw.medium.x3"),
        (16, 8, "apigw.large.x1"),
    ];

    #[test]
    fn known_sizes() {
        for (vcpu, nodes, expected) in KNOWN {
            match size(vcpu * nodes / 2) {
                Sizing::Fits(spec) => assert_eq!(spec.name, *expected, "{vcpu} vCPU x {nodes}"),
                Sizing::TooLarge => panic!("{vcpu} x {nodes}"),
            }
        }
        assert_eq!(size(257), Sizing::TooLarge);
    }

    #[test]
    fn the_smallest_that_fits_for_every_need() {
        for units in 1..=256 {
            let Sizing::Fits(spec) = size(units) else { panic!("{units}") };
            assert!(spec.units >= units);
            assert!(SPECS.iter().all(|other| other.units < units || other.units >= spec.units));
        }
    }
}
