//! Forwarding to an upstream, and copies for another one.

use std::time::Duration;

use gateshift_lab_kernel::gateway::Forward;
use gateshift_lab_kernel::policy::Mirror;
use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderValue};
use hyper::{HeaderMap, Method, Response, StatusCode};

use super::proxy::{Failure, Outgoing, end_to_end};
use super::upstream::{choose, instance, total_weight};
use super::watch::Watch;
use super::{Plane, Reply};
use crate::policies::{Facts, Onward};
use crate::routing::Found;

/// Real work may take this long on the wall, however fast the lab's clock runs: a busy machine must
/// not look like a slow upstream. Pauses ordered by a fault are held against the timeout exactly.
const REAL_WORK: Duration = Duration::from_secs(5);

/// Sends a request to one of the route's upstreams.
pub(crate) async fn pass_on(
    plane: &Plane,
    facts: &Facts<'_>,
    found: &Found<'_>,
    forward: &Forward,
    onward: Onward,
    watch: &mut Watch,
) -> Reply {
    let common = &plane.common;
    let fault = plane.fault.lock().clone();
    let unavailable = |flags, text| Reply::own(StatusCode::SERVICE_UNAVAILABLE, flags, text);
    let outgoing = as_sent(facts, onward);
    if let Some(mirror) = &found.policies.plain.mirror {
        copy(plane, mirror, facts.request.path, &outgoing);
    }
    let roll = common.random.below(total_weight(forward));
    let chosen = choose(&common.cloud.world.lock(), forward, facts.request.path, roll);
    let Some(chosen) = chosen else {
        return unavailable("UH", "no healthy upstream");
    };
    let upstream = Some(chosen.upstream.clone());
    let late = || Reply::own(StatusCode::GATEWAY_TIMEOUT, "UT", "upstream request timeout");
    let clock = &common.cloud.clock;
    if forward.timeout_ms > 0 && fault.slow_ms >= forward.timeout_ms {
        watch.pause(clock, forward.timeout_ms).await;
        return Reply { upstream, ..late() };
    }
    let before = watch.elapsed_ms();
    watch.pause(clock, fault.slow_ms).await;
    if common.random.chance(fault.ratio_for(Some(found.name))) {
        if let Some(status) = fault.fail_status.and_then(|status| StatusCode::from_u16(status).ok()) {
            return Reply::own(status, "", "answered by a fault of the lab");
        }
        let failure = Some("connection refused by a fault of the lab".to_owned());
        let reply = unavailable("UF", "upstream connect error or disconnect/reset before headers");
        return Reply { upstream, failure, ..reply };
    }
    let remaining = Duration::from_millis(forward.timeout_ms.saturating_sub(fault.slow_ms));
    let limit = (forward.timeout_ms > 0).then(|| clock.wall(remaining).max(REAL_WORK));
    let answer = common.proxy.send(&chosen, &outgoing, forward.retries, limit).await;
    let upstream_ms = Some(watch.elapsed_ms() - before);
    match answer {
        Ok(answer) => Reply {
            status: answer.status(),
            headers: answer_headers(&answer, &outgoing.method),
            body: answer.into_body(),
            upstream,
            upstream_ms,
            ..Reply::default()
        },
        Err(Failure::Timeout) => Reply { upstream, ..late() },
        Err(Failure::Connect(cause)) => {
            let flags = if forward.retries > 0 { "UF,URX" } else { "UF" };
            let reply = unavailable(flags, "upstream connect error or disconnect/reset before headers");
            Reply { upstream, failure: Some(cause), ..reply }
        }
        Err(Failure::Reset(cause)) => {
            let reply = unavailable("UC", "upstream connect error or disconnect/reset before headers");
            Reply { upstream, failure: Some(cause), ..reply }
        }
    }
}

fn as_sent(facts: &Facts<'_>, onward: Onward) -> Outgoing {
    let target = onward.target();
    let mut headers = onward.headers;
    if let Ok(host) = HeaderValue::from_str(&onward.host) {
        headers.insert(HOST, host);
    }
    let method = Method::from_bytes(facts.request.method.as_bytes()).unwrap_or_default();
    Outgoing { method, target, headers, body: Bytes::copy_from_slice(facts.body) }
}

/// Sends a copy of so many of a hundred requests, under a host that says so, as Envoy does.
fn copy(plane: &Plane, mirror: &Mirror, path: &str, outgoing: &Outgoing) {
    let common = &plane.common;
    if common.random.below(100) >= u64::from(mirror.percent) {
        return;
    }
    let Some(chosen) = instance(&common.cloud.world.lock(), &mirror.target, path) else { return };
    let mut copy = outgoing.clone();
    let host = copy.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if let Ok(host) = HeaderValue::from_str(&format!("{host}-shadow")) {
        copy.headers.insert(HOST, host);
    }
    common.proxy.copy(&chosen, &copy);
    common.mirrored.add(&plane.id, &chosen.upstream);
}

/// The upstream's headers. The answer to HEAD has no body, so its length is kept as it was told.
fn answer_headers(answer: &Response<Bytes>, method: &Method) -> HeaderMap {
    let mut headers = end_to_end(answer.headers());
    if *method == Method::HEAD
        && let Some(length) = answer.headers().get(CONTENT_LENGTH)
    {
        headers.insert(CONTENT_LENGTH, length.clone());
    }
    headers
}
