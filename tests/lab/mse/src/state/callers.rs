//! Authentication for the whole gateway, and consumers with their grants.

use crate::scenario;

/// Authentication for the whole gateway.
#[derive(Debug)]
pub(crate) struct Authentication {
    pub(crate) id: i64,
    pub(crate) spec: scenario::Authentication,
    /// Id of its first resource; the others follow.
    pub(crate) resource_ids: i64,
    pub(crate) created_ms: i64,
}

/// A consumer.
#[derive(Debug)]
pub(crate) struct Consumer {
    pub(crate) id: i64,
    pub(crate) spec: scenario::Consumer,
    pub(crate) grants: Vec<Grant>,
    pub(crate) created_ms: i64,
}

/// That a consumer may use a route, or could.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    pub(crate) id: i64,
    pub(crate) route: i64,
    pub(crate) on: bool,
}

const AUTH_IDS: i64 = 1_101;
const RESOURCE_IDS: i64 = 1_301;
const CONSUMER_IDS: i64 = 121;
const GRANT_IDS: i64 = 16_001;
const A_MINUTE_MS: i64 = 60_000;

/// The authentications of a gateway.
pub(crate) fn authentications(specs: &[scenario::Authentication], created_ms: i64) -> Vec<Authentication> {
    let mut resource_ids = RESOURCE_IDS;
    (0..)
        .zip(specs)
        .map(|(at, spec)| {
            let first = resource_ids;
            resource_ids += i64::try_from(spec.resources.len()).unwrap_or(0);
            Authentication {
                id: AUTH_IDS + at,
                spec: spec.clone(),
                resource_ids: first,
                created_ms: created_ms + at * A_MINUTE_MS,
            }
        })
        .collect()
}

/// The consumers of a gateway; `route` finds a route's id.
pub(crate) fn consumers(
    specs: &[scenario::Consumer],
    created_ms: i64,
    route: impl Fn(&str) -> Option<i64>,
) -> Vec<Consumer> {
    let mut grant_ids = GRANT_IDS..;
    (0..)
        .zip(specs)
        .map(|(at, spec)| {
            let on = spec.grants.iter().map(|name| (name, true));
            let all = on.chain(spec.off_grants.iter().map(|name| (name, false)));
            let known = all.filter_map(|(name, on)| Some((route(name)?, on)));
            Consumer {
                id: CONSUMER_IDS + at,
                grants: known.zip(&mut grant_ids).map(|((route, on), id)| Grant { id, route, on }).collect(),
                spec: spec.clone(),
                created_ms: created_ms + at * A_MINUTE_MS,
            }
        })
        .collect()
}
