//! One try of a request: body, authentication, sending. Fresh date and nonce every time.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateshift_model::StepError;
use gateshift_step_api::Body;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request};
use url::Url;

use crate::connection::Connection;
use crate::dns::signed;
use crate::http::{HttpClients, RawAnswer, SendFailure, send};
use crate::sign::{acs3, scoped, sigv4};
use crate::{Clock, Limits, Scheme, encode, endpoint, entropy};

/// A request as the tries share it.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) action: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a Body,
}

/// What a try needs of its surroundings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Means<'a> {
    pub(crate) http: &'a HttpClients,
    pub(crate) limits: &'a Limits,
    pub(crate) clock: &'a Clock,
}

/// Sends the request once.
pub(crate) async fn once(
    connection: &Connection,
    outgoing: &Outgoing<'_>,
    means: Means<'_>,
) -> Result<RawAnswer, SendFailure> {
    if connection.scheme == Scheme::Tsig {
        return signed::once(connection, outgoing, means).await;
    }
    let (mut content_type, body) = encoded(outgoing.body).map_err(SendFailure::Host)?;
    if matches!(connection.scheme, Scheme::Scoped(_)) && matches!(outgoing.body, Body::None | Body::Json(_)) {
        // Part of what is signed, also without a body.
        content_type = Some("application/json");
    }
    let url = target(&connection.endpoint, outgoing).map_err(SendFailure::Host)?;
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    headers.extend(content_type.map(|value| ("content-type".to_owned(), value.to_owned())));
    if connection.host != endpoint::host_header(&url) {
        headers.push(("host".to_owned(), connection.host.clone()));
    }
    headers.extend(
        authentic(connection, outgoing, means, &url, content_type, &body).await.map_err(SendFailure::Host)?,
    );
    let client = means.http.for_url(&url, false).map_err(SendFailure::Host)?;
    let request = assemble(outgoing.method, url, &headers, body).map_err(SendFailure::Host)?;
    send(client, request, means.limits.body, means.limits.reply).await
}

async fn authentic(
    connection: &Connection,
    outgoing: &Outgoing<'_>,
    means: Means<'_>,
    url: &Url,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Vec<(String, String)>, StepError> {
    let header = |value: String| vec![("authorization".to_owned(), value)];
    Ok(match &connection.scheme {
        // Messages to name servers are signed where they are made.
        Scheme::None | Scheme::Tsig => Vec::new(),
        Scheme::Bearer => header(format!("Bearer {}", connection.credentials.keys().await?.secret.expose())),
        Scheme::Header { name } => {
            vec![(name.clone(), connection.credentials.keys().await?.secret.expose().to_owned())]
        }
        Scheme::Basic => {
            let keys = connection.credentials.keys().await?;
            header(format!("Basic {}", STANDARD.encode(format!("{}:{}", keys.id, keys.secret.expose()))))
        }
        Scheme::Acs3 { version } => {
            let keys = connection.credentials.keys().await?;
            let request = acs3::Unsigned {
                method: outgoing.method,
                path: url.path(),
                query: outgoing.query,
                host: &connection.host,
                content_type,
                body,
                action: outgoing.action,
                version,
            };
            acs3::sign(&request, &keys, means.clock.now(), &entropy::nonce())
        }
        Scheme::SigV4 { service, region } => {
            let keys = connection.credentials.keys().await?;
            let own = Some(connection.region.as_str()).filter(|own| !own.is_empty());
            let request = sigv4::Unsigned {
                method: outgoing.method,
                path: url.path(),
                query: outgoing.query,
                host: &connection.host,
                content_type,
                body,
                service,
                region: own.unwrap_or(region),
            };
            sigv4::sign(&request, &keys, means.clock.now())
        }
        Scheme::Scoped(scheme) => {
            let keys = connection.credentials.keys().await?;
            let request = scoped::Unsigned {
                method: outgoing.method,
                path: url.path(),
                query: outgoing.query,
                host: &connection.host,
                content_type: content_type.unwrap_or_default(),
                body,
                region: &connection.region,
            };
            scoped::sign(scheme, &request, &keys, means.clock.now())
        }
    })
}

/// The body's bytes and what they are.
fn encoded(body: &Body) -> Result<(Option<&str>, Vec<u8>), StepError> {
    Ok(match body {
        Body::None => (None, Vec::new()),
        Body::Json(value) => {
            let bytes = serde_json::to_vec(value).map_err(|error| unsendable(&error.to_string()))?;
            (Some("application/json; charset=utf-8"), bytes)
        }
        Body::Form(pairs) => (Some("application/x-www-form-urlencoded"), encode::form(pairs).into_bytes()),
        Body::Text { media, text } => (Some(media.as_str()), text.as_bytes().to_vec()),
    })
}

fn target(endpoint: &Url, outgoing: &Outgoing<'_>) -> Result<Url, StepError> {
    let mut url = endpoint.clone();
    let path = format!("{}{}", endpoint.path().trim_end_matches('/'), outgoing.path);
    url.set_path(&path);
    if url.path() != path {
        return Err(unsendable("the path changes on its way to the wire"));
    }
    url.set_query((!outgoing.query.is_empty()).then(|| encode::query(outgoing.query)).as_deref());
    Ok(url)
}

/// A request of headers and bytes.
pub(crate) fn assemble(
    method: &str,
    url: Url,
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Result<Request, StepError> {
    let method = Method::from_bytes(method.as_bytes()).map_err(|error| unsendable(&error.to_string()))?;
    let mut request = Request::new(method.clone(), url);
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| unsendable(&error.to_string()))?;
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| unsendable(&format!("header {name} holds what no header may hold")))?;
        let text = name.as_str();
        value.set_sensitive(text == "authorization" || text.ends_with("token") || text.ends_with("key"));
        map.append(name, value);
    }
    if body.is_empty() {
        // The official clients send a length with every POST, also without a body.
        if method == Method::POST || method == Method::PUT {
            map.insert(reqwest::header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
    } else {
        *request.body_mut() = Some(body.into());
    }
    *request.headers_mut() = map;
    Ok(request)
}

/// A plain GET or PUT, for credentials.
pub(crate) async fn fetch(
    http: &HttpClients,
    request: Request,
    direct: bool,
    timeout: Duration,
) -> Result<RawAnswer, SendFailure> {
    let client = http.for_url(request.url(), direct).map_err(SendFailure::Host)?;
    send(client, request, 1 << 20, timeout).await
}

pub(crate) fn unsendable(cause: &str) -> StepError {
    StepError::permanent("GS-BAD-REQUEST", format!("the request cannot be sent: {cause}"))
        .with_hint("report this defect of the migrator to its author")
}
