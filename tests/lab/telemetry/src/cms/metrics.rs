//! The metrics of each namespace. Those of the target are documented; the names of the source's are this
//! lab's own, since no document has them.

use gateshift_lab_kernel::{Answer, Call};
use serde_json::{Value, json};

use crate::answer::{page, text};

/// Namespace of the target's metrics.
pub(super) const TARGET: &str = "acs_cnapigateway";
/// Namespace of the source's metrics in this lab.
pub(super) const SOURCE: &str = "acs_mse_gateway";

/// Periods of every metric, in seconds.
pub(super) const PERIODS: [i64; 2] = [60, 300];
/// Statistics of every metric.
pub(super) const STATISTICS: [&str; 3] = ["Average", "Maximum", "Minimum"];

/// What the lab can measure for a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// The lab has nothing that it could measure.
    Nothing,
    /// Bytes of the requests' bodies.
    BytesIn,
    /// Bytes of the answers' bodies.
    BytesOut,
    /// Requests refused by a limit.
    Limited,
    /// Requests a second.
    Rate,
    /// Percent of the requests answered with 5xx.
    Failed,
    /// Milliseconds of a request.
    Duration,
}

/// A metric.
#[derive(Debug)]
pub(super) struct Metric {
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) measure: Measure,
}

const fn metric(namespace: &'static str, name: &'static str, unit: &'static str, measure: Measure) -> Metric {
    Metric { namespace, name, unit, measure }
}

const fn target(name: &'static str, unit: &'static str, measure: Measure) -> Metric {
    metric(TARGET, name, unit, measure)
}

const fn source(name: &'static str, unit: &'static str, measure: Measure) -> Metric {
    metric(SOURCE, name, unit, measure)
}

/// All metrics there are.
pub(super) const METRICS: &[Metric] = &[
    target("EnvoyCpuUsageRate", "%", Measure::Nothing),
    target("EnvoyMemoryUsageRate", "%", Measure::Nothing),
    target("EnvoyMemoryUsage", "Byte", Measure::Nothing),
    target("EnvoyClientActiveConnection", "count", Measure::Nothing),
    target("EnvoyClientNewConnection", "count", Measure::Nothing),
    target("EnvoyClientDestroyConnection", "count", Measure::Nothing),
    target("EnvoyClientNewSSL", "count", Measure::Nothing),
    target("EnvoyClientDestroySSL", "count", Measure::Nothing),
    target("EnvoyClientReuseSSL", "count", Measure::Nothing),
    target("EnvoyNetworkInBytes", "Byte", Measure::BytesIn),
    target("EnvoyNetworkOutBytes", "Byte", Measure::BytesOut),
    target("EnvoyFsReadBytes", "Byte", Measure::Nothing),
    target("EnvoyFsWriteBytes", "Byte", Measure::Nothing),
    target("EnvoyRateLimitRequests", "count", Measure::Limited),
    target("EnvoyUpstreamActiveConnection", "count", Measure::Nothing),
    target("EnvoyUpstreamNewConnection", "count", Measure::Nothing),
    target("EnvoyUpstreamDestroyConnection", "count", Measure::Nothing),
    target("Ipv4EipRateIn", "bit/s", Measure::Nothing),
    target("Ipv4EipRateOut", "bit/s", Measure::Nothing),
    target("Ipv6GatewayRateIn", "bit/s", Measure::Nothing),
    target("Ipv6GatewayRateOut", "bit/s", Measure::Nothing),
    target("SlbInstanceTrafficRX", "bit/s", Measure::Nothing),
    target("SlbInstanceTrafficTX", "bit/s", Measure::Nothing),
    source("gateway_cpu_usage", "%", Measure::Nothing),
    source("gateway_memory_usage_rate", "%", Measure::Nothing),
    source("gateway_active_connection", "count", Measure::Nothing),
    source("gateway_new_tls", "count", Measure::Nothing),
    source("gateway_network_in", "Byte", Measure::BytesIn),
    source("gateway_network_out", "Byte", Measure::BytesOut),
    source("gateway_qps", "count/s", Measure::Rate),
    source("gateway_5xx_rate", "%", Measure::Failed),
    source("gateway_duration", "ms", Measure::Duration),
];

/// The metric of a name.
pub(super) fn find(namespace: &str, name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|one| one.namespace == namespace && one.name == name)
}

/// `DescribeMetricMetaList`.
pub(super) fn list(call: &Call) -> Answer {
    let fits = |name: &str, value: &str| text(&call.query, name).is_none_or(|wanted| wanted == value);
    let periods = PERIODS.map(|period| period.to_string()).join(",");
    let rows: Vec<Value> = METRICS
        .iter()
        .filter(|one| fits("Namespace", one.namespace) && fits("MetricName", one.name))
        .map(|one| {
            json!({
                "Namespace": one.namespace, "MetricName": one.name, "Description": one.name, "Unit": one.unit,
                "Dimensions": "userId,instanceId", "Labels": "[]", "Periods": periods,
                "Statistics": STATISTICS.join(","),
            })
        })
        .collect();
    let (shown, ..) = page(&rows, &call.query, ("PageNumber", "PageSize"))?;
    Ok(json!({
        "Code": "200", "Success": true, "Message": "success", "TotalCount": rows.len().to_string(),
        "Resources": {"Resource": shown},
    }))
}

/// `DescribeProjectMeta`.
pub(super) fn projects(call: &Call) -> Answer {
    let rows = [
        json!({"Namespace": TARGET, "Description": "Cloud-native API Gateway", "Labels": "[]"}),
        json!({"Namespace": SOURCE, "Description": "Cloud-native gateway", "Labels": "[]"}),
    ];
    let (shown, number, size) = page(&rows, &call.query, ("PageNumber", "PageSize"))?;
    Ok(json!({
        "Code": "200", "Success": true, "Message": "success", "Total": rows.len().to_string(),
        "PageNumber": number.to_string(), "PageSize": size.to_string(), "Resources": {"Resource": shown},
    }))
}
