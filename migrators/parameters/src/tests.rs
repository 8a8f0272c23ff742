//! The step against a small gateway that keeps features: every known parameter, ranges and options, twice,
//! and back again.

mod lab;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gateshift_apig::wire::FeatureView;
use gateshift_gateway_model::TargetInstance;
use gateshift_sdk::api::{Applied, CallFailure, CallKind, Host, Migrator, StepInput};
use gateshift_sdk::model::{CheckpointResult, Plan, Severity};
use gateshift_sdk::testing::{ScriptedHost, input, ok};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Parameters;
use crate::decide::{Settings, decide};
use crate::table::table;
use crate::value;

/// Name, kind, the target's default, range or options, another value that is allowed, one that is not.
type Row = (&'static str, &'static str, &'static str, &'static str, Value, Value);

fn rows() -> Vec<Row> {
    let int = "int32";
    vec![
        ("AccessLogHeader", "json", "{}", "", json!("{\"a\":1}"), json!("{")),
        (
            "DownstreamConnectionBufferLimits",
            "int64",
            "32768",
            "0..2147483647",
            json!(65536),
            json!(2147483648_u64),
        ),
        ("DownstreamHttp2MaxConcurrentStream", "int64", "100", "0..2147483647", json!(7), json!(-1)),
        ("DownstreamIdleTime", int, "300", "0..600", json!(60), json!(601)),
        ("EnableCustomAuthConfigPush", "bool", "false", "", json!("true"), json!("perhaps")),
        ("EnableGenerateRequestId", "bool", "true", "", json!(false), json!("perhaps")),
        ("EnableGzip", "bool", "false", "", json!(true), json!("perhaps")),
        ("EnableGzipHardwareAccelerate", "bool", "false", "", json!(true), json!("perhaps")),
        ("EnableHardwareAccelerate", "bool", "true", "", json!(false), json!("perhaps")),
        ("EnableHttp2", "bool", "false", "", json!(true), json!("perhaps")),
        ("EnableHttp3", "bool", "false", "", json!(true), json!("perhaps")),
        ("EnableProxyProtocol", "bool", "false", "", json!(true), json!("perhaps")),
        ("EnableSlashMerge", "bool", "false", "", json!(true), json!("perhaps")),
        ("EnableWaf", "bool", "false", "", json!(true), json!("perhaps")),
        ("InitialConnectionWindowSize", "int64", "1048576", "65535..2147483647", json!(65535), json!(65534)),
        ("InitialStreamWindowSize", "int64", "65535", "65535..2147483647", json!(70000), json!(1)),
        ("KeepaliveHeaderTimeout", int, "0", "0..600", json!(30), json!(-1)),
        ("LogFilterConfig", "json", "{}", "", json!("[1]"), json!("]")),
        (
            "PathWithEscapedSlashes",
            "string",
            "KEEP_UNCHANGED",
            "KEEP_UNCHANGED|REJECT_REQUEST",
            json!("REJECT_REQUEST"),
            json!("KEEP"),
        ),
        ("PreserveHeaderFormat", "bool", "false", "", json!(true), json!("perhaps")),
        ("UpstreamIdleTimeout", int, "30", "0..600", json!(600), json!(9999)),
        ("WebsocketTermGracePeriod", int, "20", "20..900", json!(30), json!(19)),
        ("XffTrustedNum", int, "0", "0..10", json!(2), json!(11)),
        ("ZipAlgorithm", "array", "", "gzip|brotli", json!("brotli, gzip"), json!("zstd")),
        ("DisableHttp2Alpn", "bool", "false", "", json!(true), json!("perhaps")),
    ]
}

fn kebab(name: &str) -> String {
    let spelt = name
        .chars()
        .map(|c| if c.is_ascii_uppercase() { format!("-{}", c.to_ascii_lowercase()) } else { c.to_string() });
    spelt.collect::<String>().trim_start_matches('-').to_owned()
}

fn definition(row: &Row) -> Value {
    let (name, kind, default, limits, ..) = row;
    let mut definition =
        json!({"name": kebab(name), "displayName": name, "valueType": kind, "defaultValue": default});
    if let Some((low, high)) = limits.split_once("..") {
        definition["minValue"] = json!(low);
        definition["maxValue"] = json!(high);
    } else if !limits.is_empty() {
        definition["valueOptions"] = limits.split('|').map(|key| json!({"key": key, "label": key})).collect();
    }
    definition
}

/// Values that were set, by name on the wire.
type Store = Arc<Mutex<BTreeMap<String, String>>>;

/// A gateway; the look after a restart finds it restarting once.
fn gateway(store: &Store) -> ScriptedHost {
    let store = Arc::clone(store);
    let restarting = Mutex::new(0);
    ScriptedHost::new(move |call| {
        let name = call.path.rsplit('/').next().unwrap_or_default().to_owned();
        let data = match call.action.as_str() {
            "ListGatewayFeatures" => {
                let set = store.lock().unwrap();
                let item =
                    |row: &Row| json!({"definition": definition(row), "value": set.get(&kebab(row.0))});
                json!({"items": rows().iter().map(item).collect::<Vec<_>>()})
            }
            "UpdateGatewayFeature" => {
                assert_eq!((call.kind, call.method.as_str()), (CallKind::IdempotentWrite, "PUT"));
                let gateshift_sdk::api::Body::Json(body) = &call.body else { panic!("no body") };
                assert_eq!(body.as_object().unwrap().len(), 1);
                store.lock().unwrap().insert(name, body["value"].as_str().unwrap().to_owned());
                Value::Null
            }
            "RestartGateway" => {
                *restarting.lock().unwrap() = 1;
                Value::Null
            }
            "GetGateway" => {
                let mut left = restarting.lock().unwrap();
                let status = if *left > 0 { "Restarting" } else { "Running" };
                *left = 0;
                json!({"status": status})
            }
            other => {
                return Err(CallFailure::Lost {
                    connection: "target".into(),
                    action: other.into(),
                    cause: "unscripted".into(),
                });
            }
        };
        Ok(ok(json!({"code": "Ok", "data": data})))
    })
}

fn target() -> TargetInstance {
    TargetInstance {
        gateway: "gw-1".into(),
        name: "orders".into(),
        environment: "env-1".into(),
        spec: "apigw.small.x1".into(),
        vpc: "vpc-1".into(),
        version: "2.0.0".into(),
        entries: Vec::new(),
    }
}

async fn plan(host: &ScriptedHost, source: &BTreeMap<String, Value>, settings: &Settings) -> Plan {
    let input = input("parameters", json!({}));
    let client = gateshift_apig::Client::new(host, input.run, "gw-1", "env-1");
    let features = client.features().await.unwrap();
    decide(source, &target(), &features, settings)
}

/// Applies until it is done; the input then holds what the journal would.
async fn apply(host: &ScriptedHost, plan: &Plan) -> StepInput {
    let mut input = input("parameters", json!({}));
    for _ in 0..9 {
        let applied = Parameters.apply(host, &input, plan).await.unwrap();
        input.settled = host.record().settled.iter().cloned().collect();
        match applied {
            Applied::Done { .. } => return input,
            Applied::Pending { checkpoint, .. } => input.checkpoint = Some(checkpoint),
        }
    }
    panic!("it never ends");
}

fn source(rows: impl IntoIterator<Item = (&'static str, Value)>) -> BTreeMap<String, Value> {
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn codes(plan: &Plan) -> Vec<(&str, Severity, &str)> {
    plan.findings.iter().map(|one| (one.code.as_str(), one.severity, one.object.as_str())).collect()
}

#[test]
fn the_rows_are_the_parameters_of_the_table() {
    let names: Vec<&str> = rows().iter().map(|row| row.0).collect();
    let known: Vec<&str> = table().known.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, known);
    assert_eq!((known.len(), table().unsupported.len()), (25, 4));
}

#[tokio::test]
async fn every_known_parameter_is_written_once_read_back_and_taken_back() {
    let all = source(rows().into_iter().map(|row| (row.0, row.4)));
    let store = Store::default();
    store.lock().unwrap().insert("xff-trusted-num".into(), "01".into());
    let before = store.lock().unwrap().clone();
    let host = gateway(&store);
    let plan = plan(&host, &all, &Settings::default()).await;
    assert_eq!(plan.operations.len(), 26, "25 parameters and a restart");
    assert_eq!(plan.operations[0].object.name, "DownstreamIdleTime");
    assert_eq!(plan.operations[1].object.kind, "restart");
    assert_eq!(codes(&plan), [("PAR-RESTART", Severity::Warn, "parameters")]);
    let input = apply(&host, &plan).await;
    for row in rows() {
        let set = store.lock().unwrap()[&kebab(row.0)].clone();
        assert!(value::same(row.1, &set, row.4.as_str().unwrap_or(&row.4.to_string())), "{}: {set}", row.0);
    }
    let answers = Parameters.verify(&host, &input, &plan, &Value::Null).await.unwrap();
    assert!(answers.iter().all(|one| one.result == CheckpointResult::Pass), "{answers:?}");

    // A second run has nothing to do.
    let again = self::plan(&host, &all, &Settings::default()).await;
    assert!(again.operations.is_empty() && again.findings.is_empty(), "{again:?}");

    // A change by hand is seen, and undo puts every value back, byte for byte.
    store.lock().unwrap().insert("enable-gzip".into(), "false".into());
    let answers = Parameters.verify(&host, &input, &plan, &Value::Null).await.unwrap();
    assert_eq!(answers[0].result, CheckpointResult::Fail);
    let undone = Parameters.undo(&host, &input, Some(&plan)).await.unwrap();
    assert!(undone.left.is_empty() && undone.operations.len() == 26);
    for row in rows() {
        let kept = before.get(&kebab(row.0)).map_or(row.2, String::as_str);
        assert_eq!(store.lock().unwrap()[&kebab(row.0)], kept, "{}", row.0);
    }
}

#[tokio::test]
async fn what_the_target_would_refuse_blocks_until_somebody_takes_it_on() {
    let host = gateway(&Store::default());
    for row in rows() {
        let one = source([(row.0, row.5.clone())]);
        let settings = Settings::default();
        let found = plan(&host, &one, &settings).await;
        let object = format!("parameters/{}", row.0);
        assert!(codes(&found).contains(&("PAR-VALUE", Severity::Block, &object)), "{}: {found:?}", row.0);
        assert!(!found.operations.iter().any(|operation| operation.object.name == row.0));
        let settings = Settings { acknowledge: [(row.0.to_owned(), "known".to_owned())].into(), ..settings };
        let found = plan(&host, &one, &settings).await;
        assert_eq!(found.blocking().count(), 0, "{}", row.0);
        let settings = Settings { exclude: [row.0.to_owned()].into(), ..Settings::default() };
        let found = plan(&host, &one, &settings).await;
        assert!(!codes(&found).iter().any(|(_, _, about)| *about == object), "{}", row.0);
    }
}

#[tokio::test]
async fn the_four_without_a_counterpart_matter_when_they_are_on() {
    let host = gateway(&Store::default());
    for (name, off, on, severity) in [
        (
            "EnableXffTrustedCidrs",
            json!({"Enable": false}),
            json!({"Enable": true, "IpListContent": "10.0.0.0/8"}),
            Severity::Block,
        ),
        (
            "EnableK8sSourceWorkloadFilter",
            json!({}),
            json!({"Enable": "true", "LabelKey": "a"}),
            Severity::Block,
        ),
        ("PreserveExternalRequestID", json!(false), json!(true), Severity::Warn),
        ("LiteMetrics", json!(null), json!(true), Severity::Warn),
    ] {
        let object = format!("parameters/{name}");
        let about = |plan: &Plan| plan.findings.iter().find(|one| one.object == object).cloned();
        assert_eq!(about(&plan(&host, &source([(name, off)]), &Settings::default()).await), None, "{name}");
        let on = source([(name, on)]);
        let open = plan(&host, &on, &Settings::default()).await;
        let found = about(&open).unwrap();
        assert_eq!((found.code.as_str(), found.severity), ("PAR-UNSUPPORTED", severity), "{name}");
        let settings = Settings {
            acknowledge: [(name.to_owned(), "fixed chain".to_owned())].into(),
            ..Settings::default()
        };
        let accepted = plan(&host, &on, &settings).await;
        assert_eq!(about(&accepted).unwrap().severity, Severity::Warn);
        for (plan, passes) in [(&open, severity == Severity::Warn), (&accepted, true)] {
            let answers = Parameters.verify(&host, &input("p", json!({})), plan, &Value::Null).await.unwrap();
            assert_eq!(answers[1].result == CheckpointResult::Pass, passes, "{name}");
        }
    }
}

#[tokio::test]
async fn names_are_matched_and_never_guessed() {
    let host = gateway(&Store::default());
    let all = source([("ENABLEGZIP", json!(true)), ("EnableGzi", json!(true)), ("NewSwitch", json!(false))]);
    let found = plan(&host, &all, &Settings::default()).await;
    assert!(found.operations.iter().any(|one| one.after.value()["feature"] == "enable-gzip"));
    let unmatched: Vec<_> = codes(&found).into_iter().filter(|one| one.0 == "PAR-NO-MATCH").collect();
    assert_eq!(unmatched, [("PAR-NO-MATCH", Severity::Warn, "parameters/EnableGzi")]);
}

#[tokio::test]
async fn a_default_that_differs_is_written_and_told_and_what_is_not_in_force_is_left() {
    let store = Store::default();
    store.lock().unwrap().insert("upstream-idle-timeout".into(), "60".into());
    let host = gateway(&store);
    let found = plan(&host, &source([]), &Settings::default()).await;
    assert_eq!(found.operations.len(), 1);
    assert_eq!(found.operations[0].after.value()["value"], "30");
    let told = ("PAR-DEFAULT-DIFFERS", Severity::Warn, "parameters/UpstreamIdleTimeout");
    assert!(codes(&found).contains(&told));
    let dead = source([
        ("NoSupportedConfigList", json!("[\"UpstreamIdleTimeout\"]")),
        ("UpstreamIdleTimeout", json!(30)),
    ]);
    assert!(plan(&host, &dead, &Settings::default()).await.operations.is_empty());
}

#[tokio::test]
async fn a_value_that_somebody_else_changed_meanwhile_is_not_overwritten() {
    let store = Store::default();
    let host = gateway(&store);
    let plan = plan(&host, &source([("XffTrustedNum", json!(2))]), &Settings::default()).await;
    store.lock().unwrap().insert("xff-trusted-num".into(), "5".into());
    let error = Parameters.apply(&host, &input("p", json!({})), &plan).await.unwrap_err();
    assert_eq!(error.code, "GS-OURS-ONLY");
    assert_eq!(store.lock().unwrap()["xff-trusted-num"], "5");
    assert!(host.now().0 > 0);
}

#[test]
fn every_action_is_declared() {
    let manifest = Parameters.manifest();
    let actions: Vec<&str> = manifest.connections["target"].actions.keys().map(String::as_str).collect();
    assert_eq!(actions, ["GetGateway", "ListGatewayFeatures", "RestartGateway", "UpdateGatewayFeature"]);
    assert_eq!(Parameters.check(&json!({"exclude": ["LiteMetrics"]})).len(), 1);
    assert!(Parameters.check(&json!({"exclude": ["EnableGzip"], "noRestart": true})).is_empty());
}

proptest! {
    /// A number is taken exactly when it is within the range, whatever the range.
    #[test]
    fn ranges(low in -50i64..50, width in 0i64..100, number in -200i64..200) {
        let view = json!({"definition": {"name": "x", "valueType": "int64", "minValue": low.to_string(), "maxValue": (low + width).to_string()}});
        let feature: FeatureView = serde_json::from_value(view).unwrap();
        let fits = (low..=low + width).contains(&number);
        prop_assert_eq!(value::refusal(&number.to_string(), &feature).is_none(), fits);
    }
}
