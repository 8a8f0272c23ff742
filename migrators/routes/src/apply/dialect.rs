//! Spellings of a route's body that the product may insist on, tried in turn when it refuses the
//! documented one. What worked once is used first from then on.

use std::sync::atomic::{AtomicUsize, Ordering};

use gateshift_apig::refused_parameter;
use gateshift_sdk::api::CallFailure;
use gateshift_sdk::model::StepError;
use gateshift_sdk::walk::WriteFailure;
use serde_json::{Value, json};

/// The spelling that worked last: bit 0 shares by ratio, bit 1 `OPTION`.
#[derive(Debug, Default)]
pub(super) struct Spoken(AtomicUsize);

const BY_RATIO: usize = 1;
const OPTION: usize = 2;

/// Bodies of the same meaning, the likeliest first, each with its spelling.
fn variants(body: &Value, spoken: usize) -> Vec<(usize, Value)> {
    let by_tag = body["backendConfig"]["scene"] == "MultiServiceByTag";
    let options =
        body["match"]["methods"].as_array().is_some_and(|methods| methods.iter().any(|one| one == "OPTIONS"));
    let useful = if by_tag { BY_RATIO } else { 0 } | if options { OPTION } else { 0 };
    let mut spellings: Vec<usize> = (0..4).filter(|spelling| spelling & !useful == 0).collect();
    // Stable, so that the rest stays in order behind the one that worked.
    spellings.sort_by_key(|spelling| *spelling != spoken & useful);
    spellings.into_iter().map(|spelling| (spelling, spelt(body, spelling))).collect()
}

fn spelt(body: &Value, spelling: usize) -> Value {
    let mut body = body.clone();
    if spelling & BY_RATIO != 0 {
        body["backendConfig"]["scene"] = json!("MultiServiceByRatio");
    }
    if spelling & OPTION != 0
        && let Some(methods) = body["match"]["methods"].as_array_mut()
    {
        methods.iter_mut().filter(|one| **one == "OPTIONS").for_each(|one| *one = json!("OPTION"));
    }
    body
}

/// Sends a route's body in one spelling after the other until one is not refused for a parameter.
/// Gives back the first refusal when all are refused.
pub(super) async fn send<T, S: Future<Output = Result<T, WriteFailure>>>(
    body: &Value,
    spoken: &Spoken,
    send: impl Fn(Value) -> S,
) -> Result<T, WriteFailure> {
    let mut first: Option<CallFailure> = None;
    for (spelling, body) in variants(body, spoken.0.load(Ordering::Relaxed)) {
        match send(body).await {
            Err(WriteFailure::Call(failure)) if refused_parameter(&failure) => {
                first.get_or_insert(failure);
            }
            Ok(done) => {
                spoken.0.fetch_or(spelling, Ordering::Relaxed);
                return Ok(done);
            }
            other => return other,
        }
    }
    Err(first.map_or_else(
        || StepError::permanent("GS-NO-SPELLING", "no spelling of the route was sent").into(),
        WriteFailure::Call,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::variants;

    #[test]
    fn only_spellings_that_change_something_are_tried() {
        let plain = json!({"backendConfig": {"scene": "SingleService"}, "match": {"methods": ["GET"]}});
        assert_eq!(variants(&plain, 3).len(), 1);
        assert_eq!(variants(&plain, 3)[0].1, plain);
        let both = json!({"backendConfig": {"scene": "MultiServiceByTag"}, "match": {"methods": ["GET", "OPTIONS"]}});
        let found = variants(&both, 0);
        assert_eq!(found.iter().map(|one| one.0).collect::<Vec<_>>(), vec![0, 1, 2, 3]);
        assert_eq!(found[0].1, both);
        assert_eq!(
            found[3].1,
            json!({"backendConfig": {"scene": "MultiServiceByRatio"}, "match": {"methods": ["GET", "OPTION"]}})
        );
        assert_eq!(variants(&both, 2)[0].0, 2);
    }
}
