//! The three forms of paging: numbers, numbers as text, and a list whose default page holds one row.

use serde_json::{Value, json};

use super::reply::{Refusal, Reply, data};
use super::request::Request;

/// Rows of a page when the caller does not say.
const USUAL: i64 = 10;

/// A page of the rows, by `PageNumber` and `PageSize`.
pub(crate) fn page<T>(request: &Request<'_>, rows: &[T], show: impl Fn(&T) -> Value) -> Reply {
    cut(request, "PageNumber", USUAL, rows, show)
}

/// The same for the one list whose page size is 1 unless the caller says otherwise.
pub(crate) fn page_of_one<T>(request: &Request<'_>, rows: &[T], show: impl Fn(&T) -> Value) -> Reply {
    cut(request, "PageNumber", 1, rows, show)
}

/// The same for lists that take `PageNum` and `PageSize` as text.
pub(crate) fn page_by_text<T>(request: &Request<'_>, rows: &[T], show: impl Fn(&T) -> Value) -> Reply {
    cut(request, "PageNum", USUAL, rows, show)
}

fn cut<T>(
    request: &Request<'_>,
    number_name: &str,
    usual: i64,
    rows: &[T],
    show: impl Fn(&T) -> Value,
) -> Reply {
    let number = at_least_one(request, number_name, 1)?;
    let size = at_least_one(request, "PageSize", usual)?;
    let skip = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let take = usize::try_from(size).unwrap_or(usize::MAX);
    let shown: Vec<Value> = rows.iter().skip(skip).take(take).map(show).collect();
    data(json!({ "PageNumber": number, "PageSize": size, "TotalSize": rows.len(), "Result": shown }))
}

fn at_least_one(request: &Request<'_>, name: &str, usual: i64) -> Result<i64, Refusal> {
    if request.value(name).is_none() {
        return Ok(usual);
    }
    request
        .integer(name)
        .filter(|number| *number >= 1)
        .ok_or_else(|| Refusal::invalid(format!("{name} must be a whole number from 1")))
}

/// Sorts rows by `OrderItem` (only the creation time is known) and `DescSort`.
pub(crate) fn sort<T>(request: &Request<'_>, rows: &mut [T], created_ms: impl Fn(&T) -> i64) {
    if request.text("OrderItem") == Some("GmtCreate") {
        rows.sort_by_key(created_ms);
    }
    if request.flag("DescSort") == Some(true) {
        rows.reverse();
    }
}
