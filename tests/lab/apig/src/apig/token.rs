//! Idempotency tokens: what was answered to which token, for 24 hours.

use std::collections::BTreeMap;

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Value, json};

use super::reply;
use super::state::{Cx, State};
use crate::params::text;

const REMEMBERED_MS: i64 = 24 * 3_600_000;
const LONGEST: usize = 64;

/// The tokens seen.
#[derive(Debug, Default)]
pub(crate) struct Tokens(BTreeMap<(String, String), Seen>);

#[derive(Debug)]
struct Seen {
    parameters: Value,
    answer: Value,
    at_ms: i64,
}

/// Runs `work` unless a token says that it was done before. Only accepted calls are remembered, so
/// a refused one may be corrected and sent again with the same token.
pub(crate) fn once(
    cx: &Cx<'_>,
    state: &mut State,
    call: &Call,
    work: impl FnOnce(&Cx<'_>, &mut State, &Call) -> Answer,
) -> Answer {
    let Some(token) = text(&call.query, "clientToken") else {
        return work(cx, state, call);
    };
    if token.chars().count() > LONGEST {
        return Err(reply::bad("clientToken", format!("longer than {LONGEST} characters")));
    }
    let key = (call.operation.clone(), token.to_owned());
    let parameters = parameters(call);
    state.tokens.0.retain(|_, seen| cx.now < seen.at_ms + REMEMBERED_MS);
    if let Some(seen) = state.tokens.0.get(&key) {
        return repeated(seen, &parameters, cx);
    }
    let answer = work(cx, state, call)?;
    state.tokens.0.insert(key, Seen { parameters, answer: answer.clone(), at_ms: cx.now });
    Ok(answer)
}

fn repeated(seen: &Seen, parameters: &Value, cx: &Cx<'_>) -> Answer {
    if seen.parameters != *parameters {
        return Err(ApiError::new(
            400,
            "IdempotentParameterMismatch",
            "this clientToken was used with other parameters; use a new one",
        ));
    }
    if cx.now < seen.at_ms + cx.options.processing_ms {
        return Err(ApiError::new(
            409,
            "IdempotentProcessing",
            "the first call with this clientToken is still running; repeat it later",
        ));
    }
    Ok(seen.answer.clone())
}

fn parameters(call: &Call) -> Value {
    let mut query = call.query.clone();
    query.remove("clientToken");
    json!({"path": call.path, "query": query, "body": call.body})
}
