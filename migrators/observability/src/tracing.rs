//! Tracing as it shall be at the target, what a parameter of the gateway can do for it, and what a person
//! is told to click otherwise.

use gateshift_gateway_model::{Inventory, Tracing};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Tracing of the target, as far as the source tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceWish {
    /// As the products write it; absent when the source does not say.
    pub(crate) kind: Option<String>,
    /// Percent of the requests.
    pub(crate) sample: u32,
    /// The collector.
    pub(crate) collector: Option<Collector>,
}

/// The service that traces are sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Collector {
    /// Its id at the target.
    pub(crate) id: String,
    /// Its name at the source.
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
}

/// Tracing of the source, said for the target; the error says which service has no counterpart.
pub(crate) fn wish(
    tracing: &Tracing,
    inventory: &Inventory,
    service: impl Fn(&str) -> Option<String>,
) -> Result<TraceWish, String> {
    let collector = match &tracing.service {
        None => None,
        Some(source) => {
            let name = inventory.service(source).map_or(source, |service| &service.name).clone();
            let id = service(source).ok_or_else(|| name.clone())?;
            Some(Collector { id, name, port: tracing.port })
        }
    };
    let kind = Some(tracing.kind.clone()).filter(|kind| !kind.is_empty());
    Ok(TraceWish { kind, sample: tracing.sample_percent, collector })
}

impl TraceWish {
    /// What differs between the wish and the answer of `GetTraceConfig`; nothing when it is as wished.
    pub(crate) fn differences(&self, actual: &Value) -> Vec<String> {
        let mut found = Vec::new();
        let mut expect = |what: &str, wanted: String, actual: Option<String>| {
            if actual.as_ref() != Some(&wanted) {
                let actual = actual.unwrap_or_else(|| "not set".to_owned());
                found.push(format!("{what} is {actual} and shall be {wanted}"));
            }
        };
        expect("tracing", on(true), actual["enable"].as_bool().map(on));
        if let Some(kind) = &self.kind {
            expect("protocol", kind.clone(), text(&actual["traceType"]));
        }
        expect("sampling rate", self.sample.to_string(), text(&actual["sampleRatio"]));
        if let Some(collector) = &self.collector {
            expect("collector", collector.id.clone(), text(&actual["serviceId"]));
            if let Some(port) = collector.port {
                expect("port of the collector", port.to_string(), text(&actual["servicePort"]));
            }
        }
        found
    }

    /// The values to set, in words.
    pub(crate) fn values(&self) -> String {
        let mut values = vec!["turn Tracing on".to_owned()];
        match self.kind.as_deref() {
            Some(kind) => values.push(format!("protocol {}", protocol(kind))),
            None => values.push("the protocol that the source's page Parameter Settings shows".to_owned()),
        }
        values.push(format!("sampling rate {}", self.sample));
        if let Some(collector) = &self.collector {
            let port = collector.port.map(|port| format!(" and port {port}")).unwrap_or_default();
            values.push(format!("collector: service `{}` ({}){port}", collector.name, collector.id));
        }
        values.join(", ")
    }
}

/// The console's name of a protocol. Which of them is the API's `XTRACE` is inferred, not documented: what
/// is read back decides.
fn protocol(kind: &str) -> String {
    match kind {
        "XTRACE" => "Zipkin (B3), read back as XTRACE".to_owned(),
        "OPENTELEMETRY" => "OpenTelemetry (W3C), read back as OPENTELEMETRY".to_owned(),
        "SKYWALKING" => "SkyWalking, read back as SKYWALKING".to_owned(),
        other => format!("the one that is read back as {other}"),
    }
}

fn on(enabled: bool) -> String {
    if enabled { "on" } else { "off" }.to_owned()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A parameter of the gateway that can be written, with the value it shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Switch {
    pub(crate) name: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// The writable parameters of the telemetry group that carry tracing. No document names one, so each is
/// told by its name and its type, and only a reading of the trace configuration shows that it worked.
/// Nothing unless one of them turns tracing on.
pub(crate) fn switches(features: &[Value], wish: &TraceWish) -> Vec<Switch> {
    let mut turns_on = false;
    let found: Vec<Switch> = features
        .iter()
        .filter(|item| item["definition"]["group"] == "Telemetry" && item["definition"]["readOnly"] != true)
        .filter_map(|item| {
            let name = item["definition"]["name"].as_str()?;
            let plain: String =
                name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
            if !(plain.contains("tracing") || plain.contains("xtrace") || plain.starts_with("trace")) {
                return None;
            }
            let kind = item["definition"]["valueType"].as_str().unwrap_or_default();
            let after = value(&plain, kind, wish)?;
            turns_on |= matches!(kind, "bool" | "json");
            let before = item["value"].as_str().unwrap_or_default().to_owned();
            Some(Switch { name: name.to_owned(), before, after })
        })
        .collect();
    if turns_on { found } else { Vec::new() }
}

fn value(plain: &str, kind: &str, wish: &TraceWish) -> Option<String> {
    match kind {
        "json" => Some(whole(wish)),
        "bool" => Some("true".to_owned()),
        "int32" | "int64" | "float" if plain.contains("sampl") => Some(wish.sample.to_string()),
        "string" if plain.contains("type") || plain.contains("protocol") => wish.kind.clone(),
        _ => None,
    }
}

/// The whole configuration in the form in which it is read.
fn whole(wish: &TraceWish) -> String {
    let mut value = serde_json::json!({"enable": true, "sampleRatio": wish.sample});
    if let Some(kind) = &wish.kind {
        value["traceType"] = kind.as_str().into();
    }
    if let Some(collector) = &wish.collector {
        value["serviceId"] = collector.id.as_str().into();
        if let Some(port) = collector.port {
            value["servicePort"] = port.to_string().into();
        }
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Collector, TraceWish, switches};

    fn wish(kind: &str, port: Option<u16>) -> TraceWish {
        let collector =
            port.map(|port| Collector { id: "svc-1".into(), name: "oap".into(), port: Some(port) });
        TraceWish { kind: Some(kind.to_owned()).filter(|kind| !kind.is_empty()), sample: 20, collector }
    }

    #[test]
    fn only_what_is_equal_in_every_part_has_no_difference() {
        let right = json!({"enable": true, "sampleRatio": 20, "traceType": "SKYWALKING", "serviceId": "svc-1", "servicePort": "11800"});
        let wished = wish("SKYWALKING", Some(11800));
        assert_eq!(wished.differences(&right), Vec::<String>::new());
        for (field, wrong) in [
            ("enable", json!(false)),
            ("sampleRatio", json!(100)),
            ("traceType", json!("XTRACE")),
            ("serviceId", json!("svc-2")),
            ("servicePort", json!("11801")),
        ] {
            for wrong in [wrong, Value::Null] {
                let mut actual = right.clone();
                actual[field] = wrong;
                assert_eq!(wished.differences(&actual).len(), 1, "{field}");
            }
        }
        // Of what the source does not say nothing is expected.
        assert!(wish("", None).differences(&right).is_empty());
        assert!(!wish("", None).differences(&Value::Null).is_empty());
    }

    #[test]
    fn a_parameter_is_used_when_it_can_turn_tracing_on() {
        let item = |name: &str, group: &str, kind: &str, read_only: bool| json!({"value": "v", "definition": {"name": name, "group": group, "valueType": kind, "readOnly": read_only}});
        let wished = wish("OPENTELEMETRY", None);
        let values = |items: &[Value]| -> Vec<String> {
            switches(items, &wished).into_iter().map(|one| format!("{}={}", one.name, one.after)).collect()
        };
        let on = item("enable-tracing", "Telemetry", "bool", false);
        let rate = item("tracing-sampling", "Telemetry", "int32", false);
        let kind = item("trace-type", "Telemetry", "string", false);
        assert_eq!(
            values(&[on.clone(), rate.clone(), kind]),
            ["enable-tracing=true", "tracing-sampling=20", "trace-type=OPENTELEMETRY"]
        );
        assert_eq!(
            values(&[item("trace-config", "Telemetry", "json", false)]),
            [r#"trace-config={"enable":true,"sampleRatio":20,"traceType":"OPENTELEMETRY"}"#]
        );
        for useless in [
            vec![rate],
            vec![item("enable-tracing", "Telemetry", "bool", true)],
            vec![item("enable-tracing", "Engine", "bool", false)],
            vec![item("access-log-header", "Telemetry", "json", false)],
            vec![item("access-log-with-traceid", "Telemetry", "bool", false)],
            vec![],
        ] {
            assert!(values(&useless).is_empty(), "{useless:?}");
        }
    }
}
