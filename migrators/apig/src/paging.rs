//! Lists read to their end. A list that ends before its own total is never taken for the whole: an
//! object that seems absent would be made a second time.

use std::collections::BTreeSet;
use std::time::Duration;

use gateshift_sdk::api::CallFailure;
use gateshift_sdk::model::{ErrorClass, StepError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Client;

const PAGE: usize = 100;
/// Readings of a list that comes back short.
const READINGS: u32 = 3;
const BETWEEN: Duration = Duration::from_secs(1);

impl Client<'_> {
    /// Every item of a paged list, each id once, in the order of the list.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        action: &str,
        segments: &[&str],
        query: &[(&str, &str)],
        id: &str,
    ) -> Result<Vec<T>, CallFailure> {
        let mut short = (0, 0);
        for reading in 0..READINGS {
            if reading > 0 {
                self.host.sleep(BETWEEN).await?;
            }
            let (items, total) = self.pages(action, segments, query, id).await?;
            if items.len() >= total {
                return Ok(items);
            }
            short = (items.len(), total);
        }
        let text = format!("{action} says there are {} items and lists {}", short.1, short.0);
        Err(StepError::retryable("GS-LIST-SHORT", text).into())
    }

    /// Each page becomes its type as soon as it is there: ten thousand items as answered would be large.
    async fn pages<T: DeserializeOwned>(
        &self,
        action: &str,
        segments: &[&str],
        query: &[(&str, &str)],
        id: &str,
    ) -> Result<(Vec<T>, usize), CallFailure> {
        let (size, mut seen, mut items) = (PAGE.to_string(), BTreeSet::new(), Vec::new());
        for page in 1.. {
            let page = page.to_string();
            let mut all = query.to_vec();
            all.extend([("pageNumber", page.as_str()), ("pageSize", size.as_str())]);
            let mut data = self.read(action, segments, &all).await?;
            // One list says its total as text.
            let total = &data["totalSize"];
            let total = total.as_u64().or_else(|| total.as_str()?.parse().ok());
            let total = total.and_then(|total| usize::try_from(total).ok());
            let listed = match data["items"].take() {
                Value::Array(listed) => listed,
                Value::Null => Vec::new(),
                other => return Err(misshapen(action, format!("`items` is {other}")).into()),
            };
            let (before, on_page) = (items.len(), listed.len());
            for item in listed {
                let name = item[id].as_str().map_or_else(|| item.to_string(), str::to_owned);
                if seen.insert(name) {
                    items.push(typed(action, item)?);
                }
            }
            let total_known = total.unwrap_or(items.len() + usize::from(on_page == PAGE));
            if items.len() >= total_known || items.len() == before {
                return Ok((items, total.unwrap_or(0)));
            }
        }
        Ok((items, 0))
    }
}

/// An item as its type; a field answered as null counts as absent.
pub(crate) fn typed<T: DeserializeOwned>(action: &str, mut item: Value) -> Result<T, StepError> {
    prune(&mut item);
    serde_json::from_value(item).map_err(|cause| misshapen(action, cause))
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(prune);
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

fn misshapen(action: &str, cause: impl std::fmt::Display) -> StepError {
    StepError::new(
        ErrorClass::Permanent,
        "GS-ANSWER-SHAPE",
        format!("{action} answered in a form that is not documented: {cause}"),
    )
    .with_hint("the product may have changed; look for a newer version of this tool")
}

#[cfg(test)]
mod tests {
    use gateshift_sdk::model::{RunId, StepError};
    use gateshift_sdk::testing::{ScriptedHost, ok};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::Client;

    fn run(host: &ScriptedHost) -> Result<Vec<Value>, String> {
        let client = Client::new(host, RunId(Default::default()), "gw", "env");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime
            .block_on(client.list("ListX", &["v1", "x"], &[], "id"))
            .map_err(|failure| StepError::from(failure).code)
    }

    fn page_of(query: &[(String, String)]) -> usize {
        query.iter().find(|(name, _)| name == "pageNumber").unwrap().1.parse().unwrap()
    }

    proptest! {
        #[test]
        fn every_item_once_in_order(count in 0usize..450, told in any::<bool>()) {
            let host = ScriptedHost::new(move |call| {
                let page = page_of(&call.query);
                let items: Vec<Value> = (0..count).skip((page - 1) * 100).take(100).map(|n| json!({"id": n.to_string()})).collect();
                let total = if told { json!(count) } else { Value::Null };
                Ok(ok(json!({"code": "Ok", "data": {"items": items, "totalSize": total}})))
            });
            let found = run(&host).unwrap();
            prop_assert_eq!(found, (0..count).map(|n| json!({"id": n.to_string()})).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_list_that_stops_early_is_an_error_and_an_endless_one_stops() {
        let short = ScriptedHost::new(|call| {
            let items = if page_of(&call.query) == 1 { json!([{"id": "1"}]) } else { json!([]) };
            Ok(ok(json!({"code": "Ok", "data": {"items": items, "totalSize": 7}})))
        });
        assert_eq!(run(&short), Err("GS-LIST-SHORT".to_owned()));
        let same = ScriptedHost::new(|_| {
            Ok(ok(json!({"code": "Ok", "data": {"items": [{"id": "1"}], "totalSize": 9}})))
        });
        assert_eq!(run(&same), Err("GS-LIST-SHORT".to_owned()));
        let refused =
            ScriptedHost::new(|_| Ok(ok(json!({"code": "NotFound.GatewayNotFound", "message": "no"}))));
        assert_eq!(run(&refused), Err("GS-REFUSED".to_owned()));
    }
}
