//! A plan for people: what matters most comes first.

use std::collections::BTreeMap;

use gateshift_model::{Finding, Operation, Severity, UndoScope, Verb, differences};
use serde_json::{Value, json};

use super::file::{PlanFile, PlanStep};
use crate::show::findings::{table, waived};

/// Kinds of object that belong to the account and not to one gateway: others may use them.
const SHARED: [&str; 6] = ["domain", "consumer", "plugin-class", "plugin", "certificate", "contact-group"];

/// The numbers of a plan.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers<'a> {
    /// Objects that would be removed.
    deletes: Vec<&'a str>,
    /// Objects of the whole account that would be changed or removed.
    shared: Vec<&'a str>,
    creates: BTreeMap<&'a str, usize>,
    changes: BTreeMap<&'a str, usize>,
    adopts: usize,
    /// Writes that move traffic; none when they are not known yet.
    traffic: Option<usize>,
}

impl<'a> Numbers<'a> {
    pub(super) fn of(file: &'a PlanFile) -> Self {
        let mut numbers = Self { traffic: Some(0), ..Self::default() };
        for (step, operations) in file.steps.iter().map(|step| (step, step.operations.as_deref())) {
            let scope = file.definition.step(&step.step).map_or(UndoScope::Nothing, |step| step.undo);
            let Some(operations) = operations else {
                if scope == UndoScope::Traffic {
                    numbers.traffic = None;
                }
                continue;
            };
            for operation in operations {
                numbers.add(operation, scope == UndoScope::Traffic);
            }
        }
        numbers
    }

    fn add(&mut self, operation: &'a Operation, traffic: bool) {
        let kind = operation.object.kind.as_str();
        if traffic {
            self.traffic = self.traffic.map(|count| count + 1);
        }
        match operation.verb {
            Verb::Adopt => self.adopts += 1,
            Verb::Create => *self.creates.entry(kind).or_default() += 1,
            Verb::Delete => self.deletes.push(operation.key.as_str()),
            Verb::Update | Verb::Attach | Verb::Deploy => *self.changes.entry(kind).or_default() += 1,
        }
        if SHARED.contains(&kind) && matches!(operation.verb, Verb::Update | Verb::Delete) {
            self.shared.push(operation.key.as_str());
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "deletes": self.deletes, "sharedObjects": self.shared, "creates": self.creates,
            "changes": self.changes, "adopts": self.adopts, "dnsWrites": self.traffic, "sourceWrites": 0,
        })
    }

    fn text(&self) -> String {
        let named = |keys: &[&str]| match keys {
            [] => "0".to_owned(),
            keys => format!("{}: {}", keys.len(), keys.join(", ")),
        };
        let counted = |kinds: &BTreeMap<&str, usize>| match kinds.values().sum::<usize>() {
            0 => "0".to_owned(),
            all => {
                let each: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
                format!("{all}: {}", each.join(", "))
            }
        };
        let traffic =
            self.traffic.map_or_else(|| "not known yet, see below".to_owned(), |count| count.to_string());
        let lines = [
            ("deletes", named(&self.deletes)),
            ("changes to shared objects", named(&self.shared)),
            ("creates", counted(&self.creates)),
            ("other changes", counted(&self.changes)),
            ("adopts", self.adopts.to_string()),
            ("DNS writes", traffic),
            ("source writes", "0 (the host refuses every one)".to_owned()),
        ];
        lines.into_iter().map(|(name, value)| format!("  {name:<26} {value}\n")).collect()
    }
}

/// The plan in words; with every operation when `full`.
pub(super) fn text(file: &PlanFile, full: bool) -> String {
    let mut text = format!("plan of {}\n{}", file.definition.name, Numbers::of(file).text());
    for step in &file.steps {
        text.push_str(&format!("{:<14} {}\n", step.step, step.summary));
    }
    let findings: Vec<Finding> = file.steps.iter().flat_map(|step| step.findings.clone()).collect();
    let shown: Vec<Finding> =
        findings.into_iter().filter(|one| full || one.severity > Severity::Info).collect();
    if !shown.is_empty() {
        text.push_str(&format!("{}\n", table(&shown)));
    }
    for step in &file.steps {
        text.push_str(&waived(&step.waived));
    }
    if full {
        file.steps.iter().for_each(|step| operations(step, &mut text));
    }
    text.push_str(if file.is_blocked() {
        "blocked: the findings of severity block and decide come first\n"
    } else if file.has_changes() {
        "changes would be made\n"
    } else {
        "nothing to do\n"
    });
    text
}

fn operations(step: &PlanStep, text: &mut String) {
    for operation in step.operations.iter().flatten() {
        let sign = match operation.verb {
            Verb::Create => '+',
            Verb::Delete => '-',
            Verb::Adopt => '=',
            Verb::Update | Verb::Attach | Verb::Deploy => '~',
        };
        text.push_str(&format!("{sign} {} {}\n", step.step, operation.key));
        if operation.verb != Verb::Adopt && !operation.before.is_null() {
            for one in differences(&operation.before.value(), &operation.after.value()) {
                text.push_str(&format!("    {}: {} -> {}\n", one.path, one.before, one.after));
            }
        } else if operation.verb == Verb::Create {
            text.push_str(&format!("    {}\n", operation.after));
        }
    }
}

#[cfg(test)]
mod tests {
    use gateshift_model::{Document, ObjectRef, Operation, OperationKey, Verb};

    use super::Numbers;

    #[test]
    fn what_is_dangerous_is_named_and_the_rest_is_counted() {
        let operation = |kind: &str, name: &str, verb| Operation {
            key: OperationKey::new(format!("{kind}/{name}")),
            verb,
            object: ObjectRef { kind: kind.into(), name: name.into() },
            before: Document::default(),
            after: Document::default(),
            waits_for: Vec::new(),
        };
        let all = [
            operation("route", "a", Verb::Create),
            operation("route", "b", Verb::Create),
            operation("domain", "c", Verb::Update),
            operation("policy", "d", Verb::Delete),
            operation("gateway", "e", Verb::Adopt),
        ];
        let mut numbers = Numbers { traffic: Some(0), ..Numbers::default() };
        all.iter().for_each(|one| numbers.add(one, false));
        numbers.add(&all[2], true);
        let text = numbers.text();
        for line in [
            "deletes                    1: policy/d",
            "creates                    2: route 2",
            "DNS writes                 1",
            "source writes              0",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.contains("shared objects  2: domain/c"), "{text}");
        assert!(text.find("deletes") < text.find("creates"));
    }
}
