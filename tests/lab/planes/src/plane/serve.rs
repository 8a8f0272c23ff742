//! The way of one request through a data plane: read, decide, act, record.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateshift_lab_kernel::LabClock;
use gateshift_lab_kernel::gateway::{Action, Forward};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue, SERVER, USER_AGENT};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};
use uuid::Uuid;

use super::answer::{Decision, Reply, decide, redirect_location, secure_location};
use super::fault::Fault;
use super::proxy::{Failure, end_to_end};
use super::upstream::{choose, total_weight};
use super::{Common, Plane};
use crate::observe::LogEntry;
use crate::routing::{RequestView, host_of};

/// Largest request body that is taken.
const BODY_LIMIT: usize = 16 << 20;
/// Real work may take this long on the wall, however fast the lab's clock runs: a busy machine must
/// not look like a slow upstream. Pauses ordered by a fault are held against the timeout exactly.
const REAL_WORK: Duration = Duration::from_secs(5);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The connection a request came in by.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) remote: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) server_name: Option<String>,
    pub(crate) secure: bool,
}

/// Time spent on a request: real work in wall time, ordered pauses in lab time.
#[derive(Debug)]
struct Watch {
    started: Instant,
    paused: Duration,
    paused_ms: u64,
}

impl Watch {
    fn start() -> Self {
        Self { started: Instant::now(), paused: Duration::ZERO, paused_ms: 0 }
    }

    async fn pause(&mut self, clock: &LabClock, lab_ms: u64) {
        if lab_ms > 0 {
            let began = Instant::now();
            tokio::time::sleep(clock.wall(Duration::from_millis(lab_ms))).await;
            self.paused += began.elapsed();
            self.paused_ms += lab_ms;
        }
    }

    fn elapsed_ms(&self) -> f64 {
        let worked = self.started.elapsed().saturating_sub(self.paused).as_secs_f64() * 1000.0;
        // Microseconds are all that is worth writing down.
        ((worked + self.paused_ms as f64) * 1000.0).round() / 1000.0
    }
}

/// Answers one request.
pub(crate) async fn handle(
    plane: Arc<Plane>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut watch = Watch::start();
    let mut entry = begin(&plane, &connection, &request);
    let (parts, body) = request.into_parts();
    let reply = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            entry.bytes_received = body.len() as u64;
            act(&plane, &connection, &parts, &body, &mut entry, &mut watch).await
        }
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Reply::own(StatusCode::PAYLOAD_TOO_LARGE, "", "payload too large")
        }
        Err(_) => Reply::own(StatusCode::BAD_REQUEST, "DC", ""),
    };
    let reply = if parts.method == Method::HEAD { without_body(reply) } else { reply };
    let response = respond(reply, &mut entry, &watch);
    record(&plane.common, entry);
    Ok(response)
}

/// The answer to HEAD tells the length of what it leaves out. HTTP/1 would leave it out by itself, but
/// over HTTP/2 a body breaks the stream.
fn without_body(reply: Reply) -> Reply {
    let mut headers = reply.headers;
    if !reply.body.is_empty() {
        headers.entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(reply.body.len() as u64));
    }
    Reply { headers, body: Bytes::new(), ..reply }
}

/// The part of the log entry that the request tells.
fn begin(plane: &Plane, connection: &Connection, request: &Request<Incoming>) -> LogEntry {
    let header =
        |name: &str| request.headers().get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let uri = request.uri();
    let authority = uri.authority().map(ToString::to_string).or_else(|| header(HOST.as_str()));
    let trace = header("traceparent");
    LogEntry {
        cluster_id: plane.id.clone(),
        start_time: plane.common.cloud.clock.now_ms(),
        authority: authority.unwrap_or_default(),
        method: request.method().to_string(),
        path: uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string),
        protocol: match request.version() {
            Version::HTTP_2 => "HTTP/2",
            Version::HTTP_10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        }
        .to_owned(),
        route_name: "-".to_owned(),
        request_id: header(REQUEST_ID.as_str()).unwrap_or_else(|| Uuid::now_v7().to_string()),
        trace_id: trace.and_then(|trace| trace.split('-').nth(1).map(str::to_owned)),
        requested_server_name: connection.server_name.clone(),
        downstream_remote_address: connection.remote.to_string(),
        downstream_local_address: connection.local.to_string(),
        x_forwarded_for: header(FORWARDED_FOR.as_str()),
        user_agent: header(USER_AGENT.as_str()),
        ..LogEntry::default()
    }
}

/// Decides and acts.
async fn act(
    plane: &Plane,
    connection: &Connection,
    parts: &Parts,
    body: &Bytes,
    entry: &mut LogEntry,
    watch: &mut Watch,
) -> Reply {
    let serving = Arc::clone(&plane.serving.lock());
    let fault = *plane.fault.lock();
    let clock = &plane.common.cloud.clock;
    let host = host_of(&entry.authority);
    let view = RequestView {
        host: &host,
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        secure: connection.secure,
    };
    let decision = decide(&serving, &view);
    if let Decision::Route(name, _) = decision {
        entry.route_name = name.to_owned();
    }
    if let Decision::Route(_, Action::Forward(forward)) = decision {
        let headers = forwarded_headers(&parts.headers, connection, entry);
        let arriving = Arriving { parts, headers: &headers, body };
        return pass_on(&plane.common, fault, forward, &arriving, watch).await;
    }
    watch.pause(clock, fault.slow_ms).await;
    if plane.common.random.chance(fault.fail_ratio) {
        return Reply::own(StatusCode::SERVICE_UNAVAILABLE, "LR", "local reset");
    }
    match decision {
        Decision::Secure => Reply::elsewhere(StatusCode::MOVED_PERMANENTLY, &secure_location(&view)),
        Decision::Route(_, Action::Mock { status, body }) => {
            Reply::own(known_status(*status), "", body.as_str())
        }
        Decision::Route(_, Action::Redirect { status, host, path }) => {
            let location = redirect_location(&view, &entry.authority, host.as_deref(), path.as_deref());
            Reply::elsewhere(known_status(*status), &location)
        }
        Decision::Route(_, Action::Forward(_)) | Decision::Missing => {
            Reply::own(StatusCode::NOT_FOUND, "NR", "")
        }
    }
}

/// A status of the configuration; what is no status at all shows as an internal error.
fn known_status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A request that is passed on.
struct Arriving<'a> {
    parts: &'a Parts,
    headers: &'a HeaderMap,
    body: &'a Bytes,
}

async fn pass_on(
    common: &Common,
    fault: Fault,
    forward: &Forward,
    arriving: &Arriving<'_>,
    watch: &mut Watch,
) -> Reply {
    let unavailable = |flags, text| Reply::own(StatusCode::SERVICE_UNAVAILABLE, flags, text);
    let roll = common.random.below(total_weight(forward));
    let chosen = choose(&common.cloud.world.lock(), forward, arriving.parts.uri.path(), roll);
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
    if common.random.chance(fault.fail_ratio) {
        let failure = Some("connection refused by a fault of the lab".to_owned());
        let reply = unavailable("UF", "upstream connect error or disconnect/reset before headers");
        return Reply { upstream, failure, ..reply };
    }
    let remaining = Duration::from_millis(forward.timeout_ms.saturating_sub(fault.slow_ms));
    let limit = (forward.timeout_ms > 0).then(|| clock.wall(remaining).max(REAL_WORK));
    let Arriving { parts, headers, body } = arriving;
    let answer = common.proxy.send(&chosen, parts, headers, body, forward.retries, limit).await;
    let upstream_ms = Some(watch.elapsed_ms() - before);
    match answer {
        Ok(answer) => Reply {
            status: answer.status(),
            headers: answer_headers(&answer, parts),
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

/// The upstream's headers. The answer to HEAD has no body, so its length is kept as it was told.
fn answer_headers(answer: &Response<Bytes>, parts: &Parts) -> HeaderMap {
    let mut headers = end_to_end(answer.headers());
    if parts.method == Method::HEAD
        && let Some(length) = answer.headers().get(CONTENT_LENGTH)
    {
        headers.insert(CONTENT_LENGTH, length.clone());
    }
    headers
}

/// What the upstream is told: the client's headers, who it is, and under which host it asked.
fn forwarded_headers(headers: &HeaderMap, connection: &Connection, entry: &LogEntry) -> HeaderMap {
    let mut passed = end_to_end(headers);
    let client = connection.remote.ip().to_string();
    let chain = match &entry.x_forwarded_for {
        Some(before) => format!("{before},{client}"),
        None => client,
    };
    let scheme = if connection.secure { "https" } else { "http" };
    for (name, value) in [
        (HOST, entry.authority.as_str()),
        (FORWARDED_FOR, &chain),
        (FORWARDED_PROTO, scheme),
        (REQUEST_ID, &entry.request_id),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            passed.insert(name, value);
        }
    }
    passed
}

/// Adds the products' own headers and completes the log entry.
fn respond(reply: Reply, entry: &mut LogEntry, watch: &Watch) -> Response<Full<Bytes>> {
    let mut headers = reply.headers;
    let number = |n: i64| HeaderValue::from(n);
    headers.insert(SERVER, HeaderValue::from_static("istio-envoy"));
    entry.duration = watch.elapsed_ms();
    if let Some(upstream_ms) = reply.upstream_ms {
        headers.insert("x-envoy-upstream-service-time", number(upstream_ms.round() as i64));
        headers.insert("req-cost-time", number(entry.duration.round() as i64));
        headers.insert("req-arrive-time", number(entry.start_time));
        headers.insert("resp-start-time", number(entry.start_time + entry.duration.round() as i64));
    }
    if let Ok(id) = HeaderValue::from_str(&entry.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    entry.response_code = reply.status.as_u16();
    entry.response_flags = if reply.flags.is_empty() { "-" } else { reply.flags }.to_owned();
    entry.upstream_service_time = reply.upstream_ms;
    entry.upstream_cluster = reply.upstream;
    entry.upstream_transport_failure_reason = reply.failure;
    entry.bytes_sent = reply.body.len() as u64;
    let mut response = Response::new(Full::from(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = headers;
    response
}

fn record(common: &Common, mut entry: LogEntry) {
    let now = common.cloud.clock.now_ms();
    entry.ended_ms = now;
    entry.time = now / 1000;
    if entry.upstream_service_time.is_some() {
        entry.upstream_host = Some(common.proxy.backend().to_string());
    }
    common.metrics.add(&entry.cluster_id, now, entry.response_code, entry.duration);
    common.log.add(entry);
}
