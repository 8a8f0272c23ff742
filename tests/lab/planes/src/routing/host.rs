//! Host names of requests, and the domains that match them from the most to the least specific.

use std::collections::HashMap;

/// The host of an authority (`Host` header or `:authority`): no port, lower case.
#[must_use]
pub fn host_of(authority: &str) -> String {
    let host = match authority.find(']') {
        Some(end) if authority.starts_with('[') => &authority[..=end],
        _ => authority.split(':').next().unwrap_or_default(),
    };
    host.to_ascii_lowercase()
}

/// Values by domain name: `api.example.com`, `*.example.com` (one or more labels before the rest)
/// or `*`.
#[derive(Debug)]
pub(crate) struct DomainIndex<T> {
    exact: HashMap<String, T>,
    /// By what follows the star, so `.example.com`.
    wildcard: HashMap<String, T>,
    any: Option<T>,
}

impl<T> Default for DomainIndex<T> {
    fn default() -> Self {
        Self { exact: HashMap::new(), wildcard: HashMap::new(), any: None }
    }
}

impl<T> DomainIndex<T> {
    /// Enters a value; a second one under the same name replaces the first.
    pub(crate) fn insert(&mut self, name: &str, value: T) {
        let name = name.to_ascii_lowercase();
        if name == "*" {
            self.any = Some(value);
        } else if let Some(suffix) = wildcard_suffix(&name) {
            self.wildcard.insert(suffix.to_owned(), value);
        } else {
            self.exact.insert(name, value);
        }
    }

    /// The value under a name, made when it is missing.
    pub(crate) fn entry(&mut self, name: &str) -> &mut T
    where
        T: Default,
    {
        let name = name.to_ascii_lowercase();
        if name == "*" {
            self.any.get_or_insert_with(T::default)
        } else if let Some(suffix) = wildcard_suffix(&name) {
            self.wildcard.entry(suffix.to_owned()).or_default()
        } else {
            self.exact.entry(name).or_default()
        }
    }

    /// All values whose domain matches, each with the length of the domain's name, longest first.
    pub(crate) fn matching<'a>(&'a self, host: &str) -> impl Iterator<Item = (usize, &'a T)> {
        let exact = self.exact.get(host).map(|value| (host.len(), value));
        let wildcards = host
            .bytes()
            .enumerate()
            .filter(|(at, byte)| *byte == b'.' && *at > 0)
            .filter_map(|(at, _)| Some((host.len() - at + 1, self.wildcard.get(&host[at..])?)));
        exact.into_iter().chain(wildcards).chain(self.any.as_ref().map(|value| (1, value)))
    }

    /// The value of the most specific domain; at equal length the exact one.
    pub(crate) fn best<'a>(&'a self, host: &str) -> Option<&'a T> {
        self.matching(host).next().map(|(_, value)| value)
    }
}

/// What follows the star of a wildcard name.
fn wildcard_suffix(name: &str) -> Option<&str> {
    name.strip_prefix('*').filter(|suffix| suffix.len() > 1 && suffix.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_port_and_case() {
        for (given, wanted) in [
            ("API.Example.com", "api.example.com"),
            ("api.example.com:8080", "api.example.com"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(host_of(given), wanted, "{given}");
        }
    }

    #[test]
    fn domains_come_longest_first() {
        let mut index = DomainIndex::default();
        for name in ["*", "*.com", "*.example.com", "a.b.example.com", "*.B.example.com"] {
            index.insert(name, name);
        }
        let found: Vec<_> = index.matching("a.b.example.com").map(|(_, name)| *name).collect();
        assert_eq!(found, ["a.b.example.com", "*.B.example.com", "*.example.com", "*.com", "*"]);
        assert_eq!(index.best("example.com"), Some(&"*.com"));
        assert_eq!(index.best("elsewhere"), Some(&"*"));
    }
}
