//! The target's metrics: which there are by the documents, which of them the account really has, and which
//! metric of the source means the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

/// The table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Table {
    /// Namespace of the target's metrics.
    pub(crate) namespace: String,
    metrics: Vec<Metric>,
    /// Rules made when no rule of the source can be carried over.
    pub(crate) baseline: Vec<Baseline>,
    /// Units of each size.
    pub(crate) units: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
struct Metric {
    name: String,
    /// Other names that mean the same.
    like: Vec<String>,
}

/// A rule of the baseline.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Baseline {
    pub(crate) name: String,
    pub(crate) metric: String,
    /// Threshold for every size.
    pub(crate) above: Option<u32>,
    /// Threshold for each unit.
    pub(crate) above_per_unit: Option<u32>,
}

pub(crate) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // The table is part of the crate and a test reads it, so an unreadable one cannot be shipped.
    serde_json::from_str(include_str!("../data/metrics.json")).unwrap_or(Table {
        namespace: String::new(),
        metrics: Vec::new(),
        baseline: Vec::new(),
        units: BTreeMap::new(),
    })
});

/// The target's metric that means the same as one of the source.
pub(crate) fn counterpart(source: &str) -> Option<&'static str> {
    let wanted = plain(source);
    let found = TABLE
        .metrics
        .iter()
        .find(|metric| plain(&metric.name) == wanted || metric.like.iter().any(|like| plain(like) == wanted));
    found.map(|metric| metric.name.as_str())
}

/// A name without what differs by habit.
fn plain(name: &str) -> String {
    let letters: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    let mut rest = letters.as_str();
    while let Some(shorter) = ["gateway", "mse", "envoy"].iter().find_map(|prefix| rest.strip_prefix(prefix))
    {
        rest = shorter;
    }
    rest.to_owned()
}

/// The metrics that the account has, as it lists them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Live(BTreeMap<String, Offered>);

#[derive(Debug, Clone, Default, PartialEq)]
struct Offered {
    statistics: Vec<String>,
    periods: Vec<String>,
}

impl Live {
    /// From the items of `DescribeMetricMetaList`.
    pub(crate) fn of(items: &[Value]) -> Self {
        let list = |value: &Value| -> Vec<String> {
            let text = value.as_str().unwrap_or_default();
            text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
        };
        let own = items.iter().filter(|item| item["Namespace"] == TABLE.namespace.as_str());
        let offered = own.filter_map(|item| {
            let offered = Offered { statistics: list(&item["Statistics"]), periods: list(&item["Periods"]) };
            Some((item["MetricName"].as_str()?.to_owned(), offered))
        });
        Self(offered.collect())
    }

    /// Why a rule on this metric would be refused, if it would.
    pub(crate) fn refuses(&self, metric: &str, statistics: &str, period: &str) -> Option<String> {
        let Some(offered) = self.0.get(metric) else {
            return Some(format!("the account's list of metrics has no {metric}"));
        };
        if !offered.statistics.iter().any(|one| one == statistics) {
            return Some(format!(
                "{metric} has no statistic {statistics} ({})",
                offered.statistics.join(", ")
            ));
        }
        if !offered.periods.iter().any(|one| one == period) {
            return Some(format!("{metric} has no period of {period} s ({})", offered.periods.join(", ")));
        }
        None
    }

    /// The statistic and the period that a rule of ours uses for a metric.
    pub(crate) fn usual(&self, metric: &str) -> Option<(&str, &str)> {
        let offered = self.0.get(metric)?;
        let first = |wishes: &[&str], from: &'_ [String]| {
            wishes
                .iter()
                .find_map(|wish| from.iter().position(|one| one == wish))
                .or((!from.is_empty()).then_some(0))
        };
        let statistics = first(&["Average", "Value", "Maximum"], &offered.statistics)?;
        let period = first(&["60"], &offered.periods)?;
        Some((&offered.statistics[statistics], &offered.periods[period]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{TABLE, counterpart, plain};

    #[test]
    fn names_are_found_whole_and_by_one_metric_only() {
        assert_eq!(TABLE.namespace, "acs_cnapigateway");
        assert_eq!((TABLE.metrics.len(), TABLE.baseline.len(), TABLE.units.len()), (23, 4, 11));
        for (source, target) in [
            ("EnvoyCpuUsageRate", Some("EnvoyCpuUsageRate")),
            ("gateway_cpu_usage", Some("EnvoyCpuUsageRate")),
            ("MseGatewayCpuUtil", Some("EnvoyCpuUsageRate")),
            ("memory_usage", Some("EnvoyMemoryUsage")),
            ("memory_usage_rate", Some("EnvoyMemoryUsageRate")),
            ("cpu", None),
            ("cpu_usage_of_a_registry", None),
            ("qps", None),
            ("", None),
        ] {
            assert_eq!(counterpart(source), target, "{source}");
        }
        let mut seen = BTreeSet::new();
        for metric in &TABLE.metrics {
            for name in metric.like.iter().chain([&metric.name]) {
                assert!(seen.insert(plain(name)), "`{name}` is there twice");
            }
        }
        for rule in &TABLE.baseline {
            assert_eq!(counterpart(&rule.metric), Some(rule.metric.as_str()));
            assert!(rule.above.is_some() != rule.above_per_unit.is_some());
        }
    }
}
