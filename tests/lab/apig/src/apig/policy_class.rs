//! Policy classes: where each may be attached and what its configuration looks like. The keys of a
//! class's example are the keys its configurations may have.

use std::sync::LazyLock;

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::options::Options;
use super::reply;
use super::state::{Cx, State};
use crate::params::{fits, text};

/// A policy class.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PolicyClass {
    pub(crate) name: String,
    pub(crate) alias: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) stage: String,
    pub(crate) priority: i64,
    attachable: Vec<String>,
    #[serde(default)]
    required: Vec<String>,
    example: Map<String, Value>,
}

static CLASSES: LazyLock<Vec<PolicyClass>> = LazyLock::new(|| {
    // The table is part of the crate and a test reads it, so an unreadable one cannot be shipped.
    serde_json::from_str(include_str!("../data/policy_classes.json")).unwrap_or_default()
});

/// The class of that name.
pub(crate) fn find(name: &str) -> Result<&'static PolicyClass, ApiError> {
    let found = CLASSES.iter().find(|one| one.name == name);
    found.ok_or_else(|| reply::bad("className", format!("there is no policy class {name}")))
}

impl PolicyClass {
    /// Id of the class.
    pub(crate) fn id(&self) -> String {
        format!("pc-{}", self.name.to_lowercase())
    }

    /// Types of resources that its policies may be attached to.
    fn attachable(&self, options: &Options) -> Vec<&str> {
        match &options.only_on_apis {
            Some(class) if *class == self.name => vec!["HttpApi"],
            _ => self.attachable.iter().map(String::as_str).collect(),
        }
    }

    /// Whether its policies may be attached to that type of resource.
    pub(crate) fn attaches_to(&self, options: &Options, kind: &str) -> bool {
        self.attachable(options).contains(&kind)
    }

    /// Its policies need a name of their own on each gateway.
    pub(crate) fn needs_own_name(&self) -> bool {
        matches!(self.name.as_str(), "IpAccessControl" | "JWTAuth" | "OIDCAuth" | "ExternalZAuth")
    }

    /// The example, with the keys that this account's dialect has.
    fn example(&self, options: &Options) -> Map<String, Value> {
        if options.strange_dialect.as_ref() != Some(&self.name) {
            return self.example.clone();
        }
        let renamed = |(key, value): (&String, &Value)| match key.as_str() {
            "enable" => (key.clone(), value.clone()),
            _ => (format!("{key}Value"), value.clone()),
        };
        self.example.iter().map(renamed).collect()
    }

    /// Reads a configuration and checks it against the example and the class's own rules.
    pub(crate) fn read(&self, options: &Options, text: &str) -> Result<Value, ApiError> {
        let config: Map<String, Value> = serde_json::from_str(text)
            .map_err(|cause| reply::bad("config", format!("it is not a JSON object: {cause}")))?;
        check_object(&self.name, &self.example(options), &config)?;
        if let Some(key) = self.required.iter().find(|key| config.get(*key).is_none_or(Value::is_null)) {
            return Err(reply::missing(&format!("config.{key}")));
        }
        self.check_values(&config)?;
        Ok(Value::Object(config))
    }

    fn check_values(&self, config: &Map<String, Value>) -> Result<(), ApiError> {
        let number = |key: &str| config.get(key).and_then(Value::as_i64);
        let within = |key: &str, low: i64, high: i64| match number(key) {
            Some(value) if !(low..=high).contains(&value) => {
                Err(reply::bad(&format!("config.{key}"), format!("{value} is not within {low} to {high}")))
            }
            _ => Ok(()),
        };
        match self.name.as_str() {
            "Timeout" => match config.get("timeUnit").and_then(Value::as_str) {
                Some("s") | None => within("unitNum", 0, 86_400),
                Some(other) => Err(reply::bad("config.timeUnit", format!("{other} is not s"))),
            },
            "Retry" => within("attempts", 0, 10),
            "DirectResponse" => within("code", 200, 599),
            "Redirect" if !matches!(number("code"), Some(301 | 302 | 303 | 307 | 308)) => {
                Err(reply::bad("config.code", "it is not one of 301, 302, 303, 307, 308"))
            }
            "FlowCopy" => within("percentage", 0, 100),
            "RateLimit" | "ConcurrencyLimit" => within("threshold", 1, i64::from(i32::MAX)),
            _ => Ok(()),
        }
    }
}

/// Keys must be known, values of the example's kind; lists are checked by the example's first item.
fn check_object(
    place: &str,
    example: &Map<String, Value>,
    actual: &Map<String, Value>,
) -> Result<(), ApiError> {
    for (key, value) in actual {
        let place = format!("{place}.{key}");
        let Some(model) = example.get(key) else {
            return Err(reply::bad("config", format!("{place} is unknown, see the class's configExample")));
        };
        check_value(&place, model, value)?;
    }
    Ok(())
}

fn check_value(place: &str, model: &Value, value: &Value) -> Result<(), ApiError> {
    match (model, value) {
        (_, Value::Null)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => Ok(()),
        (Value::Object(model), Value::Object(value)) => check_object(place, model, value),
        (Value::Array(model), Value::Array(items)) => match model.first() {
            Some(model) => items.iter().try_for_each(|item| check_value(place, model, item)),
            None => Ok(()),
        },
        _ => {
            Err(reply::bad("config", format!("{place} is of another kind than in the class's configExample")))
        }
    }
}

/// `ListPolicyClasses`.
pub(crate) fn list(cx: &Cx<'_>, _: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let items: Vec<Value> = CLASSES
        .iter()
        .filter(|one| {
            text(query, "attachResourceType").is_none_or(|kind| one.attaches_to(cx.options, kind))
                && fits(query, "type", &one.kind)
                && fits(query, "direction", "InBound")
        })
        .map(|one| {
            json!({
                "classId": one.id(),
                "name": one.name,
                "alias": one.alias,
                "description": one.alias,
                "type": one.kind,
                "direction": "InBound",
                "executeStage": one.stage,
                "executePriority": one.priority.to_string(),
                "attachableResourceTypes": one.attachable(cx.options),
                "configExample": Value::Object(one.example(cx.options)).to_string(),
                "deprecated": false,
                "enableLog": false,
                "version": "1.0.0",
            })
        })
        .collect();
    reply::page(call, &items)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{CLASSES, Options};

    #[test]
    fn every_example_is_a_valid_configuration_and_strange_keys_are_not() {
        assert_eq!(CLASSES.len(), 22, "the table could not be read or lacks classes");
        for class in CLASSES.iter() {
            let example = Value::Object(class.example.clone());
            assert_eq!(
                class.read(&Options::default(), &example.to_string()).ok().as_ref(),
                Some(&example),
                "{}",
                class.name
            );
            for key in class.example.keys() {
                let mut wrong = example.clone();
                wrong[key] = match &example[key] {
                    Value::String(_) => Value::from(1),
                    _ => Value::from("text"),
                };
                assert!(
                    class.read(&Options::default(), &wrong.to_string()).is_err(),
                    "{}.{key} of another kind",
                    class.name
                );
            }
            let mut wrong = example.clone();
            wrong["planted"] = Value::Bool(true);
            assert!(
                class.read(&Options::default(), &wrong.to_string()).is_err(),
                "{} took an unknown key",
                class.name
            );
        }
    }

    #[test]
    fn classes_have_their_own_limits() {
        for (class, config) in [
            ("Timeout", r#"{"enable":true,"unitNum":-1,"timeUnit":"s"}"#),
            ("Timeout", r#"{"enable":true,"unitNum":1,"timeUnit":"m"}"#),
            ("Timeout", r#"{"enable":true,"timeUnit":"s"}"#),
            ("Retry", r#"{"enable":true,"attempts":11}"#),
            ("Redirect", r#"{"enable":true,"code":200}"#),
            ("DirectResponse", r#"{"enable":true,"code":99}"#),
            ("FlowCopy", r#"{"enable":true,"percentage":101}"#),
            ("RateLimit", r#"{"enable":true,"threshold":0}"#),
            ("Waf", "[]"),
            ("Waf", "not json"),
        ] {
            assert!(
                super::find(class).and_then(|class| class.read(&Options::default(), config)).is_err(),
                "{class} {config}"
            );
        }
    }
}
