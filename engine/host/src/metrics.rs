//! Metric queries: the instant query of the Prometheus HTTP API.

use std::collections::BTreeMap;

use gateshift_model::{StepError, Timestamp};
use gateshift_step_api::{Body, CallKind, CallRequest, MetricQuery, MetricSample, ServiceFailure};
use serde_json::Value;

use crate::QueryLanguage;
use crate::connection::Connection;

/// The request that asks a query.
pub(crate) fn request(connection: &Connection, query: &MetricQuery) -> Result<CallRequest, StepError> {
    match connection.kind.query_language {
        Some(QueryLanguage::Prometheus) => Ok(CallRequest {
            connection: query.connection.clone(),
            action: "query".to_owned(),
            method: "GET".to_owned(),
            path: "/api/v1/query".to_owned(),
            query: vec![("query".to_owned(), query.expression.clone())],
            body: Body::None,
            operation: None,
            serial: None,
            kind: CallKind::Read,
        }),
        None => {
            let message = format!(
                "connection `{}` of kind {} answers no metric queries",
                query.connection, connection.kind.name
            );
            Err(StepError::permanent("GS-NO-METRICS", message)
                .with_hint("bind the role to a connection of a kind that does"))
        }
    }
}

/// The failure of a query.
pub(crate) fn failed(query: &MetricQuery, cause: String) -> ServiceFailure {
    ServiceFailure::Failed { what: format!("metric query `{}`", query.expression), cause }
}

/// The samples in an answer; what is no number there is none here.
pub(crate) fn samples(body: &Value) -> Result<Vec<MetricSample>, String> {
    if body["status"] != "success" {
        let text = |name: &str| body[name].as_str().unwrap_or("unknown").to_owned();
        return Err(format!("{}: {}", text("errorType"), text("error")));
    }
    let result = &body["data"]["result"];
    match body["data"]["resultType"].as_str() {
        Some("scalar") => Ok(vec![sample(&Value::Null, result)?]),
        Some("vector") => {
            let series = result.as_array().ok_or("the vector is no list")?;
            series.iter().map(|one| sample(&one["metric"], &one["value"])).collect()
        }
        kind => Err(format!(
            "the answer is of type {}, and an instant vector or a scalar was expected",
            kind.unwrap_or("unknown")
        )),
    }
}

fn sample(labels: &Value, pair: &Value) -> Result<MetricSample, String> {
    let (Some(seconds), Some(text)) = (pair[0].as_f64(), pair[1].as_str()) else {
        return Err("a sample is no pair of time and value".to_owned());
    };
    let value: f64 = match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        text => text.parse().map_err(|_| format!("`{text}` is no number"))?,
    };
    let labels: BTreeMap<_, _> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates; times of this era are far below the limit"
    )]
    let at = Timestamp((seconds * 1000.0).round() as i64);
    Ok(MetricSample { labels, value: value.is_finite().then_some(value), at })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::samples;

    fn vector(values: &[&str]) -> serde_json::Value {
        let result: Vec<_> = values
            .iter()
            .map(|value| json!({"metric": {"job": "a"}, "value": [1_435_781_451.781, value]}))
            .collect();
        json!({"status": "success", "data": {"resultType": "vector", "result": result}})
    }

    #[test]
    fn numbers_and_what_is_none() {
        let read = samples(&vector(&["1", "0.25", "1e3", "NaN", "+Inf", "-Inf"])).unwrap();
        let values: Vec<_> = read.iter().map(|sample| sample.value).collect();
        assert_eq!(values, [Some(1.0), Some(0.25), Some(1000.0), None, None, None]);
        assert_eq!((read[0].at.0, read[0].labels["job"].as_str()), (1_435_781_451_781, "a"));
        let scalar = json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}});
        assert_eq!(samples(&scalar).unwrap()[0].value, Some(2.0));
        assert_eq!(samples(&vector(&[])), Ok(vec![]));
    }

    #[test]
    fn trouble_is_told() {
        for bad in [
            json!({"status": "error", "errorType": "timeout", "error": "too slow"}),
            json!({"status": "success", "data": {"resultType": "matrix", "result": []}}),
            json!({"status": "success", "data": {"resultType": "vector", "result": 5}}),
            json!("html"),
            json!(null),
            vector(&["one"]),
            vector(&[""]),
        ] {
            assert!(samples(&bad).is_err(), "{bad}");
        }
        assert_eq!(
            samples(&json!({"status": "error", "errorType": "timeout", "error": "too slow"})),
            Err("timeout: too slow".to_owned())
        );
    }
}
