//! What only a person can do in the target's console: the run holds and says what, looks at what was done,
//! and is content with nothing else. Alert rules go over by themselves, and only they are taken back.

use gateshift_scenarios::{Desk, Finished, Lab, Running, status};
use serde_json::{Value, json};

use crate::end::PATIENCE;

const SCENARIO: &str = "
gateway:
  name: watched
  id: gw-watched
  log: { project: shop-logs, store: gateway }
  tracing: { kind: OPENTELEMETRY, sample: 20 }
domains: [{ name: shop.example.com }]
services: [{ name: orders, type: vip, addresses: [10.1.0.7:8080] }]
routes: [{ name: orders, domains: [shop.example.com], path: /orders, to: [orders] }]
alerts:
  - { name: cpu, metric: gateway_cpu_usage, critical: 80, warn: 60, contacts: [on-call, operators], silence: 3600 }
  - { name: handshakes, metric: gateway_new_tls, critical: 1600, enabled: false, webhook: 'http://127.0.0.1:9/planted-secret' }
  - { name: errors, metric: gateway_5xx_rate, critical: 5 }
  - { name: rush, keeper: arms, metric: qps, critical: 5000 }
  - { name: theirs, about: another, metric: gateway_cpu_usage, critical: 70 }
";

/// The steps that matter here; `more` is what `instance` is told.
fn workflow(more: &str) -> String {
    format!(
        "apiVersion: gateshift/v1
name: watch
inputs: {{ gateway: {{ type: string, required: true, description: source }} }}
connections:
  source: {{ uses: aliyun/mse, with: {{ region: cn-hangzhou }} }}
  target: {{ uses: aliyun/apig, with: {{ region: cn-hangzhou }} }}
  network: {{ uses: aliyun/vpc, with: {{ region: cn-hangzhou }} }}
  logs: {{ uses: aliyun/sls, with: {{ region: cn-hangzhou, project: shop-logs }} }}
  alerts: {{ uses: aliyun/cms, with: {{ region: cn-hangzhou }} }}
  arms: {{ uses: aliyun/arms, with: {{ region: cn-hangzhou }} }}
steps:
  assess: {{ uses: assess, with: {{ gateway: '${{{{ inputs.gateway }}}}' }} }}
  instance: {{ uses: instance, needs: [assess]{more} }}
  observability: {{ uses: observability, needs: [instance] }}
"
    )
}

/// A desk before a lab that leaves the console to us.
struct Scene {
    lab: Lab,
    desk: Desk,
    _files: Desk,
}

impl Scene {
    fn new() -> Self {
        let files = Desk::new();
        let scenario = files.write("scenario.yaml", SCENARIO).display().to_string();
        let lab = Lab::up(&["--scenario", &scenario, "--by-hand", "--speed", "240"]);
        let desk = Desk::new();
        let _ = desk.endpoints(&lab.endpoints);
        Self { lab, desk, _files: files }
    }

    fn run(&self, file: &str, more: &str) -> Finished {
        let path = self.desk.write(file, &workflow(more)).display().to_string();
        self.command(&["run", &path, "--set", "gateway=gw-watched"])
    }

    fn command(&self, arguments: &[&str]) -> Finished {
        let mut command = self.desk.command(arguments);
        command.env("GATESHIFT_ENDPOINTS", self.desk.path("endpoints.json"));
        Running::start(&mut command).wait(PATIENCE)
    }

    fn console(&self, arguments: &[&str]) -> Finished {
        self.command(&[&["lab", "console"], arguments].concat())
    }

    /// The account's rules as its API shows them, by name.
    fn rules(&self) -> Vec<Value> {
        let answer =
            self.lab.cloud().rpc("cms", "2019-01-01", "DescribeMetricRuleList", "Page=1&PageSize=100");
        answer["Alarms"]["Alarm"].as_array().unwrap().clone()
    }
}

/// What two rules about different gateways have to have in common.
fn common(rule: &Value) -> Value {
    let fields = [
        "Period",
        "EffectiveInterval",
        "NoDataPolicy",
        "SilenceTime",
        "Webhook",
        "Escalations",
        "ContactGroups",
        "EnableState",
    ];
    fields.iter().map(|field| ((*field).to_owned(), rule[*field].clone())).collect()
}

fn writes(lab: &Lab) -> Value {
    let calls = &lab.stats()["calls"];
    let count = |product: &str, action: &str| calls[product][action]["calls"].as_u64().unwrap_or(0);
    json!([
        count("cms", "PutResourceMetricRule"),
        count("cms", "DisableMetricRules"),
        count("cms", "DeleteMetricRules"),
        count("apig", "CreateGateway"),
    ])
}

#[test]
fn the_run_holds_for_the_person_and_believes_only_what_it_reads() {
    let scene = Scene::new();
    let (before, old) = (scene.lab.state()["alerts"].clone(), scene.rules());

    // It holds, and says what to click.
    let held = scene.run("first.yaml", "").expect(4);
    let why = scene.command(&["why"]);
    for words in [
        "GS-CHECKPOINT-MANUAL",
        "OpenTelemetry (W3C)",
        "sampling rate 20",
        "project `shop-logs`, logstore `gateway`",
        "gateshift resume",
    ] {
        assert!(held.all().contains(words), "{words}: {}", held.all());
        assert!(why.all().contains(words), "{words}: {}", why.all());
    }

    // A wrong click is no click.
    let _ = scene.console(&["tracing", "--kind", "OPENTELEMETRY"]).expect(0);
    let other =
        ["logs", "--project", "aliyun-product-data-1234567890123456-cn-hangzhou", "--store", "gateway"];
    let _ = scene.console(&other).expect(0);
    assert!(scene.console(&["logs", "--project", "nobodys"]).expect(1).all().contains("no log project"));
    let held = scene.command(&["resume"]).expect(4);
    for words in ["sampling rate is 100 and shall be 20", "no record of a marked request"] {
        assert!(held.all().contains(words), "{words}: {}", held.all());
    }

    // The right one is.
    let _ = scene.console(&["tracing", "--kind", "OPENTELEMETRY", "--sample", "20"]).expect(0);
    let _ = scene.console(&["logs", "--project", "shop-logs", "--store", "gateway"]).expect(0);
    let _ = scene.command(&["resume"]).expect(0);
    let told = status(&scene.desk).unwrap()["steps"][2]["findings"].clone();
    let objects = |code: &str| -> Vec<String> {
        let found = told.as_array().unwrap().iter().filter(|finding| finding["code"] == code);
        found.map(|finding| finding["object"].as_str().unwrap().to_owned()).collect()
    };
    let unmapped = objects("OBS-ALERT-UNMAPPED");
    assert_eq!(unmapped, ["observability/alerts/rush", "observability/alerts/errors"], "{told:#}");

    // The rules of the source have their like, and nobody else's was touched.
    let now = scene.rules();
    assert_eq!((old.len(), now.len()), (4, 6), "{now:#?}");
    for rule in &old {
        assert!(now.contains(rule), "{rule:#} was touched");
    }
    for (name, metric) in [("cpu", "EnvoyCpuUsageRate"), ("handshakes", "EnvoyClientNewSSL")] {
        let source = old.iter().find(|rule| rule["RuleName"] == name).unwrap();
        let named = |rule: &&Value| rule["RuleName"].as_str().unwrap().starts_with(&format!("{name} ("));
        let target = now.iter().find(named).unwrap();
        assert_eq!(common(target), common(source), "{name}");
        assert_eq!(
            (target["MetricName"].as_str(), &target["Namespace"]),
            (Some(metric), &json!("acs_cnapigateway"))
        );
        let id = &scene.lab.target_gateways()[0];
        assert!(target["Resources"].as_str().unwrap().contains(id.as_str()), "{target:#}");
    }
    let history = scene.command(&["history", "--json", "--calls"]).expect(0);
    assert!(!history.stdout.contains("planted-secret"), "the address of a webhook is a secret");

    // A second run finds everything and writes nothing.
    let written = writes(&scene.lab);
    let existing = format!(", with: {{ existing: {} }}", scene.lab.target_gateways()[0]);
    let _ = scene.run("second.yaml", &existing).expect(0);
    assert_eq!(writes(&scene.lab), written);
    let _ = scene.command(&["rollback", "--scope", "config"]).expect(5);
    assert_eq!(scene.rules().len(), 6, "what the second run found is not its own");

    // The first one takes back what it made.
    let runs: Value = scene.command(&["status", "--json"]).expect(0).json();
    let first = runs["runs"].as_array().unwrap().last().unwrap()["run"].as_str().unwrap().to_owned();
    let _ = scene.command(&["rollback", &first, "--scope", "config"]).expect(5);
    assert_eq!(scene.lab.state()["alerts"], before);
    let mut left = scene.rules();
    left.retain(|rule| !old.contains(rule));
    assert_eq!(left, Vec::<Value>::new());
}
