//! Three forms of the Prometheus query language and no more: `METRIC{label="value",...}`,
//! `sum(increase(METRIC{...}[60s]))`, and the same as `sum by (label) (...)`; the window in lab seconds.

use std::collections::BTreeMap;

use super::metrics::{Metrics, Series};

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Not one of the three forms.
    #[error(
        "the lab answers METRIC{{label=\"value\"}}, sum(increase(METRIC{{label=\"value\"}}[60s])) and \
         sum by (label) (increase(METRIC{{label=\"value\"}}[60s])) only, not {0}"
    )]
    Form(String),
    /// Further back than what is kept.
    #[error("the lab no longer keeps all requests of the last {0} seconds; ask for a shorter window")]
    TooFarBack(i64),
}

/// A query that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    metric: String,
    matchers: Vec<(String, String)>,
    /// Seconds of `sum(increase(...[Ns]))`.
    window: Option<i64>,
    /// Label that the sum keeps.
    by: Option<String>,
}

impl Expression {
    /// Reads a query.
    pub(crate) fn parse(text: &str) -> Result<Self, QueryError> {
        let refuse = || QueryError::Form(text.to_owned());
        let compact = without_blanks(text);
        let (by, compact) = match compact.strip_prefix("sumby(").and_then(|rest| rest.split_once(')')) {
            Some((label, rest)) if is_name(label) => (Some(label.to_owned()), format!("sum{rest}")),
            _ => (None, compact),
        };
        let (selector, window) = match compact.strip_prefix("sum(increase(") {
            None => (compact.as_str(), None),
            Some(inner) => {
                let inner = inner.strip_suffix("s]))").ok_or_else(refuse)?;
                let (selector, seconds) = inner.rsplit_once('[').ok_or_else(refuse)?;
                let seconds: i64 = seconds.parse().map_err(|_| refuse())?;
                (selector, Some(seconds).filter(|s| *s > 0))
            }
        };
        if compact.starts_with("sum") && window.is_none() {
            return Err(refuse());
        }
        let (metric, matchers) = parse_selector(selector).ok_or_else(refuse)?;
        Ok(Self { metric, matchers, window, by })
    }

    /// Answers it as of a moment. No series at all is an answer, as with Prometheus.
    pub(crate) fn evaluate(&self, metrics: &Metrics, now_ms: i64) -> Result<Vec<Series>, QueryError> {
        let since = self.window.map(|seconds| now_ms - seconds * 1000);
        let found = metrics
            .series(&self.metric, since)
            .ok_or(QueryError::TooFarBack(self.window.unwrap_or_default()))?;
        let mut chosen = found.into_iter().filter(|series| self.selects(series));
        if self.window.is_none() {
            return Ok(chosen.collect());
        }
        if let Some(label) = &self.by {
            return Ok(grouped(label, chosen));
        }
        let sum = chosen.next().map(|first| first.value + chosen.map(|s| s.value).sum::<f64>());
        Ok(sum.into_iter().map(|value| Series { labels: BTreeMap::new(), value }).collect())
    }

    fn selects(&self, series: &Series) -> bool {
        self.matchers.iter().all(|(name, wanted)| {
            let value = series.labels.get(name).map_or("", String::as_str);
            // Envoy itself writes the class as a single digit.
            value == wanted || (name == "response_code_class" && *value == format!("{wanted}xx"))
        })
    }
}

/// Sums by the value of one label, in the order in which the values come.
fn grouped(label: &str, series: impl Iterator<Item = Series>) -> Vec<Series> {
    let mut sums: Vec<Series> = Vec::new();
    for one in series {
        let kept = one.labels.get(label).map(|value| (label.to_owned(), value.clone()));
        let labels: BTreeMap<_, _> = kept.into_iter().collect();
        match sums.iter_mut().find(|sum| sum.labels == labels) {
            Some(sum) => sum.value += one.value,
            None => sums.push(Series { labels, value: one.value }),
        }
    }
    sums
}

/// The text without blanks outside quotes.
fn without_blanks(text: &str) -> String {
    let mut quoted = false;
    text.chars()
        .filter(|character| {
            quoted ^= *character == '"';
            quoted || !character.is_whitespace()
        })
        .collect()
}

fn parse_selector(text: &str) -> Option<(String, Vec<(String, String)>)> {
    let (metric, labels) = match text.split_once('{') {
        None => (text, ""),
        Some((metric, rest)) => (metric, rest.strip_suffix('}')?),
    };
    let mut matchers = Vec::new();
    let mut rest = labels;
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        if !is_name(name) || value.contains('\\') {
            return None;
        }
        matchers.push((name.to_owned(), value.to_owned()));
        rest = match after.strip_prefix(',') {
            Some(more) => more,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    is_name(metric).then(|| (metric.to_owned(), matchers))
}

fn is_name(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    text.starts_with(letter) && text.chars().all(|c| letter(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics() -> Metrics {
        let metrics = Metrics::default();
        metrics.appear("gw-idle");
        for (ms, status) in [(10_000, 200), (20_000, 500), (30_000, 503), (30_000, 200)] {
            metrics.add("gw-1", ms, status, 2.0);
        }
        metrics
    }

    #[test]
    fn understood_queries_give_exact_numbers() {
        for (text, wanted) in [
            ("sum(increase(envoy_http_downstream_rq_total{gateway_id=\"gw-1\"}[15s]))", vec![3.0]),
            ("sum( increase( envoy_http_downstream_rq_total{gateway_id=\"gw-1\"}[100s] ) )", vec![4.0]),
            (
                "sum(increase(envoy_http_downstream_rq{gateway_id=\"gw-1\", response_code_class=\"5xx\"}[15s]))",
                vec![2.0],
            ),
            ("sum(increase(envoy_http_downstream_rq{response_code_class=\"5\"}[5s]))", vec![1.0]),
            ("sum(increase(envoy_http_downstream_rq_total{gateway_id=\"gw-idle\"}[15s]))", vec![0.0]),
            ("sum(increase(envoy_http_downstream_rq_total{gateway_id=\"gw-none\"}[15s]))", vec![]),
            ("sum by (gateway_id) (increase(envoy_http_downstream_rq_total[15s]))", vec![3.0, 0.0]),
            ("envoy_http_downstream_rq_total{gateway_id=\"gw-1\"}", vec![4.0]),
            ("envoy_http_downstream_rq_time_bucket{gateway_id=\"gw-1\",le=\"+Inf\"}", vec![4.0]),
            ("envoy_http_downstream_rq_total", vec![4.0, 0.0]),
            ("envoy_unknown{}", vec![]),
        ] {
            let found = Expression::parse(text).expect(text).evaluate(&metrics(), 32_000);
            let values: Vec<f64> = found.expect(text).iter().map(|series| series.value).collect();
            assert_eq!(values, wanted, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "rate(envoy_http_downstream_rq_total[1m])",
            "sum(envoy_http_downstream_rq_total)",
            "sum(increase(envoy_http_downstream_rq_total[1m]))",
            "sum(increase(envoy_http_downstream_rq_total[0s]))",
            "sum(increase(envoy_http_downstream_rq_total[-5s]))",
            "sum(increase(envoy_http_downstream_rq_total[5s])) > 3",
            "envoy_http_downstream_rq_total{gateway_id=~\"gw.*\"}",
            "envoy_http_downstream_rq_total{gateway_id=\"a\"",
            "envoy_http_downstream_rq_total{gateway_id=\"a\"b=\"c\"}",
            "1 + 1",
            "sum by (le) (envoy_http_downstream_rq_time_bucket)",
            "sum by (le, gateway_id) (increase(envoy_http_downstream_rq_time_bucket[5s]))",
        ] {
            assert_eq!(Expression::parse(text), Err(QueryError::Form(text.to_owned())), "{text}");
        }
    }
}
