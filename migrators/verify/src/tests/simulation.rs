//! Two simulated gateways behind a scripted host. Each answers by the reference matcher over an
//! inventory of its own, so the target can be given a mistake.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gateshift_gateway_model::address::covers;
use gateshift_gateway_model::*;
use gateshift_sdk::api::{Applied, Migrator, PeerTls, ProbeFailure, ProbeReply, ProbeRequest, StepInput};
use gateshift_sdk::model::{ArtifactRef, MigratorName, Plan, StepError, digest_bytes};
use gateshift_sdk::testing::{ScriptedHost, input};
use gateshift_sdk::to_json;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::world::{entry, moved};
use crate::Verify;
use crate::report::Report;

/// A simulated gateway.
pub(crate) struct Gateway {
    pub(crate) inventory: Inventory,
    /// Answers carry a random header and a random field in the body.
    pub(crate) is_flaky: bool,
    count: AtomicU64,
}

impl Gateway {
    pub(crate) fn new(inventory: Inventory) -> Self {
        Self { inventory, is_flaky: false, count: AtomicU64::new(0) }
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
            path: path.to_owned(),
            method: request.method.clone(),
            headers: request.headers.clone(),
            queries: query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        };
        // Over TLS only domains with a certificate are served.
        let mut served = self.inventory.routes.clone();
        if request.tls.is_some() {
            let is_plain = |name: &String| {
                self.inventory.domains.iter().any(|one| one.name == *name && one.certificate.is_none())
            };
            served.iter_mut().for_each(|route| route.domains.retain(|name| !is_plain(name)));
        }
        let Some((route, _)) = select(&served, &facts) else {
            return reply(404, &[], Value::Null);
        };
        match &route.destination {
            Destination::Mock { status, body } => reply(*status, &[], json!(body)),
            Destination::Redirect { to } => {
                let host = to.host.as_deref().unwrap_or(&request.host);
                let location = format!("http://{host}{}", to.path.as_deref().unwrap_or(path));
                reply(to.status, &[("location", location)], Value::Null)
            }
            Destination::Single { target } => reply(200, &[], echo(target, request)),
            Destination::Weighted { targets } | Destination::Versions { targets } => {
                let roll = (number * 37 % 100) as u32;
                let mut below = 0;
                let chosen = targets.iter().find(|target| {
                    below += target.weight;
                    roll < below
                });
                match chosen {
                    Some(target) => reply(200, &[], echo(target, request)),
                    None => reply(503, &[], Value::Null),
                }
            }
        }
    }
}

fn echo(target: &RouteTarget, request: &ProbeRequest) -> Value {
    json!({
        "upstream": target.service,
        "labels": {"version": target.version},
        "method": request.method,
        "target": request.target,
        "host": request.host,
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
