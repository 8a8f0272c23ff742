//! What can be carried over of one route, and what is reported or stops it.

use gateshift_gateway_model::{Destination, ManagedBy, MatchKind, PublishState, Route, ServiceKind};
use gateshift_sdk::model::Severity;

use super::draft::Draft;
use super::weights;

/// Whether it shall serve traffic; `None` when it is not to be made.
pub(super) fn published(draft: &mut Draft<'_>, route: &Route, object: &str) -> Option<bool> {
    if route.managed_by == ManagedBy::Ingress {
        draft.find(
            Severity::Block,
            "RTE-INGRESS",
            object.to_owned(),
            "an Ingress controller keeps it, and a copy would not follow its Ingress object",
            "set `ingress: true` to let the Ingress objects configure the target, too, or exclude the route",
        );
        return None;
    }
    match route.state {
        PublishState::Published => Some(true),
        PublishState::Unpublished => Some(false),
        PublishState::Unavailable => {
            draft.find(
                Severity::Warn,
                "RTE-OFFLINE",
                object.to_owned(),
                "it is offline at the source and is made without publishing it",
                "publish it by hand if it is wanted",
            );
            Some(false)
        }
        PublishState::Edited => {
            // The assessment lets one through only when the operator said so.
            draft.find(
                Severity::Warn,
                "RTE-EDITING",
                object.to_owned(),
                "it was edited and not published at the source: the target publishes the edited content",
                "publish or revert it at the source if that is not wanted",
            );
            Some(true)
        }
        PublishState::Changing => {
            draft.find(
                Severity::Block,
                "RTE-CHANGING",
                object.to_owned(),
                "it was being published or taken back while the source was read",
                "wait until that is over and assess anew",
            );
            None
        }
    }
}

/// What this version cannot carry over with a route stops it.
pub(super) fn carried(draft: &mut Draft<'_>, route: &Route, object: &str) {
    dubbo(draft, route, object);
    let matching = &route.matching;
    let values = matching.headers.iter().chain(&matching.queries).map(|one| (one.kind, &one.value));
    let odd = [(matching.path.kind, &matching.path.value)].into_iter().chain(values).find(|(kind, value)| {
        *kind == MatchKind::Regex
            && ["(?=", "(?!", "(?<=", "(?<!", "\\1"].iter().any(|part| value.contains(part))
    });
    if let Some((_, value)) = odd {
        let message =
            format!("expression `{value}` looks around or refers back, which neither gateway can match");
        draft.find(
            Severity::Block,
            "RTE-REGEX",
            object.to_owned(),
            message,
            "exclude the route: it matches nothing at the source either",
        );
    }
}

/// Transcoding to Dubbo is taken towards one service of a Nacos registry.
fn dubbo(draft: &mut Draft<'_>, route: &Route, object: &str) {
    let Some(target) =
        route.targets().find(|one| one.dubbo.is_some() || one.protocol.as_deref() == Some("DUBBO"))
    else {
        return;
    };
    let single = matches!(&route.destination, Destination::Single { .. });
    let nacos =
        draft.service(&target.service).is_some_and(|one| matches!(one.kind, ServiceKind::Nacos { .. }));
    let message = if target.dubbo.is_none() {
        format!("it speaks Dubbo to `{}` and does not say which requests call which method", target.name)
    } else if !single {
        format!(
            "requests become Dubbo calls of `{}` beside other services, and the target does that towards one service only",
            target.name
        )
    } else if !nacos {
        format!(
            "requests become Dubbo calls of `{}`, and the target does that towards services of a Nacos registry only",
            target.name
        )
    } else {
        return;
    };
    draft.find(
        Severity::Block,
        "RTE-DUBBO",
        object.to_owned(),
        message,
        "give the route one service of a Nacos registry with transcoding at the source, or exclude it",
    );
}

/// The route with shares that add up to 100.
pub(super) fn weighted(draft: &mut Draft<'_>, route: &Route, object: &str) -> Option<Route> {
    let mut route = route.clone();
    let (Destination::Weighted { targets } | Destination::Versions { targets }) = &mut route.destination
    else {
        return Some(route);
    };
    let old: Vec<u32> = targets.iter().map(|target| target.weight).collect();
    let object = format!("{object}/destination");
    let Some(new) = weights::to_hundred(&old) else {
        draft.find(
            Severity::Block,
            "RTE-WEIGHT-SUM",
            object,
            format!("its shares {old:?} add up to nothing"),
            "give it shares at the source, or exclude it",
        );
        return None;
    };
    if old != new {
        let message = format!("its shares {old:?} do not add up to 100; the target gets {new:?}");
        draft.find(
            Severity::Warn,
            "RTE-WEIGHT-SUM",
            object,
            message,
            "correct the shares at the source if others are meant",
        );
    }
    targets.iter_mut().zip(new).for_each(|(target, weight)| target.weight = weight);
    Some(route)
}
