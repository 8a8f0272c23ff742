//! The source's three ways of writing a time.

use serde_json::Value;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

const LOCAL: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const WITH_OFFSET: &[BorrowedFormatItem<'_>] = format_description!(
    "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3][offset_hour sign:mandatory][offset_minute]"
);

/// Milliseconds since the Unix epoch; `None` when the text is in no known form.
///
/// Text without an offset is China Standard Time (UTC+8): the console's own zone. For the order of
/// routes only differences matter, so a wrong guess here moves all of them alike.
pub(crate) fn millis(value: &Value) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let text = value.as_str()?.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Some(number);
    }
    let moment = PrimitiveDateTime::parse(text, LOCAL)
        .ok()
        .and_then(|local| Some(local.assume_offset(UtcOffset::from_hms(8, 0, 0).ok()?)))
        .or_else(|| OffsetDateTime::parse(text, WITH_OFFSET).ok())?;
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::millis;

    #[test]
    fn three_forms_of_one_moment() {
        let expected = 1_641_550_077_000;
        for form in [
            json!("2022-01-07 18:07:57"),
            json!("2022-01-07T10:07:57.000+0000"),
            json!(expected),
            json!("1641550077000"),
        ] {
            assert_eq!(millis(&form), Some(expected), "{form}");
        }
        for bad in [json!("yesterday"), json!(null), json!(""), json!(1.5)] {
            assert_eq!(millis(&bad), None);
        }
    }
}
