//! Whether a plan says what a variant has to become.

use serde_json::Value;

use crate::{Expected, Made, Trial, Variant};

/// Everything that is not as the variant says.
#[must_use]
pub fn judge(variant: &Variant, trial: &Trial) -> Vec<String> {
    let mut complaints = Vec::new();
    let grave = |severity: &str| matches!(severity, "block" | "decide");
    let blocked = variant.finds.iter().any(|one| grave(&one.severity));
    let code = match (blocked, variant.run) {
        (true, _) => 3,
        (false, true) => 0,
        (false, false) => 2,
    };
    if trial.code != Some(code) {
        complaints.push(format!("it ends with {:?} and not with {code}", trial.code));
    }
    for expected in &variant.finds {
        complaints.extend(finding(expected, trial));
    }
    for made in &variant.makes {
        complaints.extend(operation(made, trial));
    }
    let warnings: Vec<&str> = trial
        .steps()
        .iter()
        .filter_map(|step| step["warnings"].as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for begin in
        variant.warns.iter().filter(|begin| !warnings.iter().any(|one| one.starts_with(begin.as_str())))
    {
        complaints.push(format!("no step warns of {begin}: {warnings:?}"));
    }
    for (step, found) in trial.findings() {
        let (code, severity) = (text(found, "code"), text(found, "severity"));
        let line = format!("{step} {severity} {code} {}: {}", text(found, "object"), text(found, "message"));
        let known =
            variant.finds.iter().any(|one| one.code == code) || variant.entails.iter().any(|one| one == code);
        if grave(severity) && !known {
            complaints.push(format!("it also stops for {line}"));
        }
        if severity != "info" && text(found, "action").is_empty() {
            complaints.push(format!("no way out of {line}"));
        }
    }
    for error in trial.steps().iter().map(|step| &step["error"]).filter(|error| !error.is_null()) {
        if error["code"] != "GS-BLOCKED" {
            complaints.push(format!("a step fails: {error}"));
        }
    }
    if !complaints.is_empty() {
        complaints.push(trial.summary());
    }
    complaints
}

fn finding(expected: &Expected, trial: &Trial) -> Vec<String> {
    let of_code: Vec<(&str, &Value)> =
        trial.findings().filter(|(_, found)| text(found, "code") == expected.code).collect();
    let fits = |(step, found): &&(&str, &Value)| {
        *step == expected.step
            && text(found, "severity") == expected.severity
            && text(found, "object") == expected.object
    };
    let Some((_, found)) = of_code.iter().find(fits) else {
        let wanted = format!(
            "{} finds no {} {} on {}",
            expected.step, expected.severity, expected.code, expected.object
        );
        return vec![wanted];
    };
    let message = text(found, "message");
    let missing = expected.names.iter().filter(|name| !message.contains(name.as_str()));
    missing.map(|name| format!("{} does not name {name}: {message}", expected.code)).collect()
}

fn operation(made: &Made, trial: &Trial) -> Option<String> {
    let steps = trial.steps().iter().filter(|step| text(step, "step") == made.step);
    let mut operations = steps.filter_map(|step| step["operations"].as_array()).flatten();
    match operations.find(|operation| text(operation, "key") == made.key) {
        None => Some(format!("{} plans no {}", made.step, made.key)),
        Some(found) if !contains(&found["after"], &made.has) => {
            Some(format!("{} has not {}: {}", made.key, made.has, found["after"]))
        }
        Some(_) => None,
    }
}

/// Whether a value has everything that another has: fields of objects, members of lists.
#[must_use]
pub fn contains(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (_, Value::Null) => true,
        (Value::Object(value), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| value.get(key).is_some_and(|value| contains(value, wanted)))
        }
        (Value::Array(value), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| value.iter().any(|value| contains(value, wanted)))
        }
        _ => value == wanted,
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
