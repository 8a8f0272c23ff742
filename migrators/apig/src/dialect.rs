//! Whether the product's own example of a policy configuration has the keys and kinds of values that
//! this version writes. The keys are documented for few classes, so the example decides; a class
//! whose example disagrees is not written.

use gateshift_sdk::model::{Finding, Severity};
use serde_json::Value;

use crate::convert::policy::Class;
use crate::wire::PolicyClassView;

/// Findings about the classes that a plan needs. A class with a finding must not be written.
#[must_use]
pub fn check(needed: &[Class], classes: &[PolicyClassView]) -> Vec<Finding> {
    needed.iter().filter_map(|class| one(*class, classes)).collect()
}

fn one(class: Class, classes: &[PolicyClassView]) -> Option<Finding> {
    let name = class.name();
    let object = format!("policy-classes/{name}");
    let block = |code: &str, message: String, action: &str| {
        Some(Finding::new(Severity::Block, code, &object, message).with_action(action))
    };
    let Some(view) = classes.iter().find(|view| view.name == name) else {
        return block(
            "POL-DIALECT",
            format!("the target lists no policy class {name}"),
            "ask the provider, or exclude the routes that need it",
        );
    };
    let point = class.attaches_to();
    if !view.attachable_resource_types.iter().any(|kind| kind == point) {
        let kinds = view.attachable_resource_types.join(", ");
        return block(
            "POL-ATTACH",
            format!("{name} attaches to {kinds} and not to {point}"),
            "exclude the routes that need it",
        );
    }
    let template = class.template();
    let cause = match serde_json::from_str::<Value>(&view.config_example) {
        Err(cause) => format!("the example is no JSON: {cause}"),
        Ok(example) => disagreement(&template, &example, Some(class))?,
    };
    block(
        "POL-DIALECT",
        format!(
            "{cause}; the target's example is {} and this version writes {template}",
            view.config_example
        ),
        "use a newer version of this tool, or exclude the routes that need the class",
    )
}

/// The first disagreement. At the top, where the class is given, both sides must have the same keys
/// but for those known and never written; deeper, ours must all be in the example, which may show more.
fn disagreement(ours: &Value, example: &Value, top: Option<Class>) -> Option<String> {
    match (ours, example) {
        (Value::Object(ours), Value::Object(example)) => {
            if let Some(key) = ours.keys().find(|key| !example.contains_key(*key)) {
                return Some(format!("key `{key}` is not in the example"));
            }
            let strange =
                |class: Class, key: &str| !ours.contains_key(key) && !class.unwritten().contains(&key);
            if let Some(key) = example.keys().find(|key| top.is_some_and(|class| strange(class, key))) {
                return Some(format!("key `{key}` of the example is not known"));
            }
            ours.iter().find_map(|(key, value)| {
                disagreement(value, &example[key], None).map(|cause| format!("`{key}`: {cause}"))
            })
        }
        (Value::Array(ours), Value::Array(example)) => disagreement(ours.first()?, example.first()?, None),
        (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => None,
        (_, Value::Null) => None,
        _ => Some(format!("{example} is of another kind than {ours}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;
    use crate::convert::policy::Class;
    use crate::wire::PolicyClassView;

    fn view(class: Class, example: &Value) -> PolicyClassView {
        PolicyClassView {
            name: class.name().to_owned(),
            config_example: example.to_string(),
            attachable_resource_types: vec![class.attaches_to().to_owned()],
        }
    }

    #[test]
    fn only_an_example_with_the_same_keys_and_kinds_passes() {
        for class in Class::ALL {
            let good = class.template();
            assert!(check(&[class], &[view(class, &good)]).is_empty(), "{}", class.name());
            for key in good.as_object().unwrap().keys() {
                let mut missing = good.clone();
                missing.as_object_mut().unwrap().remove(key);
                let mut other = good.clone();
                other[key] = json!({"of": "another kind"});
                for bad in [missing, other] {
                    let findings = check(&[class], &[view(class, &bad)]);
                    assert_eq!(findings[0].code, "POL-DIALECT", "{bad}");
                }
            }
            let mut more = good.clone();
            more["planted"] = json!(1);
            assert_eq!(check(&[class], &[view(class, &more)]).len(), 1);
            assert_eq!(check(&[class], &[])[0].code, "POL-DIALECT");
            for elsewhere in ["HttpApi", "GatewayRoute", "GatewayService", "GatewayServicePort"] {
                let kinds = vec![elsewhere.to_owned()];
                let there = PolicyClassView { attachable_resource_types: kinds, ..view(class, &good) };
                let codes: Vec<String> =
                    check(&[class], &[there]).into_iter().map(|finding| finding.code).collect();
                let fits = elsewhere == class.attaches_to();
                assert_eq!(codes.is_empty(), fits, "{} {elsewhere}", class.name());
                assert!(fits || codes == ["POL-ATTACH"], "{codes:?}");
            }
        }
    }

    #[test]
    fn keys_that_are_known_and_never_written_may_be_there_or_not() {
        for class in Class::ALL {
            let mut example = class.template();
            for key in class.unwritten() {
                assert!(example.get(key).is_none(), "{key} is written");
                example[*key] = json!("");
                assert!(check(&[class], &[view(class, &example)]).is_empty(), "{example}");
            }
        }
    }

    #[test]
    fn a_deeper_key_counts_too() {
        let mut example = Class::ServiceLb.template();
        example["consistentHashLBConfig"]["httpCookie"].as_object_mut().unwrap().remove("TTL");
        let findings = check(&[Class::ServiceLb], &[view(Class::ServiceLb, &example)]);
        assert!(findings[0].message.contains("`TTL`"), "{findings:?}");
    }
}
