//! Alert rules: which of them speak of the source, and what each becomes at the target. A rule is the list
//! of its parameters by the names with which it is written, so that a wish and an answer compare field by
//! field. Pure.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_sdk::model::{digest_bytes, is_planned, planned_id};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::metrics::{Live, TABLE, counterpart};

/// Parameters of a rule by the names with which it is written.
pub(crate) type Parameters = BTreeMap<String, String>;

/// A rule as it shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AlertWish {
    /// Where it comes from: an id at the source, or a name of the baseline.
    pub(crate) origin: String,
    /// In force.
    pub(crate) enabled: bool,
    pub(crate) parameters: Parameters,
}

impl AlertWish {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        self.parameters.get("RuleId").map_or("", String::as_str)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.parameters.get("RuleName").map_or("", String::as_str)
    }
}

/// The gateways a rule is moved between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Between<'a> {
    /// Id of the source.
    pub(crate) source: &'a str,
    /// Id of the target.
    pub(crate) target: &'a str,
    /// Name of the target.
    pub(crate) name: &'a str,
    /// Contact groups in place of the rule's own; may be empty.
    pub(crate) contacts: &'a [String],
}

/// Id of the rule that is made for `origin`: the same whenever it is asked for. A mark while the target is only planned.
pub(crate) fn rule_id(origin: &str, target: &str) -> String {
    if is_planned(target) {
        return planned_id(&format!("alert/{origin}"));
    }
    let digest = digest_bytes(format!("{origin}\n{target}").as_bytes());
    format!("gateshift-{}", &digest.as_str()[..24])
}

/// Whether a rule speaks of a gateway, or of all gateways of a namespace that looks like the source's.
pub(crate) fn concerns(rule: &Value, gateway: &str) -> bool {
    let resources = instances(rule);
    mentions(rule, gateway)
        || (text(rule, "Namespace").contains("mse")
            && resources.iter().any(|one| one.values().any(|v| v == "_ALL")))
}

/// Whether a text somewhere in `value` names the id, and not a longer one.
pub(crate) fn mentions(value: &Value, id: &str) -> bool {
    let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    match value {
        Value::String(text) => text
            .match_indices(id)
            .any(|(at, _)| !text[..at].ends_with(part) && !text[at + id.len()..].starts_with(part)),
        Value::Array(items) => items.iter().any(|item| mentions(item, id)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, id)),
        _ => false,
    }
}

/// What a rule of the source becomes; the error says in words why it cannot be carried over.
pub(crate) fn carry(rule: &Value, between: &Between<'_>, live: &Live) -> Result<AlertWish, String> {
    let source = text(rule, "MetricName");
    for (field, what) in
        [("CompositeExpression", "joins several metrics"), ("Prometheus", "is a query of its own")]
    {
        if !is_blank(&rule[field]) {
            return Err(format!("it {what}"));
        }
    }
    let metric = counterpart(source)
        .ok_or_else(|| format!("the target has no metric that is known to mean the same as `{source}`"))?;
    let resources = resources(rule, between)?;
    let mut parameters = parameters(rule);
    if !parameters.keys().any(|name| name.starts_with("Escalations.")) {
        return Err("it has no threshold".to_owned());
    }
    if rule["Escalations"]
        .as_object()
        .is_some_and(|levels| levels.values().any(|one| !is_blank(&one["PreCondition"])))
    {
        return Err("it has a precondition, which cannot be written".to_owned());
    }
    let period = parameters.entry("Period".to_owned()).or_insert_with(|| "60".to_owned()).clone();
    let statistics = parameters.iter().filter(|(name, _)| name.ends_with(".Statistics"));
    if let Some(cause) = statistics.into_iter().find_map(|(_, one)| live.refuses(metric, one, &period)) {
        return Err(cause);
    }
    if !between.contacts.is_empty() {
        parameters.insert("ContactGroups".to_owned(), between.contacts.join(","));
    }
    let origin = text(rule, "RuleId").to_owned();
    let own = [
        ("RuleId", rule_id(&origin, between.target)),
        ("RuleName", format!("{} ({})", text(rule, "RuleName"), between.name)),
        ("Namespace", TABLE.namespace.clone()),
        ("MetricName", metric.to_owned()),
        ("Resources", resources),
    ];
    parameters.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Ok(AlertWish { origin, enabled: rule["EnableState"] != json!(false), parameters })
}

/// The target in place of the source; a rule about less than the gateway, or about all gateways, has none.
fn resources(rule: &Value, between: &Between<'_>) -> Result<String, String> {
    let all = instances(rule);
    let own = all.iter().find(|one| one.values().any(|value| value == between.source));
    let Some(own) = own else {
        return Err("it is for every gateway of the account, not for this one".to_owned());
    };
    let narrower: Vec<&str> = own
        .iter()
        .filter(|(name, value)| {
            *value != between.source && !matches!(name.as_str(), "userId" | "regionId" | "region")
        })
        .map(|(name, _)| name.as_str())
        .collect();
    if !narrower.is_empty() {
        return Err(format!("it is for a part of the gateway only ({})", narrower.join(", ")));
    }
    let mut resource = json!({"instanceId": between.target});
    if let Some(user) = own.get("userId") {
        resource["userId"] = user.as_str().into();
    }
    Ok(json!([resource]).to_string())
}

/// What a rule watches: a list of dimensions, as text in one of two fields.
fn instances(rule: &Value) -> Vec<BTreeMap<String, String>> {
    let fields = ["Resources", "Dimensions"].into_iter().map(|name| text(rule, name));
    fields
        .filter_map(|text| serde_json::from_str::<Value>(text).ok())
        .flat_map(|value| match value {
            Value::Array(items) => items,
            one => vec![one],
        })
        .filter_map(|item| {
            let fields = item.as_object()?.iter();
            Some(
                fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect(),
            )
        })
        .collect()
}

/// The parameters of a rule as it was answered. Blank ones are left out.
pub(crate) fn parameters(rule: &Value) -> Parameters {
    let mut found = Parameters::new();
    let mut take = |name: &str, value: &Value| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => String::new(),
        };
        if !text.is_empty() {
            found.insert(name.to_owned(), text);
        }
    };
    for (name, answered) in [
        ("RuleId", "RuleId"),
        ("RuleName", "RuleName"),
        ("Namespace", "Namespace"),
        ("MetricName", "MetricName"),
        ("Resources", "Resources"),
        ("Period", "Period"),
        ("EffectiveInterval", "EffectiveInterval"),
        ("NoEffectiveInterval", "NoEffectiveInterval"),
        ("NoDataPolicy", "NoDataPolicy"),
        ("SilenceTime", "SilenceTime"),
        ("SendOK", "SendOK"),
        ("EmailSubject", "MailSubject"),
        ("Webhook", "Webhook"),
    ] {
        take(name, &rule[answered]);
    }
    for level in ["Critical", "Warn", "Info"] {
        let answered = &rule["Escalations"][level];
        if !is_blank(&answered["Threshold"]) {
            for field in ["Statistics", "ComparisonOperator", "Threshold", "Times"] {
                take(&format!("Escalations.{level}.{field}"), &answered[field]);
            }
        }
    }
    let contacts = contacts_of(rule);
    if !contacts.is_empty() {
        found.insert("ContactGroups".to_owned(), contacts.join(","));
    }
    found
}

/// The contact groups that a rule tells.
pub(crate) fn contacts_of(rule: &Value) -> Vec<String> {
    contacts(text(rule, "ContactGroups"))
}

/// Contact groups are joined by commas, or a JSON list.
fn contacts(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| {
        text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    })
}

/// What differs between a wish and a rule that is there, by parameter; other parameters do not matter.
pub(crate) fn differences(wish: &Parameters, actual: &Parameters) -> Vec<String> {
    let differs = |(name, wanted): &(&String, &String)| {
        actual.get(*name).is_none_or(|actual| !same(name, wanted, actual))
    };
    wish.iter()
        .filter(differs)
        .map(|(name, wanted)| {
            let secret = name == "Webhook";
            let actual = actual.get(name).map_or("not set", |actual| if secret { "another" } else { actual });
            format!("{name} is {actual} and shall be {}", if secret { "that of the source" } else { wanted })
        })
        .collect()
}

fn same(name: &str, wanted: &str, actual: &str) -> bool {
    let set = |text: &str| contacts(text).into_iter().collect::<BTreeSet<_>>();
    if name == "ContactGroups" {
        return set(wanted) == set(actual);
    }
    if name == "Resources" {
        let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
        // The account's own number may be added to what was asked for.
        return match (parsed(wanted), parsed(actual)) {
            (Some(Value::Array(wanted)), Some(Value::Array(actual))) => {
                wanted.len() == actual.len()
                    && wanted.iter().zip(&actual).all(|(wanted, actual)| contains(actual, wanted))
            }
            _ => false,
        };
    }
    match (wanted.parse::<f64>(), actual.parse::<f64>()) {
        (Ok(wanted), Ok(actual)) => wanted == actual,
        _ => wanted == actual,
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    part.as_object().is_some_and(|fields| fields.iter().all(|(name, value)| whole.get(name) == Some(value)))
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_blank),
        Value::Object(fields) => fields.values().all(is_blank),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(_) => false,
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
