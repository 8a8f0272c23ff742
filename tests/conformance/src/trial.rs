//! A variant planned by the built binary against a lab of its own.

use std::time::Duration;

use gateshift_scenarios::{Desk, Lab, wait_for};
use serde_json::{Map, Value, json};

use crate::stub::stub;
use crate::{Call, Patch, Variant, merged, scenario};

/// Steps of the workflow, and what each needs. Requests to both gateways are compared by other tests.
const STEPS: &[(&str, &[&str])] = &[
    ("assess", &[]),
    ("instance", &["assess"]),
    ("parameters", &["instance"]),
    ("routes", &["parameters"]),
    ("security", &["routes"]),
    ("plugins", &["routes"]),
    ("observability", &["routes"]),
    ("traffic", &["security", "plugins", "observability"]),
];
/// Much faster than real time: only the making of a gateway takes any.
const SPEED: &str = "2000";
const PATIENCE: Duration = Duration::from_secs(60);

/// What was planned, or done, for a variant.
#[derive(Debug)]
pub struct Trial {
    /// How the command ended.
    pub code: Option<i32>,
    steps: Vec<Value>,
}

impl Trial {
    /// Plans a variant, or runs it when it says so.
    ///
    /// # Panics
    /// When the lab does not take the scenario, or the command says nothing of its steps.
    #[must_use]
    pub fn of(variant: &Variant) -> Self {
        let desk = Desk::new();
        let lab = started(&desk, variant);
        let settings = |step: &str| merged([variant], step);
        let mut workflow = workflow(&lab, settings, !variant.run);
        let mut endpoints = lab.endpoints.clone();
        if !variant.alerts.is_empty() {
            let answers = json!(variant.alerts).to_string().replace("{gateway}", lab.text("gateway"));
            endpoints["endpoints"]["aliyun/cms"] = json!(stub(serde_json::from_str(&answers).unwrap()));
            workflow["connections"]["alerts"] =
                json!({"uses": "aliyun/cms", "with": {"region": lab.text("region")}});
        }
        let workflow = desk.write("workflow.yaml", &workflow.to_string());
        let endpoints = desk.endpoints(&endpoints).display().to_string();
        let target = if variant.there { make_target(&lab) } else { String::new() };
        for call in &variant.before {
            before(&lab, &target, call);
        }
        let command = if variant.run { "run" } else { "plan" };
        let workflow = workflow.display().to_string();
        let mut words = vec![command, &workflow, "--json", "--endpoints", &endpoints];
        let file = desk.path("source.json").display().to_string();
        if !variant.answers.is_empty() {
            let gateway =
                ["snapshot", "--gateway", lab.text("gateway"), "-o", &file, "--endpoints", &endpoints];
            let _ = desk.run(&gateway).expect(0);
            patch(&desk, &variant.answers);
            words.extend(["--snapshot", &file]);
        }
        let ended = desk.run(&words);
        let _ = lab.stop();
        assert!(ended.stdout.starts_with('{'), "{}: no steps\n{}", variant.name(), ended.stderr);
        let said = ended.json();
        let steps = if variant.run { &said["steps"] } else { &said["plan"]["steps"] };
        Self { code: ended.code, steps: steps.as_array().cloned().unwrap_or_default() }
    }

    /// Its steps.
    #[must_use]
    pub fn steps(&self) -> &[Value] {
        &self.steps
    }

    /// Findings, each with its step.
    pub fn findings(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.steps().iter().flat_map(|step| {
            let name = name(step);
            step["findings"].as_array().into_iter().flatten().map(move |found| (name, found))
        })
    }

    /// The plan in a few lines.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut lines = Vec::new();
        for step in self.steps() {
            lines.push(format!("    {}: {}", name(step), step["summary"]));
            for found in step["findings"].as_array().into_iter().flatten() {
                let (severity, code, object) = (&found["severity"], &found["code"], &found["object"]);
                lines.push(format!(
                    "        {severity} {code} {object} {} => {}",
                    found["message"], found["action"]
                ));
            }
            for operation in step["operations"].as_array().into_iter().flatten() {
                lines.push(format!("        + {}", operation["key"]));
            }
        }
        lines.join("\n")
    }
}

/// The name of a step, in a plan or in a run.
fn name(step: &Value) -> &str {
    step["step"].as_str().or_else(|| step["name"].as_str()).unwrap_or_default()
}

fn started(desk: &Desk, variant: &Variant) -> Lab {
    let scenario = desk.write("scenario.yaml", &scenario([variant]).to_string()).display().to_string();
    let behaviour = desk.write("behaviour.json", &json!(variant.behaviour).to_string()).display().to_string();
    Lab::up(&["--scenario", &scenario, "--speed", SPEED, "--behaviour", &behaviour])
}

/// The whole work as a workflow; without the move of traffic when that is not wanted.
#[must_use]
pub fn workflow(lab: &Lab, with: impl Fn(&str) -> Map<String, Value>, traffic: bool) -> Value {
    let region = json!({"region": lab.text("region")});
    let mut connections = json!({
        "source": {"uses": "aliyun/mse", "with": region},
        "target": {"uses": "aliyun/apig", "with": region},
        "network": {"uses": "aliyun/vpc", "with": region},
    });
    if traffic {
        connections["dns"] = json!({"uses": "aliyun/alidns"});
        connections["metrics"] =
            json!({"uses": "prometheus", "with": {"url": lab.endpoints["endpoints"]["prometheus"]}});
    }
    let mut steps = Map::new();
    for (name, needs) in STEPS.iter().filter(|(name, _)| traffic || *name != "traffic") {
        let mut settings = with(name);
        match *name {
            "assess" => drop(settings.insert("gateway".to_owned(), lab.endpoints["gateway"].clone())),
            // The lab has no logs and no alerts, and nobody who does what only a console can.
            "observability" if !traffic => {
                drop(settings.insert("skip".to_owned(), json!(["tracing", "logs", "alerts"])))
            }
            "traffic" if !settings.contains_key("stages") => {
                drop(settings.insert("stages".to_owned(), json!(["100%"])))
            }
            _ => {}
        }
        let mut step = json!({"uses": name, "needs": needs, "with": settings});
        if needs.is_empty() {
            step.as_object_mut().map(|step| step.remove("needs"));
        }
        steps.insert((*name).to_owned(), step);
    }
    json!({"apiVersion": "gateshift/v1", "name": "matrix", "connections": connections, "steps": steps})
}

/// A target gateway as an earlier run of this very source would have made it; its id.
fn make_target(lab: &Lab) -> String {
    let cloud = lab.cloud();
    let body = json!({
        "name": "matrix", "gatewayType": "API", "gatewayEdition": "Professional", "spec": "apigw.small.x1",
        "chargeType": "POSTPAY", "vpcId": "vpc-lab", "zoneConfig": {"selectOption": "Auto", "vSwitchId": "vsw-lab-h"},
        "networkAccessConfig": {"type": "Internet"}, "tag": [{"key": "migrated-from", "value": lab.text("gateway")}],
    });
    let made = cloud.apig("POST", "/v1/gateways", &body);
    let id = made["gatewayId"].as_str().unwrap_or_default().to_owned();
    let path = format!("/v1/gateways/{id}");
    wait_for("the target gateway to be ready", PATIENCE, || {
        let gateway = cloud.apig("GET", &path, &Value::Null);
        let ready = gateway["loadBalancers"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["status"] == "Ready"));
        (gateway["status"] == "Running" && ready).then_some(())
    });
    id
}

fn before(lab: &Lab, target: &str, call: &Call) {
    match call {
        Call::Rest { method, path, body } => {
            let body = serde_json::from_str(&body.to_string().replace("{target}", target)).unwrap();
            drop(lab.cloud().apig(method, &path.replace("{target}", target), &body));
        }
        Call::Dns { dns, query } => {
            let source = lab.resolve("shop.example.com").first().map(ToString::to_string).unwrap_or_default();
            let query = query.replace("{source}", &source);
            drop(lab.cloud().rpc("alidns", "2015-01-09", dns, &query));
        }
    }
}

fn patch(desk: &Desk, patches: &[Patch]) {
    let path = desk.path("source.json");
    let mut snapshot: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let answers = snapshot["answers"]["answers"].as_array_mut().unwrap();
    for one in patches {
        let about = |answer: &Value| one.about.as_ref().is_none_or(|about| answer["about"] == about.as_str());
        let answer =
            answers.iter_mut().find(|answer| answer["action"] == one.action.as_str() && about(answer));
        let (parent, key) = one.at.rsplit_once('/').unwrap();
        match answer.and_then(|answer| answer["body"].pointer_mut(parent)) {
            Some(Value::Object(fields)) => drop(fields.insert(key.to_owned(), one.to.clone())),
            _ => panic!("{} answers no object at {parent}", one.action),
        }
    }
    std::fs::write(path, snapshot.to_string()).unwrap();
}
