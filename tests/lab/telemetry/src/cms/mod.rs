//! CloudMonitor: metrics of both gateways, alert rules about them, and the groups of people they tell.

mod alarm;
mod contacts;
mod data;
mod metrics;
mod rule;
mod rule_list;
mod rule_write;

use std::sync::Arc;

use gateshift_lab_kernel::{Answer, ApiError, Call, Cloud, Product, Shared};
use serde_json::{Value, json};

pub use rule::{Level, Rule, RuleContent};

use crate::Observed;

/// CloudMonitor of one account.
pub struct Cms {
    cloud: Arc<Cloud>,
    observed: Arc<dyn Observed>,
    state: Shared<State>,
}

/// What the account keeps there.
#[derive(Debug, Default)]
struct State {
    /// In the order in which they were made.
    rules: Vec<Rule>,
    /// Names of contact groups.
    groups: Vec<String>,
}

impl Cms {
    /// An account with these rules; their contact groups exist.
    #[must_use]
    pub fn new(cloud: Arc<Cloud>, observed: Arc<dyn Observed>, rules: Vec<Rule>) -> Self {
        let mut groups = vec![contacts::USUAL.to_owned()];
        for group in rules.iter().flat_map(|rule| &rule.content.contacts) {
            if !groups.contains(group) {
                groups.push(group.clone());
            }
        }
        Self { cloud, observed, state: Shared::new(State { rules, groups }) }
    }

    /// The rules by content, without ids and times, so that two accounts can be compared.
    #[must_use]
    pub fn export(&self) -> Vec<Value> {
        let mut rules: Vec<Value> = self.state.lock().rules.iter().map(Rule::exported).collect();
        rules.sort_by_cached_key(Value::to_string);
        rules
    }
}

impl Product for Cms {
    fn name(&self) -> &'static str {
        "cms"
    }

    fn call(&self, call: &Call) -> Answer {
        match call.operation.as_str() {
            "DescribeMetricRuleList" => rule_list::list(self, call),
            "DescribeMetricRuleCount" => rule_list::count(self, call),
            "PutResourceMetricRule" => rule_write::put(self, call),
            "EnableMetricRules" => rule_write::switch(self, call, true),
            "DisableMetricRules" => rule_write::switch(self, call, false),
            "DeleteMetricRules" => rule_write::delete(self, call),
            "DescribeMetricMetaList" => metrics::list(call),
            "DescribeProjectMeta" => metrics::projects(call),
            "DescribeMetricList" => data::list(self, call, false),
            "DescribeMetricLast" => data::list(self, call, true),
            "DescribeContactGroupList" => contacts::list(self, call),
            other => Err(ApiError::new(501, "NotImplemented", format!("the lab does not serve {other}"))),
        }
    }

    fn operations(&self) -> &'static [&'static str] {
        &[
            "DescribeMetricRuleList",
            "DescribeMetricRuleCount",
            "PutResourceMetricRule",
            "EnableMetricRules",
            "DisableMetricRules",
            "DeleteMetricRules",
            "DescribeMetricMetaList",
            "DescribeProjectMeta",
            "DescribeMetricList",
            "DescribeMetricLast",
            "DescribeContactGroupList",
        ]
    }
}

/// An accepted write: the code is text here, and a number in lists of rules.
fn done() -> Value {
    json!({"Code": "200", "Success": true, "Message": "success"})
}
