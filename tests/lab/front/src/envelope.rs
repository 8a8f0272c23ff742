//! How an answer and a refusal look on the wire, product by product.

use gateshift_lab_kernel::ApiError;
use serde_json::{Map, Value, json};

use crate::contract::{Contract, Kind, Operation, Style};

/// Who refuses: the cloud's common entry (signatures, throttling, unknown operations) words its
/// refusals the same way for every product, a product has its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// The common entry.
    Entry,
    /// The product.
    Product,
}

/// A status and a JSON body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Worded {
    /// HTTP status.
    pub(crate) status: u16,
    /// Body.
    pub(crate) body: Value,
}

/// A product's answer with the request id under the name that the operation has for it.
#[must_use]
pub(crate) fn answer(contract: &Contract, operation: &Operation, answer: Value, request_id: &str) -> Worded {
    let mut body = match answer {
        Value::Object(body) => body,
        // The contract check that follows names what is wrong with it.
        other => return Worded { status: 200, body: other },
    };
    if contract.product == "sls" {
        // It stands in a header only.
        return Worded { status: 200, body: Value::Object(body) };
    }
    let spelling = match (contract.style, has(operation, "requestId")) {
        (Style::Roa, true) => "requestId",
        (Style::Roa | Style::Rpc, _) => "RequestId",
    };
    body.insert(spelling.to_owned(), Value::from(request_id));
    Worded { status: 200, body: Value::Object(body) }
}

/// A refusal.
#[must_use]
pub(crate) fn refusal(
    contract: &Contract,
    operation: Option<&Operation>,
    speaker: Speaker,
    error: &ApiError,
    request_id: &str,
) -> Worded {
    if let Some(operation) = operation.filter(|_| error.status < 300) {
        return Worded { status: 200, body: unsuccessful(operation, error, request_id) };
    }
    let body = match (contract.style, speaker) {
        _ if contract.product == "sls" => json!({"errorCode": error.code, "errorMessage": error.message}),
        (Style::Roa, Speaker::Product) => {
            json!({"requestId": request_id, "code": error.code, "message": error.message})
        }
        (Style::Roa | Style::Rpc, _) => json!({
            "RequestId": request_id,
            "HostId": format!("{}.lab", contract.product),
            "Code": error.code,
            "Message": error.message,
            "Recommend": format!("https://api.aliyun.com/troubleshoot?q={}", error.code),
        }),
    };
    Worded { status: error.status, body }
}

/// The failure that comes with HTTP 200 and `Success: false`, in the fields the operation has.
fn unsuccessful(operation: &Operation, error: &ApiError, request_id: &str) -> Value {
    let mut body = Map::new();
    let fields = [
        ("RequestId", json!(request_id)),
        ("Success", json!(false)),
        ("Code", json!(400)),
        ("HttpStatusCode", json!(400)),
        ("ErrorCode", json!(error.code)),
        ("Message", json!(error.message)),
        ("DynamicMessage", json!(error.message)),
    ];
    for (name, value) in fields {
        if has(operation, name) {
            body.insert(name.to_owned(), value);
        }
    }
    Value::Object(body)
}

fn has(operation: &Operation, field: &str) -> bool {
    matches!(operation.response.as_ref().map(|schema| &schema.kind), Some(Kind::Object(fields)) if fields.contains_key(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Nulls, Required, check};

    #[test]
    fn the_request_id_is_spelt_as_each_operation_spells_it() {
        let mut capital = Vec::new();
        for product in ["mse", "apig", "alidns", "vpc", "ecs", "cms", "arms"] {
            let contract = Contract::of(product).unwrap();
            for (name, operation) in &contract.operations {
                let body = answer(contract, operation, json!({}), "R").body;
                let schema = operation.response.as_ref().unwrap();
                assert_eq!(
                    check("response", schema, &body, Required::Ignored, Nulls::Allowed),
                    Ok(()),
                    "{product} {name}"
                );
                if product == "apig" && body.get("RequestId").is_some() {
                    capital.push(name.as_str());
                }
            }
        }
        assert_eq!(capital, ["ChangeResourceGroup", "ListTagResources"]);
    }

    #[test]
    fn a_failure_with_status_200_keeps_to_the_contract_everywhere() {
        let contract = Contract::of("mse").unwrap();
        let error = ApiError::new(200, "NotFound", "no such gateway");
        for (name, operation) in &contract.operations {
            let worded = refusal(contract, Some(operation), Speaker::Product, &error, "R");
            let schema = operation.response.as_ref().unwrap();
            assert_eq!(
                check("response", schema, &worded.body, Required::Ignored, Nulls::Allowed),
                Ok(()),
                "{name}"
            );
            assert_eq!(worded.status, 200);
        }
    }

    #[test]
    fn the_entry_and_the_products_word_refusals_differently() {
        let error = ApiError::new(404, "NotFound.X", "no x");
        let apig = Contract::of("apig").unwrap();
        let own = refusal(apig, None, Speaker::Product, &error, "R");
        assert_eq!(own.body, json!({"requestId": "R", "code": "NotFound.X", "message": "no x"}));
        let entry = refusal(apig, None, Speaker::Entry, &error, "R").body;
        assert_eq!(
            (&entry["Code"], &entry["Message"], &entry["RequestId"]),
            (&json!("NotFound.X"), &json!("no x"), &json!("R"))
        );
        let logs = refusal(Contract::of("sls").unwrap(), None, Speaker::Entry, &error, "R").body;
        assert_eq!(logs, json!({"errorCode": "NotFound.X", "errorMessage": "no x"}));
        let mse = refusal(Contract::of("mse").unwrap(), None, Speaker::Product, &error, "R");
        assert_eq!((mse.status, &mse.body["Code"]), (404, &json!("NotFound.X")));
    }
}
