//! From the alert rules of a scenario to those that CloudMonitor and ARMS keep. Pure.

use std::collections::BTreeMap;

use gateshift_lab_kernel::ACCOUNT;
use gateshift_lab_mse::Scenario;
use gateshift_lab_mse::scenario::{About, Alert, Keeper};
use gateshift_lab_telemetry::{ArmsForm, ArmsRule, Level, Rule, RuleContent};
use serde_json::{Map, Value};

/// A gateway that nobody migrates.
const ANOTHER: &str = "gw-0000000000another";
/// What stands for every gateway of the account.
const EVERY: &str = "_ALL";

/// The rules that CloudMonitor keeps.
pub(crate) fn of_cms(scenario: &Scenario) -> Vec<Rule> {
    let own = scenario.alerts.iter().filter(|alert| alert.keeper == Keeper::Cms);
    own.map(|alert| rule(alert, &scenario.gateway.id)).collect()
}

fn rule(alert: &Alert, gateway: &str) -> Rule {
    let level = |threshold: f64| Level {
        statistics: alert.statistics.clone(),
        operator: alert.operator.clone(),
        threshold: threshold.to_string(),
        times: alert.times.into(),
    };
    let levels = [("Critical", alert.critical), ("Warn", alert.warn), ("Info", alert.info)];
    let levels: BTreeMap<String, Level> =
        levels.into_iter().filter_map(|(name, value)| Some((name.to_owned(), level(value?)))).collect();
    let resource = [("userId", ACCOUNT), ("instanceId", watched(alert, gateway))];
    let resource: Map<String, Value> =
        resource.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    Rule {
        id: alert.id.clone(),
        enabled: alert.enabled,
        created_ms: 0,
        updated_ms: 0,
        content: RuleContent {
            name: alert.name.clone(),
            namespace: alert.namespace.clone(),
            metric: alert.metric.clone(),
            resources: vec![resource],
            period: alert.period.into(),
            effective: alert.effective.clone(),
            no_data: "KEEP_LAST_STATE".to_owned(),
            silence: alert.silence.into(),
            webhook: alert.webhook.clone(),
            contacts: alert.contacts.clone(),
            levels,
            ..RuleContent::default()
        },
    }
}

/// The rules that ARMS keeps.
pub(crate) fn of_arms(scenario: &Scenario) -> Vec<ArmsRule> {
    let numbered = (5001..).zip(&scenario.alerts);
    numbered
        .filter_map(|(id, alert)| {
            let form = match alert.keeper {
                Keeper::Cms => return None,
                Keeper::Arms => ArmsForm::Newer,
                Keeper::ArmsOlder => ArmsForm::Older,
            };
            Some(ArmsRule {
                form,
                id,
                name: alert.name.clone(),
                gateway: watched(alert, &scenario.gateway.id).to_owned(),
                metric: alert.metric.clone(),
                threshold: alert.critical.or(alert.warn).or(alert.info).unwrap_or_default(),
                enabled: alert.enabled,
            })
        })
        .collect()
}

fn watched<'a>(alert: &Alert, gateway: &'a str) -> &'a str {
    match alert.about {
        About::Gateway => gateway,
        About::Every => EVERY,
        About::Another => ANOTHER,
    }
}
