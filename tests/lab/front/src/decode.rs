//! From a verified request to the operation it asks for and its typed parameters. Pure: the
//! contract decides everything here.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use gateshift_lab_kernel::{ApiError, Call};
use serde_json::{Map, Value};

use crate::contract::{Contract, Fault, Nulls, Operation, Problem, Required, Style, check_fields, typed};
use crate::wire::{Wire, decode_segment, pairs};

/// What travels beside the parameters of an RPC operation.
const RPC_COMMON: [&str; 12] = [
    "Action",
    "Version",
    "Format",
    "Timestamp",
    "SignatureNonce",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureType",
    "AccessKeyId",
    "Signature",
    "SecurityToken",
    "BearerToken",
];

/// The operation that a request asks for.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its contract.
    pub(crate) operation: &'a Operation,
    /// Values of the names in its path, decoded.
    pub(crate) path: BTreeMap<String, String>,
}

/// Finds the operation by action (RPC) or by method and path (ROA).
///
/// # Errors
/// When there is none, or the version is not the contract's.
pub(crate) fn find<'a>(contract: &'a Contract, wire: &Wire) -> Result<Found<'a>, ApiError> {
    let found = match contract.style {
        Style::Rpc => find_rpc(contract, wire)?,
        Style::Roa => find_roa(contract, wire)?,
    };
    let version = beside(wire, contract.style, "Version").or_else(|| wire.header("x-acs-version"));
    if let Some(version) = version.filter(|version| *version != contract.version) {
        let message =
            format!("Specified parameter Version is not valid: {version}, it is {}.", contract.version);
        return Err(ApiError::new(400, "InvalidVersion", message));
    }
    Ok(found)
}

fn not_found(asked: &str) -> ApiError {
    let message = format!("Specified api is not found, please check your url and method: {asked}");
    ApiError::new(404, "InvalidAction.NotFound", message)
}

/// A common parameter of the query or the form, as older RPC clients send it.
fn beside(wire: &Wire, style: Style, name: &str) -> Option<String> {
    if style == Style::Roa {
        return None;
    }
    let of =
        |list: Vec<(String, String)>| list.into_iter().find(|(sent, _)| sent == name).map(|(_, value)| value);
    of(wire.query_pairs()).or_else(|| if wire.is_form() { of(form(wire)) } else { None })
}

fn form(wire: &Wire) -> Vec<(String, String)> {
    pairs(&String::from_utf8_lossy(&wire.body))
}

fn find_rpc<'a>(contract: &'a Contract, wire: &Wire) -> Result<Found<'a>, ApiError> {
    let action =
        beside(wire, Style::Rpc, "Action").or_else(|| wire.header("x-acs-action")).unwrap_or_default();
    let usual = wire.path == "/" && matches!(wire.method.as_str(), "GET" | "POST");
    let known = contract.operations.get_key_value(&action).filter(|_| usual);
    let (name, operation) =
        known.ok_or_else(|| not_found(&format!("{} {} {action}", wire.method, wire.path)))?;
    Ok(Found { name, operation, path: BTreeMap::new() })
}

fn find_roa<'a>(contract: &'a Contract, wire: &Wire) -> Result<Found<'a>, ApiError> {
    let asked = || not_found(&format!("{} {}", wire.method, wire.path));
    let label = if contract.names_hosts() { first_label(wire) } else { None };
    let action = wire.header("x-acs-action");
    let sent: BTreeMap<String, String> = wire.query_pairs().into_iter().collect();
    let has = |(name, value): (&String, &String)| sent.get(name) == Some(value);
    // Where a fixed path and a template both fit, the fixed one is meant, and the one with a pair of the
    // query of its own. Where two operations are one request, it is the one that the client names.
    let (_, name, operation, mut path) = contract
        .operations
        .iter()
        .filter(|(_, operation)| operation.method == wire.method)
        .filter(|(_, operation)| operation.request.host.is_empty() == label.is_none())
        .filter(|(_, operation)| operation.request.fixed_query.iter().all(has))
        .filter_map(|(name, operation)| {
            let path = fit(&operation.path, &wire.path)?;
            Some((path.len(), name, operation, path))
        })
        .min_by_key(|(names, name, operation, _)| {
            (*names, operation.request.fixed_query.is_empty(), action.as_ref() != Some(*name))
        })
        .ok_or_else(asked)?;
    if let Some(action) = action.filter(|action| action != name) {
        return Err(not_found(&format!(
            "x-acs-action {action}, but {} {} is {name}",
            wire.method, wire.path
        )));
    }
    path.extend(operation.request.host.first().cloned().zip(label));
    Ok(Found { name, operation, path })
}

/// The label that stands before the endpoint in the `host` header; on loopback an address alone has none.
fn first_label(wire: &Wire) -> Option<String> {
    let host = wire.header("host")?;
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    if name.parse::<Ipv4Addr>().is_ok() || name.starts_with('[') {
        return None;
    }
    name.split_once('.').map(|(label, _)| label.to_owned())
}

/// The names of a path template with their values when the path fits it. A slash at the end counts:
/// `/v1/plugins/` is another operation than `/v1/plugins`.
fn fit(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let (due, sent): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    if due.len() != sent.len() {
        return None;
    }
    let mut values = BTreeMap::new();
    for (due, sent) in due.into_iter().zip(sent) {
        match due.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !sent.is_empty() => {
                values.insert(name.to_owned(), decode_segment(sent));
            }
            Some(_) => return None,
            None if due == sent => {}
            None => return None,
        }
    }
    Some(values)
}

/// Types the parameters of a request.
///
/// # Errors
/// With the product's refusal of an unknown, ill-typed or missing parameter.
pub(crate) fn decode(
    contract: &Contract,
    found: Found<'_>,
    wire: &Wire,
    request_id: &str,
) -> Result<Call, ApiError> {
    let problem = |problem: Problem| refusal(contract, &problem);
    let request = &found.operation.request;
    let (query, body) = match contract.style {
        Style::Rpc => {
            // An RPC service takes a parameter from the query or from the form.
            let mut sent = wire.query_pairs();
            if wire.is_form() {
                sent.extend(form(wire));
            } else if !wire.body.is_empty() {
                return Err(ApiError::new(400, "InvalidParameter", "the body has to be a form"));
            }
            let mut fields = request.query.clone();
            fields.extend(request.body.clone());
            (typed(&fields, &sent, &RPC_COMMON).map_err(problem)?, Map::new())
        }
        Style::Roa => {
            let fixed: Vec<&str> = request.fixed_query.keys().map(String::as_str).collect();
            let query = typed(&request.query, &wire.query_pairs(), &fixed).map_err(problem)?;
            let body = json_body(wire).map_err(problem)?;
            check_fields("body", &request.body, &body, Required::Enforced, Nulls::Refused)
                .map_err(problem)?;
            (query, body)
        }
    };
    Ok(Call {
        operation: found.name.to_owned(),
        path: found.path,
        query,
        body,
        request_id: request_id.to_owned(),
    })
}

fn json_body(wire: &Wire) -> Result<Map<String, Value>, Problem> {
    let problem = |fault| Problem { at: "body".to_owned(), fault };
    if wire.body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&wire.body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(problem(Fault::Text("is JSON, but no object".to_owned()))),
        Err(_) => Err(problem(Fault::Text("text is not JSON".to_owned()))),
    }
}

/// A parameter problem in the product's own codes.
fn refusal(contract: &Contract, problem: &Problem) -> ApiError {
    let code = match (contract.product.as_str(), &problem.fault) {
        ("apig", Fault::Missing) => "InvalidParameter.IsEmpty",
        ("apig", Fault::Type { .. } | Fault::Text(_)) => "InvalidParameter.WithValue",
        ("apig", Fault::Unknown) => "InvalidParameter.WithDetail",
        (_, Fault::Missing) => "MissingParameter",
        (_, _) => "InvalidParameter",
    };
    ApiError::new(400, code, format!("parameter {problem}"))
}

#[cfg(test)]
mod tests;
