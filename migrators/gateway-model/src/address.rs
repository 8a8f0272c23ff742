//! Host names and how specific they are.

/// Whether the domain (`api.example.com`, `*.example.com`, `*`) covers the host.
#[must_use]
pub fn covers(domain: &str, host: &str) -> bool {
    match domain.strip_prefix('*') {
        Some("") => true,
        Some(suffix) => {
            host.len() > suffix.len() && host.to_ascii_lowercase().ends_with(&suffix.to_ascii_lowercase())
        }
        None => domain.eq_ignore_ascii_case(host),
    }
}

/// Whether the domain stands for more than one host.
#[must_use]
pub fn is_wildcard(domain: &str) -> bool {
    domain.starts_with('*')
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn coverage() {
        assert!(covers("a.example.com", "A.example.com"));
        assert!(covers("*.example.com", "a.b.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("*.example.com", ".example.com"));
        assert!(covers("*", "anything"));
        assert!(!covers("example.com", "a.example.com"));
    }
}
