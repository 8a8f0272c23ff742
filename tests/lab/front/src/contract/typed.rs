//! The texts of a query or a form, turned into the JSON values that the contract says they are.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::check::{Fault, Nulls, Problem, Required, check};
use super::schema::{Encoding, Fields, Kind, Schema};

/// A name of a query, split at its dots: `Tag.1.Key=k` is `Tag` -> `1` -> `Key` -> `k`.
#[derive(Debug, Default)]
struct Node<'a> {
    text: Option<&'a str>,
    inner: BTreeMap<&'a str, Node<'a>>,
}

/// Types every pair. Names in `beside` are what travels next to an operation's own parameters, and
/// are left out.
///
/// # Errors
/// With the first problem: an unknown or repeated name, a text that is no value of its type, a
/// mandatory parameter that is absent or empty.
pub fn typed(
    fields: &Fields,
    pairs: &[(String, String)],
    beside: &[&str],
) -> Result<Map<String, Value>, Problem> {
    let mut values = Map::new();
    let mut nested: BTreeMap<&str, Node<'_>> = BTreeMap::new();
    for (name, text) in pairs {
        let (head, rest) = name.split_once('.').unwrap_or((name, ""));
        let flat = fields.get(head).is_some_and(|schema| schema.encoding == Some(Encoding::Flat));
        if let Some(schema) = fields.get(name) {
            if values.insert(name.clone(), value(name, schema, text)?).is_some() {
                return Err(Problem { at: name.clone(), fault: Fault::Text("is given twice".to_owned()) });
            }
        } else if flat && !rest.is_empty() {
            let leaf = rest
                .split('.')
                .fold(nested.entry(head).or_default(), |node, part| node.inner.entry(part).or_default());
            leaf.text = Some(text);
        } else if !beside.contains(&name.as_str()) {
            return Err(Problem { at: name.clone(), fault: Fault::Unknown });
        }
    }
    for (head, node) in nested {
        if let Some(schema) = fields.get(head) {
            values.insert(head.to_owned(), unfold(head, schema, &node)?);
        }
    }
    let absent = |name: &&String| values.get(*name).is_none_or(|value| value.as_str() == Some(""));
    match fields.iter().filter(|(_, schema)| schema.required).find(|(name, _)| absent(name)) {
        Some((name, _)) => Err(Problem { at: name.clone(), fault: Fault::Missing }),
        None => Ok(values),
    }
}

/// One text as a value of its shape.
fn value(at: &str, schema: &Schema, text: &str) -> Result<Value, Problem> {
    let refuse = |said: String| Err(Problem { at: at.to_owned(), fault: Fault::Text(said) });
    match &schema.encoding {
        Some(Encoding::Json(of)) => {
            let Ok(inner) = serde_json::from_str::<Value>(text) else {
                return refuse("text is not JSON".to_owned());
            };
            check(at, of, &inner, Required::Enforced, Nulls::Refused)?;
            return Ok(inner);
        }
        Some(Encoding::Separated(mark)) => {
            return Ok(text.split(*mark).map(|item| Value::String(item.to_owned())).collect());
        }
        Some(Encoding::Flat) | None => {}
    }
    match &schema.kind {
        Kind::String | Kind::Any | Kind::Binary => Ok(Value::String(text.to_owned())),
        Kind::Integer => match integer(text) {
            Some(number) => Ok(Value::Number(number)),
            None => refuse(format!("`{text}` is no integer")),
        },
        Kind::Number => match text.parse::<f64>().ok().and_then(Number::from_f64) {
            Some(number) => Ok(Value::Number(integer(text).unwrap_or(number))),
            None => refuse(format!("`{text}` is no number")),
        },
        Kind::Boolean if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        Kind::Boolean if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        Kind::Boolean => refuse(format!("`{text}` is no boolean")),
        Kind::Object(_) | Kind::Recursive | Kind::Array(_) | Kind::Map(_) => {
            refuse(format!("plain text where {} is due, as {at}.1 or {at}.Name", schema.kind.word()))
        }
    }
}

/// Digits with an optional minus, which is stricter than what the standard parser takes (`+1`).
fn integer(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse::<i64>().ok().map(Number::from) } else { None }
}

/// A tree of dotted names as a value of its shape.
fn unfold(at: &str, schema: &Schema, node: &Node<'_>) -> Result<Value, Problem> {
    if let Some(text) = node.text {
        return value(at, schema, text);
    }
    let child = |name: &str| format!("{at}.{name}");
    match &schema.kind {
        Kind::Array(items) => (1..=node.inner.len())
            .map(|index| {
                let name = index.to_string();
                let item = node.inner.get(name.as_str()).ok_or_else(|| Problem {
                    at: at.to_owned(),
                    fault: Fault::Text(format!(
                        "elements are numbered from 1 without a gap, {name} is absent"
                    )),
                })?;
                unfold(&child(&name), items, item)
            })
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Kind::Object(fields) => {
            let mut object = Map::new();
            for (name, inner) in &node.inner {
                let at = child(name);
                let schema =
                    fields.get(*name).ok_or_else(|| Problem { at: at.clone(), fault: Fault::Unknown })?;
                object.insert((*name).to_owned(), unfold(&at, schema, inner)?);
            }
            match fields.iter().find(|(name, schema)| schema.required && !object.contains_key(*name)) {
                Some((name, _)) => Err(Problem { at: child(name), fault: Fault::Missing }),
                None => Ok(Value::Object(object)),
            }
        }
        Kind::Map(values) => node
            .inner
            .iter()
            .map(|(name, inner)| Ok(((*name).to_owned(), unfold(&child(name), values, inner)?)))
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        other => Err(Problem {
            at: at.to_owned(),
            fault: Fault::Type { got: "a name with a dot", want: other.word() },
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::Contract;
    use super::*;

    fn check_typed(product: &str, operation: &str, pairs: &[(&str, &str)]) -> Result<Value, String> {
        let fields = &Contract::of(product).unwrap().operations[operation].request.query;
        let pairs: Vec<_> =
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        typed(fields, &pairs, &["Action"]).map(Value::Object).map_err(|problem| problem.to_string())
    }

    #[test]
    fn every_way_to_nest_is_understood() {
        let filter = r#"{"GatewayUniqueId":"gw-1","RouteOrder":3}"#;
        assert_eq!(
            check_typed(
                "mse",
                "ListGatewayRoute",
                &[("PageNumber", "2"), ("FilterParams", filter), ("DescSort", "True")]
            ),
            Ok(
                json!({"PageNumber": 2, "DescSort": true, "FilterParams": {"GatewayUniqueId": "gw-1", "RouteOrder": 3}})
            )
        );
        assert_eq!(
            check_typed(
                "mse",
                "TagResources",
                &[
                    ("RegionId", "r"),
                    ("ResourceType", "GATEWAY"),
                    ("ResourceId.1", "a"),
                    ("ResourceId.2", "b"),
                    ("Tag.1.Key", "k"),
                    ("Tag.1.Value", ""),
                    ("Action", "TagResources")
                ]
            ),
            Ok(
                json!({"RegionId": "r", "ResourceType": "GATEWAY", "ResourceId": ["a", "b"], "Tag": [{"Key": "k", "Value": ""}]})
            )
        );
    }

    #[test]
    fn what_the_contract_does_not_know_is_refused() {
        let gateway = ("GatewayUniqueId", "gw-1");
        let tags = [("RegionId", "r"), ("ResourceType", "G"), ("ResourceId.1", "a")];
        let with = |more: &[(&'static str, &'static str)]| [&tags[..], more].concat();
        for (operation, pairs, said) in [
            ("GetGateway", vec![gateway, ("RegionId", "r")], "RegionId: unknown"),
            ("GetGateway", vec![gateway, gateway], "GatewayUniqueId: is given twice"),
            ("GetGateway", vec![("GatewayUniqueId.1", "gw-1")], "GatewayUniqueId.1: unknown"),
            ("ListGatewayRoute", vec![("PageNumber", "one")], "PageNumber: `one` is no integer"),
            ("ListGatewayRoute", vec![("PageNumber", "+1")], "PageNumber: `+1` is no integer"),
            ("ListGatewayRoute", vec![("DescSort", "yes")], "DescSort: `yes` is no boolean"),
            (
                "ListGatewayRoute",
                vec![("FilterParams", "{}")],
                "FilterParams.GatewayUniqueId: missing, is required",
            ),
            ("ListGatewayRoute", vec![("FilterParams", "k")], "FilterParams: text is not JSON"),
            (
                "ListGatewayRoute",
                vec![("FilterParams", r#"{"GatewayUniqueId":"g","Colour":"red"}"#)],
                "FilterParams.Colour: unknown",
            ),
            ("ListGatewayDomain", vec![], "GatewayUniqueId: missing, is required"),
            ("ListGatewayDomain", vec![("GatewayUniqueId", "")], "GatewayUniqueId: missing, is required"),
            ("TagResources", with(&[("Tag.1.Name", "k")]), "Tag.1.Name: unknown"),
            (
                "TagResources",
                with(&[("Tag.0.Key", "k"), ("Tag.1.Key", "k")]),
                "Tag: elements are numbered from 1 without a gap, 2 is absent",
            ),
            (
                "TagResources",
                with(&[("Tag", "k")]),
                "Tag: plain text where array is due, as Tag.1 or Tag.Name",
            ),
            ("TagResources", with(&[]), "Tag: missing, is required"),
        ] {
            assert_eq!(check_typed("mse", operation, &pairs), Err(said.to_owned()), "{operation} {pairs:?}");
        }
    }

    proptest! {
        /// Any integer and any boolean survive the trip through text in every spelling clients use.
        #[test]
        fn scalars_come_back_as_they_were_sent(page in any::<i32>(), sort in any::<bool>(), capital in any::<bool>()) {
            let word = if capital { if sort { "True" } else { "False" } } else if sort { "true" } else { "false" };
            let answer = check_typed("mse", "ListGatewayRoute", &[("PageNumber", &page.to_string()), ("DescSort", word)]);
            prop_assert_eq!(answer, Ok(json!({"PageNumber": page, "DescSort": sort})));
        }

        /// Whatever stands in a query, the answer is a value or a problem, never a panic.
        #[test]
        fn nothing_in_a_query_upsets_it(pairs in prop::collection::vec(("[A-Za-z.0-9]{0,20}", ".{0,20}"), 0..6)) {
            let fields = &Contract::of("mse").unwrap().operations["TagResources"].request.query;
            let _ = typed(fields, &pairs, &[]);
        }
    }
}
