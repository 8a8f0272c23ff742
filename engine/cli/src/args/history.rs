//! What `history` and `report` are asked, and since when.

use clap::Args as ClapArgs;
use gateshift_model::{Timestamp, parse_duration};
use std::path::PathBuf;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Debug, ClapArgs)]
pub(crate) struct History {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// Only events of this step
    #[arg(long)]
    pub(crate) step: Option<String>,
    /// Only events of this actor: `user:ann`, `ann` or `engine`
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// Only events since then: `2h`, `30m`, or a time such as `2026-03-04T05:06:07Z`
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(crate) since: Option<Since>,
    /// Reads too: every call that was answered
    #[arg(long)]
    pub(crate) calls: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Report {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// The file to write; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long ago.
    Ago(Duration),
    /// Then.
    At(Timestamp),
}

impl Since {
    /// The moment, seen from `now`.
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => {
                Timestamp(now.0.saturating_sub(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX)))
            }
        }
    }
}

pub(super) fn since(text: &str) -> Result<Since, String> {
    if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
        let millis = i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000));
        return millis.map(|millis| Since::At(Timestamp(millis))).map_err(|error| error.to_string());
    }
    let dated = text.len() > 4 && text.as_bytes()[..4].iter().all(u8::is_ascii_digit) && text.contains('-');
    if dated {
        return Err("a time has its date, its hour and its zone: `2026-03-04T05:06:07Z`".to_owned());
    }
    parse_duration(text).map(Since::Ago).map_err(|mistake| format!("{mistake}; {}", mistake.fix))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gateshift_model::Timestamp;

    use super::{Since, since};

    #[test]
    fn moments_and_their_mistakes() {
        assert_eq!(since("2h"), Ok(Since::Ago(Duration::from_secs(7200))));
        assert_eq!(since("1970-01-01T00:00:01.5Z"), Ok(Since::At(Timestamp(1500))));
        assert_eq!(since("1970-01-01T01:00:00+01:00"), Ok(Since::At(Timestamp(0))));
        for (bad, says) in [
            ("2 hours", "`2h`"),
            ("2026-03-04", "its zone"),
            ("", "no duration"),
            ("2026-03-04T05:06:07", "its zone"),
        ] {
            let mistake = since(bad).unwrap_err();
            assert!(mistake.contains(says), "{bad}: {mistake}");
        }
        assert_eq!(Since::Ago(Duration::from_secs(1)).moment(Timestamp(5000)), Timestamp(4000));
        assert_eq!(Since::At(Timestamp(7)).moment(Timestamp(5000)), Timestamp(7));
    }
}
