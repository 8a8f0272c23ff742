//! Paged lists read to their end. A list that ends before its own total proves nothing to be missing:
//! what seems absent would be made a second time, or taken for gone.

use gateshift_model::StepError;
use gateshift_step_api::Host;
use serde_json::Value;

use crate::call::Call;

/// Every item of a paged list. `call` makes the call for a page, counted from 1; `items` and `total` are
/// JSON pointers into the answer. A list that comes back short is an error that a retry may mend.
pub async fn whole(
    host: &dyn Host,
    call: impl Fn(u64) -> Call,
    items: &str,
    total: &str,
) -> Result<Vec<Value>, StepError> {
    let mut all: Vec<Value> = Vec::new();
    for page in 1.. {
        let request = call(page).build();
        let action = request.action.clone();
        let mut body = host.call(request).await?.body;
        if body["Success"] == false {
            // Without this a refusal would read as an empty list.
            let text = format!("{action} failed: {} {}", body["Code"], body["Message"]);
            return Err(StepError::retryable("GS-REFUSED", text));
        }
        let promised = body.pointer(total).and_then(count).unwrap_or(0);
        let found = match body.pointer_mut(items).map(Value::take) {
            Some(Value::Array(found)) => found,
            _ => Vec::new(),
        };
        let ended = found.is_empty();
        all.extend(found);
        if all.len() as u64 >= promised {
            break;
        }
        if ended {
            let text = format!("{action} says there are {promised} items and lists {}", all.len());
            return Err(StepError::retryable("GS-LIST-SHORT", text));
        }
    }
    Ok(all)
}

/// Some products write their totals as text.
fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use gateshift_step_api::CallKind;
    use serde_json::json;

    use super::whole;
    use crate::call::rpc;
    use crate::testing::{ScriptedHost, ok};

    #[tokio::test]
    async fn every_page_is_read_and_a_short_list_is_refused() {
        for (promised, whole_list) in [(0, false), (3, true), (5, true), (6, false)] {
            let host = ScriptedHost::new(move |request| {
                let items = match request.query[0].1.as_str() {
                    "1" if promised > 0 => json!([1, 2, 3]),
                    "2" => json!([4, 5]),
                    _ => json!([]),
                };
                let total = if promised % 2 == 0 { json!(promised) } else { json!(promised.to_string()) };
                Ok(ok(json!({"data": {"items": items}, "total": total})))
            });
            let call = |page: u64| rpc("c", "ListThings", CallKind::Read).query("page", page);
            let read = whole(&host, call, "/data/items", "/total").await;
            match (promised, whole_list) {
                (0, _) => assert_eq!(read.unwrap().len(), 0),
                (_, true) => assert_eq!(read.unwrap().len(), promised),
                (_, false) => assert_eq!(read.unwrap_err().code, "GS-LIST-SHORT"),
            }
        }
    }

    #[tokio::test]
    async fn a_refusal_is_no_empty_list() {
        let refused = json!({"Success": false, "Code": "403", "Message": "no", "total": "0"});
        let host = ScriptedHost::new(move |_| Ok(ok(refused.clone())));
        let call = |_| rpc("c", "ListThings", CallKind::Read);
        assert_eq!(whole(&host, call, "/data/items", "/total").await.unwrap_err().code, "GS-REFUSED");
    }
}
