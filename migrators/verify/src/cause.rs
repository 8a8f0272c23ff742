//! The likely cause of a mismatch, by rules over what was asked and what differs. A guess for the
//! person who looks, never a decision.

use serde::{Deserialize, Serialize};

use crate::answer::{Difference, STATUS};
use crate::case::{Case, Kind};
use crate::ledger::{Subject, SubjectKind};

/// A guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cause {
    /// Short name.
    pub(crate) code: String,
    /// In words.
    pub(crate) text: String,
}

fn guess(code: &str, text: impl Into<String>) -> Cause {
    Cause { code: code.to_owned(), text: text.into() }
}

/// What most likely makes the answers differ. `is_made`: the `routes` step made the winner.
pub(crate) fn cause(case: &Case, subjects: &[Subject], differences: &[Difference], is_made: bool) -> Cause {
    if let Some(transport) = differences.iter().find(|one| one.field.starts_with("transport")) {
        return silent(case, transport);
    }
    if !is_made {
        let winner = case.winner.as_deref().unwrap_or_default();
        return guess(
            "left_out",
            format!(
                "the `routes` step did not make route `{winner}`; if that is on purpose, set `skipLeftOut: true`"
            ),
        );
    }
    let field = |name: &str| differences.iter().find(|one| one.field == name);
    if let Some(cause) = by_concern(case, subjects, differences) {
        return cause;
    }
    if let Some(status) = field(STATUS) {
        return by_status(case, number(status.source.as_ref()), number(status.target.as_ref()));
    }
    if field("header:location").is_some() {
        return guess("redirect", "both redirect, and to different places");
    }
    if differences.iter().all(|one| one.field.starts_with("tls:")) {
        let certificate = field("tls:certificate").is_some();
        let what =
            if certificate { "another certificate" } else { "another TLS version or application protocol" };
        return guess("tls", format!("the target presents {what} for domain `{}`", case.domain));
    }
    if differences.iter().all(|one| one.field.starts_with("header:")) {
        return guess(
            "headers",
            "both answer alike and the headers of the answers differ: a header or CORS policy",
        );
    }
    if case.kind == Kind::NearMiss {
        return condition(case, "is looser or stricter on the target, so another route answers there");
    }
    match (&case.winner, &case.next) {
        (Some(winner), Some(next)) => guess(
            "order",
            format!(
                "route `{next}` also fits and may come before `{winner}` on the target, or the service differs"
            ),
        ),
        (Some(winner), None) => guess(
            "upstream",
            format!(
                "route `{winner}` leads to another service or version on the target, or changes the request"
            ),
        ),
        _ => guess("body", "both answer with the same status and other content"),
    }
}

/// The policy, list, credential, plugin or parameter that the request is about, where what differs
/// speaks for it.
fn by_concern(case: &Case, subjects: &[Subject], differences: &[Difference]) -> Option<Cause> {
    let concerns = case.concerns.iter().filter_map(|one| {
        let subject = subjects.get(one.subject)?;
        Some((subject, subject.aspects.get(one.aspect).map(String::as_str).unwrap_or_default()))
    });
    let all: Vec<(&Subject, &str)> = concerns.collect();
    let named = |name: &str| differences.iter().any(|one| one.field.to_ascii_lowercase().contains(name));
    let has_status = differences.iter().any(|one| one.field == STATUS);
    let fits = |(subject, aspect): &&(&Subject, &str)| match subject.kind {
        SubjectKind::HeaderChange => {
            let name = aspect.split(' ').nth(2).unwrap_or_default();
            !has_status && !name.is_empty() && named(name)
        }
        SubjectKind::Rewrite => {
            !has_status && ["path", "target", "host", "url", "uri", "query"].iter().any(|name| named(name))
        }
        SubjectKind::Cors => case.kind == Kind::Effect,
        // A plain request under a plugin says much of the route and little of the plugin.
        SubjectKind::Plugin => case.kind == Kind::Effect,
        _ => true,
    };
    let (subject, aspect) = all.iter().find(fits).copied()?;
    let kind = subject.kind.to_string();
    let object = &subject.object;
    Some(guess(
        &kind,
        format!(
            "{} of {object} is missing or other on the target; the request shows: {aspect}",
            kind.replace('_', " ")
        ),
    ))
}

fn number(text: Option<&String>) -> u16 {
    text.and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or(0)
}

fn silent(case: &Case, difference: &Difference) -> Cause {
    let source_answered = difference.source.as_ref().is_some_and(|text| text.starts_with("status"));
    if !source_answered {
        return guess("source_silent", "the source did not answer and the target did");
    }
    match difference.field.as_str() {
        "transport:connection" => {
            guess("unreachable", "the target does not listen on this port, or a security group is in the way")
        }
        "transport:handshake" => guess(
            "tls",
            format!(
                "the target has no certificate for domain `{}`, or refuses this TLS version",
                case.domain
            ),
        ),
        _ => guess(
            "timeout",
            "the target took the request and gave no complete answer: a timeout or a backend that it cannot reach",
        ),
    }
}

fn by_status(case: &Case, source: u16, target: u16) -> Cause {
    let is_redirect = |status: u16| (300..400).contains(&status);
    match (source, target) {
        _ if is_redirect(source) || is_redirect(target) => {
            guess("redirect", "only one side redirects, or with another status")
        }
        (404, _) => extra(case),
        (_, 404) => lost(case),
        (_, 401 | 403) => guess("access", "the target asks for credentials or refuses this address"),
        (_, 504) => guess(
            "timeout",
            "the target gave up waiting for its backend: a shorter timeout, or a slower way to it",
        ),
        (_, 500..) => guess(
            "no_backend",
            "the target finds no live backend: the service, its port or the security group",
        ),
        _ => guess("status", "the answers have different statuses: another route, service or policy"),
    }
}

/// The source has no route here and the target has one.
fn extra(case: &Case) -> Cause {
    let shows = case.shows.first().map(String::as_str).unwrap_or_default();
    match case.kind {
        Kind::NearMiss => condition(case, "is lost or looser on the target"),
        _ if shows == "unknown host" => {
            guess("extra_domain", "the target serves hosts that the source does not know")
        }
        _ if shows.ends_with("is not published") => {
            guess("extra_route", format!("{shows} at the source and served on the target"))
        }
        _ => guess("extra_route", "a route of the target answers what the source has no route for"),
    }
}

/// The source has a route here and the target has none.
fn lost(case: &Case) -> Cause {
    let winner = case.winner.as_deref().unwrap_or_default();
    if case.kind == Kind::NearMiss {
        return guess(
            "route_missing",
            format!(
                "route `{winner}` does not answer on the target: it is missing there or its match is stricter"
            ),
        );
    }
    if case.shows.iter().any(|one| one == "path other case") {
        return guess("case", format!("route `{winner}` minds the case of the path on the target"));
    }
    let special: Vec<&str> = case
        .shows
        .iter()
        .map(String::as_str)
        .filter(|one| !one.starts_with("domain ") && *one != "path as written" && *one != "method GET")
        .collect();
    let stricter = if special.is_empty() {
        String::new()
    } else {
        format!(", or is stricter about: {}", special.join(", "))
    };
    guess(
        "route_missing",
        format!(
            "route `{winner}` is missing on the target, has not this domain or is not deployed{stricter}"
        ),
    )
}

/// A near miss that the sides see differently.
fn condition(case: &Case, what: &str) -> Cause {
    let shows = case.shows.first().map(|one| one.trim_start_matches("not ")).unwrap_or_default();
    let code = match shows {
        _ if shows.contains("slash") => "slash",
        _ if shows.starts_with("path other case") => "case",
        _ if shows.starts_with("path") => "path",
        _ if shows.starts_with("header") => "header_condition",
        _ if shows.starts_with("query") => "query_condition",
        _ if shows.starts_with("method") => "method",
        _ => "condition",
    };
    guess(code, format!("a condition {what}; the request breaks it by: {shows}"))
}
