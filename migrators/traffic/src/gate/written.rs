//! The setting `gates` as it is written, and how it is read; every mistake has its place.

use std::collections::BTreeMap;

use gateshift_sdk::model::{Finding, Severity, parse_duration, parse_percent};
use serde::Deserialize;
use serde_json::{Value, json};

use super::load::LoadBound;
use super::rate::Tolerance;
use super::settings::{Business, Expressions, Gates, Health, Latency, LoadGate, of_envoy, of_product};

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Dialect {
    #[default]
    Product,
    Envoy,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenTolerance {
    ratio: Option<f64>,
    floor: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenLatency {
    ratio: Option<f64>,
    floor: Option<String>,
    #[serde(default)]
    off: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenHealth {
    min_requests: Option<u64>,
    #[serde(default)]
    errors: WrittenTolerance,
    #[serde(default)]
    refusals: WrittenTolerance,
    #[serde(default)]
    latency: WrittenLatency,
    #[serde(default)]
    dialect: Dialect,
    requests: Option<String>,
    failed: Option<String>,
    refused: Option<String>,
    within: Option<String>,
    source: Option<String>,
    target: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenMeasure {
    query: String,
    safe: Option<f64>,
    alert: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenBusiness {
    name: String,
    min_cases: Option<u64>,
    ratio: Option<f64>,
    floor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum WrittenGate {
    Health(Box<WrittenHealth>),
    Load(BTreeMap<String, WrittenMeasure>),
    Business(WrittenBusiness),
}

/// Reads the setting; every mistake is a finding. Left out, it is the gate `health`.
pub(crate) fn read(written: Option<&[Value]>) -> Result<Gates, Vec<Finding>> {
    let mut gates = Gates::default();
    let mut mistakes = Vec::new();
    let left_out = [json!("health")];
    for (place, item) in written.unwrap_or(&left_out).iter().enumerate() {
        let object = format!("gates/{place}");
        let mut mistake = |message: String, action: &str| {
            mistakes.push(Finding::new(Severity::Block, "GS-SETTINGS", &object, message).with_action(action));
        };
        let item = if item == "health" { json!({"health": {}}) } else { item.clone() };
        let gate = match serde_json::from_value::<WrittenGate>(item) {
            Ok(gate) => gate,
            Err(error) => {
                mistake(
                    error.to_string(),
                    "a gate is `health`, or one of `health`, `load`, `business` with its settings",
                );
                continue;
            }
        };
        let added = match gate {
            WrittenGate::Health(_) if gates.health.is_some() => {
                Err("the gate `health` is there twice".to_owned())
            }
            WrittenGate::Load(_) if gates.load.is_some() => Err("the gate `load` is there twice".to_owned()),
            WrittenGate::Health(written) => written.read().map(|health| gates.health = Some(health)),
            WrittenGate::Load(written) => load(written).map(|load| gates.load = Some(load)),
            WrittenGate::Business(written) => match written.read() {
                Ok(one)
                    if gates.business.iter().any(|known| known.name == one.name) || one.name == "health" =>
                {
                    Err(format!("there are two gates `{}`", one.name))
                }
                Ok(one) => {
                    gates.business.push(one);
                    Ok(())
                }
                Err(message) => Err(message),
            },
        };
        if let Err(message) = added {
            mistake(message, "compare with `gateshift migrators info traffic`");
        }
    }
    if mistakes.is_empty() { Ok(gates) } else { Err(mistakes) }
}

fn tolerance(ratio: Option<f64>, floor: Option<&str>, usual: Tolerance) -> Result<Tolerance, String> {
    let ratio = ratio.unwrap_or(usual.ratio);
    if !ratio.is_finite() || ratio < 1.0 {
        return Err(format!("a ratio of {ratio} tolerates less than the old gateway does: write 1 or more"));
    }
    let floor = match floor {
        None => usual.floor,
        Some(text) => parse_percent(text).map_err(|mistake| mistake.to_string())? / 100.0,
    };
    Ok(Tolerance { ratio, floor })
}

impl WrittenTolerance {
    fn read(&self, usual: Tolerance) -> Result<Tolerance, String> {
        tolerance(self.ratio, self.floor.as_deref(), usual)
    }
}

impl WrittenHealth {
    fn read(self) -> Result<Health, String> {
        let floor_ms = match &self.latency.floor {
            None => 20.0,
            Some(text) => 1000.0 * parse_duration(text).map_err(|mistake| mistake.to_string())?.as_secs_f64(),
        };
        let ratio = tolerance(self.latency.ratio, None, Tolerance { ratio: 1.5, floor: 0.0 })?.ratio;
        let names = match (self.source, self.target) {
            (Some(source), Some(target)) => Some((source, target)),
            (None, None) => None,
            _ => return Err("`source` and `target` are given together or not at all".to_owned()),
        };
        let usual = match self.dialect {
            Dialect::Product => of_product(),
            Dialect::Envoy => of_envoy(),
        };
        let expressions = Expressions {
            requests: self.requests.unwrap_or(usual.requests),
            failed: self.failed.unwrap_or(usual.failed),
            refused: self.refused.unwrap_or(usual.refused),
            within: self.within.unwrap_or(usual.within),
            names,
        };
        expressions.check()?;
        Ok(Health {
            min_requests: self.min_requests.unwrap_or(300).max(1),
            errors: self.errors.read(Tolerance { ratio: 2.0, floor: 0.005 })?,
            refused: self.refusals.read(Tolerance { ratio: 3.0, floor: 0.05 })?,
            latency: (!self.latency.off && !expressions.within.is_empty())
                .then_some(Latency { ratio, floor_ms }),
            expressions,
        })
    }
}

impl WrittenBusiness {
    fn read(self) -> Result<Business, String> {
        let tolerance = tolerance(self.ratio, self.floor.as_deref(), Tolerance { ratio: 1.5, floor: 0.01 })?;
        Ok(Business { name: self.name, min_cases: self.min_cases.unwrap_or(100).max(1), tolerance })
    }
}

fn load(written: BTreeMap<String, WrittenMeasure>) -> Result<LoadGate, String> {
    let (mut measures, mut bounds) = (Vec::new(), Vec::new());
    for (name, measure) in written {
        let known = matches!(name.as_str(), "cpu" | "memory" | "connections" | "handshakes");
        match (measure.safe, measure.alert) {
            (Some(safe), Some(alert)) if safe <= alert => {
                bounds.push(LoadBound { name: name.clone(), alert, safe, grows: name != "memory" });
            }
            (None, None) if known => {}
            _ => {
                return Err(format!("`{name}` needs `safe` and `alert`, `safe` not above `alert`"));
            }
        }
        measures.push((name, measure.query));
    }
    Ok(LoadGate { measures, bounds })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::read;

    fn of(written: Value) -> Result<super::Gates, Vec<String>> {
        read(written.as_array().map(Vec::as_slice)).map_err(|mistakes| {
            mistakes.into_iter().map(|one| format!("{} {}", one.object, one.message)).collect()
        })
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let gates = of(Value::Null).unwrap();
        assert_eq!(gates, of(json!(["health"])).unwrap());
        assert_eq!(gates, of(json!([{"health": {}}])).unwrap());
        let health = gates.health.unwrap();
        assert_eq!((health.min_requests, health.errors.ratio, health.errors.floor), (300, 2.0, 0.005));
        assert!(health.expressions.failed.contains(r#"response_code_class="5xx"}[{window}]"#));
        assert_eq!(of(json!([])).unwrap(), super::Gates::default());
        let set = of(json!([
            {"health": {"minRequests": 5, "errors": {"floor": "0.1%"}, "latency": {"off": true}, "dialect": "envoy", "source": "a", "target": "b"}},
            {"load": {"cpu": {"query": "x"}, "queue": {"query": "y", "safe": 5, "alert": 10}}},
            {"business": {"name": "orders", "floor": "3%"}}
        ]))
        .unwrap();
        let health = set.health.unwrap();
        assert!(health.latency.is_none() && health.expressions.requests.contains(r#"job="{gateway}""#));
        assert_eq!(set.load.unwrap().bounds.len(), 1);
        assert_eq!(set.business[0].tolerance.floor, 0.03);
    }

    #[test]
    fn mistakes_have_their_place() {
        for (written, says) in [
            (json!(["helth"]), "gates/0"),
            (json!(["health", "health"]), "gates/1 the gate `health` is there twice"),
            (json!([{"health": {"errors": {"ratio": 0.5}}}]), "tolerates less"),
            (json!([{"health": {"errors": {"floor": "much"}}}]), "`much`"),
            (json!([{"health": {"source": "a"}}]), "together"),
            (json!([{"health": {"minRequest": 5}}]), "minRequest"),
            (json!([{"health": {"failed": "sum(x[{window}])"}}]), "`failed` has no {gateway}"),
            (json!([{"load": {"queue": {"query": "y"}}}]), "`queue` needs"),
            (json!([{"load": {"cpu": {"query": "y", "safe": 5, "alert": 1}}}]), "`cpu` needs"),
            (json!([{"business": {"name": "health"}}]), "two gates `health`"),
        ] {
            let mistakes = of(written.clone()).unwrap_err();
            assert!(mistakes.iter().any(|one| one.contains(says)), "{written}: {mistakes:?}");
        }
    }
}
