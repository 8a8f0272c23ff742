//! Expressions and what they are worth, and mistakes with their places.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Expression, Reference, fill};

fn scope(reference: &Reference) -> Value {
    let outputs = json!({"count": 3, "ready": true, "name": "gw", "list": [{"id": 7}], "none": null});
    match reference {
        Reference::Input { name, .. } => json!({"region": "here", "size": 2.5, "dry": false})[name].clone(),
        Reference::Output { step, path, .. } if step == "read" => {
            path.iter().fold(outputs, |value, field| match field.parse::<usize>() {
                Ok(place) => value[place].clone(),
                Err(_) => value[field.as_str()].clone(),
            })
        }
        Reference::Output { .. } => Value::Null,
    }
}

#[test]
fn expressions_have_the_value_that_everybody_expects() {
    for (text, expected) in [
        ("inputs.region", json!("here")),
        (" steps.read.outputs.list[0].id ", json!(7)),
        ("steps.read.outputs.list.0", Value::Null),
        ("steps.other.outputs.x", Value::Null),
        ("'it''s' == 'it''s'", json!(true)),
        ("steps.read.outputs.count == 3.0 && inputs.size < 3", json!(true)),
        ("!inputs.dry && (steps.read.outputs.count >= 4 || steps.read.outputs.ready)", json!(true)),
        ("inputs.region != 'there'", json!(true)),
        ("steps.read.outputs.none == null", json!(true)),
        ("true || inputs.region", json!(true)),
        ("false || false && true", json!(false)),
        ("1 == '1'", json!(false)),
        ("-2 < -1", json!(true)),
    ] {
        match Expression::parse(text) {
            Ok(read) => assert_eq!(read.value(&scope).ok(), Some(expected), "{text}"),
            // A number is no field.
            Err(mistake) => {
                assert_eq!((text, expected), ("steps.read.outputs.list.0", Value::Null), "{mistake}")
            }
        }
    }
}

#[test]
fn what_does_not_go_together_is_an_error_and_no_guess() {
    for (text, part) in [
        ("inputs.region && true", "`inputs.region` is a text"),
        ("!steps.other.outputs.x", "is nothing"),
        ("inputs.region < 3", "a text and a number have no order"),
    ] {
        let error = Expression::parse(text).unwrap().value(&scope).unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
    }
    assert!(Expression::parse("inputs.size").unwrap().holds(&scope).is_err());
}

#[test]
fn mistakes_have_their_place_and_a_fix() {
    for (text, at, part) in [
        ("", 0, "a value is missing"),
        ("inputs", 6, "name of the input"),
        ("inputs.a = 1", 9, "`=` has no meaning"),
        ("steps.a.output.x", 7, "only the outputs"),
        ("steps.a.outputs", 15, "the field is missing"),
        ("(inputs.a", 9, "not closed"),
        ("inputs.a inputs.b", 9, "should end"),
        ("'open", 0, "no end"),
        ("inputs.a == \"x\"", 12, "no meaning"),
        ("env.HOME", 0, "nothing that can be asked for"),
        ("1x == 1", 0, "no number"),
        ("é", 0, "no meaning"),
        ("inputs.a == )", 12, "where a value is due"),
    ] {
        let mistake = Expression::parse(text).unwrap_err();
        assert!(mistake.message.contains(part) && !mistake.fix.is_empty(), "{text}: {mistake:?}");
        assert_eq!(mistake.at, at, "{text}: {mistake}");
    }
    assert!(Expression::parse(&"!".repeat(500)).is_err(), "deep ones end");
    assert!(Expression::parse(&"(".repeat(500)).is_err());
}

#[test]
fn texts_are_filled_with_types_kept() {
    let filled = |text: &str| fill(text, &scope);
    assert_eq!(filled("${{ steps.read.outputs.count }}"), Ok(json!(3)));
    assert_eq!(filled("${{ steps.read.outputs.list }}"), Ok(json!([{"id": 7}])));
    assert_eq!(filled("a-${{ inputs.region }}-${{ inputs.size }}"), Ok(json!("a-here-2.5")));
    assert!(filled("a-${{ steps.read.outputs.list }}").unwrap_err().contains("is a list"));
    assert!(filled("a-${{ steps.other.outputs.x }}").unwrap_err().contains("is nothing"));
    assert!(filled("${{ inputs.region").is_err());
}

proptest! {
    #[test]
    fn no_text_panics_and_every_mistake_lies_inside(text in "[a-z0-9.'()!&|=<> é\\[\\]-]{0,40}") {
        if let Err(mistake) = Expression::parse(&text) {
            prop_assert!(mistake.at <= text.chars().count() && !mistake.fix.is_empty());
        }
        let _ = fill(&text, &scope);
    }
}
