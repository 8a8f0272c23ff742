//! What may be asked of the steps before a step: `${{ steps.NAME.outputs.FIELD }}`, in `with` and in `if`.

use gateshift_model::{Expression, Reference, pieces};
use serde_json::Value;

use crate::codes;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::graph::StepGraph;
use crate::inputs::InputValues;
use crate::steps::Step;
use crate::suggest;

/// The steps of the workflow as one of them sees them. What comes before it is worked out only when it asks.
pub(crate) struct Reach<'a> {
    /// Its place among them.
    pub(crate) place: usize,
    /// All steps.
    pub(crate) steps: &'a [Step<'a>],
    /// What needs what.
    pub(crate) graph: &'a StepGraph,
}

impl Reach<'_> {
    /// Checks an expression that stands at `place`, its first letter behind the braces at `begin` letters from there.
    /// True when it can be worked out in time.
    pub(crate) fn check(&self, text: &str, place: Span, inputs: &InputValues, report: &mut Report) -> bool {
        let at = |offset: usize| Span { column: place.column + 3 + offset, length: 1, ..place };
        let expression = match Expression::parse(text) {
            Ok(expression) => expression,
            Err(mistake) => {
                report.push(
                    Diagnostic::error(codes::EXPRESSION, at(mistake.at), mistake.message).fix(mistake.fix),
                );
                return false;
            }
        };
        let sound: Vec<bool> = expression
            .references()
            .into_iter()
            .map(|reference| self.known(reference, &at, inputs, report))
            .collect();
        sound.into_iter().all(|sound| sound)
    }

    fn known(
        &self,
        reference: &Reference,
        at: &dyn Fn(usize) -> Span,
        inputs: &InputValues,
        report: &mut Report,
    ) -> bool {
        let length = reference.to_string().chars().count();
        match reference {
            Reference::Input { name, at: offset } => {
                let known = inputs.contains_key(name);
                if !known {
                    let names: Vec<&str> = inputs.keys().map(String::as_str).collect();
                    let fix = match suggest::nearest(name, names.iter().copied(), report) {
                        Some(near) => format!("did you mean `inputs.{near}`?"),
                        None => format!("declare it: `inputs: {{ {name}: {{ type: string }} }}`"),
                    };
                    let message = format!("there is no input `{name}`");
                    let span = Span { length, ..at(*offset) };
                    report.push(Diagnostic::error(codes::INPUT_UNKNOWN, span, message).fix(fix));
                }
                known
            }
            Reference::Output { step, path, at: offset } => {
                let span = Span { length, ..at(*offset) };
                match self.before(step) {
                    Some(schema) => self.field(step, path, schema, span, report),
                    None => {
                        report.push(self.out_of_reach(step, span, report));
                        false
                    }
                }
            }
        }
    }

    /// What a step before this one promises to hand on; nothing when it does not come before. When the needs of this one
    /// could not be read, all do: that has been reported.
    fn before(&self, name: &str) -> Option<&Value> {
        const ANYTHING: &Value = &Value::Null;
        let place = self.steps.iter().position(|one| one.name() == name)?;
        let own = self.steps.get(self.place)?;
        let near =
            place != self.place && (!own.needs_known() || self.graph.ancestors(self.place).contains(&place));
        near.then(|| self.steps.get(place).and_then(Step::output).unwrap_or(ANYTHING))
    }

    fn out_of_reach(&self, step: &str, span: Span, report: &Report) -> Diagnostic {
        let own = self.steps.get(self.place).map(Step::name).unwrap_or_default();
        if step == own {
            let message = format!("step `{step}` asks for its own output");
            let fix = "ask for the output of a step before it".to_owned();
            return Diagnostic::error(codes::OUTPUT, span, message).fix(fix);
        }
        if self.steps.iter().any(|one| one.name() == step) {
            let message = format!("step `{step}` does not come before `{own}`");
            let fix = format!("add `{step}` to its `needs`");
            return Diagnostic::error(codes::OUTPUT, span, message).fix(fix);
        }
        let all: Vec<&str> = self.steps.iter().map(Step::name).collect();
        let fix = suggest::fix(step, &all, report);
        Diagnostic::error(codes::STEP_UNKNOWN, span, format!("there is no step `{step}`")).fix(fix)
    }

    /// Whether a step's output has a field, as far as its migrator says which it has.
    fn field(&self, step: &str, path: &[String], schema: &Value, span: Span, report: &mut Report) -> bool {
        let Some(field) = path.first() else { return true };
        let properties = schema["properties"].as_object();
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut names: Vec<&str> =
            properties.into_iter().flat_map(|map| map.keys().map(String::as_str)).collect();
        names.extend(required);
        names.sort_unstable();
        names.dedup();
        if names.is_empty() || names.contains(&field.as_str()) {
            return true;
        }
        let closed = schema["additionalProperties"] == Value::Bool(false);
        let message =
            format!("the output of step `{step}` has no field `{field}` that its migrator promises");
        let fix = suggest::fix(field, &names, report);
        report.push(if closed {
            Diagnostic::error(codes::OUTPUT, span, message).fix(fix)
        } else {
            Diagnostic::warning(codes::OUTPUT, span, message).fix(fix)
        });
        !closed
    }
}

/// Whether a text asks for outputs of steps: it is worked out when the step begins.
pub(crate) fn is_later(text: &str) -> bool {
    // Most texts do not, and some are very long.
    if !text.contains("steps.") {
        return false;
    }
    let inside = pieces(text).unwrap_or_default().into_iter().filter_map(Result::err);
    let mut outputs = inside.map(|inside| {
        inside.trim_start().starts_with("steps.")
            || Expression::parse(inside)
                .is_ok_and(|read| read.references().iter().any(|one| matches!(one, Reference::Output { .. })))
    });
    outputs.any(|found| found)
}
