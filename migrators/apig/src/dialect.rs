//! Whether the product's own example of a policy configuration has the keys and kinds of values that
//! this version writes. The keys are documented for few classes, so the example decides; a class
//! whose example disagrees is not written.

use std::collections::BTreeMap;

use gateshift_sdk::model::{Finding, Severity};
use serde_json::Value;

use crate::convert::policy::Class;
use crate::wire::PolicyClassView;

/// What an operator says of the keys of a class: ours -> the target's, or a key of the target -> nothing,
/// which then may be left unwritten.
pub type Templates = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// Keys that hold references, which are found by their names.
const FIXED: &[&str] = &["serviceId", "targetServiceId"];

/// The target's words for the keys of configurations, where they are not ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialect(BTreeMap<Class, BTreeMap<String, Option<String>>>);

impl Dialect {
    /// The dialect that an operator describes, or what is wrong with the description.
    pub fn new(templates: &Templates) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for (name, words) in templates {
            let class = Class::named(name)
                .ok_or_else(|| format!("`{name}` is no class of policies that is written"))?;
            let template = class.template().to_string();
            for (key, word) in words {
                if FIXED.contains(&key.as_str()) {
                    return Err(format!("`{name}.{key}` holds a reference and keeps its name"));
                }
                let known =
                    template.contains(&format!("\"{key}\"")) || class.shown_only().contains(&key.as_str());
                match word {
                    Some(_) if !known => {
                        return Err(format!("`{name}` has no key `{key}` that could be renamed"));
                    }
                    None if known => return Err(format!("`{name}.{key}` is written and cannot be left out")),
                    _ => {}
                }
            }
            all.insert(class, words.clone());
        }
        Ok(Self(all))
    }

    /// A configuration in the target's words.
    #[must_use]
    pub fn speak(&self, class: Class, config: Value) -> Value {
        match self.0.get(&class) {
            Some(words) => renamed(config, words),
            None => config,
        }
    }

    /// The target's word for a key.
    fn word<'a>(&'a self, class: Class, key: &'a str) -> &'a str {
        self.0.get(&class).and_then(|words| words.get(key)).and_then(Option::as_deref).unwrap_or(key)
    }

    /// Whether a key of the target may be left unwritten.
    fn leaves(&self, class: Class, key: &str) -> bool {
        class.unwritten().iter().any(|one| self.word(class, one) == key)
            || self.0.get(&class).and_then(|words| words.get(key)).is_some_and(Option::is_none)
    }
}

fn renamed(value: Value, words: &BTreeMap<String, Option<String>>) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let key = words.get(&key).and_then(Clone::clone).unwrap_or(key);
                    (key, renamed(value, words))
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| renamed(item, words)).collect()),
        other => other,
    }
}

/// The target's own examples, by class.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Examples(BTreeMap<Class, Value>);

impl Examples {
    /// The examples of the listed classes.
    #[must_use]
    pub fn of(classes: &[PolicyClassView]) -> Self {
        let one = |view: &PolicyClassView| {
            Some((Class::named(&view.name)?, serde_json::from_str(&view.config_example).ok()?))
        };
        Self(classes.iter().filter_map(one).collect())
    }

    /// Whether the example of a class shows a number under a key, in the words of a dialect.
    #[must_use]
    pub fn show_number(&self, dialect: &Dialect, class: Class, key: &str) -> bool {
        self.0.get(&class).is_some_and(|example| example[dialect.word(class, key)].is_number())
    }
}

/// Findings about the classes that a plan needs. A class with a finding must not be written.
#[must_use]
pub fn check(needed: &[Class], classes: &[PolicyClassView]) -> Vec<Finding> {
    check_in(&Dialect::default(), needed, classes)
}

/// As [`check`], in the words of a dialect.
#[must_use]
pub fn check_in(dialect: &Dialect, needed: &[Class], classes: &[PolicyClassView]) -> Vec<Finding> {
    needed.iter().filter_map(|class| one(dialect, *class, classes)).collect()
}

/// The finding that a class cannot be attached to a kind of resource, when it cannot.
#[must_use]
pub fn attaches(class: Class, point: &str, view: &PolicyClassView) -> Option<Finding> {
    if view.attachable_resource_types.iter().any(|kind| kind == point) {
        return None;
    }
    let (name, kinds) = (class.name(), view.attachable_resource_types.join(", "));
    let message = format!("{name} attaches to {kinds} and not to {point}");
    Some(
        Finding::new(Severity::Block, "POL-ATTACH", format!("policy-classes/{name}"), message)
            .with_action("exclude the routes that need it, or turn it off at the source"),
    )
}

fn one(dialect: &Dialect, class: Class, classes: &[PolicyClassView]) -> Option<Finding> {
    let name = class.name();
    let object = format!("policy-classes/{name}");
    let block = |message: String, action: &str| {
        Some(Finding::new(Severity::Block, "POL-DIALECT", &object, message).with_action(action))
    };
    let Some(view) = classes.iter().find(|view| view.name == name) else {
        return block(
            format!("the target lists no policy class {name}"),
            "ask the provider, or exclude the routes that need it",
        );
    };
    if let Some(finding) = attaches(class, class.attaches_to(), view) {
        return Some(finding);
    }
    let template = dialect.speak(class, class.template());
    let cause = match serde_json::from_str::<Value>(&view.config_example) {
        Err(cause) => format!("the example is no JSON: {cause}"),
        Ok(example) => disagreement(&template, &example, Some((dialect, class)))?,
    };
    block(
        format!(
            "{cause}; the target's example is {} and this version writes {template}",
            view.config_example
        ),
        "say the target's keys with the setting `templates`, use a newer version of this tool, or exclude the routes that need the class",
    )
}

/// The first disagreement. At the top, where the class is given, both sides must have the same keys
/// but for those known and never written; deeper, ours must all be in the example, which may show more.
fn disagreement(ours: &Value, example: &Value, top: Option<(&Dialect, Class)>) -> Option<String> {
    match (ours, example) {
        (Value::Object(ours), Value::Object(example)) => {
            if let Some(key) = ours.keys().find(|key| !example.contains_key(*key)) {
                return Some(format!("key `{key}` is not in the example"));
            }
            let strange = |(dialect, class): (&Dialect, Class), key: &str| {
                !ours.contains_key(key) && !dialect.leaves(class, key)
            };
            if let Some(key) = example.keys().find(|key| top.is_some_and(|top| strange(top, key))) {
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

    use super::{Dialect, Examples, Templates, check, check_in};
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

    fn templates(class: &str, key: &str, word: Option<&str>) -> Templates {
        Templates::from([(class.into(), [(key.into(), word.map(str::to_owned))].into())])
    }

    #[test]
    fn an_operator_can_say_the_keys() {
        let mut example = Class::RateLimit.template();
        let limit = example.as_object_mut().unwrap().remove("threshold").unwrap();
        example["limit"] = limit;
        let views = [view(Class::RateLimit, &example)];
        assert_eq!(check(&[Class::RateLimit], &views).len(), 1);
        let dialect = Dialect::new(&templates("RateLimit", "threshold", Some("limit"))).unwrap();
        assert!(check_in(&dialect, &[Class::RateLimit], &views).is_empty());
        let spoken = dialect.speak(Class::RateLimit, json!({"enable": true, "threshold": 4}));
        assert_eq!(spoken, json!({"enable": true, "limit": 4}));
        example["planted"] = json!("x");
        let views = [view(Class::RateLimit, &example)];
        assert_eq!(check_in(&dialect, &[Class::RateLimit], &views).len(), 1);
        let mut more = templates("RateLimit", "threshold", Some("limit"));
        more.get_mut("RateLimit").unwrap().insert("planted".into(), None);
        assert!(check_in(&Dialect::new(&more).unwrap(), &[Class::RateLimit], &views).is_empty());
        for (class, key, word) in [
            ("Unknown", "a", Some("b")),
            ("RateLimit", "nothing", Some("b")),
            ("RateLimit", "threshold", None),
            ("FlowCopy", "targetServiceId", Some("b")),
        ] {
            assert!(Dialect::new(&templates(class, key, word)).is_err(), "{class}.{key}");
        }
    }

    #[test]
    fn numbers_of_examples_are_seen_in_the_dialects_words() {
        let mut example = Class::RateLimit.template();
        example["mode"] = json!(1);
        let examples = Examples::of(&[view(Class::RateLimit, &example)]);
        let plain = Dialect::default();
        assert!(!examples.show_number(&plain, Class::RateLimit, "limitMode"));
        assert!(!examples.show_number(&plain, Class::Cors, "unitNum"));
        let dialect = Dialect::new(&templates("RateLimit", "limitMode", Some("mode"))).unwrap();
        assert!(examples.show_number(&dialect, Class::RateLimit, "limitMode"));
        assert!(check_in(&dialect, &[Class::RateLimit], &[view(Class::RateLimit, &example)]).is_empty());
    }
}
