//! Gateway parameters and options: the same settings in a newer and in an older form.

use serde_json::{Map, Value, json};

use super::reply::{Refusal, Reply, data};
use super::request::Request;
use crate::scenario::{self, Tracing};
use crate::state::{Gateway, State, build, parameters};
use crate::times;

pub(crate) fn config(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let mut row = gateway.parameters.clone();
    row.retain(|name, _| !parameters::OPTION_ONLY.contains(&name.as_str()));
    row.insert("GatewayUniqueId".to_owned(), gateway.spec.id.as_str().into());
    row.insert("SupportWaf".to_owned(), true.into());
    row.insert("NoSupportedConfigList".to_owned(), "".into());
    row.insert("SlsConfigDetails".to_owned(), sls(gateway));
    row.insert("XtraceDetails".to_owned(), xtrace(gateway));
    data(Value::Object(row))
}

fn sls(gateway: &Gateway) -> Value {
    let mut row = stamped(gateway);
    let log = gateway.spec.log.as_ref();
    row.insert("LogOn".to_owned(), log.is_some().into());
    row.insert("NginxCompatible".to_owned(), log.is_some_and(|log| log.nginx_compatible).into());
    if let Some(log) = log {
        row.insert("ProjectName".to_owned(), log.project.as_str().into());
        row.insert("LogStoreName".to_owned(), log.store.as_str().into());
    }
    Value::Object(row)
}

fn xtrace(gateway: &Gateway) -> Value {
    let mut row = stamped(gateway);
    let tracing = gateway.spec.tracing.as_ref();
    row.insert("TraceOn".to_owned(), tracing.is_some().into());
    row.insert("Sample".to_owned(), tracing.map_or(0, |tracing| tracing.sample).into());
    if let Some(tracing) = tracing {
        row.insert("TraceType".to_owned(), json!(tracing.kind));
        if let Some(id) = collector(gateway, tracing) {
            row.insert("ServiceId".to_owned(), id.into());
            row.insert("ServicePort".to_owned(), tracing.port.to_string().into());
        }
    }
    Value::Object(row)
}

fn stamped(gateway: &Gateway) -> Map<String, Value> {
    Map::from_iter([
        ("GatewayId".to_owned(), gateway.id.into()),
        ("GatewayUniqueId".to_owned(), gateway.spec.id.as_str().into()),
        ("GmtCreate".to_owned(), times::local(gateway.created_ms).into()),
        ("GmtModified".to_owned(), times::local(gateway.created_ms).into()),
        ("Id".to_owned(), gateway.id.into()),
    ])
}

fn collector(gateway: &Gateway, tracing: &Tracing) -> Option<i64> {
    gateway.services.iter().find(|service| service.spec.name == tracing.service).map(|service| service.id)
}

pub(crate) fn option(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let mut trace = Map::new();
    let tracing = gateway.spec.tracing.as_ref();
    trace.insert("TraceEnabled".to_owned(), tracing.is_some().into());
    trace.insert("Sample".to_owned(), tracing.map_or(0, |tracing| tracing.sample).into());
    if let Some(tracing) = tracing {
        trace.insert("TraceType".to_owned(), json!(tracing.kind));
        if let Some(id) = collector(gateway, tracing) {
            trace.insert("ServiceId".to_owned(), id.into());
            trace.insert("ServicePort".to_owned(), tracing.port.to_string().into());
        }
    }
    data(json!({
        "DisableHttp2Alpn": gateway.parameters.get("DisableHttp2Alpn"),
        "EnableHardwareAcceleration": gateway.parameters.get("EnableHardwareAccelerate"),
        "EnableWaf": gateway.parameters.get("EnableWaf"),
        "LogConfigDetails": log_details(&gateway.spec),
        "TraceDetails": trace,
    }))
}

/// Log settings in the older form.
pub(crate) fn log_details(spec: &scenario::Gateway) -> Value {
    match &spec.log {
        Some(log) => json!({ "LogEnabled": true, "ProjectName": log.project, "LogStoreName": log.store }),
        None => json!({ "LogEnabled": false }),
    }
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway_mut(state)?;
    let name = request.text("ConfigName").unwrap_or_default();
    let text = request.value("ConfigValue").and_then(Value::as_str).unwrap_or_default();
    let value = parameters::parse(name, text).map_err(Refusal::invalid)?;
    build::overlay(&mut gateway.parameters, name, &value);
    request.cloud.touch();
    Ok(Value::Object(Map::new()))
}
