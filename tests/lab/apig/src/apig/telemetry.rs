//! Tracing and access logs of a gateway: a call reads the one, none writes either. A person sets both in
//! the console, and so does the lab, in his place.

use gateshift_lab_kernel::{Answer, ApiError, Call, LogTarget, Tracing};
use serde_json::{Map, Value, json};

use super::gateway::Gateway;
use super::reply;
use super::state::{Cx, State};

/// Kinds of tracing, in the API's spelling.
const KINDS: [&str; 4] = ["XTRACE", "SKYWALKING", "OPENTELEMETRY", "OTSKYWALKING"];

/// `GetTraceConfig`: the odd one out with an integer `code` and `success`.
pub(crate) fn trace(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?;
    let mut data =
        Map::from_iter([("enable".to_owned(), json!(false)), ("sampleRatio".to_owned(), json!(0))]);
    if let Some(tracing) = &state.gateway(id)?.tracing {
        data.insert("enable".to_owned(), json!(true));
        data.insert("sampleRatio".to_owned(), json!(tracing.sample));
        data.insert("traceType".to_owned(), json!(tracing.kind));
        // The console takes a service of the gateway; until there is one of that name it has none.
        let service =
            state.services.iter().find(|(_, one)| one.gateway_id == id && one.name == tracing.service);
        if let Some((service, _)) = service {
            data.insert("serviceId".to_owned(), json!(service));
            data.insert("servicePort".to_owned(), json!(tracing.port.to_string()));
        }
    }
    Ok(json!({"code": 200, "message": "success", "success": true, "data": data}))
}

/// What a new gateway begins with, and what the person there may be does at once.
pub(crate) fn begin(cx: &Cx<'_>, state: &mut State, id: &str) {
    let Some(gateway) = state.gateways.get_mut(id) else { return };
    let person = cx.cloud.person.lock().clone().unwrap_or_default();
    gateway.tracing = person.tracing;
    let region = cx.cloud.network.lock().region.clone();
    let own = gateway.sls_enabled.then(|| LogTarget::own(&region));
    cx.cloud.deliveries.lock().switch(id, person.logs.or(own), cx.now);
}

/// The console's page of tracing.
pub(crate) fn set_tracing(state: &mut State, id: &str, tracing: Option<Tracing>) -> Result<(), ApiError> {
    state.gateway(id)?;
    if let Some(tracing) = &tracing {
        if !KINDS.contains(&tracing.kind.as_str()) {
            let known = KINDS.join(", ");
            return Err(reply::bad("kind", format!("`{}` is not one of {known}", tracing.kind)));
        }
        if tracing.sample > 100 {
            return Err(reply::bad("sample", "it is a percentage"));
        }
        let known =
            |(_, one): (&str, &super::service::Service)| one.gateway_id == id && one.name == tracing.service;
        if !tracing.service.is_empty() && !state.services.iter().any(known) {
            return Err(reply::bad("service", format!("the gateway has no service `{}`", tracing.service)));
        }
    }
    if let Some(gateway) = state.gateways.get_mut(id) {
        gateway.tracing = tracing;
    }
    Ok(())
}

/// The console's page of access logs.
pub(crate) fn set_logs(
    cx: &Cx<'_>,
    state: &mut State,
    id: &str,
    to: Option<LogTarget>,
) -> Result<(), ApiError> {
    state.gateway(id)?;
    let mut deliveries = cx.cloud.deliveries.lock();
    // The console offers the projects there are.
    if let Some(to) = &to
        && !deliveries.iter().any(|one| one.to.project == to.project)
    {
        return Err(reply::bad("project", format!("the account has no log project `{}`", to.project)));
    }
    deliveries.switch(id, to, cx.now);
    Ok(())
}

/// Tracing as a content that two accounts can be compared by.
pub(crate) fn content(gateway: &Gateway) -> Value {
    gateway.tracing.as_ref().map_or(
        Value::Null,
        |one| json!({"kind": one.kind, "sample": one.sample, "service": one.service, "port": one.port}),
    )
}
