//! Path and host on the way to the upstream.

use gateshift_lab_kernel::policy::{PathRewrite, Rewrite};
use regex::Regex;

use super::Onward;

/// A rewrite, compiled.
#[derive(Debug)]
pub(crate) struct Rewriter {
    host: Option<String>,
    path: Option<Rewritten>,
}

#[derive(Debug)]
enum Rewritten {
    Whole(String),
    Prefix(String),
    Expression(Regex, String),
}

impl Rewriter {
    /// Compiles one; an expression that is none changes nothing.
    pub(crate) fn compile(rewrite: &Rewrite) -> Self {
        let path = match &rewrite.path {
            None => None,
            Some(PathRewrite::Exact(path)) => Some(Rewritten::Whole(path.clone())),
            Some(PathRewrite::Prefix(prefix)) => Some(Rewritten::Prefix(prefix.clone())),
            Some(PathRewrite::Regex { pattern, substitution }) => Regex::new(pattern)
                .inspect_err(|error| tracing::warn!(pattern, %error, "a rewrite changes nothing"))
                .ok()
                .map(|expression| Rewritten::Expression(expression, groups(substitution))),
        };
        Self { host: rewrite.host.clone().filter(|host| !host.is_empty()), path }
    }

    /// Rewrites. `matched` is the path condition of the route.
    pub(crate) fn apply(&self, matched: &str, onward: &mut Onward) {
        if let Some(host) = &self.host {
            onward.host.clone_from(host);
        }
        let path = match &self.path {
            None => return,
            Some(Rewritten::Whole(path)) => path.clone(),
            Some(Rewritten::Prefix(prefix)) => match onward.path.get(matched.len()..) {
                Some(rest) => format!("{prefix}{rest}"),
                None => return,
            },
            Some(Rewritten::Expression(expression, substitution)) => {
                expression.replace_all(&onward.path, substitution.as_str()).into_owned()
            }
        };
        onward.path = if path.starts_with('/') { path } else { format!("/{path}") };
    }
}

/// RE2 writes groups as `\1`; this crate's engine as `${1}`, and its own dollar has to be doubled.
fn groups(substitution: &str) -> String {
    let mut out = String::new();
    let mut rest = substitution.chars().peekable();
    while let Some(one) = rest.next() {
        match one {
            '$' => out.push_str("$$"),
            '\\' => match rest.next() {
                Some(digit) if digit.is_ascii_digit() => out.push_str(&format!("${{{digit}}}")),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::facts::samples::{facts, headers, onward};
    use super::*;

    #[test]
    fn paths_and_hosts_are_rewritten() {
        let regex = |pattern: &str, substitution: &str| PathRewrite::Regex {
            pattern: pattern.to_owned(),
            substitution: substitution.to_owned(),
        };
        let none = headers(&[]);
        for (path, rewrite, matched, wanted) in [
            ("/old", Some(PathRewrite::Exact("/new".to_owned())), "/old", "/new"),
            ("/app/a/b", Some(PathRewrite::Prefix("/".to_owned())), "/app/", "/a/b"),
            ("/app/a/b", Some(PathRewrite::Prefix("/".to_owned())), "/app", "//a/b"),
            ("/APP/a", Some(PathRewrite::Prefix("/v2/".to_owned())), "/app/", "/v2/a"),
            ("/user/7/x", Some(regex("^/user/(\\d+)/(.*)$", "/u/\\2/\\1")), "/user/", "/u/x/7"),
            ("/price", Some(regex("^/price$", "/$1")), "/", "/$1"),
            ("/same", Some(regex("(", "/x")), "/", "/same"),
            ("/same", None, "/", "/same"),
        ] {
            let rewriter = Rewriter::compile(&Rewrite { path: rewrite, host: Some("b.local".to_owned()) });
            let mut onward = onward(&facts(path, &none));
            rewriter.apply(matched, &mut onward);
            assert_eq!((onward.path.as_str(), onward.host.as_str()), (wanted, "b.local"), "{path}");
        }
    }
}
