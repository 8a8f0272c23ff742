//! How much of each kind a gateway may hold, and how much it does.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::reply;
use super::state::{Cx, State};

/// Key and limit. The provider publishes neither; these are the lab's.
const LIMITS: [(&str, usize); 3] = [("source", 20), ("service", 10_000), ("route", 20_000)];

/// `GetGatewayResourceQuotaUsage`.
pub(crate) fn usage(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?;
    state.gateway(id)?;
    let items: Vec<Value> = LIMITS
        .iter()
        .map(|(key, limit)| {
            json!({
                "quotaKey": key, "limit": limit, "used": used(state, id, key),
                "limitScope": "Gateway", "usedScope": "Gateway", "applicable": true,
            })
        })
        .collect();
    let at = OffsetDateTime::from_unix_timestamp(cx.now / 1000).ok().and_then(|at| at.format(&Rfc3339).ok());
    reply::ok(json!({"gatewayId": id, "items": items, "observedAt": at}))
}

/// Refuses one more of a kind when the gateway is full.
pub(crate) fn check(state: &State, gateway: &str, key: &str) -> Result<(), ApiError> {
    let limit = LIMITS.iter().find(|(one, _)| *one == key).map_or(usize::MAX, |(_, limit)| *limit);
    if used(state, gateway, key) >= limit {
        return Err(ApiError::new(
            400,
            "QuotaExceeded",
            format!("gateway {gateway} holds {limit} of {key}, no more fit"),
        ));
    }
    Ok(())
}

fn used(state: &State, gateway: &str, key: &str) -> usize {
    match key {
        "source" => state.sources.iter().filter(|(_, one)| one.gateway_id == gateway).count(),
        "service" => state.services.count(gateway),
        _ => state.gateways.get(gateway).map_or(0, |one| state.routes.count(&one.environment_id)),
    }
}
