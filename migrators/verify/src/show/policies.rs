//! Policies of routes: what the answers to plain requests show of them, requests that show more, and
//! those that no request shows.

use std::collections::HashMap;

use gateshift_gateway_model::{
    Cors, Destination, Direction, HeaderChange, HeaderOp, MatchKind, PathRewrite, Refusal, RefusalKind, Route,
};
use regex::Regex;

use super::{Base, SENT};
use crate::answer::is_ignored;
use crate::draft::{Draft, LABEL};
use crate::generate::Maker;
use crate::ledger::{Concern, SubjectKind};
use crate::pattern::samples;
use crate::text;

/// Origins of one policy that each get a request.
const ORIGINS: usize = 4;
/// An origin that nobody allows.
const STRANGER: &str = "https://gateshift-nobody.invalid";
/// A header that backends see, so that it shows whether their answers tell of headers.
const ECHO: &str = "x-gateshift-echo";

fn object(route: &Route) -> String {
    format!("routes/{}", route.name)
}

/// Adds to a request what its answer shows of the winner's policies.
pub(crate) fn attach(maker: &mut Maker<'_>, at: usize, draft: &mut Draft) {
    let route = maker.route_at(at);
    if !matches!(route.destination, Destination::Mock { .. } | Destination::Redirect { .. }) {
        rewrite(maker, route, draft);
        headers(maker, route, draft, false);
    }
}

fn rewrite(maker: &mut Maker<'_>, route: &Route, draft: &mut Draft) {
    let Some(rewrite) = &route.policies.rewrite else { return };
    let subject = maker.ledger.subject(SubjectKind::Rewrite, object(route));
    if let Some(host) = &rewrite.host {
        let concern = maker.ledger.concern(subject, "host");
        draft.extras.concerns.push(Concern { proof: Some(host.clone()), ..concern });
    }
    let Some(path) = &rewrite.path else { return };
    let sent = text::path(&draft.path);
    let concern = maker.ledger.concern(subject, "path");
    if let Some(proof) = rewritten(&mut maker.expressions, route, path, &sent) {
        draft.extras.concerns.push(Concern { proof: Some(proof), ..concern });
    }
}

/// The path that the backend gets; `None` where the rule changes nothing of this path.
fn rewritten(expressions: &mut Expressions, route: &Route, rule: &PathRewrite, path: &str) -> Option<String> {
    match rule {
        PathRewrite::Exact { path } => Some(path.clone()),
        PathRewrite::Prefix { prefix } => match route.matching.path.kind {
            MatchKind::Prefix => Some(format!("{prefix}{}", path.get(route.matching.path.value.len()..)?)),
            _ => Some(prefix.clone()),
        },
        PathRewrite::Regex { pattern, substitution } => {
            let regex = expressions.compiled(pattern)?;
            let new = regex.replace_all(path, named_groups(substitution)).into_owned();
            (new != path).then_some(new)
        }
    }
}

/// The substitution with its groups as the library writes them: `\1` becomes `${1}`.
fn named_groups(substitution: &str) -> String {
    let mut text = String::new();
    let mut letters = substitution.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                text.push_str(&format!("${{{digit}}}"));
                letters.next();
            }
            ('$', _) => text.push_str("$$"),
            _ => text.push(letter),
        }
    }
    text
}

/// Expressions of rewrites, compiled once: many routes have the same one, and each has many requests.
#[derive(Debug, Default)]
pub(crate) struct Expressions(HashMap<String, Option<Regex>>);

impl Expressions {
    fn compiled(&mut self, pattern: &str) -> Option<&Regex> {
        self.0.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok()).as_ref()
    }
}

fn named(change: &HeaderChange) -> String {
    let way = match change.direction {
        Direction::Request => "request",
        Direction::Response => "answer",
    };
    let op = match change.op {
        HeaderOp::Add => "added",
        HeaderOp::Update => "updated",
        HeaderOp::Delete => "removed",
    };
    format!("{way} header {} {op}", change.name.to_ascii_lowercase())
}

/// `sent`: the request has the headers that are changed, and one that is not.
fn headers(maker: &mut Maker<'_>, route: &Route, draft: &mut Draft, sent: bool) {
    if route.policies.headers.is_empty() {
        return;
    }
    let subject = maker.ledger.subject(SubjectKind::HeaderChange, object(route));
    for change in &route.policies.headers {
        let concern = maker.ledger.concern(subject, &named(change));
        let proof = match (change.op, change.direction) {
            (HeaderOp::Delete, Direction::Request) => {
                if !sent {
                    continue;
                }
                Some(SENT.to_owned())
            }
            (HeaderOp::Delete, Direction::Response) => None,
            _ => Some(change.value.clone()),
        };
        draft.extras.concerns.push(Concern { proof, ..concern });
        let name = change.name.to_ascii_lowercase();
        if change.direction == Direction::Response && change.op != HeaderOp::Delete && is_ignored(&name) {
            draft.extras.watch.push(name);
        }
    }
}

/// Requests beyond the plain ones.
pub(super) fn requests(maker: &mut Maker<'_>, base: &Base) {
    let route = maker.route_at(base.at);
    touched(maker, base, route);
    if route.policies.rewrite.is_some() {
        deeper(maker, base, route);
    }
    if let Some(cors) = &route.policies.cors {
        cross_origin(maker, base, route, cors);
    }
    for limit in &route.policies.rate_limits {
        let subject = maker.ledger.subject(SubjectKind::RateLimit, format!("{}/{}", object(route), limit.id));
        burst(maker, base, subject, limit.threshold, &limit.refusal);
    }
    for limit in &route.policies.concurrency_limits {
        let subject =
            maker.ledger.subject(SubjectKind::ConcurrencyLimit, format!("{}/{}", object(route), limit.id));
        burst(maker, base, subject, limit.threshold, &limit.refusal);
    }
}

/// The client sends the headers that the route changes.
fn touched(maker: &mut Maker<'_>, base: &Base, route: &Route) {
    let mut draft = base.bare.to_show("headers that the route changes, sent by the client");
    let is_condition =
        |name: &str| route.matching.headers.iter().any(|one| one.name.eq_ignore_ascii_case(name));
    let changed = route.policies.headers.iter().filter(|change| change.direction == Direction::Request);
    let mut any = false;
    for change in changed.filter(|one| !is_condition(&one.name) && text::is_sendable(&one.name, SENT)) {
        draft = draft.with_header(&change.name, "gateshift-client");
        any = true;
    }
    if any {
        draft = draft.with_header(ECHO, SENT);
        rewrite(maker, route, &mut draft);
        headers(maker, route, &mut draft, true);
        maker.effect(Some(base), draft);
    }
}

/// A query, and for expressions a path that the expression is about.
fn deeper(maker: &mut Maker<'_>, base: &Base, route: &Route) {
    let subject = maker.ledger.subject(SubjectKind::Rewrite, object(route));
    let mut draft = base.bare.to_show("rewritten, with a query");
    draft.queries.push(("gateshift".to_owned(), SENT.to_owned()));
    let concern = maker.ledger.concern(subject, "query kept");
    draft.extras.concerns.push(Concern { proof: Some(SENT.to_owned()), ..concern });
    rewrite(maker, route, &mut draft);
    maker.effect(Some(base), draft);
    let Some(PathRewrite::Regex { pattern, .. }) =
        route.policies.rewrite.as_ref().and_then(|one| one.path.as_ref())
    else {
        return;
    };
    for sample in samples(pattern, 2) {
        let prefix = base.bare.path.trim_end_matches('/');
        for path in
            [sample.clone(), format!("/{sample}"), format!("{prefix}{sample}"), format!("{prefix}/{sample}")]
        {
            let mut draft = base.bare.to_show("a path that the rewrite is about");
            draft.path = path;
            if draft.path.starts_with('/') && maker.is_answered_by(base.at, &draft) {
                rewrite(maker, route, &mut draft);
                maker.effect(Some(base), draft);
                break;
            }
        }
    }
    maker.ledger.reason(subject, "no request that the route answers fits the expression of the rewrite");
}

fn cross_origin(maker: &mut Maker<'_>, base: &Base, route: &Route, cors: &Cors) {
    let subject = maker.ledger.subject(SubjectKind::Cors, object(route));
    let origin = |text: &str| match text {
        "*" => "https://gateshift-probe.example".to_owned(),
        other => other.replace('*', LABEL),
    };
    let origins: Vec<String> = cors.allow_origins.iter().map(|one| origin(one)).collect();
    let first = origins.first().cloned().unwrap_or_else(|| STRANGER.to_owned());
    let first_of = |list: &[String], usual: &str| {
        list.iter().find(|one| !one.contains('*')).cloned().unwrap_or_else(|| usual.to_owned())
    };
    let method = first_of(&cors.allow_methods, "GET");
    let header = first_of(&cors.allow_headers, "x-gateshift");
    for (origin, aspect) in [(first.as_str(), "preflight"), (STRANGER, "preflight of another origin")] {
        let mut draft = base.bare.to_show(format!("CORS {aspect}"));
        draft.method = "OPTIONS".to_owned();
        let draft = draft
            .with_header("origin", origin)
            .with_header("access-control-request-method", method.clone())
            .with_header("access-control-request-headers", header.clone());
        let concern = maker.ledger.concern(subject, aspect);
        if maker.is_answered_by(base.at, &draft) {
            maker.effect(Some(base), draft.about(concern));
        } else {
            maker.ledger.reason(subject, "the route takes no OPTIONS, so no preflight reaches it");
            maker.effect(Some(base), draft);
        }
    }
    let known = origins.iter().take(ORIGINS).map(String::as_str);
    for origin in known.chain([STRANGER]) {
        let aspect = if origin == STRANGER {
            "request of another origin".to_owned()
        } else {
            format!("request of {origin}")
        };
        let concern = maker.ledger.concern(subject, &aspect);
        let draft = base.bare.to_show(format!("CORS {aspect}")).with_header("origin", origin);
        maker.effect(Some(base), draft.about(concern));
    }
    if origins.len() > ORIGINS {
        maker.ledger.concern(subject, "further origins");
        maker
            .ledger
            .reason(subject, format!("{ORIGINS} origins are asked about; the step `routes` reads back all"));
    }
}

fn burst(maker: &mut Maker<'_>, base: &Base, subject: usize, threshold: u64, refusal: &Refusal) {
    let concern = maker.ledger.concern(subject, "refusal");
    let limit = maker.settings.limit_threshold;
    if !maker.settings.limits {
        maker.ledger.reason(
            subject,
            "limits are not provoked unless `limits` is set; the step `routes` reads them back",
        );
        return;
    }
    let Some(threshold) = u32::try_from(threshold).ok().filter(|threshold| *threshold <= limit) else {
        maker.ledger.reason(subject, format!("its threshold is above `limitThreshold` ({limit})"));
        return;
    };
    let proof = match &refusal.kind {
        RefusalKind::Content { status, .. } => status.to_string(),
        RefusalKind::Redirect { url } => url.clone(),
    };
    let draft = base.bare.to_show("limit").about(Concern { proof: Some(proof), ..concern });
    // Every node counts for itself and rounds up, so twice the threshold is surely too many.
    maker.burst(base, draft, threshold * 2 + 4);
}

/// Names what no request shows.
pub(super) fn account(maker: &mut Maker<'_>) {
    const READ_BACK: &str = "no request shows it; the step `routes` reads it back";
    for at in maker.published() {
        let route = maker.route_at(at);
        let policies = &route.policies;
        let mut hidden = Vec::new();
        hidden.extend(policies.mirror.as_ref().map(|_| (SubjectKind::Mirror, "copies")));
        hidden.extend(policies.waf.then_some((SubjectKind::Waf, "inspection")));
        hidden.extend(route.timeout.explicit.then_some((SubjectKind::Timeout, "seconds")));
        hidden.extend(route.retry.explicit.then_some((SubjectKind::Retry, "attempts")));
        for (kind, aspect) in hidden {
            let subject = maker.ledger.subject(kind, object(route));
            maker.ledger.concern(subject, aspect);
            maker.ledger.reason(subject, READ_BACK);
        }
        for breaker in &policies.circuit_breakers {
            let object = format!("{}/{}", object(route), breaker.id);
            let subject = maker.ledger.subject(SubjectKind::CircuitBreaker, object);
            maker.ledger.concern(subject, "refusal");
            maker.ledger.reason(
                subject,
                "it opens only while its backend does badly; the step `routes` reads it back",
            );
        }
        for (kind, has) in [
            (SubjectKind::Rewrite, policies.rewrite.is_some()),
            (SubjectKind::HeaderChange, !policies.headers.is_empty()),
            (SubjectKind::Cors, policies.cors.is_some()),
        ] {
            if has {
                unreached(maker, kind, object(route));
            }
        }
        for (kind, ids) in [
            (SubjectKind::RateLimit, policies.rate_limits.iter().map(|one| &one.id).collect::<Vec<_>>()),
            (SubjectKind::ConcurrencyLimit, policies.concurrency_limits.iter().map(|one| &one.id).collect()),
        ] {
            for id in ids {
                unreached(maker, kind, format!("{}/{id}", object(route)));
            }
        }
    }
}

fn unreached(maker: &mut Maker<'_>, kind: SubjectKind, object: String) {
    let subject = maker.ledger.subject(kind, object);
    if maker.ledger.get(subject).aspects.is_empty() {
        maker.ledger.concern(subject, "effect");
        maker.ledger.reason(subject, "no request was made that its route answers");
    }
}
