//! HTTP APIs, routes, publication, and what the data plane gets.

use std::time::Duration;

use gateshift_lab_kernel::Product;
use gateshift_lab_kernel::gateway::{Action, MatchKind};
use serde_json::{Value, json};

use crate::apig::{Options, Timing};
use crate::testing::{Lab, at_once};

/// A gateway with a domain, two services (one with two versions) and an API.
pub(super) struct Ground {
    pub(super) lab: Lab,
    pub(super) gateway: String,
    pub(super) environment: String,
    pub(super) domain: String,
    pub(super) first: String,
    pub(super) second: String,
    pub(super) api: String,
}

impl Ground {
    pub(super) fn new() -> Self {
        Self::over(Lab::new())
    }

    pub(super) fn over(lab: Lab) -> Self {
        let (gateway, environment) = lab.gateway("edge");
        let domain = json!({"name": "api.example.com", "protocol": "HTTPS", "forceHttps": true, "certIdentifier": "1001-cn-hangzhou"});
        let domain = lab.id("CreateDomain", domain, "domainId");
        let vip = |name: &str, addresses: Value| {
            let body = json!({"gatewayId": gateway, "sourceType": "VIP", "serviceConfigs": [{"name": name, "addresses": addresses}]});
            lab.ok("CreateService", body)["serviceIds"][0].as_str().expect("an id").to_owned()
        };
        let first = vip("first", json!(["10.1.0.8:8080", "10.1.0.7:8080"]));
        let second = vip("second", json!(["10.1.0.9:8080"]));
        for version in ["v1", "v2"] {
            let labels = json!([{"key": "version", "value": version}]);
            lab.ok("CreateServiceVersion", json!({"serviceId": first, "name": version, "labels": labels}));
        }
        let api = lab.id("CreateHttpApi", json!({"name": "shop", "type": "Http", "protocols": ["HTTP", "HTTPS"], "belongGatewayId": gateway}), "httpApiId");
        Self { lab, gateway, environment, domain, first, second, api }
    }

    /// A route's parameters that are accepted.
    pub(super) fn route(&self, name: &str) -> Value {
        json!({
            "httpApiId": self.api, "name": name, "environmentId": self.environment, "domainIds": [self.domain],
            "match": {"path": {"type": "Prefix", "value": "/orders"}, "methods": ["GET", "OPTION"],
                "headers": [{"name": "x-env", "type": "Exact", "value": "a"}],
                "queryParams": [{"name": "v", "type": "Regex", "value": "[0-9]+"}], "ignoreUriCase": true},
            "backendConfig": {"scene": "SingleService", "services": [{"serviceId": self.first, "port": 8080, "protocol": "HTTP"}]},
        })
    }

    pub(super) fn create(&self, body: Value) -> String {
        self.lab.id("CreateHttpApiRoute", body, "routeId")
    }

    pub(super) fn deploy(&self, route: &str) {
        self.lab.ok("DeployHttpApi", json!({"httpApiId": self.api, "routeId": route}));
    }

    pub(super) fn detail(&self, route: &str) -> Value {
        self.lab.ok("GetHttpApiRoute", json!({"httpApiId": self.api, "routeId": route}))
    }

    /// The action of the only route served.
    pub(super) fn action(&self) -> Action {
        self.lab.apig.gateways()[0].routes[0].action.clone()
    }
}

#[test]
fn content_is_checked_rule_by_rule() {
    let ground = Ground::new();
    let service = |weight: i64| json!({"serviceId": ground.first, "weight": weight});
    let tagged =
        |version: &str, weight: i64| json!({"serviceId": ground.first, "version": version, "weight": weight});
    let backend = |scene: &str, services: Vec<Value>| json!({"scene": scene, "services": services});
    let second = json!({"serviceId": ground.second, "version": "v1", "weight": 50});
    for (pointer, value, code) in [
        ("/name", json!(""), "InvalidParameter.IsEmpty"),
        ("/name", json!("Upper_Case"), "InvalidParameter.WithValue"),
        ("/environmentId", json!("env-none"), "NotFound.EnvironmentNotFound"),
        ("/domainIds", json!(["d-none"]), "NotFound.DomainNotFound"),
        ("/match", json!({}), "InvalidParameter.IsEmpty"),
        ("/match/path", json!({"type": "Prefix", "value": ""}), "InvalidParameter.IsEmpty"),
        ("/match/path", json!({"type": "Glob", "value": "/"}), "InvalidParameter.WithValue"),
        ("/match/path", json!({"type": "Exact", "value": "orders"}), "InvalidParameter.WithValue"),
        ("/match/path", json!({"type": "Regex", "value": "/(?=x)"}), "InvalidParameter.WithValue"),
        ("/match/methods", json!(["FETCH"]), "InvalidParameter.WithValue"),
        ("/match/headers", json!([{"name": "", "type": "Exact", "value": "a"}]), "InvalidParameter.IsEmpty"),
        (
            "/match/queryParams",
            json!([{"name": "a", "type": "EQUAL", "value": "a"}]),
            "InvalidParameter.WithValue",
        ),
        ("/backendConfig", backend("Single", vec![service(100)]), "InvalidParameter.WithValue"),
        ("/backendConfig", backend("SingleService", vec![]), "InvalidParameter.WithValue"),
        (
            "/backendConfig",
            backend("MultiServiceByRatio", vec![service(50), service(49)]),
            "InvalidParameter.WithValue",
        ),
        (
            "/backendConfig",
            backend("MultiServiceByRatio", vec![service(101), service(-1)]),
            "InvalidParameter.WithValue",
        ),
        (
            "/backendConfig",
            backend("MultiServiceByTag", vec![tagged("v1", 50), second]),
            "InvalidParameter.WithValue",
        ),
        (
            "/backendConfig",
            backend("MultiServiceByTag", vec![tagged("v9", 100)]),
            "InvalidParameter.WithDetail",
        ),
        ("/backendConfig", backend("Mock", vec![service(100)]), "InvalidParameter.WithValue"),
        (
            "/backendConfig",
            backend("SingleService", vec![json!({"serviceId": "svc-none"})]),
            "NotFound.ServiceNotFound",
        ),
    ] {
        let mut body = ground.route("orders");
        *body.pointer_mut(pointer).expect("a place in the body") = value.clone();
        assert_eq!(ground.lab.refused("CreateHttpApiRoute", body), code, "{pointer} {value}");
    }
    assert_eq!(ground.lab.apig.created_counts().get("route"), None);
    ground.create(ground.route("orders"));
    assert_eq!(ground.lab.refused("CreateHttpApiRoute", ground.route("orders")), "Conflict.RouteExisted");
}

#[test]
fn switches_decide_what_the_documentation_leaves_open() {
    let options = Options {
        timing: at_once(),
        accept_by_tag: false,
        refuse_options_spelling: true,
        deploy_needs_sub_domain: true,
        ..Options::default()
    };
    let ground = Ground::over(Lab::with(options, 1.0));
    let mut body = ground.route("orders");
    body["match"]["methods"] = json!(["OPTIONS"]);
    assert_eq!(ground.lab.refused("CreateHttpApiRoute", body), "InvalidParameter.WithValue");
    let mut body = ground.route("orders");
    body["backendConfig"] = json!({"scene": "MultiServiceByTag", "services": [{"serviceId": ground.first, "version": "v1", "weight": 100}]});
    assert_eq!(ground.lab.refused("CreateHttpApiRoute", body), "InvalidParameter.WithValue");
    let id = ground.create(ground.route("orders"));
    let deploy = json!({"httpApiId": ground.api, "routeId": id});
    assert_eq!(ground.lab.refused("DeployHttpApi", deploy.clone()), "InvalidParameter.WithDetail");
    let environment = ground.lab.ok("GetEnvironment", json!({"environmentId": ground.environment}));
    let mut body = ground.route("orders");
    body["domainIds"] = json!([ground.domain, environment["subDomainInfos"][0]["domainId"]]);
    body["routeId"] = json!(id);
    body.as_object_mut().expect("an object").remove("name");
    ground.lab.ok("UpdateHttpApiRoute", body);
    ground.lab.ok("DeployHttpApi", deploy);
    assert_eq!(ground.lab.apig.gateways()[0].routes[0].domains.len(), 2);
}

#[test]
fn answers_spell_the_scene_differently_and_the_plane_gets_plain_names() {
    let ground = Ground::new();
    let id = ground.create(ground.route("orders"));
    let detail = ground.detail(&id);
    assert_eq!(
        (&detail["backend"]["scene"], &detail["deployStatus"]),
        (&json!("Single"), &json!("NotDeployed"))
    );
    assert_eq!(detail["domainInfos"][0]["name"], "api.example.com");
    assert!(ground.lab.apig.gateways()[0].routes.is_empty());
    ground.deploy(&id);
    assert_eq!(ground.detail(&id)["deployStatus"], "Deployed");
    assert_eq!(ground.detail(&id)["gatewayStatus"][&ground.gateway], "Deployed");
    let config = ground.lab.apig.gateways().remove(0);
    assert_eq!(config.gateway_id, ground.gateway);
    assert_eq!(config.domains[0].certificate.as_deref(), Some("1001-cn-hangzhou"));
    assert!(config.domains[0].force_https);
    let route = &config.routes[0];
    assert_eq!(
        (route.name.as_str(), route.domains.as_slice()),
        ("orders", ["api.example.com".to_owned()].as_slice())
    );
    assert_eq!((route.path.kind, route.path.ignore_case), (MatchKind::Prefix, true));
    assert_eq!(route.methods, ["GET", "OPTIONS"]);
    assert_eq!((route.headers[0].kind, route.queries[0].kind), (MatchKind::Exact, MatchKind::Regex));
    let Action::Forward(forward) = &route.action else { panic!("{:?}", route.action) };
    assert_eq!(forward.targets[0].upstream, "vip://10.1.0.7:8080,10.1.0.8:8080");
    assert_eq!((forward.targets[0].weight, forward.timeout_ms, forward.retries), (100, 30_000, 2));
}

#[test]
fn versions_become_labels_and_weights_stay() {
    let ground = Ground::new();
    let mut body = ground.route("orders");
    body["backendConfig"] = json!({"scene": "MultiServiceByTag", "services": [
        {"serviceId": ground.first, "version": "v1", "weight": 30},
        {"serviceId": ground.first, "version": "v2", "weight": 70},
    ]});
    let id = ground.create(body);
    ground.deploy(&id);
    assert_eq!(ground.detail(&id)["backend"]["scene"], "MultiServiceByTag");
    let Action::Forward(forward) = ground.action() else { panic!("no forwarding") };
    let shown: Vec<(u32, &str)> =
        forward.targets.iter().map(|one| (one.weight, one.labels["version"].as_str())).collect();
    assert_eq!(shown, [(30, "v1"), (70, "v2")]);
    let version = json!({"serviceId": ground.first, "name": "v1"});
    assert_eq!(ground.lab.refused("DeleteServiceVersion", version), "Conflict.ServiceVersionInUse");
}

#[test]
fn an_edit_serves_only_after_the_next_publication_has_ended() {
    let timing = Timing { deploying_ms: 60_000, ..at_once() };
    let ground = Ground::over(Lab::with(Options { timing, ..Options::default() }, 1000.0));
    let id = ground.create(ground.route("orders"));
    let served =
        || ground.lab.apig.gateways()[0].routes.iter().map(|one| one.path.value.clone()).collect::<Vec<_>>();
    ground.deploy(&id);
    assert_eq!((ground.detail(&id)["deployStatus"].clone(), served()), (json!("Deploying"), vec![]));
    std::thread::sleep(Duration::from_millis(80));
    assert_eq!(
        (ground.detail(&id)["deployStatus"].clone(), served()),
        (json!("Deployed"), vec!["/orders".to_owned()])
    );
    let mut body = ground.route("x");
    body.as_object_mut().expect("an object").remove("name");
    body["routeId"] = json!(id);
    body["match"]["path"]["value"] = json!("/sales");
    ground.lab.ok("UpdateHttpApiRoute", body);
    assert_eq!(
        (ground.detail(&id)["deployStatus"].clone(), served()),
        (json!("DeployedWithChanges"), vec!["/orders".to_owned()])
    );
    ground.deploy(&id);
    assert_eq!(served(), ["/orders"]);
    std::thread::sleep(Duration::from_millis(80));
    assert_eq!(served(), ["/sales"]);
}

#[test]
fn nothing_in_use_can_be_deleted() {
    let ground = Ground::new();
    let id = ground.create(ground.route("orders"));
    ground.deploy(&id);
    let lab = &ground.lab;
    let route = json!({"httpApiId": ground.api, "routeId": id});
    assert_eq!(lab.refused("DeleteDomain", json!({"domainId": ground.domain})), "Conflict.DomainInUse");
    assert_eq!(lab.refused("DeleteService", json!({"serviceId": ground.first})), "Conflict.ServiceInUse");
    assert_eq!(lab.refused("DeleteHttpApi", json!({"httpApiId": ground.api})), "Conflict.HttpApiInUse");
    assert_eq!(lab.refused("DeleteHttpApiRoute", route.clone()), "Conflict.RouteDeployed");
    let undeploy = json!({"httpApiId": ground.api, "routeId": id, "environmentId": ground.environment, "gatewayId": ground.gateway});
    lab.ok("UndeployHttpApi", undeploy);
    assert_eq!(ground.detail(&id)["deployStatus"], "NotDeployed");
    assert!(lab.apig.gateways()[0].routes.is_empty());
    lab.ok("DeleteHttpApiRoute", route.clone());
    assert_eq!(lab.refused("DeleteHttpApiRoute", route), "NotFound.RouteNotFound");
    lab.ok("DeleteHttpApi", json!({"httpApiId": ground.api}));
    lab.ok("DeleteService", json!({"serviceId": ground.first}));
    lab.ok("DeleteDomain", json!({"domainId": ground.domain}));
}

#[test]
fn apis_are_unique_listed_by_name_and_dry_runs_leave_nothing() {
    let ground = Ground::new();
    let lab = &ground.lab;
    let body = |name: &str| json!({"name": name, "type": "Http", "protocols": ["HTTP"]});
    assert_eq!(lab.refused("CreateHttpApi", body("shop")), "Conflict.HttpApiExisted");
    assert_eq!(
        lab.refused("CreateHttpApi", json!({"name": "a", "type": "Rest"})),
        "InvalidParameter.IsEmpty",
        "a REST API has a base path"
    );
    let mut dry = body("dry");
    dry["dryRun"] = json!(true);
    lab.ok("CreateHttpApi", dry);
    let listed = lab.ok("ListHttpApis", json!({"gatewayId": ground.gateway, "types": "Http"}));
    assert_eq!((&listed["totalSize"], &listed["items"][0]["GatewayId"]), (&json!(1), &json!(ground.gateway)));
    assert_eq!(listed["items"][0]["versionedHttpApis"][0]["httpApiId"], json!(ground.api));
    lab.ok("UpdateHttpApi", json!({"httpApiId": ground.api, "basePath": "/", "description": "new"}));
    assert_eq!(lab.ok("GetHttpApi", json!({"httpApiId": ground.api}))["description"], "new");
    for name in ["b", "a", "c"] {
        ground.create(ground.route(name));
    }
    let routes =
        lab.ok("ListHttpApiRoutes", json!({"httpApiId": ground.api, "pageSize": 2, "pageNumber": 2}));
    assert_eq!((&routes["totalSize"], &routes["items"][0]["name"]), (&json!(3), &json!("c")));
    assert_eq!(lab.ok("ListHttpApiRoutes", json!({"httpApiId": ground.api, "name": "a"}))["totalSize"], 1);
    assert_eq!(
        lab.ok("ListHttpApiRoutes", json!({"httpApiId": ground.api, "deployStatuses": "Deployed"}))["totalSize"],
        0
    );
}
