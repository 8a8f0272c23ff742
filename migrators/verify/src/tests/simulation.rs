//! Two simulated gateways behind a scripted host. Each answers by the reference matcher over an
//! inventory of its own, so the target can be given a mistake.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use gateshift_gateway_model::address::covers;
use gateshift_gateway_model::*;
use gateshift_sdk::api::{Applied, Migrator, PeerTls, ProbeFailure, ProbeReply, ProbeRequest, StepInput};
use gateshift_sdk::model::{ArtifactRef, MigratorName, Plan, StepError, digest_bytes};
use gateshift_sdk::testing::{ScriptedHost, input};
use gateshift_sdk::to_json;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::effects::{Passing, authenticate, change, consume, cross_origin, may_ask, plugins};
use super::world::{entry, moved};
use crate::Verify;
use crate::report::Report;

/// A simulated gateway.
pub(crate) struct Gateway {
    pub(crate) inventory: Inventory,
    /// Answers carry a random header and a random field in the body.
    pub(crate) is_flaky: bool,
    /// Address lists of all levels count, as at the target.
    pub(crate) is_combined: bool,
    /// Requests by route, for limits.
    asked: Mutex<BTreeMap<String, u64>>,
    /// Routes that are served plain and over TLS.
    served: OnceLock<[Vec<Route>; 2]>,
    count: AtomicU64,
}

impl Gateway {
    pub(crate) fn new(inventory: Inventory) -> Self {
        let (asked, count) = (Mutex::default(), AtomicU64::new(0));
        Self { inventory, is_flaky: false, is_combined: false, asked, served: OnceLock::new(), count }
    }

    pub(crate) fn answer(&self, request: &ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let domains = self.inventory.domains.iter().filter(|domain| covers(&domain.name, &request.host));
        let best = domains.max_by_key(|domain| domain.name.len());
        let tls = match (&request.tls, best) {
            (None, _) => None,
            (Some(_), Some(Domain { certificate: Some(certificate), .. })) => Some(PeerTls {
                version: "TLSv1.3".into(),
                alpn: Some("h2".into()),
                certificate: certificate.clone(),
            }),
            (Some(_), _) => {
                return Err(ProbeFailure::Tls {
                    address: request.address.to_string(),
                    cause: "no certificate".into(),
                });
            }
        };
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let mut path = path.to_owned();
        if self.inventory.parameters.get("EnableSlashMerge") == Some(&json!(true)) {
            while path.contains("//") {
                path = path.replace("//", "/");
            }
        }
        let mut headers: Vec<(String, String)> = vec![("date".into(), number.to_string())];
        let mut reply = |status: u16, more: &[(&str, String)], mut body: Value| {
            headers.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            if self.is_flaky && status == 200 {
                // Over source and target together no value comes twice.
                headers.push(("x-flaky".into(), format!("{number}-{}", request.address)));
                body["flaky"] = json!([number, format!("{number}-{}", request.address)]);
            }
            let body = if body.is_null() || request.method == "HEAD" {
                Vec::new()
            } else {
                body.to_string().into_bytes()
            };
            Ok(ProbeReply {
                status,
                headers: headers.clone(),
                body,
                truncated: false,
                tls: tls.clone(),
                millis: 1,
            })
        };
        if request.tls.is_none() && best.is_some_and(|domain| domain.force_https) {
            let location = format!("https://{}{}", request.host, request.target);
            return reply(301, &[("location", location)], Value::Null);
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let facts = RequestFacts {
            host: request.host.clone(),
            path: path.clone(),
            method: request.method.clone(),
            headers: request.headers.clone(),
            queries: query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        };
        let [plain, secure] = self.served.get_or_init(|| self.serving());
        let served = if request.tls.is_some() { secure } else { plain };
        let route = select(served, &facts).map(|(route, _)| route);
        let mut passing = Passing {
            host: request.host.clone(),
            path: path.clone(),
            query: query.to_owned(),
            method: request.method.clone(),
            headers: request.headers.clone(),
            answer: Vec::new(),
        };
        let refused = self.effects(route, &mut passing);
        let more: Vec<(&str, String)> =
            passing.answer.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let route = match (refused, route) {
            (Some((status, body)), _) => return reply(status, &more, body),
            (None, None) => return reply(404, &[], Value::Null),
            (None, Some(route)) => route,
        };
        match &route.destination {
            Destination::Mock { status, body } => reply(*status, &[], json!(body)),
            Destination::Redirect { to } => {
                let host = to.host.as_deref().unwrap_or(&request.host);
                let location = format!("http://{host}{}", to.path.as_deref().unwrap_or(&path));
                reply(to.status, &[("location", location)], Value::Null)
            }
            Destination::Single { target } => reply(200, &more, echo(target, &passing)),
            Destination::Weighted { targets } | Destination::Versions { targets } => {
                let roll = (number * 37 % 100) as u32;
                let mut below = 0;
                let chosen = targets.iter().find(|target| {
                    below += target.weight;
                    roll < below
                });
                match chosen {
                    Some(target) => reply(200, &more, echo(target, &passing)),
                    None => reply(503, &[], Value::Null),
                }
            }
        }
    }
}

impl Gateway {
    /// Over TLS only domains with a certificate are served.
    fn serving(&self) -> [Vec<Route>; 2] {
        let plain = self.inventory.routes.clone();
        let mut secure = plain.clone();
        let is_plain = |name: &String| {
            self.inventory.domains.iter().any(|one| one.name == *name && one.certificate.is_none())
        };
        secure.iter_mut().for_each(|route| route.domains.retain(|name| !is_plain(name)));
        [plain, secure]
    }

    /// Everything beside matching and forwarding.
    fn effects(&self, route: Option<&Route>, passing: &mut Passing) -> Option<(u16, Value)> {
        let inventory = &self.inventory;
        if !may_ask(inventory, self.is_combined, route, passing, "192.0.2.200".parse().unwrap()) {
            return Some((403, json!("RBAC: access denied")));
        }
        if let Some(refused) = authenticate(inventory, passing).or_else(|| plugins(inventory, route, passing))
        {
            return Some(refused);
        }
        let route = route?;
        if let Some(refused) = consume(inventory, route, passing) {
            return Some(refused);
        }
        if let Some(limit) = route.policies.rate_limits.first() {
            let mut asked = self.asked.lock().unwrap();
            let count = asked.entry(route.id.clone()).or_insert(0);
            *count += 1;
            if *count > limit.threshold {
                return Some((429, json!("too many")));
            }
        }
        if let Some(refused) = route.policies.cors.as_ref().and_then(|cors| cross_origin(cors, passing)) {
            return Some(refused);
        }
        change(route, passing);
        None
    }
}

fn echo(target: &RouteTarget, passing: &Passing) -> Value {
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in passing.headers.iter().filter(|(name, _)| name.starts_with("x-")) {
        if name == "x-forwarded-for" {
            continue;
        }
        let all = headers.entry(name).or_default();
        *all = if all.is_empty() { value.clone() } else { format!("{all},{value}") };
    }
    let joint = if passing.query.is_empty() { "" } else { "?" };
    json!({
        "upstream": target.service,
        "labels": {"version": target.version},
        "method": passing.method,
        "target": format!("{}{joint}{}", passing.path, passing.query),
        "host": passing.host,
        "headers": headers,
    })
}

/// What a whole run of the step came to.
pub(crate) struct Ran {
    pub(crate) plan: Plan,
    pub(crate) applied: Result<Applied, StepError>,
    pub(crate) host: ScriptedHost,
    pub(crate) input: StepInput,
}

impl Ran {
    /// The report, of a run that ended with or without mismatches.
    pub(crate) fn report(&self) -> Report {
        let artifact = match &self.applied {
            Ok(Applied::Done { output, .. }) => output["report"].clone(),
            Ok(Applied::Pending { .. }) => panic!("the step never waits"),
            Err(error) => error.details["report"].clone(),
        };
        let artifact: ArtifactRef = serde_json::from_value(artifact).unwrap();
        serde_json::from_slice(&self.host.record().artifacts[artifact.digest.as_str()]).unwrap()
    }
}

/// A host with both gateways: the source at 192.0.2.1, the target at 192.0.2.2.
pub(crate) fn host(source: Gateway, target: Gateway) -> ScriptedHost {
    bare_host().with_probes(move |request| {
        let is_source = request.address.to_string() == "192.0.2.1";
        if is_source { source.answer(request) } else { target.answer(request) }
    })
}

pub(crate) fn bare_host() -> ScriptedHost {
    ScriptedHost::new(|_| Err(StepError::permanent("GS-TEST", "this step makes no calls").into()))
}

/// The input of the step for an inventory, which is put among the host's artifacts.
pub(crate) fn step_input(host: &ScriptedHost, inventory: &Inventory, settings: Value) -> StepInput {
    let bytes = to_json(inventory).to_string().into_bytes();
    let artifact = ArtifactRef {
        name: "inventory".into(),
        digest: digest_bytes(&bytes),
        size: bytes.len() as u64,
        media_type: "application/json".into(),
    };
    host.record().artifacts.insert(artifact.digest.to_string(), bytes);
    let assessed = Assessed {
        inventory: artifact,
        origin: inventory.origin.clone(),
        gateway_name: "old".into(),
        counts: BTreeMap::new(),
        findings: BTreeMap::new(),
        fields: 0,
        fields_accounted: 0,
    };
    let instance = TargetInstance {
        gateway: "gw-2".into(),
        name: "new".into(),
        environment: "env".into(),
        spec: "s".into(),
        vpc: "vpc-1".into(),
        version: "2".into(),
        entries: vec![entry("192.0.2.2")],
    };
    let outputs = [
        ("assess", to_json(&assessed)),
        ("instance", to_json(&instance)),
        ("routes", to_json(&moved(inventory))),
    ];
    let mut input = input("verify", settings);
    input.outputs =
        outputs.into_iter().map(|(name, output)| (MigratorName::new(name).unwrap(), output)).collect();
    input
}

/// Plans and applies.
pub(crate) async fn run(host: ScriptedHost, inventory: &Inventory, settings: Value) -> Ran {
    let input = step_input(&host, inventory, settings);
    let plan = Verify.plan(&host, &input).await.unwrap();
    let applied = Verify.apply(&host, &input, &plan).await;
    Ran { plan, applied, host, input }
}

/// A whole run between two inventories.
pub(crate) async fn between(source: &Inventory, target: &Inventory, settings: Value) -> Ran {
    let host = host(Gateway::new(source.clone()), Gateway::new(target.clone()));
    run(host, source, settings).await
}

/// How long the host slept.
pub(crate) fn slept(ran: &Ran) -> Duration {
    ran.host.record().slept
}
