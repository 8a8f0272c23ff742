//! The calls this step makes, as thin as they can be.

use gateshift_sdk::api::{CallFailure, CallKind, CallReply, CallRequest, Host};
use gateshift_sdk::call::{Call, roa, rpc};
use gateshift_sdk::list::whole;
use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::sealed;
use serde_json::{Value, json};

use crate::alert::Parameters;
use crate::manifest::{ALERTS, ARMS, LOGS, TARGET};
use crate::metrics::TABLE;

/// What the host says when the step was given no connection of a role.
const NO_CONNECTION: &str = "GS-NO-CONNECTION";

/// Sends a request. Some products refuse with status 200 and `Success: false`.
async fn send(host: &dyn Host, request: CallRequest) -> Result<Value, CallFailure> {
    let (connection, action) = (request.connection.clone(), request.action.clone());
    let CallReply { status, request_id, body } = host.call(request).await?;
    if body["Success"] != false && body["success"] != false {
        return Ok(body);
    }
    let text = |names: [&str; 2]| {
        let found = names.into_iter().map(|name| &body[name]).find(|value| !value.is_null());
        found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
    };
    let (code, message) = (text(["Code", "code"]), text(["Message", "message"]));
    Err(CallFailure::Refused { connection, action, status, code, message, request_id })
}

/// Every parameter of the gateway, with its definition.
pub(crate) async fn features(host: &dyn Host, gateway: &str) -> Result<Vec<Value>, StepError> {
    let path = ["v1", "gateways", gateway, "gateway-features"];
    let call = roa(TARGET, "ListGatewayFeatures", CallKind::Read, "GET", &path);
    let body = send(host, call.build()).await?;
    Ok(body["data"]["items"].as_array().cloned().unwrap_or_default())
}

/// Sets a parameter of the gateway.
pub(crate) async fn update_feature(
    host: &dyn Host,
    key: &OperationKey,
    gateway: &str,
    name: &str,
    value: &str,
) -> Result<(), CallFailure> {
    let path = ["v1", "gateways", gateway, "gateway-features", name];
    let call = roa(TARGET, "UpdateGatewayFeature", CallKind::IdempotentWrite, "PUT", &path)
        .body(json!({"value": value}))
        .operation(key)
        .serial(format!("gateway:{gateway}"));
    send(host, call.build()).await.map(|_| ())
}

/// Tracing of the gateway as it is.
pub(crate) async fn trace_config(host: &dyn Host, gateway: &str) -> Result<Value, StepError> {
    let call = roa(TARGET, "GetTraceConfig", CallKind::Read, "GET", &["v1", "gateways", gateway, "trace"]);
    Ok(send(host, call.build()).await?["data"].clone())
}

/// Every alert rule of the account, or the one of an id; `None` without a connection to them. Secrets in
/// the rules are sealed.
pub(crate) async fn rules(host: &dyn Host, id: Option<&str>) -> Result<Option<Vec<Value>>, StepError> {
    let call = |page: u64| {
        rpc(ALERTS, "DescribeMetricRuleList", CallKind::Read)
            .query("Page", page)
            .query("PageSize", 100)
            .maybe("RuleIds", id)
    };
    let Some(mut rules) = unless_absent(whole(host, call, "/Alarms/Alarm", "/Total").await)? else {
        return Ok(None);
    };
    for rule in &mut rules {
        // The address of a webhook carries the right to post to it.
        if let Some(address) = rule["Webhook"].as_str().filter(|address| !address.is_empty()) {
            rule["Webhook"] = host.seal(address)?.as_str().into();
        }
    }
    Ok(Some(rules))
}

/// The metrics of the target's namespace.
pub(crate) async fn metrics(host: &dyn Host) -> Result<Vec<Value>, StepError> {
    let call = |page: u64| {
        rpc(ALERTS, "DescribeMetricMetaList", CallKind::Read)
            .query("Namespace", &TABLE.namespace)
            .query("PageNumber", page)
            .query("PageSize", 100)
    };
    whole(host, call, "/Resources/Resource", "/TotalCount").await
}

/// Every rule of the second place, old form and new; `None` without a connection to it.
pub(crate) async fn other_rules(host: &dyn Host, region: &str) -> Result<Option<Vec<Value>>, StepError> {
    let newer = |page: u64| {
        rpc(ARMS, "GetAlertRules", CallKind::Read)
            .query("RegionId", region)
            .query("Page", page)
            .query("Size", 100)
    };
    let older = |page: u64| {
        rpc(ARMS, "SearchAlertRules", CallKind::Read)
            .query("RegionId", region)
            .query("CurrentPage", page)
            .query("PageSize", 100)
    };
    let Some(mut rules) = unless_absent(whole(host, newer, "/PageBean/AlertRules", "/PageBean/Total").await)?
    else {
        return Ok(None);
    };
    rules.extend(whole(host, older, "/PageBean/AlertRules", "/PageBean/TotalCount").await?);
    Ok(Some(rules))
}

fn unless_absent<T>(read: Result<T, StepError>) -> Result<Option<T>, StepError> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code == NO_CONNECTION => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a rule. A rule of that id would be overwritten: look before.
pub(crate) async fn put_rule(
    host: &dyn Host,
    key: &OperationKey,
    parameters: &Parameters,
) -> Result<(), CallFailure> {
    let mut call = rpc(ALERTS, "PutResourceMetricRule", CallKind::Write);
    for (name, value) in parameters {
        let opened = sealed::open(host, &Value::String(value.clone()))?;
        call = call.query(name, opened.as_str().unwrap_or_default());
    }
    write(host, key, call).await
}

/// Puts a rule out of force.
pub(crate) async fn disable_rule(host: &dyn Host, key: &OperationKey, id: &str) -> Result<(), CallFailure> {
    let call = rpc(ALERTS, "DisableMetricRules", CallKind::IdempotentWrite).query("RuleId.1", id);
    write(host, key, call).await
}

/// Deletes a rule.
pub(crate) async fn delete_rule(host: &dyn Host, key: &OperationKey, id: &str) -> Result<(), CallFailure> {
    let call = rpc(ALERTS, "DeleteMetricRules", CallKind::IdempotentWrite).query("Id.1", id);
    write(host, key, call).await
}

async fn write(host: &dyn Host, key: &OperationKey, call: Call) -> Result<(), CallFailure> {
    send(host, call.operation(key).build()).await.map(|_| ())
}

/// Where the connection to the logs looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Project {
    /// The step was given no such connection.
    NoConnection,
    /// It is not there yet; the answer in words.
    Missing(String),
    /// Its name.
    Named(String),
}

/// The project of the connection to the logs.
pub(crate) async fn project(host: &dyn Host) -> Result<Project, StepError> {
    let call = roa(LOGS, "GetProject", CallKind::Read, "GET", &[]);
    match host.call(call.build()).await {
        Ok(reply) => Ok(Project::Named(reply.body["projectName"].as_str().unwrap_or_default().to_owned())),
        Err(CallFailure::Host(error)) if error.code == NO_CONNECTION => Ok(Project::NoConnection),
        Err(failure) if failure.code() == Some("ProjectNotExist") => {
            Ok(Project::Missing(failure.to_string()))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// What a search in a logstore gave.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Search {
    /// There is no such store.
    NoStore,
    /// The records found so far.
    Records(Vec<Value>),
}

/// Searches a logstore for a word between two times, in seconds.
pub(crate) async fn search(
    host: &dyn Host,
    store: &str,
    word: &str,
    (from, to): (i64, i64),
) -> Result<Search, StepError> {
    let call = roa(LOGS, "GetLogsV2", CallKind::Read, "POST", &["logstores", store, "logs"])
        .body(json!({"from": from, "to": to, "query": word, "line": 10, "offset": 0}));
    match host.call(call.build()).await {
        Ok(reply) => Ok(Search::Records(reply.body["data"].as_array().cloned().unwrap_or_default())),
        Err(failure) if failure.code() == Some("LogStoreNotExist") => Ok(Search::NoStore),
        // A store that was just made has no index for some seconds.
        Err(failure) if failure.code() == Some("IndexConfigNotExist") => Ok(Search::Records(Vec::new())),
        Err(failure) => Err(failure.into()),
    }
}
