//! Values: the source answers JSON, the target takes text. Equal means equal to the gateway, not
//! letter by letter.

use gateshift_apig::wire::FeatureView;
use regex::Regex;
use serde_json::Value;

/// The source's value as the text that the target's kind of value is written in. `None` when the source
/// says nothing: an empty text, an empty list.
pub(crate) fn text(value: &Value, feature: &FeatureView) -> Option<String> {
    let plain = match value {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    if plain.is_empty() {
        return None;
    }
    match feature.definition.value_type.as_str() {
        "bool" => Some(truth(&plain).map_or(plain, |truth| truth.to_string())),
        "array" => {
            let items = items(&plain);
            (!items.is_empty()).then(|| list(&items, feature))
        }
        _ => Some(plain),
    }
}

/// Whether two texts mean the same for that kind of value.
pub(crate) fn same(kind: &str, one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    match kind {
        "bool" => truth(one).is_some() && truth(one) == truth(other),
        "int32" | "int64" => matches!((number(one), number(other)), (Some(one), Some(other)) if one == other),
        "float" => {
            matches!((one.trim().parse::<f64>(), other.trim().parse::<f64>()), (Ok(one), Ok(other)) if one == other)
        }
        "array" => items(one) == items(other),
        "json" => match (json(one), json(other)) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        },
        _ => false,
    }
}

/// Why the target would not take a text; `None` when it would.
pub(crate) fn refusal(text: &str, feature: &FeatureView) -> Option<String> {
    let definition = &feature.definition;
    if definition.read_only {
        return Some("the target does not let it be changed".to_owned());
    }
    let kind = definition.value_type.as_str();
    let fits = match kind {
        "bool" => truth(text).is_some(),
        "int32" => number(text).is_some_and(|number| i32::try_from(number).is_ok()),
        "int64" => number(text).is_some_and(|number| i64::try_from(number).is_ok()),
        "float" => text.parse::<f64>().is_ok_and(f64::is_finite),
        "json" => json(text).is_some(),
        _ => true,
    };
    if !fits {
        return Some(format!("`{text}` is no {kind}"));
    }
    range(text, feature)
        .or_else(|| length(text, feature))
        .or_else(|| form(text, feature))
        .or_else(|| option(text, feature))
}

fn range(text: &str, feature: &FeatureView) -> Option<String> {
    let (low, high) = (feature.definition.min_value.as_deref(), feature.definition.max_value.as_deref());
    let limit = |limit: Option<&str>| limit.and_then(|limit| limit.trim().parse::<f64>().ok());
    let number = text.parse::<f64>().ok()?;
    let below = limit(low).is_some_and(|low| number < low);
    let above = limit(high).is_some_and(|high| number > high);
    (below || above)
        .then(|| format!("{text} is not within {} to {}", low.unwrap_or("any"), high.unwrap_or("any")))
}

fn length(text: &str, feature: &FeatureView) -> Option<String> {
    let (low, high) = (feature.definition.min_length, feature.definition.max_length);
    let long = text.chars().count() as u64;
    // A longest length of zero is how an absent one is answered.
    let outside = low.is_some_and(|low| long < low) || high.is_some_and(|high| high > 0 && long > high);
    outside.then(|| format!("it is {long} letters long and the target takes {low:?} to {high:?}"))
}

fn form(text: &str, feature: &FeatureView) -> Option<String> {
    let pattern = feature.definition.regex.as_deref().filter(|pattern| !pattern.is_empty())?;
    // An expression that is none here is left to the target.
    let regex = Regex::new(pattern).ok()?;
    (!regex.is_match(text)).then(|| format!("`{text}` does not have the form `{pattern}`"))
}

fn option(text: &str, feature: &FeatureView) -> Option<String> {
    let options: Vec<&str> = feature.definition.value_options.iter().map(|one| one.key.as_str()).collect();
    if options.is_empty() || feature.definition.value_type == "bool" {
        return None;
    }
    let chosen = if feature.definition.value_type == "array" { items(text) } else { vec![text.to_owned()] };
    let odd = chosen.into_iter().find(|one| !options.contains(&one.as_str()))?;
    Some(format!("`{odd}` is not one of {}", options.join(", ")))
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "on" => Some(true),
        "false" | "0" | "off" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<i128> {
    text.trim().parse().ok()
}

/// A text of nothing means nothing in JSON, too.
fn json(text: &str) -> Option<Value> {
    match text.trim() {
        "" => Some(Value::Object(serde_json::Map::new())),
        text => serde_json::from_str(text).ok(),
    }
}

/// Items of a list, written with commas or as JSON, in alphabetical order: their order means nothing.
fn items(text: &str) -> Vec<String> {
    let mut items: Vec<String> = match serde_json::from_str(text) {
        Ok(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
        }
        _ => text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect(),
    };
    items.sort();
    items.dedup();
    items
}

/// Written as the target writes it: JSON where its value or default is, else with commas.
fn list(items: &[String], feature: &FeatureView) -> String {
    let shown = [feature.value.as_deref(), feature.definition.default_value.as_deref()];
    if shown.into_iter().flatten().any(|text| text.trim_start().starts_with('[')) {
        Value::from(items.to_vec()).to_string()
    } else {
        items.join(",")
    }
}
