//! Addresses, networks, and who the client of a request is.

use std::net::IpAddr;

/// An address or a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
            None => (text, None),
        };
        let base = address.parse::<IpAddr>().ok()?.to_canonical();
        let width = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(width);
        (prefix <= width).then_some(Self { base, prefix })
    }

    /// Whether the address lies in it.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let kept = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                base.to_bits() & kept == address.to_bits() & kept
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let kept = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                base.to_bits() & kept == address.to_bits() & kept
            }
            _ => false,
        }
    }
}

/// The client as Envoy sees it at the edge: the peer when no hop is trusted, else the address that
/// many from the end of `x-forwarded-for`; the peer again when the header is too short or no address.
pub(crate) fn client(peer: IpAddr, forwarded_for: Option<&str>, trusted_hops: u32) -> IpAddr {
    let Some(back) = trusted_hops.checked_sub(1) else { return peer };
    let back = usize::try_from(back).unwrap_or(usize::MAX);
    let named = forwarded_for.unwrap_or_default().rsplit(',').nth(back);
    named.and_then(parse_address).unwrap_or(peer)
}

/// An address, perhaps with a port or in brackets.
pub(crate) fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let plain = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    plain.or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_so_many_hops_from_the_end() {
        let peer = IpAddr::from([127, 0, 0, 1]);
        for (forwarded, hops, wanted) in [
            (None, 0, "127.0.0.1"),
            (Some("192.0.2.1"), 0, "127.0.0.1"),
            (Some("192.0.2.1"), 1, "192.0.2.1"),
            (Some("192.0.2.1, 198.51.100.2"), 1, "198.51.100.2"),
            (Some("192.0.2.1, 198.51.100.2"), 2, "192.0.2.1"),
            (Some("192.0.2.1, 198.51.100.2"), 3, "127.0.0.1"),
            (Some("nonsense"), 1, "127.0.0.1"),
            (Some("[2001:db8::1]:443"), 1, "2001:db8::1"),
            (None, 1, "127.0.0.1"),
        ] {
            assert_eq!(client(peer, forwarded, hops).to_string(), wanted, "{forwarded:?} {hops}");
        }
    }

    #[test]
    fn networks_contain_what_shares_their_prefix() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7/32", "192.0.2.8", false),
            ("2001:db8::/32", "2001:db8:1::5", true),
            ("2001:db8::/32", "2001:db9::5", false),
            ("::/0", "192.0.2.1", false),
            ("192.0.2.0/24", "::ffff:192.0.2.9", true),
        ] {
            let network = Network::parse(network).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network:?} {address}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "a/8"] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
    }
}
