//! What was measured: `DescribeMetricList` and `DescribeMetricLast`, from the requests that the gateways
//! answered. A metric that the lab has no measure for has no data.

use gateshift_lab_kernel::{ACCOUNT, Answer, ApiError, Call};
use serde_json::{Value, json};

use super::Cms;
use super::metrics::{Measure, Metric, PERIODS, find};
use crate::answer::{invalid, text};
use crate::{Observed, Record};

/// Points of one page at most.
const LONGEST: usize = 1_440;

/// What was measured in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Lab milliseconds of the period's beginning.
    pub(super) at: i64,
    pub(super) average: f64,
    pub(super) maximum: f64,
    pub(super) minimum: f64,
}

impl Point {
    /// The value of a statistic.
    pub(super) fn value(&self, statistics: &str) -> f64 {
        match statistics {
            "Maximum" => self.maximum,
            "Minimum" => self.minimum,
            _ => self.average,
        }
    }
}

/// Both operations; the second one gives the newest point of each gateway.
pub(super) fn list(cms: &Cms, call: &Call, last: bool) -> Answer {
    let query = &call.query;
    let given = |name: &str| text(query, name).unwrap_or_default();
    let metric = find(given("Namespace"), given("MetricName"))
        .ok_or_else(|| invalid("MetricName", "there is no such metric in the namespace"))?;
    let period: i64 = text(query, "Period").unwrap_or("60").parse().unwrap_or_default();
    if !PERIODS.contains(&period) {
        return Err(invalid("Period", format!("{period} is not one of {PERIODS:?}")));
    }
    let now = cms.cloud.clock.now_ms();
    let until = moment(text(query, "EndTime"), now)?;
    let from = moment(text(query, "StartTime"), until - 3_600_000)?;
    if from >= until {
        return Err(invalid("StartTime", "it is not before EndTime"));
    }
    let mut rows = Vec::new();
    for gateway in gateways(text(query, "Dimensions"))? {
        let points = points(cms.observed.as_ref(), metric, &gateway, period * 1000, (from, until.min(now)));
        let shown = if last { &points[points.len().saturating_sub(1)..] } else { &points };
        rows.extend(shown.iter().map(|point| row(&gateway, point)));
    }
    let from: usize = text(query, "NextToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let length: usize = text(query, "Length").and_then(|length| length.parse().ok()).unwrap_or(1_000);
    let shown: Vec<&Value> = rows.iter().skip(from).take(length.clamp(1, LONGEST)).collect();
    let mut answer = json!({
        "Code": "200", "Success": true, "Message": "success", "Period": period.to_string(),
        "Datapoints": json!(shown).to_string(),
    });
    if from + shown.len() < rows.len() {
        answer["NextToken"] = (from + shown.len()).to_string().into();
    }
    Ok(answer)
}

/// The whole periods of a span, oldest first; those without a request have no point.
pub(super) fn points(
    observed: &dyn Observed,
    metric: &Metric,
    gateway: &str,
    period_ms: i64,
    (from, until): (i64, i64),
) -> Vec<Point> {
    if metric.measure == Measure::Nothing {
        return Vec::new();
    }
    let begin = from.div_euclid(period_ms) * period_ms;
    let records = observed.records(gateway, begin, until.div_euclid(period_ms) * period_ms);
    let mut points = Vec::new();
    for some in records.chunk_by(|one, next| bucket(one, period_ms) == bucket(next, period_ms)) {
        points.extend(some.first().map(|first| {
            let at = bucket(first, period_ms) * period_ms;
            measured(metric.measure, some, period_ms, at)
        }));
    }
    points
}

fn bucket(record: &Record, period_ms: i64) -> i64 {
    record.ended_ms.div_euclid(period_ms)
}

fn measured(measure: Measure, some: &[Record], period_ms: i64, at: i64) -> Point {
    let count = some.len() as f64;
    let sum = |name: &str| some.iter().map(|record| record.number(name)).sum::<f64>();
    let with = |codes: std::ops::Range<u32>| {
        let fits = |record: &&Record| codes.contains(&(record.number("response_code") as u32));
        some.iter().filter(fits).count() as f64
    };
    if measure == Measure::Duration {
        let all = || some.iter().map(|record| record.number("duration"));
        let (minimum, maximum) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
        return Point { at, average: sum("duration") / count, maximum, minimum };
    }
    let value = match measure {
        Measure::BytesIn => sum("bytes_received"),
        Measure::BytesOut => sum("bytes_sent"),
        Measure::Limited => with(429..430),
        Measure::Rate => count * 1000.0 / period_ms as f64,
        Measure::Failed => 100.0 * with(500..600) / count,
        Measure::Duration | Measure::Nothing => 0.0,
    };
    Point { at, average: value, maximum: value, minimum: value }
}

fn row(gateway: &str, point: &Point) -> Value {
    json!({
        "timestamp": point.at, "userId": ACCOUNT, "instanceId": gateway, "Average": point.average,
        "Maximum": point.maximum, "Minimum": point.minimum,
    })
}

/// A moment as milliseconds, or as `2026-03-04 05:06:07` in the account's time, which the lab does not take.
fn moment(given: Option<&str>, usual: i64) -> Result<i64, ApiError> {
    let Some(given) = given else { return Ok(usual) };
    given.parse().map_err(|_| invalid("StartTime", format!("the lab takes milliseconds, not {given}")))
}

/// The gateways that dimensions name.
fn gateways(dimensions: Option<&str>) -> Result<Vec<String>, ApiError> {
    let wrong = || invalid("Dimensions", "it is a JSON list of objects with instanceId");
    let parsed: Value = serde_json::from_str(dimensions.ok_or_else(wrong)?).map_err(|_| wrong())?;
    let items = match parsed {
        Value::Array(items) => items,
        one => vec![one],
    };
    items.iter().map(|item| item["instanceId"].as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gateshift_lab_kernel::Product;
    use serde_json::{Value, json};

    use super::Cms;
    use crate::testing::{Made, call, cloud};

    #[test]
    fn points_are_what_the_gateway_answered_in_whole_periods() {
        let (cloud, made) = (cloud(), Arc::new(Made::default()));
        let minute = cloud.clock.now_ms().div_euclid(60_000) * 60_000;
        for (ago, status) in [(150_000, 200), (140_000, 503), (90_000, 429), (30_000, 200)] {
            made.request("gw-1", minute - ago, "/", status);
        }
        // Of the present minute nothing is known yet.
        made.request("gw-1", minute + 1, "/", 200);
        let cms = Cms::new(cloud, made, Vec::new());
        let ask = |operation: &str, namespace: &str, metric: &str, more: Value| {
            let mut given = json!({"Namespace": namespace, "MetricName": metric, "Dimensions": "[{\"instanceId\":\"gw-1\"}]"});
            given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = cms.call(&call(operation, given)).unwrap();
            let points: Value = serde_json::from_str(answer["Datapoints"].as_str().unwrap()).unwrap();
            let points = points.as_array().unwrap().iter();
            points
                .map(|one| (one["timestamp"].as_i64().unwrap() - minute, one["Average"].as_f64().unwrap()))
                .collect::<Vec<_>>()
        };
        let (own, theirs) = ("acs_cnapigateway", "acs_mse_gateway");
        let none = json!({});
        let bytes = ask("DescribeMetricList", own, "EnvoyNetworkOutBytes", none.clone());
        assert_eq!(bytes, [(-180_000, 200.0), (-120_000, 100.0), (-60_000, 100.0)]);
        let limited = ask("DescribeMetricList", own, "EnvoyRateLimitRequests", none.clone());
        assert_eq!(limited, [(-180_000, 0.0), (-120_000, 1.0), (-60_000, 0.0)]);
        assert_eq!(ask("DescribeMetricLast", theirs, "gateway_5xx_rate", none.clone()), [(-60_000, 0.0)]);
        let failed = ask("DescribeMetricList", theirs, "gateway_5xx_rate", json!({"Length": "1"}));
        assert_eq!(failed, [(-180_000, 50.0)]);
        assert_eq!(ask("DescribeMetricList", own, "EnvoyCpuUsageRate", none), []);
        let wrong =
            call("DescribeMetricList", json!({"Namespace": own, "MetricName": "QPS", "Dimensions": "[]"}));
        assert_eq!(cms.call(&wrong).unwrap_err().code, "ParameterInvalid");
    }
}
