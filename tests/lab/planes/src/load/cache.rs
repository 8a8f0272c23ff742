//! The DNS cache of one client: an answer is used until its TTL is over and not a moment longer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Answers by host name.
#[derive(Debug, Default)]
pub(crate) struct DnsCache(HashMap<String, Kept>);

#[derive(Debug)]
struct Kept {
    until: Instant,
    addresses: Vec<IpAddr>,
}

impl DnsCache {
    /// The addresses of a host, unless they are too old.
    pub(crate) fn get(&self, host: &str, now: Instant) -> Option<&[IpAddr]> {
        self.0.get(host).filter(|kept| now < kept.until).map(|kept| kept.addresses.as_slice())
    }

    /// Keeps an answer for its TTL in lab seconds.
    pub(crate) fn keep(&mut self, host: &str, addresses: Vec<IpAddr>, ttl: u32, speed: f64, now: Instant) {
        let until = now + Duration::from_secs(u64::from(ttl)).div_f64(speed.max(0.001));
        self.0.insert(host.to_owned(), Kept { until, addresses });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_live_as_long_as_their_ttl_in_lab_time() {
        let mut cache = DnsCache::default();
        let now = Instant::now();
        let address = IpAddr::from([127, 0, 0, 1]);
        cache.keep("a.example", vec![address], 60, 20.0, now);
        assert_eq!(cache.get("a.example", now + Duration::from_millis(2999)), Some(&[address][..]));
        assert_eq!(cache.get("a.example", now + Duration::from_millis(3000)), None);
        assert_eq!(cache.get("b.example", now), None);
        cache.keep("a.example", vec![address], 0, 20.0, now);
        assert_eq!(cache.get("a.example", now), None);
    }
}
