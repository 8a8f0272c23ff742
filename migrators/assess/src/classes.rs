//! Five classes for everything the source has: what becomes of each object and policy in a word, and
//! how much of the real traffic depends on it. Pure.

use std::collections::BTreeMap;

use gateshift_gateway_model::{Class, Inventory, Route, TrafficShare};
use gateshift_sdk::model::{Finding, Severity};
use gateshift_sdk::name;
use serde::Serialize;

use crate::Compat;

/// An object or a policy with its class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Classed {
    /// Kind of object, `routes`; of a policy `routes/POLICY`.
    pub kind: String,
    /// Its path, as findings name it.
    pub object: String,
    /// Its class.
    pub class: Class,
    /// Codes of the findings that decide it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// Classes of everything in the inventory.
#[must_use]
pub(crate) fn classes(inventory: &Inventory, findings: &[Finding], compat: &Compat) -> Vec<Classed> {
    let book = Book::of(findings);
    let mut all = Vec::new();
    let mut add = |kind: &str, object: String, renamed: bool| {
        let (found, because) = book.about(&object);
        let class = found.max(if renamed { Class::Renamed } else { Class::Same });
        all.push(Classed { kind: kind.to_owned(), object, class, because });
    };
    add("instance", "instance".to_owned(), !name::is_plain(&inventory.instance.name));
    for one in &inventory.domains {
        add("domains", format!("domains/{}", one.name), false);
    }
    for one in &inventory.sources {
        add("sources", format!("sources/{}", one.name), false);
    }
    for one in &inventory.services {
        add("services", format!("services/{}", one.name), false);
    }
    for one in &inventory.routes {
        add("routes", format!("routes/{}", one.name), !name::is_plain(&one.name));
        for policy in policies(one) {
            add(&format!("routes/{policy}"), format!("routes/{}/{policy}", one.name), false);
        }
    }
    for one in &inventory.access_lists {
        add("access-lists", format!("access-lists/{}", one.name), false);
    }
    for one in &inventory.authentications {
        add("authentications", format!("authentications/{}", one.name), false);
    }
    for one in &inventory.consumers {
        add("consumers", format!("consumers/{}", one.name), false);
    }
    for one in &inventory.plugins {
        let target = compat.plugin(&one.name).and_then(|verdict| verdict.target);
        let renamed = !one.custom && target.is_some_and(|target| target != one.name);
        add("plugins", format!("plugins/{}", one.name), renamed);
    }
    let observed = &inventory.observability;
    if observed.tracing.is_some() {
        add("observability", "observability/tracing".to_owned(), false);
    }
    if observed.access_log.is_some() {
        add("observability", "observability/access-log".to_owned(), false);
    }
    for one in &observed.alerts {
        add("alerts", format!("alerts/{}", one.name), false);
    }
    for parameter in inventory.parameters.keys() {
        add("parameters", format!("parameters/{parameter}"), false);
    }
    all
}

/// The policies a route has, by the words that findings use for them.
fn policies(route: &Route) -> Vec<&str> {
    let own = &route.policies;
    [
        ("rewrite", own.rewrite.is_some()),
        ("headers", !own.headers.is_empty()),
        ("cors", own.cors.is_some()),
        ("mirror", own.mirror.is_some()),
        ("rate-limit", !own.rate_limits.is_empty()),
        ("concurrency-limit", !own.concurrency_limits.is_empty()),
        ("circuit-breaker", !own.circuit_breakers.is_empty()),
        ("waf", own.waf),
        ("fallback", route.fallback.is_some()),
        ("timeout", route.timeout.explicit),
        ("retry", route.retry.explicit),
    ]
    .into_iter()
    .filter_map(|(name, there)| there.then_some(name))
    .collect()
}

/// How many of each class there are.
#[must_use]
pub(crate) fn count(all: &[Classed]) -> BTreeMap<Class, u64> {
    let mut counts = BTreeMap::new();
    for one in all {
        *counts.entry(one.class).or_insert(0) += 1;
    }
    counts
}

/// How many of each class there are, by kind.
#[must_use]
pub(crate) fn count_by_kind(all: &[Classed]) -> BTreeMap<String, BTreeMap<Class, u64>> {
    let mut counts: BTreeMap<String, BTreeMap<Class, u64>> = BTreeMap::new();
    for one in all {
        *counts.entry(one.kind.clone()).or_default().entry(one.class).or_insert(0) += 1;
    }
    counts
}

/// The classes weighted by requests: a route counts as the worst of all that its requests meet.
#[must_use]
pub(crate) fn weigh(
    inventory: &Inventory,
    all: &[Classed],
    requests: &BTreeMap<String, u64>,
) -> TrafficShare {
    let of: BTreeMap<&str, Class> = all.iter().map(|one| (one.object.as_str(), one.class)).collect();
    let mut by_name: BTreeMap<&str, Class> = BTreeMap::new();
    for route in &inventory.routes {
        let own = policies(route).into_iter().map(|policy| format!("routes/{}/{policy}", route.name));
        let services = route.targets().map(|target| format!("services/{}", target.name));
        let domains = route.domains.iter().map(|name| format!("domains/{name}"));
        let met = own.chain(services).chain(domains).chain([format!("routes/{}", route.name)]);
        let worst = met.filter_map(|object| of.get(object.as_str()).copied()).max().unwrap_or(Class::Same);
        for key in [route.name.as_str(), route.id.as_str()] {
            let class = by_name.entry(key).or_insert(worst);
            *class = worst.max(*class);
        }
    }
    let mut share = TrafficShare::default();
    for (route, count) in requests {
        share.requests += count;
        match by_name.get(route.as_str()) {
            Some(class) => *share.by_class.entry(*class).or_insert(0) += count,
            None => share.unknown += count,
        }
    }
    share
}

/// Findings by object, so that fifty thousand objects find theirs soon.
struct Book<'a>(BTreeMap<&'a str, Vec<&'a Finding>>);

impl<'a> Book<'a> {
    fn of(findings: &'a [Finding]) -> Self {
        let mut book: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in findings {
            book.entry(&finding.object).or_default().push(finding);
        }
        Self(book)
    }

    /// The worst that is said of an object or of a part of it, and by which codes.
    fn about(&self, object: &str) -> (Class, Vec<String>) {
        let below = format!("{object}/");
        let own = self.0.get(object).into_iter();
        let parts = self.0.range(below.as_str()..).take_while(|(name, _)| name.starts_with(&below));
        let found: Vec<&Finding> = own.chain(parts.map(|(_, found)| found)).flatten().copied().collect();
        let worst = found.iter().map(|finding| class(finding.severity)).max().unwrap_or(Class::Same);
        let decisive = found.iter().filter(|finding| class(finding.severity) == worst && worst > Class::Same);
        let mut because: Vec<String> = decisive.map(|finding| finding.code.clone()).collect();
        because.sort_unstable();
        because.dedup();
        (worst, because)
    }
}

fn class(severity: Severity) -> Class {
    match severity {
        Severity::Info => Class::Same,
        Severity::Warn => Class::Lossy,
        Severity::Manual | Severity::Decide => Class::Choice,
        Severity::Block => Class::Blocked,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gateshift_gateway_model::{Class, Inventory};
    use gateshift_sdk::model::{Finding, Severity};

    use super::{classes, count, count_by_kind, weigh};
    use crate::Compat;
    use crate::judge::tests::inventory;

    fn with_routes(names: &[&str]) -> Inventory {
        let mut all = inventory();
        let one = all.routes[0].clone();
        all.routes = names
            .iter()
            .enumerate()
            .map(|(number, name)| {
                let mut route = one.clone();
                (route.id, route.name) = (number.to_string(), (*name).to_owned());
                route
            })
            .collect();
        all
    }

    #[test]
    fn each_object_has_the_worst_of_what_is_said_of_it() {
        let all = with_routes(&["same", "Other Name", "lossy", "asked", "lost", "lost-not"]);
        let finding = |severity, object: &str| Finding::new(severity, "X-CODE", object, "it is so");
        let findings = [
            finding(Severity::Info, "routes/same"),
            finding(Severity::Warn, "routes/lossy/timeout"),
            finding(Severity::Decide, "routes/asked"),
            finding(Severity::Warn, "routes/asked"),
            finding(Severity::Block, "routes/lost"),
            finding(Severity::Block, "services/idle"),
        ];
        let compat = Compat::built_in().unwrap();
        let found = classes(&all, &findings, compat);
        let of = |object: &str| found.iter().find(|one| one.object == object).unwrap();
        for (object, class) in [
            ("routes/same", Class::Same),
            ("routes/Other Name", Class::Renamed),
            ("routes/lossy", Class::Lossy),
            ("routes/lossy/timeout", Class::Lossy),
            ("routes/same/timeout", Class::Same),
            ("routes/asked", Class::Choice),
            ("routes/lost", Class::Blocked),
            ("routes/lost-not", Class::Same),
        ] {
            assert_eq!(of(object).class, class, "{object}");
        }
        assert_eq!(of("routes/lost").because, ["X-CODE"]);
        assert_eq!(count(&found).values().sum::<u64>(), found.len() as u64);
        assert_eq!(count_by_kind(&found)["services"][&Class::Blocked], 1);

        let requests = BTreeMap::from([("same", 70), ("lost", 20), ("4", 5), ("elsewhere", 5)]);
        let requests = requests.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        let share = weigh(&all, &found, &requests);
        assert_eq!((share.requests, share.unknown), (100, 5));
        assert_eq!((share.by_class[&Class::Same], share.by_class[&Class::Blocked]), (70, 25));
    }
}
