//! What the policies of a route mean for the target: what cannot be said there, what cannot hold, and
//! what is different while both gateways serve.

use gateshift_apig::convert::policy::{Class, unsaid};
use gateshift_gateway_model::{MatchKind, PathRewrite, Refusal, Rewrite, Route, groups};
use gateshift_sdk::model::{Finding, Severity};

use super::draft::Draft;

/// Findings of one kind that are shown one by one; the rest is counted.
const SHOWN: usize = 20;

/// What the policies of one route cannot be carried over with.
pub(super) fn carried(draft: &mut Draft<'_>, route: &Route, object: &str) {
    several(draft, route, object);
    let lost = unsaid(route, &|class, key| draft.shows(class, key));
    for (class, id, what) in lost {
        let name = class.name();
        draft.find(
            Severity::Block,
            "POL-DIALECT",
            format!("{object}/{name}/{id}"),
            format!("its rule {id} has {what}, and the target's example of {name} shows no number for it"),
            "say the target's key with the setting `templates` if there is one, change the rule at the source, or exclude the route",
        );
    }
    for (class, id, refusal) in refusals(route) {
        if let Some(headers) = &refusal.extra_headers {
            let message = format!(
                "a request that rule {id} refuses gets further headers ({headers}), for which the target has no place"
            );
            draft.find(
                Severity::Warn,
                "POL-LIMIT-HEADERS",
                format!("{object}/{}/{id}", class.name()),
                message,
                "see that no client needs them",
            );
        }
    }
    if let Some(rewrite) = &route.policies.rewrite {
        for (severity, message) in flaws(rewrite, route) {
            draft.find(
                severity,
                "POL-REWRITE",
                format!("{object}/rewrite"),
                message,
                "correct the rewrite or the match at the source, or exclude the route",
            );
        }
    }
}

/// Every rule of a route, as (class, id, what a refused request gets).
fn refusals(route: &Route) -> Vec<(Class, &str, &Refusal)> {
    let policies = &route.policies;
    let rates = policies.rate_limits.iter().map(|one| (Class::RateLimit, one.id.as_str(), &one.refusal));
    let concurrency = policies
        .concurrency_limits
        .iter()
        .map(|one| (Class::ConcurrencyLimit, one.id.as_str(), &one.refusal));
    let breakers =
        policies.circuit_breakers.iter().map(|one| (Class::CircuitBreaker, one.id.as_str(), &one.refusal));
    rates.chain(concurrency).chain(breakers).collect()
}

/// The target holds one rule of a class on a route.
fn several(draft: &mut Draft<'_>, route: &Route, object: &str) {
    for class in [Class::RateLimit, Class::ConcurrencyLimit, Class::CircuitBreaker] {
        let ids: Vec<&str> =
            refusals(route).into_iter().filter(|(one, ..)| *one == class).map(|(_, id, _)| id).collect();
        if ids.len() > 1 {
            let message = format!(
                "rules {} are all of class {}, and a route of the target takes one",
                ids.join(", "),
                class.name()
            );
            draft.find(
                Severity::Block,
                "POL-SEVERAL",
                format!("{object}/{}", class.name()),
                message,
                "leave one of them on at the source, or exclude the route",
            );
        }
    }
}

/// Why a rewrite cannot hold together with what the route matches, or does something odd.
fn flaws(rewrite: &Rewrite, route: &Route) -> Vec<(Severity, String)> {
    let (kind, value) = (route.matching.path.kind, route.matching.path.value.as_str());
    let mut found = Vec::new();
    let mut block = |message: String| found.push((Severity::Block, message));
    match &rewrite.path {
        Some(PathRewrite::Exact { .. }) if kind == MatchKind::Prefix => {
            block("its whole path is rewritten, which needs an exact match or an expression, and it matches a prefix".to_owned());
        }
        Some(PathRewrite::Prefix { .. }) if kind != MatchKind::Prefix => {
            block("its prefix is rewritten, which needs a match by prefix".to_owned());
        }
        Some(PathRewrite::Regex { pattern, substitution }) => match groups(pattern) {
            None => block(format!("`{pattern}` is no valid expression")),
            Some(count) if highest_group(substitution) > count => {
                block(format!("`{substitution}` names a group that `{pattern}` does not capture"));
            }
            Some(_) => {}
        },
        _ => {}
    }
    if let Some(host) = rewrite.host.as_ref().filter(|host| host.contains(['*', '(', '\\', '$'])) {
        block(format!("the host becomes `{host}`, and only a plain host is taken"));
    }
    if let Some(PathRewrite::Prefix { prefix }) = &rewrite.path
        && kind == MatchKind::Prefix
        && value.ends_with('/') != prefix.ends_with('/')
    {
        let message = format!(
            "prefix `{value}` becomes `{prefix}`: only one of both ends in a slash, so that paths below get one slash too many or too few"
        );
        found.push((Severity::Warn, message));
    }
    found
}

/// The largest `\N` of a substitution.
fn highest_group(substitution: &str) -> usize {
    substitution
        .split('\\')
        .skip(1)
        .filter_map(|part| part.chars().next()?.to_digit(10))
        .max()
        .map_or(0, |digit| digit as usize)
}

/// What holds for all routes together: both gateways act on their own while the traffic is split.
pub(super) fn together(draft: &mut Draft<'_>, routes: &[&Route]) {
    let nodes = u64::from(draft.given.inventory.instance.nodes.max(1));
    let (mut limits, mut mirrors, mut guarded) = (Vec::new(), Vec::new(), Vec::new());
    for route in routes {
        let object = format!("routes/{}", route.name);
        let policies = &route.policies;
        let rates = policies.rate_limits.iter().map(|one| (Class::RateLimit, &one.id, one.threshold));
        let concurrency =
            policies.concurrency_limits.iter().map(|one| (Class::ConcurrencyLimit, &one.id, one.threshold));
        for (class, id, threshold) in rates.chain(concurrency) {
            limits.push(split(&format!("{object}/{}/{id}", class.name()), threshold, nodes));
        }
        if let Some(mirror) = &policies.mirror {
            mirrors.push(
                Finding::new(
                    Severity::Warn,
                    "POL-MIRROR-DOUBLE",
                    format!("{object}/mirror"),
                    format!("{} % of its requests are copied by whichever gateway serves them: while traffic is split the receiver gets the copies of both, as many as before in all, from two gateways at once", mirror.percent),
                )
                .with_action("see that the receiver can tell or does not care which gateway a copy comes from"),
            );
        }
        if policies.waf {
            guarded.push(route.name.as_str());
        }
    }
    capped(draft, limits, "POL-LIMIT-SPLIT", "limits are counted by each gateway while traffic is split");
    capped(
        draft,
        mirrors,
        "POL-MIRROR-DOUBLE",
        "routes have their requests copied by both gateways while traffic is split",
    );
    firewall(draft, &guarded);
}

/// A limit in numbers.
fn split(object: &str, threshold: u64, nodes: u64) -> Finding {
    let share = threshold.div_ceil(nodes);
    let message = format!(
        "the threshold of {threshold} is for the gateway as a whole: each of the source's {nodes} nodes lets {share} through, {} together; the target rounds by its own number of nodes, and while traffic is split both count by themselves, so that up to {} reach the backend",
        share * nodes,
        share * nodes + threshold,
    );
    Finding::new(Severity::Warn, "POL-LIMIT-SPLIT", object, message)
        .with_action("see that the backend bears the sum during the shift, or lower the threshold at the source for that time and assess again")
}

/// The first findings of a kind, and how many more there are.
fn capped(draft: &mut Draft<'_>, mut all: Vec<Finding>, code: &str, what: &str) {
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    draft.findings.extend(all);
    if more > 0 {
        let message = format!("{more} more {what}");
        draft.find(
            Severity::Warn,
            code,
            "routes".to_owned(),
            message,
            "see the findings above for what to do",
        );
    }
}

/// The firewall knows gateways one by one, and adding one is a console step.
fn firewall(draft: &mut Draft<'_>, routes: &[&str]) {
    let whole = draft.given.inventory.has_gateway_waf();
    if !whole && routes.is_empty() {
        return;
    }
    let (object, of) = if whole {
        ("instance/waf", "all routes".to_owned())
    } else {
        let shown = routes.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
        let more = routes.len().saturating_sub(SHOWN);
        ("routes/waf", if more > 0 { format!("{shown} and {more} more") } else { shown })
    };
    let message = format!(
        "the web application firewall looks at requests of {of}; a policy says so on the target, too, and acts once the new gateway was added to the firewall"
    );
    draft.find(
        Severity::Manual,
        "POL-WAF",
        object.to_owned(),
        message,
        "add the new gateway to Web Application Firewall 3.0 in its console before traffic moves",
    );
}
