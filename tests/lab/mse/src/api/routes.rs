//! Reading routes. The type of a route is only in the list, description, timeout
//! and retries only in the detail; `EnableWaf` is a text in one and a boolean in the other; each
//! writes the time of creation in its own form.

use serde_json::{Value, json};

use super::reply::{Refusal, Reply, data};
use super::request::Request;
use super::{page, policy_rows, route_rows};
use crate::state::{Gateway, Route, State};
use crate::times;

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let mut rows: Vec<&Route> =
        gateway.routes.iter().filter(|route| wanted(gateway, route, request)).collect();
    page::sort(request, &mut rows, |route| route.created_ms);
    page::page(request, &rows, |route| {
        let mut row = route_rows::common(gateway, route, request);
        row.insert("Comment".to_owned(), json!({ "Status": "Success" }));
        row.insert("DynamicRoute".to_owned(), false.into());
        row.insert("EnableWaf".to_owned(), route.policies.waf.to_string().into());
        row.insert("GmtCreate".to_owned(), times::iso(route.created_ms).into());
        row.insert("GmtModified".to_owned(), times::local(route.modified_ms).into());
        row.insert("Type".to_owned(), if route.ingress { "Ingress" } else { "Op" }.into());
        Value::Object(row)
    })
}

fn wanted(gateway: &Gateway, route: &Route, request: &Request<'_>) -> bool {
    let content = &route.content;
    let number = |name: &str, fits: &dyn Fn(i64) -> bool| request.filter_integer(name).is_none_or(fits);
    number("GatewayId", &|want| want == gateway.id)
        && number("Status", &|want| want == route.status(request.now_ms))
        && number("RouteOrder", &|want| want == route.order)
        && number("DomainId", &|want| content.domains.contains(&want))
        && number("DefaultServiceId", &|want| {
            content.action.targets().first().is_some_and(|target| target.service == want)
        })
        && request.filter_text("Name").is_none_or(|want| route.name.contains(want))
        && request.filter_text("Path").is_none_or(|want| content.path.value.contains(want))
        && request.filter_text("DomainName").is_none_or(|want| {
            content.domains.iter().filter_map(|id| gateway.domain(*id)).any(|domain| domain.spec.name == want)
        })
}

pub(crate) fn detail(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let id = request.id("RouteId")?;
    let route = gateway.route(id).ok_or_else(|| no_route(id))?;
    let mut row = route_rows::common(gateway, route, request);
    row.insert("AhasStatus".to_owned(), i64::from(route.policies.limited()).into());
    row.insert("Description".to_owned(), route.description.as_str().into());
    row.insert("EnableWaf".to_owned(), route.policies.waf.into());
    row.insert("GmtCreate".to_owned(), times::local(route.created_ms).into());
    row.insert("GmtModified".to_owned(), times::iso(route.modified_ms).into());
    row.insert("Policies".to_owned(), policy_rows::text(route).into());
    row.insert("Retry".to_owned(), route_rows::retry(&route.content));
    row.insert("Timeout".to_owned(), route_rows::timeout(&route.content));
    policy_rows::put(gateway, &route.policies, &mut row);
    data(Value::Object(row))
}

/// A route that does not exist, said with HTTP status 200.
pub(crate) fn no_route(id: i64) -> Refusal {
    Refusal::missing(format!("route {id} does not exist")).quietly()
}

/// Routes that only consumers may use. Here, and only here, the gateway's number is a text.
pub(crate) fn on_auth(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rows = gateway.routes.iter().filter(|route| route.policies.guarded).map(|route| {
        let common = route_rows::common(gateway, route, request);
        let of = |name: &str| common.get(name).cloned().unwrap_or_default();
        let path = &of("RoutePredicates")["PathPredicates"];
        json!({
            "DomainId": of("DomainId"),
            "DomainIdList": of("DomainIdList"),
            "DomainName": of("DomainName"),
            "DomainNameList": of("DomainNameList"),
            "GatewayId": gateway.id.to_string(),
            "GatewayUniqueId": gateway.spec.id,
            "Id": route.id,
            "Name": route.name,
            "RoutePredicates": { "PathPredicates": { "Path": path["Path"], "Type": path["Type"] } },
        })
    });
    data(rows.collect::<Vec<_>>())
}
