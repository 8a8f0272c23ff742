//! Consumers. Their pages are asked for in text, and only the detail has the keys.

use gateshift_lab_kernel::ACCOUNT;
use serde_json::{Map, Value, json};

use super::page;
use super::reply::{Refusal, Reply, data};
use super::request::Request;
use crate::scenario::Algorithm;
use crate::state::{Consumer, Gateway, Grant, State};
use crate::times;

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rows: Vec<&Consumer> = gateway
        .consumers
        .iter()
        .filter(|consumer| {
            request.text("Name").is_none_or(|want| consumer.spec.name.contains(want))
                && request.text("Type").is_none_or(|want| want == "JWT")
                && request.flag("ConsumerStatus").is_none_or(|want| want == consumer.spec.enabled)
        })
        .collect();
    page::page_by_text(request, &rows, |consumer| Value::Object(common(gateway, consumer)))
}

fn common(gateway: &Gateway, consumer: &Consumer) -> Map<String, Value> {
    let spec = &consumer.spec;
    Map::from_iter([
        ("ConsumerStatus".to_owned(), spec.enabled.into()),
        ("Description".to_owned(), spec.description.as_str().into()),
        ("GatewayUniqueId".to_owned(), gateway.spec.id.as_str().into()),
        ("GmtCreate".to_owned(), times::local(consumer.created_ms).into()),
        ("GmtModified".to_owned(), times::local(consumer.created_ms).into()),
        ("Id".to_owned(), consumer.id.into()),
        ("Name".to_owned(), spec.name.as_str().into()),
        ("PrimaryUser".to_owned(), ACCOUNT.into()),
        ("Type".to_owned(), "JWT".into()),
    ])
}

pub(crate) fn detail(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let consumer = find(gateway, request.id("Id")?)?;
    let spec = &consumer.spec;
    let mut row = common(gateway, consumer);
    let encoding = match spec.algorithm {
        Algorithm::Oct => "OCT",
        Algorithm::Rsa => "RSA",
    };
    let grants: Vec<Value> = consumer.grants.iter().map(|of| grant(gateway, consumer, *of)).collect();
    row.extend([
        ("EncodeType".to_owned(), encoding.into()),
        ("Jwks".to_owned(), spec.jwks.as_str().into()),
        ("KeyName".to_owned(), spec.claim.as_str().into()),
        ("KeyValue".to_owned(), spec.value.as_str().into()),
        ("ResourceList".to_owned(), grants.into()),
        ("TokenName".to_owned(), spec.token.header.as_str().into()),
        ("TokenPass".to_owned(), spec.token.pass.into()),
        ("TokenPosition".to_owned(), "HEADER".into()),
        ("TokenPrefix".to_owned(), spec.token.prefix.as_str().into()),
    ]);
    data(Value::Object(row))
}

pub(crate) fn resources(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let consumer = find(gateway, request.id("ConsumerId")?)?;
    let rows: Vec<Value> = consumer
        .grants
        .iter()
        .filter(|of| request.flag("ResourceStatus").is_none_or(|want| want == of.on))
        .map(|of| grant(gateway, consumer, *of))
        .filter(|row| {
            let name = row["RouteName"].as_str().unwrap_or_default();
            request.text("RouteName").is_none_or(|want| name.contains(want))
        })
        .collect();
    page::page_by_text(request, &rows, Value::clone)
}

fn find(gateway: &Gateway, id: i64) -> Result<&Consumer, Refusal> {
    gateway
        .consumers
        .iter()
        .find(|consumer| consumer.id == id)
        .ok_or_else(|| Refusal::missing(format!("consumer {id} does not exist")).quietly())
}

fn grant(gateway: &Gateway, consumer: &Consumer, of: Grant) -> Value {
    json!({
        "ConsumerId": consumer.id,
        "GatewayUniqueId": gateway.spec.id,
        "GmtCreate": times::local(consumer.created_ms),
        "GmtModified": times::local(consumer.created_ms),
        "Id": of.id,
        "ResourceStatus": of.on,
        "RouteId": of.route,
        "RouteName": gateway.route(of.route).map_or("", |route| route.name.as_str()),
    })
}
