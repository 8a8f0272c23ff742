//! Black and white lists: the list whose page holds one row unless asked otherwise, and its
//! older form that shows a single entry.

use serde_json::{Value, json};

use super::page;
use super::reply::{Refusal, Reply, data, nothing};
use super::request::Request;
use crate::state::{Gateway, IpList, State};
use crate::times;

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let mut rows: Vec<&IpList> = gateway.ip_lists.iter().filter(|list| wanted(list, request)).collect();
    page::sort(request, &mut rows, |list| list.created_ms);
    page::page_of_one(request, &rows, |list| {
        let mut row = common(gateway, list);
        row["Name"] = list.name.as_str().into();
        row["Note"] = list.note.as_str().into();
        row["ResourceIdJsonList"] = list.resource_ids.as_str().into();
        row["ResourceIdNameJson"] = names(gateway, list).into();
        row["Status"] = list.status.as_str().into();
        row
    })
}

/// Names of the routes meant, by id.
fn names(gateway: &Gateway, list: &IpList) -> String {
    let ids: Vec<Value> = serde_json::from_str(&list.resource_ids).unwrap_or_default();
    let routes = ids.iter().filter_map(Value::as_i64).filter_map(|id| gateway.route(id));
    Value::Object(routes.map(|route| (route.id.to_string(), route.name.as_str().into())).collect())
        .to_string()
}

fn wanted(list: &IpList, request: &Request<'_>) -> bool {
    let searched = match request.filter_text("SearchType") {
        Some("IP") => &list.content,
        _ => &list.resource_ids,
    };
    request.filter_flag("IsWhite").is_none_or(|want| want == list.is_white)
        && request.filter_text("ResourceType").is_none_or(|want| want == list.resource_type)
        && request.filter_text("Type").is_none_or(|want| want == list.kind)
        && request.filter_text("SearchContent").is_none_or(|want| searched.contains(want))
}

fn common(gateway: &Gateway, list: &IpList) -> Value {
    json!({
        "Content": list.content,
        "GatewayId": gateway.id,
        "GatewayUniqueId": gateway.spec.id,
        "GmtCreate": times::iso(list.created_ms),
        "GmtModified": times::iso(list.created_ms),
        "Id": list.id,
        "IsWhite": list.is_white,
        "ResourceType": list.resource_type,
        "Type": list.kind,
    })
}

pub(crate) fn get(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let found = gateway.ip_lists.iter().find(|list| {
        request.flag("IsWhite").is_none_or(|want| want == list.is_white)
            && request.text("ResourceType").is_none_or(|want| want == list.resource_type)
            && request.text("Type").is_none_or(|want| want == list.kind)
    });
    match found {
        Some(list) => {
            let mut row = common(gateway, list);
            row["Status"] = list.status.as_str().into();
            data(row)
        }
        None => nothing(),
    }
}

pub(crate) fn add(state: &mut State, request: &Request<'_>) -> Reply {
    let id = state.take_id();
    let gateway = request.gateway_mut(state)?;
    let name = request.text("Name").unwrap_or_default();
    let content = request.text("Content").ok_or_else(|| Refusal::invalid("Content is missing"))?;
    let resource_type = request.text("ResourceType").unwrap_or("GATEWAY");
    if !matches!(resource_type, "GATEWAY" | "DOMAIN" | "ROUTE") {
        return Err(Refusal::invalid("ResourceType must be GATEWAY, DOMAIN or ROUTE"));
    }
    let status = request.text("Status").unwrap_or("on");
    if !matches!(status, "on" | "off") {
        return Err(Refusal::invalid("Status must be on or off"));
    }
    if !name.is_empty() && gateway.ip_lists.iter().any(|list| list.name == name) {
        return Err(Refusal::illegal(format!("a list named {name} already exists")).quietly());
    }
    gateway.ip_lists.push(IpList {
        id,
        name: name.to_owned(),
        note: request.text("Note").unwrap_or_default().to_owned(),
        is_white: request.flag("IsWhite").unwrap_or(false),
        content: content.to_owned(),
        resource_type: resource_type.to_owned(),
        resource_ids: request.text("ResourceIdJsonList").unwrap_or("[]").to_owned(),
        kind: request.text("Type").unwrap_or("IP").to_owned(),
        status: status.to_owned(),
        created_ms: request.now_ms,
    });
    request.cloud.touch();
    data(id)
}

/// Changes what the call names of a list.
pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Reply {
    let id = request.id("Id")?;
    let gateway = request.gateway_mut(state)?;
    let list = gateway
        .ip_lists
        .iter_mut()
        .find(|list| list.id == id)
        .ok_or_else(|| Refusal::missing(format!("list {id} does not exist")).quietly())?;
    if let Some(status) = request.text("Status") {
        if !matches!(status, "on" | "off") {
            return Err(Refusal::invalid("Status must be on or off"));
        }
        status.clone_into(&mut list.status);
    }
    let texts = [
        ("Name", &mut list.name),
        ("Note", &mut list.note),
        ("Content", &mut list.content),
        ("ResourceIdJsonList", &mut list.resource_ids),
    ];
    for (name, field) in texts {
        if let Some(text) = request.text(name) {
            text.clone_into(field);
        }
    }
    if let Some(white) = request.flag("IsWhite") {
        list.is_white = white;
    }
    request.cloud.touch();
    data(id)
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Reply {
    let id = request.id("Id")?;
    let gateway = request.gateway_mut(state)?;
    let at = gateway
        .ip_lists
        .iter()
        .position(|list| list.id == id)
        .ok_or_else(|| Refusal::missing(format!("list {id} does not exist")).quietly())?;
    let list = gateway.ip_lists.remove(at);
    request.cloud.touch();
    let mut row = common(gateway, &list);
    row["Status"] = (list.status == "on").into();
    data(row)
}
