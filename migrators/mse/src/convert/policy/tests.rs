//! Route details with each policy on, off and in odd forms.

use gateshift_gateway_model::{Direction, HeaderOp, PathRewrite, RoutePolicies};
use serde_json::{Value, json};

use super::super::route;

fn detail(more: &Value) -> Value {
    let mut detail = json!({
        "Id": 1, "Name": "r", "Status": 3, "GmtCreate": "2024-01-07 18:07:57", "DestinationType": "Single",
        "DomainNameList": ["a.example.com"],
        "RoutePredicates": {"PathPredicates": {"Path": "/a", "Type": "PRE"}},
        "RouteServices": [{"ServiceId": 9, "ServiceName": "s", "Percent": 100}],
    });
    let fields = detail.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    detail
}

/// What is read of a detail with these fields, and the messages of the findings.
fn read(more: &Value) -> (Option<RoutePolicies>, Vec<String>) {
    let mut findings = Vec::new();
    let found = route(&json!({"Type": "Op"}), &detail(more), &mut findings);
    assert!(findings.iter().all(|one| one.code == "SRC-UNCLEAR"), "{findings:?}");
    (found.map(|route| route.policies), findings.into_iter().map(|one| one.message).collect())
}

#[test]
fn each_policy_is_read_when_it_is_on_and_only_then() {
    let all = |status: &str| {
        json!({
            "Cors": {"Status": status, "AllowOrigins": "https://a.example, https://b.example", "AllowMethods": "GET,POST",
                "AllowHeaders": "*", "ExposeHeaders": "x-a", "AllowCredentials": true, "TimeUnit": "h", "UnitNum": 12},
            "HTTPRewrite": {"Status": status, "PathType": "PRE", "Path": "/", "Host": "b.example"},
            "HeaderOp": {"Status": status, "HeaderOpItems": [
                {"DirectionType": "Request", "OpType": "Update", "Key": "b", "Value": "1"},
                {"DirectionType": "Response", "OpType": "Delete", "Key": "a"}]},
            "FlowMirror": {"Status": status, "Percentage": 7, "TargetServiceId": 12, "Port": 80},
            "EnableWaf": status == "on",
        })
    };
    let (off, findings) = read(&all("off"));
    assert_eq!((off, findings.len()), (Some(RoutePolicies::default()), 0));
    let (on, findings) = read(&all("on"));
    assert!(findings.is_empty(), "{findings:?}");
    let on = on.unwrap();
    let cors = on.cors.unwrap();
    assert_eq!(cors.allow_origins, ["https://a.example", "https://b.example"]);
    assert_eq!((cors.max_age, cors.unit.as_str(), cors.allow_credentials), (12, "h", true));
    let rewrite = on.rewrite.unwrap();
    assert_eq!(rewrite.path, Some(PathRewrite::Prefix { prefix: "/".into() }));
    assert_eq!(rewrite.host.as_deref(), Some("b.example"));
    let changes: Vec<_> = on.headers.iter().map(|one| (one.direction, one.op, one.name.as_str())).collect();
    let wanted = [(Direction::Request, HeaderOp::Update, "b"), (Direction::Response, HeaderOp::Delete, "a")];
    assert_eq!(changes, wanted, "in order");
    let mirror = on.mirror.unwrap();
    assert_eq!((mirror.service.as_str(), mirror.port, mirror.percent), ("12", Some(80), 7));
    assert!(on.waf);
}

#[test]
fn rewrites_of_every_kind() {
    for (policy, wanted) in [
        (json!({"PathType": "EQUAL", "Path": "/x"}), Some(PathRewrite::Exact { path: "/x".into() })),
        (
            json!({"PathType": "ERGULAR", "Pattern": "/a/(.*)", "Substitution": "/\\1"}),
            Some(PathRewrite::Regex { pattern: "/a/(.*)".into(), substitution: "/\\1".into() }),
        ),
        (json!({"Host": "h"}), None),
    ] {
        let mut policy = policy;
        policy["Status"] = json!("on");
        let (found, findings) = read(&json!({ "HTTPRewrite": policy }));
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(found.unwrap().rewrite.unwrap().path, wanted, "{policy}");
    }
}

#[test]
fn what_is_not_understood_stops() {
    for odd in [
        json!({"HTTPRewrite": {"Status": "on", "PathType": "NEW", "Path": "/"}}),
        json!({"HeaderOp": {"Status": "on", "HeaderOpItems": [{"DirectionType": "Both", "OpType": "Add", "Key": "a"}]}}),
        json!({"HeaderOp": {"Status": "on", "HeaderOpItems": [{"DirectionType": "Request", "OpType": "Append", "Key": "a"}]}}),
        json!({"FlowMirror": {"Status": "on", "Percentage": 5}}),
        json!({"FlowMirror": {"Status": "on", "TargetServiceId": 5}}),
        json!({"RouteServices": [{"ServiceId": 9, "HttpDubboTranscoder": {"DubboServiceVersion": "1"}}]}),
    ] {
        let (found, findings) = read(&odd);
        assert!(found.is_none() && findings.len() == 1, "{odd}: {findings:?}");
    }
}

#[test]
fn raw_text_that_holds_more_than_the_fields_is_found() {
    let text = |all: Value| {
        let all = all.as_object().unwrap().iter();
        let all: serde_json::Map<String, Value> =
            all.map(|(name, value)| (name.clone(), json!(value.to_string()))).collect();
        json!({"Policies": Value::Object(all).to_string()})
    };
    for quiet in [
        json!({}),
        json!({"Policies": ""}),
        text(json!({"CORS": {"status": "off", "allowOrigins": "*"}, "Waf": {"enabled": false}})),
        text(json!({"New": {"status": "off", "a": 1}, "Empty": {}})),
    ] {
        assert!(read(&quiet).1.is_empty(), "{quiet}");
    }
    for loud in [
        text(json!({"CORS": {"status": "on", "allowOrigins": "*"}})),
        text(json!({"Waf": {"enabled": true}})),
        text(json!({"Lua": {"code": "x"}})),
        text(json!({"New": {"status": "on"}})),
        json!({"Policies": "no json"}),
    ] {
        assert_eq!(read(&loud).1.len(), 1, "{loud}");
    }
    let mut both = text(json!({"Timeout": {"status": "on", "unitNum": 5}}));
    both["Timeout"] = json!({"Status": "on", "UnitNum": 5, "TimeUnit": "s"});
    assert!(read(&both).1.is_empty());
}

#[test]
fn dubbo_with_its_misspelt_names() {
    let transcoder = json!({
        "DubboServiceName": "org.x.Demo", "DubboServiceVersion": "0.0.0", "DubboServiceGroup": "",
        "MothedMapList": [{"DubboMothedName": "sayHello", "HttpMothed": "ALL_GET", "Mothedpath": "/hello",
            "PassThroughAllHeaders": "PASS_NOT", "PassThroughList": ["x-a"],
            "ParamMapsList": [{"ExtractKeySpec": "ALL_QUERY_PARAMETER", "ExtractKey": "name", "MappingType": "java.lang.String"}]}],
    });
    let services = json!([{"ServiceId": 9, "AgreementType": "DUBBO", "HttpDubboTranscoder": transcoder}]);
    let mut findings = Vec::new();
    let route = route(&json!({}), &detail(&json!({ "RouteServices": services })), &mut findings).unwrap();
    let found = route.targets().next().unwrap().dubbo.clone().unwrap();
    assert_eq!(
        (found.service.as_str(), found.version.as_deref(), found.group),
        ("org.x.Demo", Some("0.0.0"), None)
    );
    let method = &found.methods[0];
    assert_eq!(
        (method.method.as_str(), method.http_method.as_str(), method.path.as_str()),
        ("sayHello", "ALL_GET", "/hello")
    );
    assert_eq!(method.rest["ParamMapsList"][0]["ExtractKey"], "name");
    assert_eq!(method.rest["PassThroughList"], json!(["x-a"]));
}
