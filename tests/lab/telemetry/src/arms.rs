//! ARMS: alert rules that are kept outside CloudMonitor, in a newer form and in the older one. Each list
//! knows its own form only, so that who looks at one of them misses the other.

use gateshift_lab_kernel::{ACCOUNT, Answer, ApiError, Call, Product};
use serde_json::{Value, json};

use crate::answer::{page, text};

/// In which form a rule is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArmsForm {
    /// Shown by `GetAlertRules`.
    Newer,
    /// Shown by `SearchAlertRules`.
    Older,
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmsRule {
    /// Form.
    pub form: ArmsForm,
    /// Number.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Id of the gateway it watches.
    pub gateway: String,
    /// Metric.
    pub metric: String,
    /// It speaks up above this value.
    pub threshold: f64,
    /// In force.
    pub enabled: bool,
}

/// The ARMS control plane of one account. Its rules are read and not written here.
#[derive(Debug)]
pub struct Arms {
    region: String,
    rules: Vec<ArmsRule>,
}

impl Arms {
    /// With the rules of a region.
    #[must_use]
    pub fn new(region: &str, rules: Vec<ArmsRule>) -> Self {
        Self { region: region.to_owned(), rules }
    }

    fn newer(&self, call: &Call) -> Answer {
        let names: Option<Vec<String>> =
            text(&call.query, "AlertNames").and_then(|list| serde_json::from_str(list).ok());
        let status = text(&call.query, "AlertStatus");
        let rows: Vec<Value> = self
            .of(call, ArmsForm::Newer)
            .filter(|rule| names.as_ref().is_none_or(|names| names.contains(&rule.name)))
            .filter(|rule| status.is_none_or(|wanted| wanted == status_of(rule)))
            .map(|rule| self.newer_row(rule))
            .collect();
        let (shown, page, size) = page(&rows, &call.query, ("Page", "Size"))?;
        Ok(json!({"PageBean": {"AlertRules": shown, "Page": page, "Size": size, "Total": rows.len()}}))
    }

    fn older(&self, call: &Call) -> Answer {
        let title = text(&call.query, "Title");
        let rows: Vec<Value> = self
            .of(call, ArmsForm::Older)
            .filter(|rule| title.is_none_or(|wanted| wanted == rule.name))
            .map(|rule| self.older_row(rule))
            .collect();
        let (shown, page, size) = page(&rows, &call.query, ("CurrentPage", "PageSize"))?;
        Ok(json!({"PageBean": {
            "AlertRules": shown, "PageNumber": page, "PageSize": size, "TotalCount": rows.len(),
        }}))
    }

    fn of<'a>(&'a self, call: &'a Call, form: ArmsForm) -> impl Iterator<Item = &'a ArmsRule> {
        let here = text(&call.query, "RegionId") == Some(self.region.as_str());
        self.rules.iter().filter(move |rule| here && rule.form == form)
    }

    fn newer_row(&self, rule: &ArmsRule) -> Value {
        json!({
            "AlertId": rule.id,
            "AlertName": rule.name,
            "AlertStatus": status_of(rule),
            "AlertType": "PROMETHEUS_MONITORING_ALERT_RULE",
            "PromQL": format!("{}{{gateway_id=\"{}\"}} > {}", rule.metric, rule.gateway, rule.threshold),
            "Duration": "1",
            "Level": "P2",
            "Labels": [{"Name": "gateway", "Value": rule.gateway}],
            "Message": format!("{} of {} is high", rule.metric, rule.gateway),
            "RegionId": self.region,
            "UserId": ACCOUNT,
            "CreatedTime": 1_736_125_200_000_i64,
            "UpdatedTime": 1_736_125_200_000_i64,
        })
    }

    fn older_row(&self, rule: &ArmsRule) -> Value {
        json!({
            "Id": rule.id,
            "Title": rule.name,
            "AlertTitle": rule.name,
            "AlertLevel": "WARN",
            "AlertType": 5,
            "AlertVersion": 1,
            "AlertWays": ["MAIL"],
            "AlertRule": {"Operator": "&", "Rules": [{
                "Aggregates": "AVG", "Alias": rule.metric, "Measure": rule.metric, "NValue": 1,
                "Operator": "CURRENT_GTE", "Value": rule.threshold,
            }]},
            "MetricParam": {"AppId": rule.gateway, "Pid": rule.gateway, "Type": "host"},
            "RegionId": self.region,
            "Status": status_of(rule),
            "TaskStatus": status_of(rule),
            "UserId": ACCOUNT,
            "CreateTime": 1_736_125_200_000_i64,
            "UpdateTime": 1_736_125_200_000_i64,
        })
    }
}

fn status_of(rule: &ArmsRule) -> &'static str {
    if rule.enabled { "RUNNING" } else { "STOPPED" }
}

impl Product for Arms {
    fn name(&self) -> &'static str {
        "arms"
    }

    fn call(&self, call: &Call) -> Answer {
        match call.operation.as_str() {
            "GetAlertRules" => self.newer(call),
            "SearchAlertRules" => self.older(call),
            other => Err(ApiError::new(501, "NotImplemented", format!("the lab does not serve {other}"))),
        }
    }

    fn operations(&self) -> &'static [&'static str] {
        &["GetAlertRules", "SearchAlertRules"]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::call;

    #[test]
    fn each_list_shows_its_own_form_only() {
        let rule = |form, id, name: &str, enabled| ArmsRule {
            form,
            id,
            name: name.to_owned(),
            gateway: "gw-1".to_owned(),
            metric: "qps".to_owned(),
            threshold: 500.0,
            enabled,
        };
        let arms = Arms::new(
            "r",
            vec![
                rule(ArmsForm::Newer, 1, "a", true),
                rule(ArmsForm::Older, 2, "b", true),
                rule(ArmsForm::Newer, 3, "c", false),
            ],
        );
        let ask = |operation: &str, given| arms.call(&call(operation, given)).unwrap()["PageBean"].clone();
        let newer = ask("GetAlertRules", json!({"RegionId": "r", "Page": 1, "Size": 1}));
        assert_eq!((&newer["Total"], &newer["AlertRules"][0]["AlertName"]), (&json!(2), &json!("a")));
        let next = ask("GetAlertRules", json!({"RegionId": "r", "Page": 2, "Size": 1}));
        assert_eq!(next["AlertRules"][0]["AlertStatus"], "STOPPED");
        let older = ask("SearchAlertRules", json!({"RegionId": "r"}));
        assert_eq!((&older["TotalCount"], &older["AlertRules"][0]["Title"]), (&json!(1), &json!("b")));
        assert_eq!(ask("GetAlertRules", json!({"RegionId": "q", "Page": 1, "Size": 10}))["Total"], 0);
        let refused = arms.call(&call("GetAlertRules", json!({"RegionId": "r", "Page": 0, "Size": 10})));
        assert_eq!(refused.unwrap_err().code, "ParameterInvalid");
    }
}
