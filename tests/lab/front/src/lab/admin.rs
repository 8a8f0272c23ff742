//! The lab's own control, for tests and for people in a rehearsal:
//!
//! | request | what it does |
//! |---|---|
//! | `GET /faults` | the fault script in force and how often each rule has hit |
//! | `PUT /faults` | puts a script in force (YAML or JSON) |
//! | `DELETE /faults` | ends all trouble |
//! | `GET /quotas`, `PUT /quotas` | quotas by product |
//! | `GET /state` | target account and DNS by content |
//! | `GET /stats` | calls by operation, objects created, DNS answers given |
//! | `GET /planes` | gateways that run |
//! | `GET /mirrored` | copies of requests that went to other upstreams |
//! | `POST /planes/ID/crash`, `/restore` | lets a gateway die, and live again |
//! | `POST /planes/ID/slow?ms=200` | makes its requests slower, 0 ends it |
//! | `POST /planes/ID/fail?ratio=0.1` | lets a part of its requests fail, 0 ends it; `&route=NAME` of one route, `&status=404` with another status than 503 |
//! | `POST /console/GATEWAY/tracing`, `/logs` | sets what a person sets in the console of the target, see `console` |
//! | `POST /dns/slow?ms=2000` | makes the name server answer so many lab milliseconds late, 0 ends it |

use std::collections::BTreeMap;
use std::sync::Arc;

use gateshift_lab_planes::Planes;
use serde_json::{Value, json};

use super::console;
use super::parts::Parts;
use crate::faults::{FaultScript, Quota};
use crate::serve::{Handler, Plain};
use crate::wire::{Wire, decode_segment};

/// The handler of the admin server.
pub(crate) fn handler(parts: Arc<Parts>) -> Handler {
    Arc::new(move |wire| {
        let reply = answer(&parts, &wire);
        Box::pin(async move { Some(reply) })
    })
}

fn answer(parts: &Parts, wire: &Wire) -> Plain {
    let path: Vec<_> = wire.path.trim_matches('/').split('/').collect();
    match (wire.method.as_str(), path.as_slice()) {
        ("GET", ["faults"]) => {
            let faults = &parts.entry.faults;
            Plain::json(200, &json!({"script": faults.script(), "hits": faults.hits()}))
        }
        ("PUT", ["faults"]) => put_faults(parts, &wire.body),
        ("DELETE", ["faults"]) => {
            parts.entry.faults.set(FaultScript::default());
            done()
        }
        ("GET", ["quotas"]) => Plain::json(200, &json!(parts.entry.quotas.get())),
        ("PUT", ["quotas"]) => match serde_json::from_slice::<BTreeMap<String, Quota>>(&wire.body) {
            Ok(quotas) => {
                parts.entry.quotas.set(&quotas);
                done()
            }
            Err(error) => refused(400, &format!("quotas are an object by product: {error}")),
        },
        ("GET", ["state"]) => Plain::json(200, &parts.export()),
        ("GET", ["stats"]) => Plain::json(200, &stats(parts)),
        ("GET", ["planes"]) => Plain::json(200, &json!(parts.planes.gateways())),
        ("GET", ["mirrored"]) => Plain::json(200, &mirrored(&parts.planes)),
        ("POST", ["planes", id, what]) => trouble(&parts.planes, &decode_segment(id), what, wire),
        ("POST", ["console", gateway, page]) => {
            match console::set(parts, &decode_segment(gateway), page, &wire.body) {
                Ok(()) => done(),
                Err((status, said)) => refused(status, &said),
            }
        }
        ("POST", ["dns", "slow"]) => match number(wire, "ms") {
            Some(ms) => {
                parts.names.slow(ms as u64);
                done()
            }
            None => refused(400, "the name server takes slow?ms=N"),
        },
        _ => refused(
            404,
            "the lab's control has /faults, /quotas, /state, /stats, /planes, /mirrored, /console and /dns",
        ),
    }
}

fn put_faults(parts: &Parts, body: &[u8]) -> Plain {
    match FaultScript::parse(&String::from_utf8_lossy(body)) {
        Ok(script) => {
            parts.entry.faults.set(script);
            done()
        }
        Err(error) => refused(400, &error.to_string()),
    }
}

fn stats(parts: &Parts) -> Value {
    let answered: Vec<_> = parts
        .names
        .answered()
        .into_iter()
        .map(|((name, value), count)| json!({"name": name, "value": value, "count": count}))
        .collect();
    json!({
        "calls": parts.entry.stats.counts(),
        "created": parts.apig.created_counts(),
        "dns_answers": answered,
    })
}

fn mirrored(planes: &Planes) -> Value {
    let counts = planes.mirrored().into_iter();
    counts
        .map(|((gateway, upstream), count)| json!({"gateway": gateway, "upstream": upstream, "count": count}))
        .collect()
}

fn trouble(planes: &Planes, id: &str, what: &str, wire: &Wire) -> Plain {
    let known = match (what, number(wire, "ms"), number(wire, "ratio")) {
        ("crash", ..) => planes.crash(id),
        ("restore", ..) => planes.restore(id),
        ("slow", Some(ms), _) => planes.slow(id, ms as u64),
        ("fail", _, Some(ratio)) => {
            let pairs = wire.query_pairs();
            let route = pairs.iter().find(|(name, _)| name == "route").map(|(_, route)| route.as_str());
            let status = number(wire, "status").map(|status| status as u16);
            planes.fail_with(id, ratio.min(1.0), route, status)
        }
        _ => return refused(400, "a gateway takes crash, restore, slow?ms=N and fail?ratio=R"),
    };
    if known { done() } else { refused(404, &format!("no gateway {id} runs here")) }
}

/// A number of the query that is not below zero.
fn number(wire: &Wire, name: &str) -> Option<f64> {
    let value = wire.query_pairs().into_iter().find(|(sent, _)| sent == name)?.1.parse().ok()?;
    Some(value).filter(|value: &f64| value.is_finite() && *value >= 0.0)
}

fn done() -> Plain {
    Plain::json(200, &json!({"ok": true}))
}

fn refused(status: u16, said: &str) -> Plain {
    Plain::json(status, &json!({"ok": false, "error": said}))
}
