//! Requests that hit routes, nearly miss them, or have nothing to do with them.

use gateshift_lab_mse::Scenario;
use gateshift_lab_mse::scenario::{Compare, Condition, Domain, PathKind, Route};

use super::matcher::{Request, covers};
use crate::dice::Dice;

const METHODS: [&str; 7] = ["GET", "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"];

/// A request near a route of the scenario.
pub(crate) fn near(dice: &mut Dice, scenario: &Scenario) -> Request {
    let route = dice.pick(&scenario.routes).as_served();
    let other = dice.pick(&scenario.routes).as_served();
    let host = host(dice, scenario, &route);
    let of_path = if dice.percent(10) { &other } else { &route };
    let method = match route.methods.first() {
        Some(method) if dice.percent(80) => method.clone(),
        _ => (*dice.pick(&METHODS)).to_owned(),
    };
    let mut headers = values(dice, &route.headers);
    let mut query = values(dice, &route.query);
    if dice.percent(20) {
        add(&mut headers, values(dice, &other.headers));
        add(&mut query, values(dice, &other.query));
    }
    if dice.percent(15) {
        add(&mut query, vec![("page".to_owned(), dice.below(9).to_string())]);
    }
    let https = dice.percent(30) && has_certificate(scenario, &host);
    Request { https, method, host, path: path(dice, of_path), query, headers }
}

fn host(dice: &mut Dice, scenario: &Scenario, route: &Route) -> String {
    let domain = match dice.below(12) {
        0 => &dice.pick(&scenario.domains).name,
        1 => return "elsewhere.invalid".to_owned(),
        _ => dice.pick(&route.domains),
    };
    let label = *dice.pick(&["alpha", "z", "x1-y", "deep.er"]);
    let host = match domain.strip_prefix('*') {
        Some("") => format!("{label}.anything.org"),
        Some(suffix) => format!("{label}{suffix}"),
        None => domain.clone(),
    };
    if dice.percent(5) { host.to_ascii_uppercase() } else { host }
}

/// Whether TLS works for a host: the most specific domain has a certificate that names it.
fn has_certificate(scenario: &Scenario, host: &str) -> bool {
    let fitting = scenario.domains.iter().filter(|domain| covers(&domain.name, host));
    let best: Option<&Domain> =
        fitting.max_by_key(|domain| (domain.name.len(), !domain.name.starts_with('*')));
    let certificate =
        best.and_then(|best| scenario.network.certificates.iter().find(|one| one.id == best.certificate));
    let named = |name: &String| match name.strip_prefix("*.") {
        Some(suffix) => host.split_once('.').is_some_and(|(_, rest)| rest == suffix),
        None => name == host,
    };
    certificate.is_some_and(|certificate| certificate.names.iter().any(named))
}

fn path(dice: &mut Dice, route: &Route) -> String {
    let base = if route.kind == PathKind::Regex { sample(dice, &route.path) } else { route.path.clone() };
    let base = if base.starts_with('/') { base } else { format!("/{base}") };
    let path = match dice.below(14) {
        0 => format!("{base}/"),
        1 => format!("{base}x"),
        2 => format!("{base}/more/of-it"),
        3 => base.to_ascii_uppercase(),
        4 => base[..base.len() - 1].to_owned(),
        5 => "/".to_owned(),
        6 => format!("{base}/12"),
        _ => base,
    };
    if path.is_empty() { "/".to_owned() } else { path }
}

/// A text that an expression made of few simple parts probably matches. The oracle judges it anyway.
fn sample(dice: &mut Dice, expression: &str) -> String {
    let text = expression.trim_start_matches('^').trim_end_matches('$');
    let parts = [
        ("[0-9a-z]+", "a1b2"),
        ("[0-9]+", "42"),
        ("\\d+", "7"),
        ("[a-z]+", "abc"),
        ("[^/]+", "one"),
        (".*", "any/thing"),
        (".+", "some"),
    ];
    let mut text = parts.iter().fold(text.to_owned(), |text, (part, instead)| text.replace(part, instead));
    if let (Some(open), Some(close)) = (text.find('('), text.find(')')) {
        let inner = text[open + 1..close].to_owned();
        let choices: Vec<&str> = inner.split('|').collect();
        let optional = text[close + 1..].starts_with('?');
        let chosen = if optional && dice.percent(50) { "" } else { dice.pick(&choices) };
        text = format!("{}{chosen}{}", &text[..open], text[close + 1..].trim_start_matches('?'));
    }
    text.replace('\\', "")
}

/// Values for conditions: most fulfil them, some do not, some are missing.
fn values(dice: &mut Dice, conditions: &[Condition]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for condition in conditions {
        let value = match condition.kind {
            Compare::Exact => condition.value.clone(),
            Compare::Prefix => format!("{}9", condition.value),
            Compare::Regex => sample(dice, &format!("({})", condition.value)),
        };
        match dice.below(10) {
            0 => {}
            1 => found.push((condition.name.clone(), format!("not-{value}"))),
            2 => found.push((condition.name.clone(), format!("{value}0"))),
            _ => found.push((condition.name.clone(), value)),
        }
    }
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// Adds those whose name is not there yet.
fn add(all: &mut Vec<(String, String)>, more: Vec<(String, String)>) {
    for (name, value) in more {
        if !all.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            all.push((name, value));
        }
    }
}
