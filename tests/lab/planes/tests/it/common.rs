//! What the integration tests share: small configurations, a running lab, and a plain HTTP client.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateshift_lab_kernel::gateway::{
    Action, Domain, Forward, GatewayConfig, MatchKind, PathMatch, Route, Target, ValueMatch,
};
use gateshift_lab_kernel::{
    AddressPool, Certificate, Cloud, LabClock, Network, Record, RecordType, Upstream, World, Zone,
};
use gateshift_lab_planes::{Authority, Planes, PlanesOptions};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;

pub(crate) fn domain(name: &str, certificate: Option<&str>, force_https: bool) -> Domain {
    Domain { name: name.to_owned(), certificate: certificate.map(str::to_owned), force_https }
}

pub(crate) fn mock(text: &str) -> Action {
    Action::Mock { status: 200, body: text.to_owned() }
}

pub(crate) fn route(name: &str, domains: &[&str], kind: MatchKind, path: &str, action: Action) -> Route {
    Route {
        name: name.to_owned(),
        domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        path: PathMatch { kind, value: path.to_owned(), ignore_case: false },
        methods: Vec::new(),
        headers: Vec::new(),
        queries: Vec::new(),
        created_ms: 0,
        sequence: 0,
        policies: Default::default(),
        action,
    }
}

pub(crate) fn value(name: &str, kind: MatchKind, value: &str) -> ValueMatch {
    ValueMatch { name: name.to_owned(), kind, value: value.to_owned() }
}

pub(crate) fn labels(version: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("version".to_owned(), version.to_owned())])
}

pub(crate) fn target(upstream: &str, labels: BTreeMap<String, String>, weight: u32) -> Target {
    Target { upstream: upstream.to_owned(), labels, weight }
}

pub(crate) fn forward(targets: Vec<Target>) -> Forward {
    Forward { targets, fallback: Vec::new(), timeout_ms: 0, retries: 0 }
}

fn certificate(identifier: &str, sans: &[&str]) -> Certificate {
    Certificate {
        identifier: identifier.to_owned(),
        name: identifier.to_owned(),
        common_name: sans[0].to_owned(),
        sans: sans.iter().map(|name| (*name).to_owned()).collect(),
        not_before_ms: 0,
        not_after_ms: 0,
    }
}

/// An account with four upstreams, two certificates and a clock of the given speed. Each test
/// process has addresses of its own.
pub(crate) fn cloud(speed: f64) -> Arc<Cloud> {
    let network = Network {
        certificates: vec![
            certificate("1-cn-hangzhou", &["api.example.com"]),
            certificate("2-cn-hangzhou", &["*.example.com", "example.com"]),
        ],
        ..Network::default()
    };
    let upstream = |alive, instances| Upstream { alive, instances };
    let world = World {
        upstreams: BTreeMap::from([
            ("vip://10.0.0.1:80".to_owned(), upstream(true, Vec::new())),
            ("vip://10.0.0.2:80".to_owned(), upstream(true, Vec::new())),
            ("k8s://c/ns/shop".to_owned(), upstream(true, vec![labels("v1"), labels("v2")])),
            ("vip://10.0.0.9:80".to_owned(), upstream(false, Vec::new())),
        ]),
    };
    let process = std::process::id();
    let (a, b) = (10 + (process % 200) as u8, (process / 200 % 200) as u8);
    Cloud::new(LabClock::new(speed), network, world, AddressPool::new(a, b))
}

pub(crate) fn gateway(id: &str, address: IpAddr, domains: Vec<Domain>, routes: Vec<Route>) -> GatewayConfig {
    GatewayConfig {
        gateway_id: id.to_owned(),
        addresses: vec![address],
        domains,
        routes,
        ..GatewayConfig::default()
    }
}

/// Running data planes whose configuration the test edits.
pub(crate) struct Lab {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) configs: Arc<Mutex<Vec<GatewayConfig>>>,
    pub(crate) planes: Planes,
}

impl Lab {
    pub(crate) fn start(cloud: Arc<Cloud>, configs: Vec<GatewayConfig>) -> Self {
        Self::start_with(cloud, configs, |_| {})
    }

    pub(crate) fn start_with(
        cloud: Arc<Cloud>,
        configs: Vec<GatewayConfig>,
        edit: impl FnOnce(&mut PlanesOptions),
    ) -> Self {
        let authority = Arc::new(Authority::new(Arc::clone(&cloud)).expect("authority"));
        let configs = Arc::new(Mutex::new(configs));
        let shown = Arc::clone(&configs);
        let source = Arc::new(move || shown.lock().expect("configs").clone());
        let mut options = PlanesOptions::new(source, Arc::clone(&cloud), Arc::clone(&authority));
        edit(&mut options);
        let planes = Planes::start_with(options).expect("planes");
        Self { cloud, authority, configs, planes }
    }

    pub(crate) fn edit(&self, edit: impl FnOnce(&mut Vec<GatewayConfig>)) {
        edit(&mut self.configs.lock().expect("configs"));
        self.cloud.touch();
    }

    /// A GET over plain HTTP.
    pub(crate) async fn get(&self, address: IpAddr, host: &str, path: &str) -> Answer {
        let request = Request::get(path).header("host", host);
        self.send(address, request).await.expect("answer")
    }

    pub(crate) async fn send(
        &self,
        address: IpAddr,
        request: hyper::http::request::Builder,
    ) -> Result<Answer, String> {
        let request = request.body(Full::default()).expect("request");
        let to = SocketAddr::new(address, self.planes.http_port());
        let stream = TcpStream::connect(to).await.map_err(|error| error.to_string())?;
        exchange(TokioIo::new(stream), request).await
    }

    /// A TLS connection with the given SNI and protocols.
    pub(crate) async fn tls(
        &self,
        address: IpAddr,
        name: &str,
        protocols: &[&[u8]],
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, String> {
        let mut roots = rustls::RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(self.authority.ca_pem().as_bytes());
        roots.add(ca.expect("pem")).expect("ca");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let to = SocketAddr::new(address, self.planes.https_port());
        let stream = TcpStream::connect(to).await.map_err(|error| error.to_string())?;
        tokio_rustls::TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from(name.to_owned()).expect("name"), stream)
            .await
            .map_err(|error| error.to_string())
    }
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("json")
    }

    pub(crate) async fn read(response: Response<hyper::body::Incoming>) -> Result<Self, String> {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Self { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

/// One request over an HTTP/1.1 connection.
pub(crate) async fn exchange<T>(io: T, request: Request<Full<Bytes>>) -> Result<Answer, String>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(io).await.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    Answer::read(response).await
}

/// One request over an HTTP/2 connection.
pub(crate) async fn exchange_h2<T>(io: T, request: Request<Full<Bytes>>) -> Result<Answer, String>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    Answer::read(response).await
}

/// Waits until something holds, five seconds at most.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..250 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not happen within five seconds");
}

/// A record of the default line.
pub(crate) fn record(id: &str, rr: &str, kind: RecordType, value: &str, ttl: u32, weight: u32) -> Record {
    Record {
        id: id.to_owned(),
        rr: rr.to_owned(),
        kind,
        value: value.to_owned(),
        ttl,
        line: "default".to_owned(),
        enabled: true,
        locked: false,
        weight,
    }
}

/// Puts records into a zone, weights on for the sets given by host part.
pub(crate) fn fill_zone(cloud: &Cloud, zone: &str, records: Vec<Record>, weighted: &[&str]) {
    let mut zones = cloud.zones.lock();
    let zone: &mut Zone = zones.zones.entry(zone.to_owned()).or_default();
    zone.records.extend(records.into_iter().map(|record| (record.id.clone(), record)));
    for rr in weighted {
        for kind in [RecordType::A, RecordType::Cname] {
            zone.weighted.insert(((*rr).to_owned(), kind, "default".to_owned()), true);
        }
    }
}
