//! Black and white lists. Addresses come as one text, and what a list applies to as JSON inside a text.

use std::net::IpAddr;

use gateshift_gateway_model::{AccessList, Domain, Level, Route};
use gateshift_sdk::model::Finding;
use serde_json::Value;

use super::{switch, text};
use crate::convert::unclear;
use crate::fetch::id_text;

/// A list, from its item; domains and routes turn the resources it names into names and ids.
pub(crate) fn access_list(
    item: &Value,
    domains: &[Domain],
    routes: &[Route],
    findings: &mut Vec<Finding>,
) -> Option<AccessList> {
    let object = format!("access-lists/{}", label(item));
    let result = convert(item, domains, routes);
    result.map_err(|message| findings.push(unclear(&object, message))).ok()
}

/// The name, or the id of a list without one.
fn label(item: &Value) -> String {
    Some(text(item, "Name")).filter(|name| !name.is_empty()).unwrap_or_else(|| id_text(&item["Id"]))
}

fn convert(item: &Value, domains: &[Domain], routes: &[Route]) -> Result<AccessList, String> {
    let addresses = addresses(item["Content"].as_str().unwrap_or_default());
    if let Some(odd) = addresses.iter().find(|one| !is_network(one)) {
        return Err(format!("`{odd}` is neither an address nor a network in CIDR form"));
    }
    let enabled = switch(&item["Status"]).ok_or_else(|| format!("status {} is not known", item["Status"]))?;
    if addresses.is_empty() && enabled {
        return Err("it is on and holds no address, and what that means is not documented".to_owned());
    }
    let white = item["IsWhite"].as_bool().ok_or("it does not say whether it is black or white")?;
    let kind = text(item, "Type");
    if !matches!(kind.to_ascii_uppercase().as_str(), "" | "IP") {
        return Err(format!("type `{kind}` is not known"));
    }
    Ok(AccessList {
        id: id_text(&item["Id"]),
        name: label(item),
        note: text(item, "Note"),
        white,
        level: level(item, domains, routes)?,
        addresses,
        enabled,
        kind,
    })
}

/// Addresses are separated by commas, line ends or blanks; all occur.
fn addresses(content: &str) -> Vec<String> {
    content
        .split(|letter: char| matches!(letter, ',' | ';' | '，' | '；') || letter.is_whitespace())
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_network(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').unwrap_or((text, "0"));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest)
}

fn level(item: &Value, domains: &[Domain], routes: &[Route]) -> Result<Level, String> {
    match text(item, "ResourceType").to_ascii_uppercase().as_str() {
        "GATEWAY" => Ok(Level::Gateway),
        "DOMAIN" => {
            let name = |one: &String| {
                let found = domains
                    .iter()
                    .find(|domain| domain.name.eq_ignore_ascii_case(one))
                    .or_else(|| domains.iter().find(|domain| domain.id == *one));
                found
                    .map(|domain| domain.name.clone())
                    .ok_or_else(|| format!("it names a domain `{one}` that is not there"))
            };
            Ok(Level::Domains { names: resources(item)?.iter().map(name).collect::<Result<_, _>>()? })
        }
        "ROUTE" => {
            let id = |one: &String| {
                let found = routes
                    .iter()
                    .find(|route| route.id == *one)
                    .or_else(|| routes.iter().find(|route| route.name == *one));
                found
                    .map(|route| route.id.clone())
                    .ok_or_else(|| format!("it names a route `{one}` that is not there"))
            };
            Ok(Level::Routes { ids: resources(item)?.iter().map(id).collect::<Result<_, _>>()? })
        }
        other => Err(format!("level `{other}` is not known")),
    }
}

/// What it applies to: ids or names, numbers or texts, in JSON or plainly separated.
fn resources(item: &Value) -> Result<Vec<String>, String> {
    let listed = match &item["ResourceIdJsonList"] {
        Value::String(text) if !text.trim().is_empty() => {
            serde_json::from_str::<Value>(text).unwrap_or_else(|_| addresses(text).into())
        }
        Value::String(_) | Value::Null => Value::Null,
        other => other.clone(),
    };
    let mut found: Vec<String> = match &listed {
        Value::Array(items) => items.iter().map(id_text).collect(),
        Value::Null => Vec::new(),
        Value::Object(_) => return Err(format!("what it applies to is in an unknown form: {listed}")),
        one => vec![id_text(one)],
    };
    if found.is_empty() {
        let single = &item["ResourceId"];
        found.extend(single.as_i64().filter(|id| *id > 0).map(|id| id.to_string()));
    }
    if found.is_empty() {
        return Err("it names nothing that it applies to".to_owned());
    }
    Ok(found)
}
