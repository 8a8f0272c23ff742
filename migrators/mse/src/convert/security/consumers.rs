//! Consumers: keys from the detail, grants from the pages of grants and from the detail, whichever
//! shows more.

use gateshift_gateway_model::{Consumer, Grant, TokenPlace};
use gateshift_sdk::model::Finding;
use serde_json::Value;

use super::{sealed, switch, switch_or_off, text};
use crate::convert::unclear;
use crate::fetch::id_text;

/// A consumer from its detail and its pages of grants.
pub(crate) fn consumer<'a>(
    detail: &'a Value,
    pages: impl Iterator<Item = &'a Value>,
    findings: &mut Vec<Finding>,
) -> Option<Consumer> {
    let object = format!("consumers/{}", detail["Name"].as_str().unwrap_or("?"));
    convert(detail, pages).map_err(|message| findings.push(unclear(&object, message))).ok()
}

fn convert<'a>(detail: &'a Value, pages: impl Iterator<Item = &'a Value>) -> Result<Consumer, String> {
    let kind = text(detail, "Type");
    if !matches!(kind.as_str(), "" | "JWT") {
        return Err(format!("type `{kind}` is not known"));
    }
    let symmetric = match detail["EncodeType"].as_str().unwrap_or_default() {
        "OCT" => true,
        "RSA" => false,
        other => return Err(format!("key type `{other}` is not known")),
    };
    let mut grants: Vec<Grant> = Vec::new();
    for item in pages.chain(detail["ResourceList"].as_array().into_iter().flatten()) {
        let one = grant(item)?;
        match grants.iter().find(|other| other.route == one.route) {
            Some(other) if other.enabled != one.enabled => {
                return Err(format!("its grant on route `{}` is both on and off", one.name));
            }
            Some(_) => {}
            None => grants.push(one),
        }
    }
    Ok(Consumer {
        id: id_text(&detail["Id"]),
        name: detail["Name"].as_str().filter(|name| !name.is_empty()).ok_or("it has no name")?.to_owned(),
        description: text(detail, "Description"),
        enabled: switch(&detail["ConsumerStatus"])
            .ok_or_else(|| format!("status {} is not known", detail["ConsumerStatus"]))?,
        symmetric,
        jwks: sealed(detail, "Jwks").ok_or("its key set is empty or masked")?,
        claim: text(detail, "KeyName"),
        claim_value: text(detail, "KeyValue"),
        token: TokenPlace {
            position: text(detail, "TokenPosition"),
            name: text(detail, "TokenName"),
            prefix: text(detail, "TokenPrefix"),
            pass: switch_or_off(detail, "TokenPass")?,
        },
        grants,
    })
}

fn grant(item: &Value) -> Result<Grant, String> {
    let name = text(item, "RouteName");
    if item["RouteId"].is_null() {
        return Err(format!("its grant on route `{name}` names no route id"));
    }
    let enabled = switch(&item["ResourceStatus"]).ok_or_else(|| {
        format!("status {} of its grant on route `{name}` is not known", item["ResourceStatus"])
    })?;
    Ok(Grant { route: id_text(&item["RouteId"]), name, enabled })
}

/// The id of a route that asks for a consumer.
pub(crate) fn guarded_route(item: &Value, findings: &mut Vec<Finding>) -> Option<String> {
    if item["Id"].is_null() {
        let object = format!("routes/{}", item["Name"].as_str().unwrap_or("?"));
        findings.push(unclear(object, "it asks for a consumer and has no id"));
        return None;
    }
    Some(id_text(&item["Id"]))
}
