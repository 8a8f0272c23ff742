//! What is said about all routes together: their order, and the defaults that become settings.

use gateshift_gateway_model::{Destination, Route};
use gateshift_sdk::model::Severity;

use super::draft::Draft;
use super::order;

/// Findings of one kind that are shown one by one; the rest is counted.
const SHOWN: usize = 20;

/// What the order of creation can and cannot keep.
pub(super) fn order_of(draft: &mut Draft<'_>, routes: &[&Route], adopted: &[Option<i64>]) {
    for group in order::ties(routes) {
        let names: Vec<String> = group.iter().map(|at| draft.facts.routes[*at].name.clone()).collect();
        let mut last = i64::MIN;
        for (at, name) in group.iter().zip(&names) {
            match adopted[*at] {
                Some(created) if created < last => {
                    let message = "it exists on the target, made in another order than at the source, and the order decides";
                    draft.find(
                        Severity::Block,
                        "RTE-ORDER",
                        format!("routes/{name}"),
                        message,
                        "remove it and the later ones of its kind on the target, or exclude it",
                    );
                }
                Some(created) => last = created,
                None => last = i64::MAX,
            }
        }
        draft.facts.ties.push(names);
    }
    let found = order::contradictions(routes);
    for (one, two) in found.iter().take(SHOWN) {
        let message = format!(
            "its explicit order puts it before `{}`, which wins on the target for requests that fit both",
            two.name
        );
        let action =
            "compare the answers; an exact domain, a longer path or one more header condition makes it win";
        draft.find(Severity::Warn, "RTE-ORDER", format!("routes/{}", one.name), message, action);
    }
    if found.len() > SHOWN {
        let message = format!(
            "{} further pairs of routes have an explicit order that the target does not keep",
            found.len() - SHOWN
        );
        draft.find(
            Severity::Warn,
            "RTE-ORDER",
            "routes".to_owned(),
            message,
            "see the findings above for what to do",
        );
    }
}

/// Defaults of the source become settings of the target; said once.
pub(super) fn defaults(draft: &mut Draft<'_>, routes: &[&Route]) {
    let forwards = |route: &&&Route| {
        !matches!(route.destination, Destination::Mock { .. } | Destination::Redirect { .. })
    };
    let timeouts = routes.iter().filter(forwards).filter(|route| !route.timeout.explicit).count();
    let retries = routes.iter().filter(forwards).filter(|route| !route.retry.explicit).count();
    let action = "nothing; set them at the source if others are wanted";
    if timeouts > 0 {
        let message =
            format!("{timeouts} routes rely on the source's default timeout; the target gets it as a policy");
        draft.find(Severity::Warn, "POL-TIMEOUT-DEFAULT", "routes".to_owned(), message, action);
    }
    if retries > 0 {
        let message = format!(
            "{retries} routes rely on the source's default retries; the target gets them as policies"
        );
        draft.find(Severity::Warn, "POL-RETRY-DEFAULT", "routes".to_owned(), message, action);
    }
}
