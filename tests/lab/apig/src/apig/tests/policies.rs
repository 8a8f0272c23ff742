//! Policies: where they may go, one of a class per point, and what they do to the data plane.

use gateshift_lab_kernel::gateway::Action;
use serde_json::{Value, json};

use super::routes::Ground;

impl Ground {
    fn policy(&self, class: &str, config: &Value, route: &str) -> Value {
        json!({
            "className": class, "name": format!("{}-of-{route}", class.to_lowercase()), "config": config.to_string(),
            "attachResourceIds": [route], "attachResourceType": "GatewayRoute",
            "environmentId": self.environment, "gatewayId": self.gateway,
        })
    }

    fn attach(&self, class: &str, config: &Value, route: &str) -> String {
        self.lab.id("CreateAndAttachPolicy", self.policy(class, config, route), "policyId")
    }

    fn with_scene(&self, name: &str, scene: &str) -> String {
        let mut body = self.route(name);
        body["backendConfig"] = json!({ "scene": scene });
        let id = self.create(body);
        self.deploy(&id);
        id
    }
}

#[test]
fn policies_act_at_once_on_published_routes() {
    let ground = Ground::new();
    let route = ground.create(ground.route("orders"));
    ground.deploy(&route);
    ground.attach("Timeout", &json!({"enable": true, "unitNum": 7, "timeUnit": "s"}), &route);
    ground.attach("Retry", &json!({"enable": true, "attempts": 0, "retryOn": [], "httpCodes": []}), &route);
    let fallback = json!({"enable": true, "serviceConfigs": [{"serviceId": ground.second, "port": 8080}]});
    let fallback = ground.attach("Fallback", &fallback, &route);
    let forward = |ground: &Ground| match ground.action() {
        Action::Forward(forward) => forward,
        other => panic!("{other:?}"),
    };
    let now = forward(&ground);
    assert_eq!((now.timeout_ms, now.retries), (7000, 0));
    assert_eq!(now.fallback[0].upstream, "vip://10.1.0.9:8080");
    assert_eq!(
        ground.lab.refused("DeleteService", json!({"serviceId": ground.second})),
        "Conflict.ServiceInUse"
    );
    ground.lab.ok("DetachAndDeletePolicy", json!({ "policyId": fallback }));
    assert!(forward(&ground).fallback.is_empty());
    assert_eq!(ground.lab.refused("GetPolicy", json!({ "policyId": fallback })), "NotFound.PolicyNotFound");
}

#[test]
fn a_policy_of_the_api_holds_for_its_routes_until_a_route_has_its_own() {
    let ground = Ground::new();
    let route = ground.create(ground.route("orders"));
    ground.deploy(&route);
    let mut body = ground.policy("Timeout", &json!({"enable": true, "unitNum": 3, "timeUnit": "s"}), &route);
    body["attachResourceType"] = json!("HttpApi");
    body["attachResourceIds"] = json!([ground.api]);
    ground.lab.ok("CreateAndAttachPolicy", body);
    let timeout = || match ground.action() {
        Action::Forward(forward) => forward.timeout_ms,
        other => panic!("{other:?}"),
    };
    assert_eq!(timeout(), 3000);
    let own = ground.attach("Timeout", &json!({"enable": true, "unitNum": 0, "timeUnit": "s"}), &route);
    assert_eq!(timeout(), 0);
    let mut off = ground.policy("Timeout", &json!({"enable": false, "unitNum": 9, "timeUnit": "s"}), &route);
    off["policyId"] = json!(own);
    off.as_object_mut().expect("an object").remove("className");
    ground.lab.ok("UpdateAndAttachPolicy", off);
    assert_eq!(timeout(), 3000);
}

#[test]
fn mock_and_redirect_destinations_live_from_their_policies() {
    let ground = Ground::new();
    let route = ground.with_scene("mock", "Mock");
    assert_eq!(ground.action(), Action::Mock { status: 503, body: String::new() });
    ground.attach("DirectResponse", &json!({"enable": true, "code": 418, "body": "tea"}), &route);
    assert_eq!(ground.action(), Action::Mock { status: 418, body: "tea".to_owned() });
    let ground = Ground::new();
    let route = ground.with_scene("moved", "Redirect");
    ground.attach(
        "Redirect",
        &json!({"enable": true, "code": 302, "host": "new.example.com", "path": ""}),
        &route,
    );
    let redirect = Action::Redirect { status: 302, host: Some("new.example.com".to_owned()), path: None };
    assert_eq!(ground.action(), redirect);
}

#[test]
fn attachments_keep_their_rules() {
    let ground = Ground::new();
    let lab = &ground.lab;
    let route = ground.create(ground.route("orders"));
    let config = json!({"enable": true, "unitNum": 7, "timeUnit": "s"});
    let policy = ground.attach("Timeout", &config, &route);
    let again = ground.policy("Timeout", &config, &route);
    assert_eq!(lab.refused("CreateAndAttachPolicy", again.clone()), "Conflict.PolicyAttachmentExisted");
    for (name, value, code) in [
        ("attachResourceIds", json!(["hr-none"]), "NotFound.RouteNotFound"),
        ("attachResourceIds", json!([]), "InvalidParameter.IsEmpty"),
        ("attachResourceType", json!("Domain"), "InvalidParameter.WithValue"),
        ("className", json!("Nothing"), "InvalidParameter.WithValue"),
        ("environmentId", json!(""), "InvalidParameter.IsEmpty"),
        ("gatewayId", json!(""), "InvalidParameter.IsEmpty"),
        ("config", json!("{\"enable\":true,\"seconds\":1}"), "InvalidParameter.WithValue"),
        ("description", json!("x".repeat(201)), "InvalidParameter.WithValue"),
    ] {
        let mut body = again.clone();
        body[name] = value.clone();
        assert_eq!(lab.refused("CreateAndAttachPolicy", body), code, "{name} {value}");
    }
    assert_eq!(lab.refused("DeletePolicy", json!({ "policyId": policy })), "Conflict.PolicyAttached");
    let unknown = json!({"enable": true, "serviceConfigs": [{"serviceId": "svc-none"}]});
    assert_eq!(
        lab.refused("CreateAndAttachPolicy", ground.policy("Fallback", &unknown, &route)),
        "NotFound.ServiceNotFound"
    );
    let query = json!({"attachResourceId": route, "attachResourceType": "GatewayRoute", "gatewayId": ground.gateway,
        "environmentId": ground.environment});
    assert_eq!(lab.ok("ListPolicies", query.clone())["items"][0].get("attachments"), None);
    let mut with = query;
    with["withAttachments"] = json!(true);
    let listed = lab.ok("ListPolicies", with);
    assert_eq!(listed["items"][0]["attachments"][0]["attachResourceIds"], json!([route]));
    let attachment = &listed["items"][0]["attachments"][0]["policyAttachmentId"];
    lab.ok("GetPolicyAttachment", json!({ "policyAttachmentId": attachment }));
    lab.ok("DeletePolicyAttachment", json!({ "policyAttachmentId": attachment }));
    lab.ok("DeletePolicy", json!({ "policyId": policy }));
    assert_eq!(lab.apig.created_counts()["policy"], 1);
}

#[test]
fn some_classes_need_a_name_of_their_own_on_a_gateway() {
    let ground = Ground::new();
    let list = json!({"enable": true, "type": "White", "content": ["192.0.2.0/24"]});
    let body = |name: &str, kind: &str, id: &str| {
        json!({"className": "IpAccessControl", "name": name, "config": list.to_string(), "gatewayId": ground.gateway,
            "attachResourceType": kind, "attachResourceIds": [id]})
    };
    ground.lab.ok("CreateAndAttachPolicy", body("office", "Gateway", &ground.gateway));
    let taken = body("office", "Domain", &ground.domain);
    assert_eq!(ground.lab.refused("CreateAndAttachPolicy", taken), "PolicyExisted");
    ground.lab.ok("CreateAndAttachPolicy", body("office2", "Domain", &ground.domain));
    let global = ground
        .lab
        .ok("ListGlobalPolicies", json!({"gatewayId": ground.gateway, "ipAccessControlContent": "192.0.2"}));
    assert_eq!(global["totalSize"], 2);
}

#[test]
fn what_goes_away_leaves_no_attachment_behind() {
    let ground = Ground::new();
    let lab = &ground.lab;
    let (one, other) = (ground.create(ground.route("one")), ground.create(ground.route("other")));
    let mut body = ground.policy("Timeout", &json!({"enable": true, "unitNum": 7, "timeUnit": "s"}), &one);
    body["attachResourceIds"] = json!([one, other]);
    let policy = lab.id("CreateAndAttachPolicy", body, "policyId");
    let points = || {
        let query = json!({"gatewayId": ground.gateway, "withAttachments": true});
        lab.ok("ListPolicies", query)["items"][0]["attachments"][0]["attachResourceIds"].clone()
    };
    lab.ok("DeleteHttpApiRoute", json!({"httpApiId": ground.api, "routeId": one}));
    assert_eq!(points(), json!([other]));
    lab.ok("DeleteHttpApiRoute", json!({"httpApiId": ground.api, "routeId": other}));
    assert_eq!(points(), Value::Null);
    lab.ok("DeletePolicy", json!({ "policyId": policy }));
    let tls = json!({"className": "ServiceTls", "name": "tls", "gatewayId": ground.gateway,
        "config": json!({"enable": true, "mode": "SIMPLE"}).to_string(),
        "attachResourceType": "GatewayService", "attachResourceIds": [ground.second]});
    let tls = lab.id("CreateAndAttachPolicy", tls, "policyId");
    lab.ok("DeleteService", json!({"serviceId": ground.second}));
    lab.ok("DeletePolicy", json!({ "policyId": tls }));
}
