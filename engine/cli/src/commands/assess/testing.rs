//! A report with whatever may break the form it is shown in.

use gateshift_executor::answered;
use gateshift_model::{Day, Finding, Plan, Severity, Timestamp, Waiver};
use serde_json::json;

use super::report::Report;

/// The report.
pub(super) fn report() -> Report {
    let odd = "a <b> & \"c\" | 'd'\n\u{1}订单";
    let findings = vec![
        Finding::new(Severity::Block, "A-BLOCK", "routes/a", "it is lost").with_action("exclude it"),
        Finding::new(Severity::Decide, "B-DECIDE", "routes/b", "which"),
        Finding::new(Severity::Warn, "X-ODD", odd, odd).with_action(odd),
    ];
    let waiver = Waiver {
        code: "B-DECIDE".into(),
        object: "routes/*".into(),
        owner: "ann".into(),
        reason: "the <first>".into(),
        expires: Day::parse("2026-12-31").unwrap(),
    };
    let answered = answered(&findings, &[waiver], &[], Timestamp(0));
    let facts = json!({
        "inventory": {"name": "inventory", "digest": "0".repeat(64), "size": 1, "media_type": "m"},
        "origin": {"product": "p", "region": "r", "gateway": "gw-1"}, "gateway_name": "<shop>",
        "counts": {}, "findings": {}, "fields": 7, "fields_accounted": 7,
        "classes": {"same": 3, "blocked": 1},
        "traffic": {"requests": 10, "unknown": 2, "by_class": {"same": 6, "blocked": 2}},
    });
    let plan = Plan { findings, facts, ..Plan::default() };
    Report::of(&plan, answered, None)
}
