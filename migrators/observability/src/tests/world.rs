//! A world with an account's alert rules, a target gateway with its tracing, and a logstore.

use std::sync::{Arc, Mutex, MutexGuard};

use gateshift_gateway_model::{
    Assessed, Entry, FORMAT, Instance, Inventory, LogDelivery, NetworkKind, NodeSize,
    Observability as Observed, Origin, TargetInstance, Tracing,
};
use gateshift_sdk::api::{
    Applied, Body, CallFailure, CallReply, CallRequest, Host, Migrator, ProbeReply, ProbeRequest, StepInput,
};
use gateshift_sdk::model::{Checkpoint, MigratorName, OperationKey, Plan, Settled, StepError};
use gateshift_sdk::testing::{ScriptedHost, input, ok};
use gateshift_sdk::to_json;
use serde_json::{Value, json};

use crate::Observability;
use crate::metrics::TABLE;

pub(super) const SOURCE: &str = "gw-source";
pub(super) const TARGET: &str = "gw-target";

/// What is there.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// Alert rules; `None`: the step has no connection to them.
    pub(super) rules: Option<Vec<Value>>,
    pub(super) arms: Vec<Value>,
    pub(super) trace: Value,
    pub(super) features: Vec<Value>,
    /// Project of the connection to the logs; `None`: no connection.
    pub(super) project: Option<String>,
    /// Where the gateway delivers to: project and store.
    pub(super) delivers_to: (String, String),
    /// Records have the fields of nginx.
    pub(super) nginx_format: bool,
    pub(super) records: Vec<Value>,
    /// Writes, by action.
    pub(super) writes: Vec<String>,
    /// Answers to writes are lost this many times.
    pub(super) lose: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            rules: Some(Vec::new()),
            arms: Vec::new(),
            trace: json!({"enable": false}),
            features: Vec::new(),
            project: Some("aliyun-product-data-1-cn-hangzhou".to_owned()),
            delivers_to: ("aliyun-product-data-1-cn-hangzhou".to_owned(), "apig-access-log".to_owned()),
            nginx_format: false,
            records: Vec::new(),
            writes: Vec::new(),
            lose: 0,
        }
    }
}

#[derive(Clone)]
pub(super) struct World(Arc<Mutex<State>>);

impl World {
    pub(super) fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn host(&self) -> ScriptedHost {
        let (calls, probes) = (self.clone(), self.clone());
        ScriptedHost::new(move |request| calls.lock().answer(request))
            .with_probes(move |request| Ok(probes.lock().log(request)))
    }
}

impl State {
    fn log(&mut self, request: &ProbeRequest) -> ProbeReply {
        self.records.push(if self.nginx_format {
            json!({"request": format!("GET {} HTTP/1.1", request.target), "host": request.host, "status": "404"})
        } else {
            json!({"path": request.target, "authority": request.host, "cluster_id": TARGET})
        });
        ProbeReply {
            status: 404,
            headers: Vec::new(),
            body: Vec::new(),
            truncated: false,
            tls: None,
            millis: 1,
        }
    }

    fn answer(&mut self, request: &CallRequest) -> Result<CallReply, CallFailure> {
        let value = |name: &str| {
            request
                .query
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
                .unwrap_or_default()
        };
        let absent = |there: bool| {
            if there { Ok(()) } else { Err(StepError::permanent("GS-NO-CONNECTION", "no such connection")) }
        };
        if request.operation.is_some() {
            self.writes.push(request.action.clone());
        }
        let reply = match request.action.as_str() {
            "DescribeMetricRuleList" => {
                absent(self.rules.is_some())?;
                let id = value("RuleIds");
                let all =
                    self.rules.iter().flatten().filter(|rule| id.is_empty() || rule["RuleId"] == id.as_str());
                let (all, page): (Vec<_>, usize) = (all.collect(), value("Page").parse().unwrap());
                let part: Vec<_> = all.iter().skip((page - 1) * 100).take(100).collect();
                json!({"Success": true, "Code": 200, "Total": all.len().to_string(), "Alarms": {"Alarm": part}})
            }
            "DescribeMetricMetaList" => {
                let items: Vec<Value> = metric_list();
                json!({"Success": true, "TotalCount": items.len().to_string(), "Resources": {"Resource": items}})
            }
            "PutResourceMetricRule" => {
                let rule = rule_of(&request.query);
                let rules = self.rules.as_mut().unwrap();
                rules.retain(|one| one["RuleId"] != rule["RuleId"]);
                rules.push(rule);
                json!({"Success": true, "Code": "200"})
            }
            "DisableMetricRules" | "DeleteMetricRules" => {
                let id = request.query[0].1.clone();
                let rules = self.rules.as_mut().unwrap();
                if request.action.starts_with("Delete") {
                    rules.retain(|one| one["RuleId"] != id.as_str());
                } else {
                    rules
                        .iter_mut()
                        .filter(|one| one["RuleId"] == id.as_str())
                        .for_each(|one| one["EnableState"] = json!(false));
                }
                json!({"Success": true, "Code": "200"})
            }
            "GetAlertRules" => json!({"PageBean": {"Total": self.arms.len(), "AlertRules": self.arms}}),
            "SearchAlertRules" => json!({"PageBean": {"TotalCount": 0, "AlertRules": []}}),
            "GetTraceConfig" => json!({"code": 200, "success": true, "data": self.trace}),
            "ListGatewayFeatures" => json!({"code": "Ok", "data": {"items": self.features}}),
            "UpdateGatewayFeature" => {
                let Body::Json(body) = &request.body else { panic!("no body") };
                let name = request.path.rsplit('/').next().unwrap();
                for item in self.features.iter_mut().filter(|item| item["definition"]["name"] == name) {
                    item["value"] = body["value"].clone();
                }
                if name == "trace-config" {
                    self.trace = serde_json::from_str(body["value"].as_str().unwrap()).unwrap();
                }
                json!({"code": "Ok"})
            }
            "GetProject" => {
                absent(self.project.is_some())?;
                json!({"projectName": self.project})
            }
            "GetLogsV2" => {
                let store = request.path.split('/').nth(2).unwrap();
                let here = (self.project.clone().unwrap(), store.to_owned()) == self.delivers_to;
                let Body::Json(body) = &request.body else { panic!("no body") };
                let word = body["query"].as_str().unwrap();
                let found: Vec<_> =
                    self.records.iter().filter(|one| here && one.to_string().contains(word)).collect();
                json!({"data": found, "meta": {"progress": "Complete"}})
            }
            other => panic!("{other} is not scripted"),
        };
        if request.operation.is_some() && self.lose > 0 {
            self.lose -= 1;
            let (connection, action) = (request.connection.clone(), request.action.clone());
            return Err(CallFailure::Lost { connection, action, cause: "scripted".to_owned() });
        }
        Ok(ok(reply))
    }
}

fn metric_list() -> Vec<Value> {
    let text = include_str!("../../data/metrics.json");
    let table: Value = serde_json::from_str(text).unwrap();
    let items = table["metrics"].as_array().unwrap().iter();
    items
        .map(|item| {
            json!({"Namespace": TABLE.namespace, "MetricName": item["name"], "Periods": "60,300",
                "Statistics": "Average,Maximum,Minimum", "Dimensions": "userId,instanceId"})
        })
        .collect()
}

/// A rule as the account answers it after it was written with these parameters.
fn rule_of(query: &[(String, String)]) -> Value {
    let mut rule = json!({"EnableState": true, "AlertState": "OK", "Escalations": {"Critical": {}, "Warn": {}, "Info": {}}});
    for (name, value) in query {
        match name.strip_prefix("Escalations.").and_then(|rest| rest.split_once('.')) {
            Some((level, field)) if field == "Times" => {
                rule["Escalations"][level][field] = json!(value.parse::<u64>().unwrap());
            }
            Some((level, field)) => rule["Escalations"][level][field] = json!(value),
            None if name == "EmailSubject" => rule["MailSubject"] = json!(value),
            None => rule[name.as_str()] = json!(value),
        }
    }
    rule
}

/// A rule of the source.
pub(super) fn rule(id: &str, metric: &str, threshold: &str) -> Value {
    json!({
        "RuleId": id, "RuleName": format!("rule {id}"), "Namespace": "acs_mse_gateway", "MetricName": metric,
        "Resources": json!([{"userId": "17", "instanceId": SOURCE}]).to_string(), "Period": "60",
        "ContactGroups": "ops,shop", "EnableState": true, "SilenceTime": 86400,
        "CompositeExpression": {"ExpressionList": {"ExpressionList": []}, "Times": 0},
        "Escalations": {"Info": {}, "Warn": {}, "Critical": {"Statistics": "Average", "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold", "Times": 3}},
    })
}

pub(super) fn tracing(kind: &str) -> Tracing {
    Tracing { kind: kind.to_owned(), sample_percent: 20, service: None, port: None }
}

pub(super) fn delivery(project: &str, store: &str, nginx_format: bool) -> LogDelivery {
    LogDelivery { project: project.to_owned(), store: store.to_owned(), nginx_format }
}

pub(super) fn inventory(observability: Observed) -> Inventory {
    let instance = Instance {
        name: "shop".into(),
        edition: "mse_pro".into(),
        engine_version: "2.0.1".into(),
        node: NodeSize { vcpu: 2, memory_gib: 4 },
        nodes: 2,
        peak_nodes: 2,
        prepaid: false,
        vpc: "vpc-1".into(),
        vswitches: Vec::new(),
        security_group: None,
        entries: Vec::new(),
        resource_group: None,
        tags: Default::default(),
        backend_rules: Vec::new(),
        elastic: None,
    };
    Inventory {
        format: FORMAT,
        taken_at: 0,
        origin: Origin { product: "aliyun/mse".into(), region: "cn-hangzhou".into(), gateway: SOURCE.into() },
        instance,
        domains: Vec::new(),
        certificates: Vec::new(),
        sources: Vec::new(),
        services: Vec::new(),
        routes: Vec::new(),
        access_lists: Vec::new(),
        authentications: Vec::new(),
        consumers: Vec::new(),
        guarded_routes: Vec::new(),
        plugins: Vec::new(),
        observability,
        parameters: Default::default(),
        accounting: Default::default(),
        raw: Vec::new(),
    }
}

pub(super) fn target(gateway: &str) -> TargetInstance {
    let entry = Entry {
        domain: None,
        ipv4: vec!["127.0.0.1".parse().unwrap()],
        ipv6: Vec::new(),
        http_ports: vec![80],
        https_ports: Vec::new(),
        network: NetworkKind::Public,
    };
    TargetInstance {
        gateway: gateway.to_owned(),
        name: "shop".to_owned(),
        environment: "env-1".to_owned(),
        spec: "apigw.small.x1".to_owned(),
        vpc: "vpc-1".to_owned(),
        version: "2.1.0".to_owned(),
        entries: vec![entry],
    }
}

/// The step's input, for a source with this observability.
pub(super) async fn given(
    host: &ScriptedHost,
    settings: Value,
    observability: Observed,
    gateway: &str,
) -> StepInput {
    let inventory = inventory(observability);
    let bytes = serde_json::to_vec(&inventory).unwrap();
    let artifact = host.put_artifact("inventory", "application/json", bytes).await.unwrap();
    let assessed = Assessed {
        inventory: artifact,
        origin: inventory.origin.clone(),
        gateway_name: "shop".to_owned(),
        counts: Default::default(),
        findings: Default::default(),
        fields: 0,
        fields_accounted: 0,
    };
    let mut input = input("watch", settings);
    let name = |name: &str| MigratorName::new(name).unwrap();
    input.outputs.insert(name("assess"), to_json(&assessed));
    input.outputs.insert(name("instance"), to_json(&target(gateway)));
    input
}

/// Plans, applies and answers, as an engine would; the input then holds what was settled.
pub(super) async fn run(host: &ScriptedHost, input: &mut StepInput) -> (Plan, Value, Vec<Checkpoint>) {
    let plan = Observability.plan(host, input).await.unwrap();
    let Applied::Done { output, .. } = Observability.apply(host, input, &plan).await.unwrap() else {
        panic!("pending")
    };
    let settled: Vec<(OperationKey, Settled)> = host.record().settled.clone();
    input.settled.extend(settled);
    let answers = Observability.verify(host, input, &plan, &output).await.unwrap();
    (plan, output, answers)
}

pub(super) fn codes(plan: &Plan) -> Vec<&str> {
    plan.findings.iter().map(|finding| finding.code.as_str()).collect()
}
