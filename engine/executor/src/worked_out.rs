//! What is worked out when a step begins: its `if`, and settings that ask for outputs of earlier steps. Pure.

use gateshift_model::{Expression, Reference, RunState, StepDefinition, StepError, StepName, fill, pieces};
use serde_json::{Value, json};

use crate::error::code;

/// Looks up inputs and outputs of the run.
pub(crate) fn look_up(state: &RunState, reference: &Reference) -> Value {
    let outputs = |name: &StepName| state.step(name).and_then(|own| own.output.clone());
    look_up_in(&state.definition.inputs, &outputs, reference)
}

/// As `look_up`, with outputs told by somebody else.
pub(crate) fn look_up_in(
    inputs: &std::collections::BTreeMap<String, Value>,
    outputs: &dyn Fn(&StepName) -> Option<Value>,
    reference: &Reference,
) -> Value {
    match reference {
        Reference::Input { name, .. } => inputs.get(name).cloned().unwrap_or(Value::Null),
        Reference::Output { step, path, .. } => {
            let output = StepName::new(step.as_str()).ok().and_then(|name| outputs(&name));
            path.iter().fold(output.unwrap_or(Value::Null), |value, field| {
                let inner = match &value {
                    Value::Array(items) => field.parse::<usize>().ok().and_then(|place| items.get(place)),
                    other => other.get(field.as_str()),
                };
                inner.cloned().unwrap_or(Value::Null)
            })
        }
    }
}

/// The steps whose outputs a step asks for.
pub(crate) fn asked_for(step: &StepDefinition) -> Vec<StepName> {
    let texts = step.conditions.open.iter().filter_map(|pointer| step.with.pointer(pointer)?.as_str());
    let inside = texts.filter_map(pieces).flatten().filter_map(Result::err);
    let expressions =
        inside.chain(step.conditions.when.as_deref()).filter_map(|text| Expression::parse(text).ok());
    let mut found = Vec::new();
    for expression in expressions {
        for reference in expression.references() {
            if let Reference::Output { step, .. } = reference {
                found.extend(StepName::new(step.as_str()));
            }
        }
    }
    found
}

/// Why a step is passed over; nothing when its `if` holds or there is none.
pub(crate) fn passed_over(step: &StepDefinition, state: &RunState) -> Result<Option<String>, StepError> {
    passed_over_by(step, &|reference| look_up(state, reference))
}

/// As `passed_over`, with everything told by somebody else.
pub(crate) fn passed_over_by(
    step: &StepDefinition,
    scope: &dyn Fn(&Reference) -> Value,
) -> Result<Option<String>, StepError> {
    let Some(text) = &step.conditions.when else { return Ok(None) };
    let holds = Expression::parse(text)
        .map_err(|mistake| mistake.message)
        .and_then(|read| read.holds(scope))
        .map_err(|cause| broken(step, "if", text, &cause))?;
    Ok((!holds).then(|| format!("its condition `{}` does not hold", text.trim())))
}

/// The settings with what was left open filled in; nothing when nothing was.
pub(crate) fn settings(
    step: &StepDefinition,
    scope: &dyn Fn(&Reference) -> Value,
) -> Result<Option<Value>, StepError> {
    if step.conditions.open.is_empty() {
        return Ok(None);
    }
    let mut with = step.with.clone();
    for pointer in &step.conditions.open {
        let Some(place) = with.pointer_mut(pointer) else { continue };
        let text = place.as_str().unwrap_or_default().to_owned();
        *place = fill(&text, scope).map_err(|cause| broken(step, pointer, &text, &cause))?;
        if place.is_null() {
            return Err(broken(step, pointer, &text, "there is no such output"));
        }
    }
    Ok(Some(with))
}

fn broken(step: &StepDefinition, place: &str, text: &str, cause: &str) -> StepError {
    let place = place.trim_start_matches('/').replace('/', ".");
    let message =
        format!("`{place}` of step `{}` cannot be worked out: {cause} (`{}`)", step.name, text.trim());
    StepError::needs_operator(code::EXPRESSION_VALUE, message)
        .with_hint("look at the outputs of the steps before it with `gateshift status --json`; correct the workflow and begin a new run")
        .with_details(json!({ "text": text }))
}
