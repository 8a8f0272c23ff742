//! The ways in which the MSE API writes one and the same moment. Which operation uses which form
//! follows no rule, so every answer names the form it wants.

use time::format_description::BorrowedFormatItem;
use time::macros::{format_description, offset};
use time::{OffsetDateTime, UtcOffset};

const LOCAL: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const ISO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");

/// `2022-01-07 18:07:57`, local time of the region without saying so.
pub(crate) fn local(ms: i64) -> String {
    write(ms, offset!(+8), LOCAL)
}

/// `2022-01-07T10:07:57.000+0000`.
pub(crate) fn iso(ms: i64) -> String {
    write(ms, UtcOffset::UTC, ISO)
}

fn write(ms: i64, offset: UtcOffset, format: &[BorrowedFormatItem<'_>]) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(offset)
        .format(format)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_in_both_forms() {
        let ms = 1_641_550_077_123;
        assert_eq!(local(ms), "2022-01-07 18:07:57");
        assert_eq!(iso(ms), "2022-01-07T10:07:57.123+0000");
    }
}
