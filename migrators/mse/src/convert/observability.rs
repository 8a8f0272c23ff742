//! Tracing and the delivery of access logs. The gateway's detail and its configuration each tell a part;
//! where both tell the same thing they have to agree. Alert rules are no part of the gateway's answers.

use gateshift_gateway_model::{LogDelivery, Observability, Tracing};
use gateshift_sdk::model::Finding;
use serde_json::Value;

use super::{some, unclear};

/// From the detail and the configuration of the gateway.
pub(crate) fn observability(detail: &Value, config: &Value, findings: &mut Vec<Finding>) -> Observability {
    Observability {
        tracing: tracing(&detail["XtraceDetails"], &config["XtraceDetails"], findings),
        access_log: access_log(&detail["LogConfigDetails"], &config["SlsConfigDetails"], findings),
        alerts: Vec::new(),
    }
}

fn tracing(detail: &Value, config: &Value, findings: &mut Vec<Finding>) -> Option<Tracing> {
    let object = "observability/tracing";
    if !agreed(object, "on", flag(&config["TraceOn"]), flag(&detail["TraceOn"]), findings)? {
        return None;
    }
    let sample = agreed(object, "sampled", number(&config["Sample"]), number(&detail["Sample"]), findings);
    let sample_percent = match sample {
        Some(percent @ 0..=100) => percent as u32,
        other => {
            let found = other.map_or("no share".to_owned(), |share| format!("{share} percent"));
            findings.push(unclear(object, format!("tracing is on, and {found} of the requests are sampled")));
            return None;
        }
    };
    let port = text(&config["ServicePort"]);
    let known = port.as_deref().map(str::parse::<u16>);
    if let Some(Err(_)) = known {
        findings.push(unclear(object, format!("`{}` is no port of a collector", port.unwrap_or_default())));
        return None;
    }
    Some(Tracing {
        kind: text(&config["TraceType"]).unwrap_or_default(),
        sample_percent,
        service: text(&config["ServiceId"]).filter(|id| id != "0"),
        port: known.and_then(Result::ok),
    })
}

fn access_log(detail: &Value, config: &Value, findings: &mut Vec<Finding>) -> Option<LogDelivery> {
    let object = "observability/access-log";
    if !agreed(object, "on", flag(&config["LogOn"]), flag(&detail["LogEnabled"]), findings)? {
        return None;
    }
    let mut name = |what: &str| {
        agreed(object, what, text(&config[what]), text(&detail[what]), findings).unwrap_or_default()
    };
    let (project, store) = (name("ProjectName"), name("LogStoreName"));
    Some(LogDelivery { project, store, nginx_format: flag(&config["NginxCompatible"]).unwrap_or(false) })
}

/// What two answers say of the same thing: one of them, when the other is silent or the same.
fn agreed<T: PartialEq + std::fmt::Debug>(
    object: &str,
    what: &str,
    one: Option<T>,
    other: Option<T>,
    findings: &mut Vec<Finding>,
) -> Option<T> {
    if let (Some(one), Some(other)) = (&one, &other)
        && one != other
    {
        findings.push(unclear(
            object,
            format!("the gateway's configuration and its detail differ ({what}: {one:?} and {other:?})"),
        ));
    }
    one.or(other)
}

fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.to_ascii_lowercase().parse().ok())
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Ids and ports are numbers in some answers and text in others.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use gateshift_gateway_model::{LogDelivery, Tracing};
    use serde_json::{Value, json};

    use super::observability;

    fn tracing(detail: Value, config: Value) -> (Option<Tracing>, usize) {
        let mut findings = Vec::new();
        let (detail, config) = (json!({"XtraceDetails": detail}), json!({"XtraceDetails": config}));
        let found = observability(&detail, &config, &mut findings).tracing;
        assert!(findings.iter().all(|finding| finding.code == "SRC-UNCLEAR"));
        (found, findings.len())
    }

    #[test]
    fn tracing_is_read_from_both_answers() {
        let of = |kind: &str, sample_percent, service: Option<&str>, port| {
            let (kind, service) = (kind.to_owned(), service.map(str::to_owned));
            Some(Tracing { kind, sample_percent, service, port })
        };
        let on = json!({"TraceOn": true, "Sample": 20});
        let cases = [
            (Value::Null, Value::Null, None, 0),
            (json!({"TraceOn": false, "Sample": 0}), json!({"TraceOn": false, "Sample": 0}), None, 0),
            (
                on.clone(),
                json!({"TraceOn": true, "Sample": 20, "TraceType": "XTRACE"}),
                of("XTRACE", 20, None, None),
                0,
            ),
            (
                on.clone(),
                json!({"TraceOn": "true", "Sample": "20", "TraceType": "SKYWALKING", "ServiceId": 7, "ServicePort": "11800"}),
                of("SKYWALKING", 20, Some("7"), Some(11800)),
                0,
            ),
            // An older gateway does not say which kind.
            (on.clone(), Value::Null, of("", 20, None, None), 0),
            (on.clone(), json!({"TraceOn": false}), None, 1),
            (
                on.clone(),
                json!({"TraceOn": true, "Sample": 30, "TraceType": "XTRACE"}),
                of("XTRACE", 30, None, None),
                1,
            ),
            (json!({"TraceOn": true}), Value::Null, None, 1),
            (json!({"TraceOn": true, "Sample": 101}), Value::Null, None, 1),
            (on, json!({"TraceType": "SKYWALKING", "ServicePort": "grpc"}), None, 1),
        ];
        for (detail, config, expected, unclear) in cases {
            assert_eq!(tracing(detail.clone(), config.clone()), (expected, unclear), "{detail} {config}");
        }
    }

    #[test]
    fn logs_are_read_from_both_answers() {
        let delivery =
            |nginx_format| Some(LogDelivery { project: "p".to_owned(), store: "s".to_owned(), nginx_format });
        let old = json!({"LogEnabled": true, "ProjectName": "p", "LogStoreName": "s"});
        let new = json!({"LogOn": true, "ProjectName": "p", "LogStoreName": "s", "NginxCompatible": true});
        let cases = [
            (Value::Null, Value::Null, None, 0),
            (json!({"LogEnabled": false}), json!({"LogOn": false}), None, 0),
            (old.clone(), Value::Null, delivery(false), 0),
            (Value::Null, new.clone(), delivery(true), 0),
            (old.clone(), new.clone(), delivery(true), 0),
            (json!({"LogEnabled": true, "ProjectName": "q", "LogStoreName": "s"}), new, delivery(true), 1),
        ];
        for (detail, config, expected, unclear) in cases {
            let (detail, config) = (json!({"LogConfigDetails": detail}), json!({"SlsConfigDetails": config}));
            let mut findings = Vec::new();
            let found = observability(&detail, &config, &mut findings).access_log;
            assert_eq!((found, findings.len()), (expected, unclear), "{detail} {config}");
        }
    }
}
