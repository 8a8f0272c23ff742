//! Sets of addresses of both families, as sorted ranges that neither touch nor overlap, so that equal sets
//! are equal values.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Ranges of one family, both ends included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Ranges(Vec<(u128, u128)>);

/// Largest address of a family.
const LAST4: u128 = u32::MAX as u128;
const LAST6: u128 = u128::MAX;

/// A set of addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Addresses {
    four: Ranges,
    six: Ranges,
}

impl Ranges {
    fn all(last: u128) -> Self {
        Self(vec![(0, last)])
    }

    fn of(mut ranges: Vec<(u128, u128)>) -> Self {
        ranges.sort_unstable();
        let mut joined: Vec<(u128, u128)> = Vec::new();
        for (from, to) in ranges {
            match joined.last_mut() {
                Some(before) if before.1 == u128::MAX || from <= before.1 + 1 => before.1 = before.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        Self(joined)
    }

    fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied().collect())
    }

    fn complement(&self, last: u128) -> Self {
        let (mut gaps, mut next) = (Vec::new(), Some(0));
        for (from, to) in &self.0 {
            if let Some(start) = next.filter(|start| start < from) {
                gaps.push((start, from - 1));
            }
            next = to.checked_add(1).filter(|start| *start <= last);
        }
        gaps.extend(next.map(|start| (start, last)));
        Self(gaps)
    }

    fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right, mut both) =
            (self.0.iter().peekable(), other.0.iter().peekable(), Vec::new());
        while let (Some(one), Some(two)) = (left.peek(), right.peek()) {
            let (from, to) = (one.0.max(two.0), one.1.min(two.1));
            if from <= to {
                both.push((from, to));
            }
            let shorter = if one.1 < two.1 { &mut left } else { &mut right };
            shorter.next();
        }
        Self(both)
    }

    fn contains(&self, address: u128) -> bool {
        self.0.iter().any(|(from, to)| (from..=to).contains(&&address))
    }

    /// The fewest networks that make it up: first address and length of the prefix.
    fn networks(&self, bits: u32) -> Vec<(u128, u32)> {
        let mut found = Vec::new();
        for (from, to) in &self.0 {
            let mut next = Some(*from);
            while let Some(start) = next {
                let aligned = if start == 0 { bits } else { start.trailing_zeros().min(bits) };
                let size = (0..=aligned).rev().find(|size| last_of(start, *size) <= *to).unwrap_or(0);
                found.push((start, bits - size));
                let end = last_of(start, size);
                next = end.checked_add(1).filter(|start| start <= to);
            }
        }
        found
    }
}

/// Last address of the network of `2^size` addresses that begins at `start`.
fn last_of(start: u128, size: u32) -> u128 {
    let mask = 1_u128.checked_shl(size).map_or(u128::MAX, |one| one - 1);
    start | mask
}

impl Addresses {
    /// Every address.
    pub(crate) fn all() -> Self {
        Self { four: Ranges::all(LAST4), six: Ranges::all(LAST6) }
    }

    /// Addresses and networks as people write them; the first that is none is given back.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, String> {
        let (mut four, mut six) = (Vec::new(), Vec::new());
        for text in texts {
            match network(text).ok_or_else(|| text.clone())? {
                (range, true) => four.push(range),
                (range, false) => six.push(range),
            }
        }
        Ok(Self { four: Ranges::of(four), six: Ranges::of(six) })
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        Self { four: self.four.union(&other.four), six: self.six.union(&other.six) }
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        Self { four: self.four.intersection(&other.four), six: self.six.intersection(&other.six) }
    }

    pub(crate) fn complement(&self) -> Self {
        Self { four: self.four.complement(LAST4), six: self.six.complement(LAST6) }
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.intersection(&other.complement())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.four.0.is_empty() && self.six.0.is_empty()
    }

    /// Whether an address is in it.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(four) => self.four.contains(u32::from(four).into()),
            IpAddr::V6(six) => self.six.contains(six.into()),
        }
    }

    /// The fewest networks that make it up; single addresses without a prefix.
    pub(crate) fn networks(&self) -> Vec<String> {
        let text = |address: IpAddr, prefix: u32, bits: u32| {
            if prefix == bits { address.to_string() } else { format!("{address}/{prefix}") }
        };
        let four = self.four.networks(32).into_iter().map(|(start, prefix)| {
            text(Ipv4Addr::from(u32::try_from(start).unwrap_or(u32::MAX)).into(), prefix, 32)
        });
        let six = self
            .six
            .networks(128)
            .into_iter()
            .map(|(start, prefix)| text(Ipv6Addr::from(start).into(), prefix, 128));
        four.chain(six).collect()
    }
}

/// First and last address, and whether they are of the fourth version. An IPv4 address written as an IPv6
/// one is an IPv4 address.
fn network(text: &str) -> Option<((u128, u128), bool)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let (start, prefix, bits): (u128, u32, u32) = match address.trim().parse::<IpAddr>().ok()? {
        IpAddr::V4(four) => (u128::from(u32::from(four)), prefix.unwrap_or(32), 32),
        IpAddr::V6(six) => {
            let prefix = prefix.unwrap_or(128);
            match six.to_ipv4_mapped().filter(|_| (96..=128).contains(&prefix)) {
                Some(four) => (u128::from(u32::from(four)), prefix - 96, 32),
                None => (u128::from(six), prefix, 128),
            }
        }
    };
    let size = bits.checked_sub(prefix)?;
    let last = last_of(start, size);
    let first = last - 1_u128.checked_shl(size).map_or(u128::MAX, |one| one - 1);
    Some(((first, last), bits == 32))
}
