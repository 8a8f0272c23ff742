//! The lab's control plane behind a host that keeps a journal and can fail at any write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use gateshift_gateway_model::{Assessed, Inventory, TargetInstance, TargetRoute, TargetRoutes};
use gateshift_lab_apig::{Apig, Options, Timing};
use gateshift_lab_kernel::{
    AddressPool, Call, Cloud, LabClock, Network, Product, Upstream, VSwitch, Vpc, World,
};
use gateshift_sdk::api::{
    Applied, Body, CallFailure, CallKind, CallReply, CallRequest, DnsQuestion, DnsReply, Host, LogLevel,
    MetricQuery, MetricSample, Migrator, ProbeFailure, ProbeReply, ProbeRequest, Progress, ServiceFailure,
    StepInput, Undone,
};
use gateshift_sdk::model::{
    ArtifactRef, Checkpoint, MigratorName, OperationKey, Plan, Sealed, Settled, StepError, Timestamp,
    digest_bytes,
};
use gateshift_sdk::{async_trait, testing, to_json};
use serde_json::{Map, Value, json};

use crate::Security;

/// The clock of the lab runs this much faster, and so do waits.
const SPEED: f64 = 400.0;

/// Domains of each route.
pub(crate) const ROUTES: [&[&str]; 3] =
    [&["a.example.com"], &["b.example.com"], &["a.example.com", "b.example.com"]];

static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lab/front/contract/apig.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

/// What goes wrong at one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is done, and the answer is lost.
    LoseReply,
    /// It never arrives.
    LoseRequest,
    /// The process dies before it.
    DieBefore,
    /// The process dies after it, before anything is recorded.
    DieAfter,
}

/// An account with one target gateway, and a journal.
pub(crate) struct Lab {
    pub(crate) apig: Apig,
    pub(crate) target: TargetInstance,
    pub(crate) routes: TargetRoutes,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    settled: BTreeMap<OperationKey, Settled>,
    intended: BTreeSet<OperationKey>,
    artifacts: BTreeMap<String, Vec<u8>>,
    writes: usize,
    log: Vec<String>,
    fault: Option<(usize, Fault)>,
    dead: bool,
}

fn world() -> World {
    let upstream = Upstream { alive: true, instances: vec![BTreeMap::new()] };
    World { upstreams: BTreeMap::from([("vip://10.0.0.1:80".to_owned(), upstream)]) }
}

fn network() -> Network {
    let switch = |id: &str, zone: &str| VSwitch {
        id: id.into(),
        vpc_id: "vpc-1".into(),
        zone_id: zone.into(),
        cidr: "10.0.1.0/24".into(),
        available_addresses: 200,
    };
    Network {
        region: "cn-hangzhou".into(),
        vpcs: vec![Vpc { id: "vpc-1".into(), name: "v".into(), cidr: "10.0.0.0/8".into() }],
        vswitches: vec![switch("vsw-h", "cn-hangzhou-h"), switch("vsw-i", "cn-hangzhou-i")],
        security_groups: vec![],
        certificates: vec![],
    }
}

fn options() -> Options {
    let timing = Timing {
        creating_ms: 0,
        balancer_ms: 0,
        restarting_ms: 0,
        deleting_ms: 0,
        deploying_ms: 0,
        associating_ms: 0,
        publishing_ms: 0,
    };
    Options { timing, ..Options::default() }
}

impl Lab {
    /// A running gateway with two domains and three published routes.
    pub(crate) fn new() -> Arc<Self> {
        let cloud = Cloud::new(LabClock::new(SPEED), network(), world(), AddressPool::new(88, 1));
        let apig = Apig::with_options(cloud, options());
        let ask = |operation: &str, body: Value| call(&apig, operation, Map::new(), BTreeMap::new(), &body);
        let made = ask(
            "CreateGateway",
            json!({
                "name": "target", "gatewayType": "API", "gatewayEdition": "Professional", "chargeType": "POSTPAY",
                "spec": "apigw.small.x1", "vpcId": "vpc-1", "networkAccessConfig": {"type": "Internet"},
                "zoneConfig": {"selectOption": "Manual", "zones": [
                    {"zoneId": "cn-hangzhou-h", "vSwitchId": "vsw-h"}, {"zoneId": "cn-hangzhou-i", "vSwitchId": "vsw-i"},
                ]},
            }),
        );
        let gateway = made["gatewayId"].as_str().unwrap().to_owned();
        let path = BTreeMap::from([("gatewayId".to_owned(), gateway.clone())]);
        let view = call(&apig, "GetGateway", Map::new(), path, &json!({}));
        let environment = view["environments"][0]["environmentId"].as_str().unwrap().to_owned();
        let id = |answer: Value, name: &str| answer[name].as_str().unwrap().to_owned();
        let mut routes = TargetRoutes {
            rest: BTreeMap::new(),
            api: id(
                ask(
                    "CreateHttpApi",
                    json!({"name": "shop", "type": "Http", "protocols": ["HTTP", "HTTPS"], "belongGatewayId": gateway}),
                ),
                "httpApiId",
            ),
            domains: BTreeMap::new(),
            sources: BTreeMap::new(),
            services: BTreeMap::new(),
            routes: BTreeMap::new(),
        };
        for name in ["a.example.com", "b.example.com"] {
            let domain = ask("CreateDomain", json!({"name": name, "protocol": "HTTP"}));
            routes.domains.insert(name.to_owned(), id(domain, "domainId"));
        }
        let service = ask(
            "CreateService",
            json!({"gatewayId": gateway, "sourceType": "VIP",
            "serviceConfigs": [{"name": "s", "addresses": ["10.0.0.1:80"]}]}),
        );
        let service = service["serviceIds"][0].as_str().unwrap().to_owned();
        routes.services.insert("1".to_owned(), service.clone());
        for (number, domains) in ROUTES.iter().enumerate() {
            let name = format!("r{number}");
            let domains: Vec<&String> = domains.iter().map(|name| &routes.domains[*name]).collect();
            let path = BTreeMap::from([("httpApiId".to_owned(), routes.api.clone())]);
            let body = json!({"name": name, "environmentId": environment, "domainIds": domains,
                "match": {"path": {"type": "Prefix", "value": format!("/{name}")}},
                "backendConfig": {"scene": "SingleService", "services": [{"serviceId": service, "port": 80, "protocol": "HTTP"}]}});
            let route = id(call(&apig, "CreateHttpApiRoute", Map::new(), path.clone(), &body), "routeId");
            call(&apig, "DeployHttpApi", Map::new(), path, &json!({"routeId": route}));
            routes.routes.insert(format!("{number}"), TargetRoute { id: route, name, deployed: true });
        }
        let target = TargetInstance {
            gateway,
            name: "target".into(),
            environment,
            spec: "apigw.small.x1".into(),
            vpc: "vpc-1".into(),
            version: "2".into(),
            entries: vec![],
        };
        Arc::new(Self { apig, target, routes, state: Mutex::default() })
    }

    /// A call past the migrator.
    pub(crate) fn direct(&self, operation: &str, body: Value) -> Value {
        call(&self.apig, operation, Map::new(), BTreeMap::new(), &body)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Names of the writes so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// Writes so far.
    pub(crate) fn writes(&self) -> usize {
        self.state().writes
    }

    /// Lets the `at`-th write from now on (counted from 1) go wrong.
    pub(crate) fn fail(&self, at: usize, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.writes + at, fault));
    }

    /// A new process: nothing is planned to go wrong, the journal is as it was.
    pub(crate) fn revive(&self) {
        let mut state = self.state();
        (state.dead, state.fault) = (false, None);
    }

    /// A new run with a journal of its own.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        (state.settled, state.intended) = (BTreeMap::new(), BTreeSet::new());
    }

    /// The account by content.
    pub(crate) fn export(&self) -> Value {
        self.apig.export()
    }

    /// What the step is given now.
    pub(crate) fn input(&self, inventory: &Inventory, settings: Value) -> StepInput {
        let bytes = serde_json::to_vec(inventory).unwrap();
        let digest = digest_bytes(&bytes);
        let artifact = ArtifactRef {
            name: "inventory".into(),
            digest: digest.clone(),
            size: bytes.len() as u64,
            media_type: "application/json".into(),
        };
        let mut state = self.state();
        state.artifacts.insert(digest.to_string(), bytes);
        let assessed = Assessed {
            inventory: artifact,
            origin: inventory.origin.clone(),
            gateway_name: inventory.instance.name.clone(),
            counts: BTreeMap::new(),
            findings: BTreeMap::new(),
            fields: 1,
            fields_accounted: 1,
        };
        let mut input = testing::input("security", settings);
        input.outputs = BTreeMap::from([
            (MigratorName::new("assess").unwrap(), to_json(&assessed)),
            (MigratorName::new("instance").unwrap(), to_json(&self.target)),
            (MigratorName::new("routes").unwrap(), to_json(&self.routes)),
        ]);
        input.settled = state.settled.clone();
        input.unsettled =
            state.intended.iter().filter(|key| !state.settled.contains_key(*key)).cloned().collect();
        input
    }

    pub(crate) async fn plan(&self, inventory: &Inventory, settings: Value) -> Plan {
        Security.plan(self, &self.input(inventory, settings)).await.unwrap()
    }

    pub(crate) async fn apply(&self, inventory: &Inventory, plan: &Plan) -> Result<Applied, StepError> {
        Security.apply(self, &self.input(inventory, json!({})), plan).await
    }

    pub(crate) async fn verify(&self, inventory: &Inventory, plan: &Plan, output: &Value) -> Vec<Checkpoint> {
        Security.verify(self, &self.input(inventory, json!({})), plan, output).await.unwrap()
    }

    pub(crate) async fn undo(&self, inventory: &Inventory, plan: &Plan) -> Result<Undone, StepError> {
        Security.undo(self, &self.input(inventory, json!({})), Some(plan)).await
    }

    fn died() -> StepError {
        StepError::retryable("GS-TEST-DEAD", "the process is dead")
    }

    fn carry_out(&self, request: &CallRequest) -> Result<CallReply, CallFailure> {
        let facts = &CONTRACT["operations"][request.action.as_str()];
        assert_eq!(facts["method"], request.method.as_str(), "{}", request.action);
        let mut query = Map::new();
        for (name, text) in &request.query {
            let value = match facts["request"]["query"][name]["type"].as_str() {
                Some("integer" | "boolean") => serde_json::from_str(text).unwrap(),
                Some("string") => json!(text),
                other => panic!("{} takes no query {name} ({other:?})", request.action),
            };
            query.insert(name.clone(), value);
        }
        let (template, path) = (facts["path"].as_str().unwrap(), request.path.as_str());
        let (names, values): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        assert_eq!(names.len(), values.len(), "{path} is not of the form {template}");
        let mut parts = BTreeMap::new();
        for (name, value) in names.iter().zip(&values) {
            match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => drop(parts.insert(name.to_owned(), (*value).to_owned())),
                None => assert_eq!(name, value, "{path}"),
            }
        }
        let body = match &request.body {
            Body::Json(body) => body.clone(),
            _ => json!({}),
        };
        check_body(&request.action, &facts["request"]["body"], &body);
        let answer = self.apig.call(&Call {
            operation: request.action.clone(),
            path: parts,
            query,
            body: body.as_object().cloned().unwrap(),
            request_id: "r".into(),
        });
        match answer {
            Ok(body) => Ok(testing::ok(body)),
            Err(error) => Err(CallFailure::Refused {
                connection: request.connection.clone(),
                action: request.action.clone(),
                status: error.status,
                code: error.code,
                message: error.message,
                request_id: None,
            }),
        }
    }
}

/// Every field of a body is in the contract.
fn check_body(place: &str, fields: &Value, body: &Value) {
    for (name, value) in body.as_object().into_iter().flatten() {
        let schema = &fields[name];
        assert!(!schema.is_null(), "{place} takes no {name}");
        let inner = format!("{place}.{name}");
        match (schema["type"].as_str(), value) {
            (Some("object"), Value::Object(_)) => check_body(&inner, &schema["fields"], value),
            (Some("array"), Value::Array(items)) => {
                for item in items.iter().filter(|item| item.is_object()) {
                    check_body(&inner, &schema["items"]["fields"], item);
                }
            }
            (Some("string"), Value::String(_)) | (Some("boolean"), Value::Bool(_)) => {}
            (Some("integer" | "number"), Value::Number(_)) => {}
            (kind, value) => panic!("{inner} is {value} where {kind:?} is due"),
        }
    }
}

fn call(
    apig: &Apig,
    operation: &str,
    query: Map<String, Value>,
    path: BTreeMap<String, String>,
    body: &Value,
) -> Value {
    let call = Call {
        operation: operation.into(),
        path,
        query,
        body: body.as_object().cloned().unwrap(),
        request_id: "r".into(),
    };
    apig.call(&call).unwrap_or_else(|error| panic!("{operation}: {error:?}"))["data"].clone()
}

#[async_trait]
impl Host for Lab {
    async fn call(&self, request: CallRequest) -> Result<CallReply, CallFailure> {
        let declared =
            Security.manifest().connections[&request.connection].actions.contains_key(&request.action);
        assert!(declared, "{} is not declared", request.action);
        if self.state().dead {
            return Err(Self::died().into());
        }
        let lost = || CallFailure::Lost {
            connection: "target".into(),
            action: request.action.clone(),
            cause: "test".into(),
        };
        if request.kind == CallKind::Read {
            return self.carry_out(&request);
        }
        let fault = {
            let mut state = self.state();
            state.writes += 1;
            state.log.push(request.action.clone());
            let fault = state.fault.filter(|(at, _)| *at == state.writes).map(|(_, fault)| fault);
            if fault != Some(Fault::DieBefore) {
                state.intended.extend(request.operation.clone());
            }
            state.dead |= matches!(fault, Some(Fault::DieBefore | Fault::DieAfter));
            fault
        };
        match fault {
            None => self.carry_out(&request),
            Some(Fault::LoseReply) => self.carry_out(&request).and(Err(lost())),
            Some(Fault::LoseRequest) => Err(lost()),
            Some(Fault::DieBefore) => Err(Self::died().into()),
            Some(Fault::DieAfter) => self.carry_out(&request).and(Err(Self::died().into())),
        }
    }

    async fn probe(&self, _: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
        Err(Self::died().into())
    }

    async fn resolve(&self, _: DnsQuestion) -> Result<DnsReply, ServiceFailure> {
        Err(Self::died().into())
    }

    async fn query(&self, _: MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure> {
        Err(Self::died().into())
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError> {
        let mut state = self.state();
        if state.dead {
            return Err(Self::died());
        }
        assert!(state.settled.insert(key.clone(), settled).is_none(), "{key} was settled twice");
        Ok(())
    }

    async fn checkpoint(&self, _: Value) -> Result<(), StepError> {
        Ok(())
    }

    async fn put_artifact(&self, _: &str, _: &str, _: Vec<u8>) -> Result<ArtifactRef, StepError> {
        Err(Self::died())
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError> {
        Ok(self.state().artifacts[artifact.digest.as_str()].clone())
    }

    fn seal(&self, plain: &str) -> Result<Sealed, StepError> {
        Ok(Sealed::from_cipher(&plain.chars().rev().collect::<String>()))
    }

    fn unseal(&self, sealed: &Sealed) -> Result<String, StepError> {
        Ok(sealed.cipher().unwrap_or_default().chars().rev().collect())
    }

    fn progress(&self, _: Progress) {}

    fn log(&self, _: LogLevel, _: &str) {}

    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000)
    }

    fn id(&self) -> String {
        "id".into()
    }

    async fn sleep(&self, duration: Duration) -> Result<(), StepError> {
        if self.state().dead {
            return Err(Self::died());
        }
        tokio::time::sleep(duration.div_f64(SPEED)).await;
        Ok(())
    }

    fn time_scale(&self) -> f64 {
        SPEED
    }
}
