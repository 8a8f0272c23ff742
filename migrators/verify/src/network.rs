//! Networks of access lists, and the addresses at their borders: inside and just outside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address or a network of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Network {
    v6: bool,
    first: u128,
    last: u128,
}

impl Network {
    /// `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text.trim(), None),
        };
        let (v6, number, width) = number(address.parse().ok()?);
        let free = width.checked_sub(length.unwrap_or(width))?;
        let mask = if free == 0 { 0 } else { u128::MAX >> (128 - free) };
        Some(Self { v6, first: number & !mask, last: number | mask })
    }

    /// Whether the address lies in it.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let (v6, number, _) = number(address);
        self.v6 == v6 && (self.first..=self.last).contains(&number)
    }

    /// Its first and its last address.
    pub(crate) fn borders(&self) -> [IpAddr; 2] {
        [self.address(self.first), self.address(self.last)]
    }

    /// The addresses right before and right after it.
    pub(crate) fn neighbours(&self) -> Vec<IpAddr> {
        let most = if self.v6 { u128::MAX } else { u128::from(u32::MAX) };
        let after = self.last.checked_add(1).filter(|number| *number <= most);
        let both = [after, self.first.checked_sub(1)];
        both.into_iter().flatten().map(|number| self.address(number)).collect()
    }

    fn address(&self, number: u128) -> IpAddr {
        match u32::try_from(number) {
            Ok(small) if !self.v6 => IpAddr::V4(Ipv4Addr::from(small)),
            _ => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }
}

fn number(address: IpAddr) -> (bool, u128, u32) {
    match address {
        IpAddr::V4(address) => (false, u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (true, u128::from(address), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn borders_and_neighbours() {
        let texts = |text: &str| {
            let network = Network::parse(text).unwrap();
            let [first, last] = network.borders();
            assert!(network.contains(first) && network.contains(last));
            let neighbours = network.neighbours();
            assert!(neighbours.iter().all(|one| !network.contains(*one)));
            let neighbours: Vec<String> = neighbours.iter().map(ToString::to_string).collect();
            (first.to_string(), last.to_string(), neighbours.join(" "))
        };
        let own = |one: (&str, &str, &str)| (one.0.to_owned(), one.1.to_owned(), one.2.to_owned());
        assert_eq!(texts("192.0.2.7/30"), own(("192.0.2.4", "192.0.2.7", "192.0.2.8 192.0.2.3")));
        assert_eq!(texts("0.0.0.0/0"), own(("0.0.0.0", "255.255.255.255", "")));
        assert_eq!(
            texts("2001:db8::/127"),
            own(("2001:db8::", "2001:db8::1", "2001:db8::2 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff"))
        );
        assert_eq!(texts("::/0").2, "");
        for text in ["192.0.2.0/33", "::/129", "x", "1.2.3.4-1.2.3.9", ""] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
        assert!(!Network::parse("::/0").unwrap().contains("192.0.2.1".parse().unwrap()));
    }
}
