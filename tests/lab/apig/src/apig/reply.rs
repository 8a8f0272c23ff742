//! The envelope of this product's answers and its refusals.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::params::Page;

/// An accepted call with data. Absent values are left out of answers, never sent as null.
pub(crate) fn ok(mut data: Value) -> Answer {
    prune(&mut data);
    Ok(json!({"code": "Ok", "message": "success", "data": data}))
}

/// An accepted call without data.
pub(crate) fn done() -> Answer {
    Ok(json!({"code": "Ok", "message": "success"}))
}

/// The wanted page of a list.
pub(crate) fn page(call: &Call, items: &[Value]) -> Answer {
    page_of(call, items, Value::clone)
}

/// The wanted page of a list whose items are costly to show: only those on the page are.
pub(crate) fn page_of<T>(call: &Call, items: &[T], show: impl Fn(&T) -> Value) -> Answer {
    let page = Page::read(&call.query, ("pageNumber", "pageSize"), 10, 100, "InvalidParameter.WithValue")?;
    let shown: Vec<Value> = page.of(items).iter().map(show).collect();
    ok(json!({
        "items": shown, "pageNumber": page.number, "pageSize": page.size, "totalSize": items.len(),
    }))
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, item| !item.is_null());
            map.values_mut().for_each(prune);
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

/// Reads a body, or a part of it, into its type.
pub(crate) fn read<T: DeserializeOwned>(body: &Map<String, Value>) -> Result<T, ApiError> {
    serde_json::from_value(Value::Object(body.clone())).map_err(|cause| bad("body", cause.to_string()))
}

/// The value of a path parameter.
pub(crate) fn path<'a>(call: &'a Call, name: &str) -> Result<&'a str, ApiError> {
    call.path.get(name).map(String::as_str).filter(|id| !id.is_empty()).ok_or_else(|| missing(name))
}

/// A parameter that is mandatory here is absent.
pub(crate) fn missing(parameter: &str) -> ApiError {
    ApiError::new(
        400,
        "InvalidParameter.IsEmpty",
        format!("parameter {parameter} is mandatory here and is empty"),
    )
}

/// A parameter has a value that is not allowed.
pub(crate) fn bad(parameter: &str, why: impl std::fmt::Display) -> ApiError {
    ApiError::new(400, "InvalidParameter.WithValue", format!("parameter {parameter} is invalid: {why}"))
}

/// Parameters are fine one by one but not together or not in this state of the account.
pub(crate) fn detail(why: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidParameter.WithDetail", why)
}

/// Nothing of that kind has that id. `kind` as in the codes: `Gateway`, `Route`.
pub(crate) fn gone(kind: &str, id: &str) -> ApiError {
    ApiError::new(
        404,
        &format!("NotFound.{kind}NotFound"),
        format!("no {} has the id {id}", kind.to_lowercase()),
    )
}

/// The state of something forbids the call.
pub(crate) fn conflict(code: &str, why: impl Into<String>) -> ApiError {
    ApiError::new(409, &format!("Conflict.{code}"), why)
}
