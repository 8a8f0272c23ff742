//! The way of one request through a data plane: read, decide, act, record.

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use gateshift_lab_kernel::gateway::Action;
use gateshift_lab_kernel::policy::Parameters;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue, SERVER, USER_AGENT};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};
use uuid::Uuid;

use super::answer::{Decision, Reply, decide, redirect_location, secure_location};
use super::proxy::end_to_end;
use super::watch::Watch;
use super::{Common, Plane, forward, gate};
use crate::observe::LogEntry;
use crate::plugins::Effect;
use crate::policies::slashes::merged;
use crate::policies::{Facts, Onward, address, cors, gzip, headers};
use crate::routing::{Found, RequestView, host_of};

/// Largest request body that is taken.
const BODY_LIMIT: usize = 16 << 20;

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

/// Decides and acts: where the request belongs, what may answer in place of the route, what the route
/// does, what is done to the answer.
async fn act(
    plane: &Plane,
    connection: &Connection,
    parts: &Parts,
    body: &Bytes,
    entry: &mut LogEntry,
    watch: &mut Watch,
) -> Reply {
    let serving = Arc::clone(&plane.serving.lock());
    let parameters = &serving.parameters;
    let host = host_of(&entry.authority);
    let path = parts.uri.path();
    let path = if parameters.merge_slashes { merged(path) } else { Cow::Borrowed(path) };
    let request = RequestView {
        host: &host,
        method: parts.method.as_str(),
        path: &path,
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        secure: connection.secure,
    };
    let found = match decide(&serving, &request) {
        Decision::Secure => {
            let reply = Reply::elsewhere(StatusCode::MOVED_PERMANENTLY, &secure_location(&request));
            return own_answer(plane, reply, watch).await;
        }
        Decision::Route(found) => Some(found),
        Decision::Missing => None,
    };
    if let Some(found) = &found {
        entry.route_name = found.name.to_owned();
    }
    identify(parameters, &parts.headers, entry);
    let authority = entry.authority.clone();
    let facts = Facts { request, authority: &authority, now_ms: plane.common.cloud.clock.now_ms(), body };
    let mut onward = onward(parameters.trusted_hops, connection, &facts, entry);
    let route = found.as_ref().map(|found| found.name);
    let effects: Vec<&dyn Effect> = serving.plugins.in_force(&host, route).collect();
    let mut reply = match gate::pass(plane, &serving, &facts, found.as_ref(), &effects, &mut onward) {
        Err(reply) => own_answer(plane, *reply, watch).await,
        Ok(admitted) => {
            let reply = match &found {
                None => own_answer(plane, Reply::own(StatusCode::NOT_FOUND, "NR", ""), watch).await,
                Some(found) => route_answer(plane, &facts, found, onward, watch).await,
            };
            if let Some(admitted) = admitted {
                admitted.ended(reply.status.as_u16(), watch.elapsed_ms(), plane.common.cloud.clock.now_ms());
            }
            reply
        }
    };
    effects.iter().rev().for_each(|effect| effect.response(&facts, &mut reply));
    if parameters.gzip {
        gzip::compress(&facts, &mut reply);
    }
    reply
}

/// What the route itself does, and what it does to the answer.
async fn route_answer(
    plane: &Plane,
    facts: &Facts<'_>,
    found: &Found<'_>,
    onward: Onward,
    watch: &mut Watch,
) -> Reply {
    let mut reply = match found.action {
        Action::Forward(forward) => forward::pass_on(plane, facts, found, forward, onward, watch).await,
        Action::Mock { status, body } => {
            own_answer(plane, Reply::own(known_status(*status), "", body.as_str()), watch).await
        }
        Action::Redirect { status, host, path } => {
            let location =
                redirect_location(&facts.request, facts.authority, host.as_deref(), path.as_deref());
            own_answer(plane, Reply::elsewhere(known_status(*status), &location), watch).await
        }
    };
    let policies = &found.policies.plain;
    if let Some(cors) = &policies.cors {
        cors::mark(cors, facts, &mut reply.headers);
    }
    headers::change(&policies.headers, true, &mut reply.headers);
    reply
}

/// An answer of the gateway itself, under the faults that the plane has now.
async fn own_answer(plane: &Plane, reply: Reply, watch: &mut Watch) -> Reply {
    let fault = plane.fault.lock().clone();
    watch.pause(&plane.common.cloud.clock, fault.slow_ms).await;
    if plane.common.random.chance(fault.ratio_for(None)) {
        return Reply::own(StatusCode::SERVICE_UNAVAILABLE, "LR", "local reset");
    }
    reply
}

/// Gives the request its id: the caller's where it is kept or none is made, else a new one.
fn identify(parameters: &Parameters, headers: &HeaderMap, entry: &mut LogEntry) {
    let kept = parameters.keep_request_id && headers.contains_key(REQUEST_ID);
    if parameters.request_id && !kept {
        entry.request_id = Uuid::now_v7().to_string();
    }
}

/// A status of the configuration; what is no status at all shows as an internal error.
fn known_status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What the upstream is to be told when nothing changes it: the client's headers, who it is, and under
/// which host it asked.
fn onward(trusted_hops: u32, connection: &Connection, facts: &Facts<'_>, entry: &LogEntry) -> Onward {
    let peer = connection.remote.ip();
    let chain = match &entry.x_forwarded_for {
        Some(before) => format!("{before},{peer}"),
        None => peer.to_string(),
    };
    let mut onward = Onward {
        headers: end_to_end(facts.request.headers),
        host: facts.authority.to_owned(),
        path: facts.request.path.to_owned(),
        query: facts.request.query.to_owned(),
        client: address::client(peer, entry.x_forwarded_for.as_deref(), trusted_hops),
    };
    let scheme = if connection.secure { "https" } else { "http" };
    onward.set(FORWARDED_FOR.as_str(), &chain);
    onward.set(FORWARDED_PROTO.as_str(), scheme);
    onward.set(REQUEST_ID.as_str(), &entry.request_id);
    onward
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
