//! Requests of both styles, good and bad, against the real contracts.

use serde_json::json;

use super::*;

fn wire(method: &str, target: &str, action: &str, body: &str) -> Wire {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = vec![("x-acs-version".to_owned(), "2024-03-27".to_owned())];
    if !action.is_empty() {
        headers.push(("x-acs-action".to_owned(), action.to_owned()));
    }
    Wire { method: method.into(), path: path.into(), query: query.into(), headers, body: body.into() }
}

fn roa(method: &str, target: &str, action: &str, body: &str) -> Result<Call, ApiError> {
    let contract = Contract::of("apig").unwrap();
    let wire = wire(method, target, action, body);
    decode(contract, find(contract, &wire)?, &wire, "R")
}

fn rpc(product: &str, target: &str, action: &str, form: Option<&str>) -> Result<Call, ApiError> {
    let contract = Contract::of(product).unwrap();
    let mut wire = wire("POST", target, action, form.unwrap_or_default());
    wire.headers[0].1 = contract.version.clone();
    if form.is_some() {
        wire.headers.push(("content-type".into(), "application/x-www-form-urlencoded; charset=utf-8".into()));
    }
    decode(contract, find(contract, &wire)?, &wire, "R")
}

#[test]
fn every_path_template_leads_to_its_own_operation() {
    let contract = Contract::of("apig").unwrap();
    for (name, operation) in &contract.operations {
        let path: Vec<_> = operation
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "x%2F%20y" } else { part })
            .collect();
        let wire = wire(&operation.method, &path.join("/"), name, "");
        let found = find(contract, &wire).unwrap_or_else(|refusal| panic!("{name}: {}", refusal.message));
        assert_eq!(found.name, name);
        assert_eq!(found.path.len(), operation.path.matches('{').count(), "{name}");
        assert!(found.path.values().all(|value| value == "x/ y"), "{name}: {:?}", found.path);
    }
}

#[test]
fn a_slash_at_the_end_is_another_operation() {
    let list = roa("GET", "/v1/plugins?pageNumber=1", "", "").unwrap();
    assert_eq!((list.operation.as_str(), &list.query["pageNumber"]), ("ListPlugins", &json!(1)));
    let contract = Contract::of("apig").unwrap();
    assert_eq!(find(contract, &wire("POST", "/v1/plugins/", "", "")).unwrap().name, "InstallPlugin");
    assert_eq!(roa("POST", "/v1/plugins", "", "{}").unwrap_err().code, "InvalidAction.NotFound");
    assert_eq!(roa("GET", "/v1/domains/", "", "").unwrap_err().status, 404);
}

#[test]
fn action_and_path_have_to_agree() {
    let refusal = roa("POST", "/v1/domains", "CreateSource", r#"{"name":"a"}"#).unwrap_err();
    assert_eq!(refusal.code, "InvalidAction.NotFound");
    assert!(refusal.message.contains("CreateDomain"), "{}", refusal.message);
}

#[test]
fn query_and_body_are_typed_each_in_its_way() {
    let call = roa(
        "POST",
        "/v1/domains?clientToken=tok&dryRun=True",
        "CreateDomain",
        r#"{"name":"订单","forceHttps":true}"#,
    );
    let call = call.unwrap();
    assert_eq!(Value::Object(call.query), json!({"clientToken": "tok", "dryRun": true}));
    assert_eq!(Value::Object(call.body), json!({"name": "订单", "forceHttps": true}));
    for (target, body, code) in [
        ("/v1/domains", "", "InvalidParameter.IsEmpty"),
        ("/v1/domains", "[]", "InvalidParameter.WithValue"),
        ("/v1/domains", "{", "InvalidParameter.WithValue"),
        ("/v1/domains", r#"{"name":7}"#, "InvalidParameter.WithValue"),
        ("/v1/domains", r#"{"name":"a","colour":1}"#, "InvalidParameter.WithDetail"),
        ("/v1/domains?clienttoken=t", r#"{"name":"a"}"#, "InvalidParameter.WithDetail"),
    ] {
        assert_eq!(roa("POST", target, "", body).unwrap_err().code, code, "{target} {body}");
    }
}

#[test]
fn an_rpc_action_may_stand_in_header_query_or_form() {
    let calls = [
        rpc("mse", "/?GatewayUniqueId=gw-1", "GetGateway", None),
        rpc("mse", "/?Action=GetGateway&Version=2019-05-31&Format=JSON&GatewayUniqueId=gw-1", "", None),
        rpc("mse", "/", "", Some("Action=GetGateway&GatewayUniqueId=gw-1")),
    ];
    for call in calls {
        let call = call.unwrap();
        assert_eq!(
            (call.operation.as_str(), Value::Object(call.query)),
            ("GetGateway", json!({"GatewayUniqueId": "gw-1"}))
        );
    }
    let form = rpc(
        "mse",
        "/?GatewayUniqueId=g&PluginId=1&ConfigLevel=0&Enable=True",
        "CreatePluginConfig",
        Some("Config=a%3A+b"),
    );
    assert_eq!(form.unwrap().query["Config"], json!("a: b"));
}

#[test]
fn rpc_refusals_name_the_parameter() {
    for (target, action, status, code, named) in [
        ("/", "GetGatewayRoute", 404, "InvalidAction.NotFound", "GetGatewayRoute"),
        ("/v1", "GetGateway", 404, "InvalidAction.NotFound", "/v1"),
        ("/?RegionId=r&GatewayUniqueId=g", "GetGateway", 400, "InvalidParameter", "RegionId: unknown"),
        ("/", "ListGatewayDomain", 400, "MissingParameter", "GatewayUniqueId: missing"),
        ("/?PageNumber=x", "ListGateway", 400, "InvalidParameter", "PageNumber: `x` is no integer"),
        ("/?Version=2018-01-01", "ListGateway", 400, "InvalidVersion", "2018-01-01"),
    ] {
        let refusal = rpc("mse", target, action, None).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str()), (status, code), "{}", refusal.message);
        assert!(refusal.message.contains(named), "{}", refusal.message);
    }
}

#[test]
fn the_host_tells_the_project_and_two_operations_may_be_one_request() {
    let contract = Contract::of("sls").unwrap();
    let found = |method: &str, host: &str, path: &str, action: &str| {
        let mut headers = vec![("host".to_owned(), host.to_owned())];
        if !action.is_empty() {
            headers.push(("x-acs-action".to_owned(), action.to_owned()));
        }
        let wire = Wire { method: method.into(), path: path.into(), headers, ..Wire::default() };
        find(contract, &wire).map(|found| (found.name, found.path.get("project").cloned())).ok()
    };
    let of = |project: &str| Some(project.to_owned());
    assert_eq!(found("GET", "127.0.0.1:9", "/", ""), Some(("ListProject", None)));
    assert_eq!(found("GET", "p-1.127.0.0.1:9", "/", ""), Some(("GetProject", of("p-1"))));
    assert_eq!(found("GET", "p-1.cn-hangzhou.log.aliyuncs.com", "/", "ListProject"), None);
    let logs = "/logstores/s/logs";
    assert_eq!(found("POST", "p-1.127.0.0.1:9", logs, ""), Some(("GetLogs", of("p-1"))));
    assert_eq!(found("POST", "p-1.127.0.0.1:9", logs, "GetLogsV2"), Some(("GetLogsV2", of("p-1"))));
    assert_eq!(found("POST", "127.0.0.1:9", logs, ""), None);
    assert_eq!(found("GET", "p-1.127.0.0.1:9", "/logstores/s", ""), Some(("GetLogStore", of("p-1"))));
    let wire = Wire { query: "type=context_log&pack_id=1".to_owned(), ..wire("GET", "/logstores/s", "", "") };
    let headers = vec![("host".to_owned(), "p-1.127.0.0.1:9".to_owned())];
    assert_eq!(find(contract, &Wire { headers, ..wire }).unwrap().name, "GetContextLogs");
}
