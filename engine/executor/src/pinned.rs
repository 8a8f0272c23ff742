//! A plan that was approved, and whether what is about to be done still agrees with it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_model::{
    Difference, Operation, OperationKey, StepError, StepName, Verb, differences_by, planned_id,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::code;

/// Most of what has moved that a message names.
const NAMED: usize = 5;

/// What the executor reads of an approved plan; the rest of it is for people.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PinnedPlan {
    /// Its steps.
    pub steps: Vec<PinnedStep>,
}

/// A step of an approved plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PinnedStep {
    /// The step.
    pub step: StepName,
    /// Its operations; absent when they were not known yet.
    #[serde(default)]
    pub operations: Option<Vec<Operation>>,
}

/// An operation that is not as it was approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The step.
    pub step: StepName,
    /// The operation.
    pub key: OperationKey,
    /// What has moved.
    pub what: What,
}

/// What has moved about an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum What {
    /// It was not approved.
    Added {
        /// What would be done.
        verb: Verb,
    },
    /// It was approved and is not needed any more.
    Removed {
        /// What would have been done.
        verb: Verb,
    },
    /// Something else is to be done.
    Verb {
        /// Approved.
        before: Verb,
        /// Now.
        after: Verb,
    },
    /// The object as it is, or as it shall be, has another field.
    Field {
        /// `before` or `after`.
        side: String,
        /// The field.
        difference: Difference,
    },
}

impl std::fmt::Display for Moved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: ", self.step, self.key)?;
        match &self.what {
            What::Added { verb } => write!(f, "{} is new", verb.word()),
            What::Removed { verb } => write!(f, "{} is not needed any more", verb.word()),
            What::Verb { before, after } => write!(f, "was to {}, is to {} now", before.word(), after.word()),
            What::Field { side, difference } => {
                let whole = if difference.path.is_empty() { "all of it" } else { &difference.path };
                let where_ = if side == "before" { "on the target, " } else { "" };
                write!(
                    f,
                    "{where_}{whole} was {}, is {}",
                    short(&difference.before),
                    short(&difference.after)
                )
            }
        }
    }
}

/// A value for a message: long ones are cut.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// What has moved between an approved step and the same step planned anew, both before any write.
#[must_use]
pub fn moved(step: &StepName, approved: &[Operation], now: &[Operation]) -> Vec<Moved> {
    compare(step, approved, now, &|one, other| one == other, false)
}

/// What speaks against a plan that is about to be carried out. Ids that did not exist when it was
/// approved may be anything now, and less may be left to do; what an earlier attempt has done is done.
pub(crate) fn against(
    step: &StepName,
    approved: &[Operation],
    now: &[Operation],
    done: &BTreeSet<&OperationKey>,
) -> Vec<Moved> {
    let mark = planned_id("");
    let same = |one: &Value, other: &Value| {
        one == other || one.as_str().is_some_and(|text| text.contains(&mark) && other.is_string())
    };
    let found = compare(step, approved, now, &same, true);
    found.into_iter().filter(|one| !done.contains(&one.key)).collect()
}

fn compare(
    step: &StepName,
    approved: &[Operation],
    now: &[Operation],
    same: &dyn Fn(&Value, &Value) -> bool,
    carried_out: bool,
) -> Vec<Moved> {
    let mut found = Vec::new();
    let mut tell =
        |key: &OperationKey, what| found.push(Moved { step: step.clone(), key: key.clone(), what });
    let known: BTreeMap<&OperationKey, &Operation> = approved.iter().map(|one| (&one.key, one)).collect();
    let mut left: BTreeSet<&OperationKey> = known.keys().copied().collect();
    for operation in now {
        left.remove(&operation.key);
        let Some(approved) = known.get(&operation.key) else {
            tell(&operation.key, What::Added { verb: operation.verb });
            continue;
        };
        if approved.verb != operation.verb {
            tell(&operation.key, What::Verb { before: approved.verb, after: operation.verb });
        }
        // On what did not exist yet nothing was known, either.
        let unknown = carried_out && (approved.before.is_null() || operation.before.is_null());
        let sides = [
            ("before", &approved.before, &operation.before, unknown),
            ("after", &approved.after, &operation.after, false),
        ];
        let told = sides.into_iter().filter(|(_, one, other, skip)| !skip && one != other);
        for (side, one, other, _) in told {
            for difference in differences_by(&one.value(), &other.value(), same) {
                tell(&operation.key, What::Field { side: side.to_owned(), difference });
            }
        }
    }
    if !carried_out {
        for (key, operation) in left.iter().filter_map(|key| Some((key, known.get(key)?))) {
            tell(key, What::Removed { verb: operation.verb });
        }
    }
    found
}

/// The refusal of a plan that is not the approved one.
#[must_use]
pub fn stale(moved: &[Moved]) -> StepError {
    let named: Vec<String> = moved.iter().take(NAMED).map(ToString::to_string).collect();
    let more = match moved.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!("the approved plan does not hold any more: {}{more}", named.join("; "));
    StepError::needs_operator(code::PLAN_STALE, message)
        .with_hint(
            "nothing of it was written; look at what moved, plan again, and have the new plan approved",
        )
        .with_details(json!({ "moved": moved.iter().take(100).collect::<Vec<_>>() }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gateshift_model::{ObjectRef, Operation, OperationKey, StepName, Verb};
    use serde_json::{Value, json};

    use super::{against, moved, stale};

    fn operation(name: &str, verb: Verb, before: Value, after: Value) -> Operation {
        let object = ObjectRef { kind: "route".into(), name: name.into() };
        let key = OperationKey::new(format!("route/{name}"));
        Operation { key, verb, object, before: before.into(), after: after.into(), waits_for: Vec::new() }
    }

    #[test]
    fn what_moved_is_named_by_object_and_field() {
        let step = StepName::new("routes").unwrap();
        let approved = [
            operation("a", Verb::Create, Value::Null, json!({"service": "planned:service/s", "weight": 1})),
            operation("b", Verb::Update, json!({"x": 1}), json!({"x": 2})),
            operation("c", Verb::Adopt, Value::Null, json!({})),
        ];
        assert_eq!(moved(&step, &approved, &approved), []);
        let now = [
            operation("a", Verb::Create, Value::Null, json!({"service": "svc-7", "weight": 2})),
            operation("b", Verb::Update, json!({"x": 3}), json!({"x": 2})),
            operation("d", Verb::Create, Value::Null, json!({})),
        ];
        let told = |found: Vec<super::Moved>| found.iter().map(ToString::to_string).collect::<Vec<_>>();
        let before_writing = told(moved(&step, &approved, &now));
        assert_eq!(before_writing.len(), 5, "{before_writing:?}");
        assert!(before_writing.contains(&"routes route/b: on the target, x was 1, is 3".to_owned()));
        assert!(before_writing.contains(&"routes route/c: adopt is not needed any more".to_owned()));

        let done = OperationKey::new("route/d");
        let on_the_way = told(against(&step, &approved, &now, &BTreeSet::from([&done])));
        assert_eq!(
            on_the_way,
            ["routes route/a: weight was 1, is 2", "routes route/b: on the target, x was 1, is 3"],
            "an id that did not exist may be any, less may be left to do, what is done is done"
        );
        let error = stale(&moved(&step, &approved, &now));
        assert!(error.code == "GS-PLAN-STALE" && error.message.contains("route/a"), "{error:?}");
    }
}
