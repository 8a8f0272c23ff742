//! What the step is and what it needs.

use std::collections::BTreeMap;

use gateshift_sdk::api::{ConnectionUse, Manifest, ProbeUse};
use gateshift_sdk::migrator_name;
use gateshift_sdk::model::UndoScope;
use serde_json::json;

/// Role of the target's control plane.
pub(crate) const TARGET: &str = "target";
/// Role of the keeper of alert rules.
pub(crate) const ALERTS: &str = "alerts";
/// Role of the second place where alert rules may be.
pub(crate) const ARMS: &str = "arms";
/// Role of the keeper of logs.
pub(crate) const LOGS: &str = "logs";

pub(crate) fn manifest() -> Manifest {
    let optional = |kind: &str, reads: &[&str], writes: &[&str]| ConnectionUse {
        optional: true,
        ..ConnectionUse::new(kind, reads, writes)
    };
    let alerts = optional(
        "aliyun/cms",
        &["DescribeMetricRuleList", "DescribeMetricMetaList"],
        &["PutResourceMetricRule", "DisableMetricRules", "DeleteMetricRules"],
    );
    let target = ConnectionUse::new(
        "aliyun/apig",
        &["ListGatewayFeatures", "GetTraceConfig"],
        &["UpdateGatewayFeature"],
    );
    Manifest {
        name: migrator_name("observability"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        contract: 1,
        description:
            "carries tracing, access logs and alert rules over; what only the console can do is left \
                      to a person and read back"
                .to_owned(),
        settings: json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "contactGroups": {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": true,
                    "description": "contact groups of every alert rule; those of the source's rules when left out"},
                "logstore": {"type": "string", "minLength": 1,
                    "description": "logstore of the target's access logs; the source's own, or the product's, when left out"},
                "skip": {"type": "array", "items": {"enum": ["tracing", "logs", "alerts"]}, "uniqueItems": true,
                    "description": "parts that are left out on your responsibility"}
            }
        }),
        output: json!({"type": "object", "required": ["alerts", "manual"]}),
        connections: BTreeMap::from([
            (TARGET.to_owned(), target),
            (ALERTS.to_owned(), alerts),
            (ARMS.to_owned(), optional("aliyun/arms", &["GetAlertRules", "SearchAlertRules"], &[])),
            (LOGS.to_owned(), optional("aliyun/sls", &["GetProject", "GetLogsV2"], &[])),
        ]),
        reads: vec![migrator_name("assess"), migrator_name("instance")],
        probes: ProbeUse { http: true, dns: false },
        undo: UndoScope::Config,
    }
}
