//! What the data plane is told of policies, lists, authentication, consumers, plugins and features.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateshift_lab_kernel::Product;
use gateshift_lab_kernel::gateway::{Action, GatewayConfig, MatchKind};
use gateshift_lab_kernel::policy::{
    AuthScheme, Credential, HeaderOp, Levels, PathRewrite, PluginRule, Refusal, Scope,
};
use serde_json::{Value, json};

use super::routes::Ground;
use crate::apig::Options;
use crate::apig::table::VISITED;
use crate::testing::{Lab, at_once};

impl Ground {
    fn config(&self) -> GatewayConfig {
        self.lab.apig.gateways().remove(0)
    }

    fn put(&self, class: &str, name: &str, config: &Value, kind: &str, id: &str) -> String {
        let body = json!({"className": class, "name": name, "config": config.to_string(),
            "attachResourceIds": [id], "attachResourceType": kind, "environmentId": self.environment,
            "gatewayId": self.gateway});
        self.lab.id("CreateAndAttachPolicy", body, "policyId")
    }

    fn served(&self, name: &str) -> String {
        let route = self.create(self.route(name));
        self.deploy(&route);
        route
    }

    fn class_id(&self, name: &str) -> String {
        let listed = self.lab.ok("ListPluginClasses", json!({"nameLike": name, "pageSize": 100}));
        let items = listed["items"].as_array().expect("items").clone();
        let found = items.iter().find(|one| one["name"] == name).expect("the class");
        found["pluginClassId"].as_str().expect("an id").to_owned()
    }

    fn install(&self, name: &str) -> String {
        let body = json!({"pluginClassId": self.class_id(name), "gatewayIds": [self.gateway]});
        let data = self.lab.ok("InstallPlugin", body);
        data["installPluginResults"][0]["pluginId"].as_str().expect("an id").to_owned()
    }

    fn mount(&self, plugin: &str, kind: &str, id: &str, yaml: &str, enable: bool) -> String {
        let body = json!({"pluginId": plugin, "gatewayId": self.gateway, "environmentId": self.environment,
            "attachResourceType": kind, "attachResourceIds": [id], "enable": enable,
            "pluginConfig": STANDARD.encode(yaml)});
        self.lab.id("CreatePluginAttachment", body, "pluginAttachmentId")
    }
}

#[test]
fn every_class_of_a_route_reaches_the_data_plane() {
    let ground = Ground::new();
    let route = ground.served("orders");
    let refusal = |mut config: Value| {
        config.as_object_mut().expect("an object").extend(
            json!({"enable": true, "behaviorType": 0, "bodyEncoding": 1, "responseStatusCode": 503,
                "responseContentBody": "{}", "responseRedirectUrl": ""})
            .as_object()
            .expect("an object")
            .clone(),
        );
        config
    };
    for (class, config) in [
        (
            "Cors",
            json!({"enable": true, "allowOrigins": "https://a,https://b", "allowMethods": "GET",
            "allowHeaders": "*", "exposeHeaders": "", "allowCredentials": true, "timeUnit": "h", "unitNum": 1}),
        ),
        ("HttpRewrite", json!({"enable": true, "host": "in.local", "pathType": "PRE", "path": "/v2"})),
        (
            "HeaderModify",
            json!({"enable": true, "headerOpItems": [
            {"directionType": "Request", "opType": "Add", "key": "x-a", "value": "1"}]}),
        ),
        (
            "FlowCopy",
            json!({"enable": true, "targetServiceId": ground.second, "port": 8080, "percentage": 30}),
        ),
        ("RateLimit", refusal(json!({"threshold": 10}))),
        ("ConcurrencyLimit", refusal(json!({"threshold": 20}))),
        (
            "CircuitBreaker",
            refusal(json!({"strategy": 0, "triggerRatio": 50, "statDurationSec": 5,
            "recoveryTimeoutSec": 6, "minRequestAmount": 7, "maxAllowedMs": 80})),
        ),
    ] {
        ground.put(class, class, &config, "GatewayRoute", &route);
    }
    let policies = ground.config().routes.remove(0).policies;
    let cors = policies.cors.expect("cors");
    assert_eq!((cors.origins.len(), cors.max_age_seconds, cors.credentials), (2, 3600, true));
    let rewrite = policies.rewrite.expect("rewrite");
    assert_eq!(rewrite.path, Some(PathRewrite::Prefix("/v2".to_owned())));
    assert_eq!(rewrite.host.as_deref(), Some("in.local"));
    assert_eq!(policies.headers[0].op, HeaderOp::Add);
    let mirror = policies.mirror.expect("mirror");
    assert_eq!((mirror.target.upstream.as_str(), mirror.percent), ("vip://10.1.0.9:8080", 30));
    let json_refusal = Refusal::Content { status: 503, body: "{}".to_owned(), json: true };
    let rate = policies.rate_limit.expect("rate limit");
    assert_eq!((rate.threshold, rate.window_ms, &rate.refusal), (10, 1000, &json_refusal));
    assert_eq!(policies.concurrency.expect("concurrency").threshold, 20);
    let breaker = policies.breaker.expect("breaker");
    assert_eq!((breaker.window_ms, breaker.recovery_ms, breaker.slow_ms), (5000, 6000, Some(80)));
}

#[test]
fn authentication_acts_when_the_route_is_published_again() {
    let ground = Ground::new();
    let route = ground.served("orders");
    let consumers = || ground.config().routes.remove(0).policies.consumers;
    ground.put(
        "Authentication",
        "auth",
        &json!({"authenticationType": "Apikey", "enable": true}),
        "GatewayRoute",
        &route,
    );
    assert_eq!(consumers(), None, "attached, but not published again");
    ground.deploy(&route);
    assert_eq!(consumers().map(|one| one.allowed.len()), Some(0), "nobody is let in");
    let consumer = json!({"name": "jane", "gatewayType": "API", "enable": true, "apikeyIdentityConfig": {
        "type": "Apikey", "apikeySource": {"source": "Header", "value": "x-key"},
        "credentials": [{"generateMode": "Custom", "apikey": "k"}]}});
    let consumer = ground.lab.id("CreateConsumer", consumer, "consumerId");
    let rule = json!({"principalType": "Consumer", "consumerId": consumer, "resourceType": "HttpApiRoute",
        "expireMode": "LongTerm", "resourceIdentifier": {"environmentId": ground.environment,
        "parentResourceId": ground.api, "resourceId": route}});
    let rules = ground.lab.ok("CreateConsumerAuthorizationRules", json!({"authorizationRules": [rule]}));
    assert_eq!(consumers().map(|one| one.allowed.len()), Some(0), "granted, but not published again");
    ground.deploy(&route);
    let allowed = consumers().expect("consumers").allowed;
    let key = Credential::ApiKey { header: "x-key".to_owned(), key: "k".to_owned() };
    assert_eq!((allowed[0].name.as_str(), &allowed[0].credential), ("jane", &key));
    ground.lab.ok("UpdateConsumer", json!({"consumerId": consumer, "enable": false}));
    assert_eq!(consumers().map(|one| one.allowed.len()), Some(0), "a consumer that is off is out at once");
    let ids = rules["consumerAuthorizationRuleIds"][0].as_str().expect("an id");
    ground.lab.ok("BatchDeleteConsumerAuthorizationRule", json!({"consumerAuthorizationRuleIds": ids}));
}

#[test]
fn lists_and_global_authentication_are_told_with_the_targets_own_levels() {
    let ground = Ground::new();
    let route = ground.served("orders");
    let list = |kind: &str, layer: &str| json!({"enable": true, "type": kind, "content": ["192.0.2.0/24"], "protocolLayer": layer});
    ground.put("IpAccessControl", "one", &list("Black", "L7"), "Gateway", &ground.gateway);
    ground.put("IpAccessControl", "two", &list("Black", "L4"), "Gateway", &ground.gateway);
    ground.put("IpAccessControl", "three", &list("White", "L7"), "Domain", &ground.domain);
    ground.put("IpAccessControl", "four", &list("White", "L7"), "GatewayRoute", &route);
    let mut off = list("White", "L7");
    off["enable"] = json!(false);
    ground.put("IpAccessControl", "five", &off, "GatewayRoute", &route);
    let resources = json!([{"domainName": "api.example.com", "path": "/a", "matchType": "PRE"}]);
    let jwt = json!({"enable": true, "issuer": "me", "jwks": "{}", "tokenName": "Authorization",
        "tokenNamePrefix": "Bearer ", "tokenPosition": "HEADER", "isWhite": true, "authResources": resources});
    ground.put("JWTAuth", "jwt", &jwt, "Gateway", &ground.gateway);
    let external = json!({"enable": true, "serviceId": ground.first, "tokenKey": "x-token", "isWhite": false,
        "authResources": resources});
    ground.put("ExternalZAuth", "external", &external, "Gateway", &ground.gateway);
    let config = ground.config();
    assert_eq!(config.levels, Levels::All);
    let scopes: Vec<_> = config.lists.iter().map(|one| (one.white, one.layer4, one.scope.clone())).collect();
    let domains = Scope::Domains(vec!["api.example.com".to_owned()]);
    let routes = Scope::Routes(vec!["orders".to_owned()]);
    let wanted = [
        (false, false, Scope::Gateway),
        (false, true, Scope::Gateway),
        (true, false, domains),
        (true, false, routes),
    ];
    assert_eq!(scopes, wanted);
    let [jwt, external] = config.authentications.as_slice() else { panic!("{:?}", config.authentications) };
    assert!(matches!(&jwt.scheme, AuthScheme::Jwt { issuer, .. } if issuer == "me"));
    assert_eq!((jwt.white, jwt.resources[0].kind), (true, MatchKind::Prefix));
    assert!(matches!(&external.scheme, AuthScheme::External { header, .. } if header == "x-token"));
}

#[test]
fn plugins_come_in_the_order_of_their_stages_and_features_as_parameters() {
    let ground = Ground::new();
    let route = ground.served("orders");
    let yaml = "consumers:\n- name: a\n  credential: k\nkeys:\n- x-key\n";
    for (name, kind, id) in [
        ("traffic-tag", "Gateway", &ground.gateway),
        ("cors", "Gateway", &ground.gateway),
        ("key-auth", "GatewayRoute", &route),
        ("http-real-ip", "GatewayDomain", &ground.domain),
    ] {
        let plugin = ground.install(name);
        ground.mount(&plugin, kind, id, yaml, true);
    }
    let off = ground.install("waf");
    ground.mount(&off, "Gateway", &ground.gateway, "a: 1\n", false);
    let rules = ground.config().plugins;
    let names: Vec<&str> = rules.iter().map(|rule| rule.plugin.as_str()).collect();
    assert_eq!(names, ["http-real-ip", "key-auth", "cors", "traffic-tag"]);
    let PluginRule { scope, config, text, .. } = &rules[1];
    assert_eq!(*scope, Scope::Routes(vec!["orders".to_owned()]));
    assert_eq!((text.as_str(), &config["consumers"][0]["credential"]), (yaml, &json!("k")));

    for (name, value) in [("enable-gzip", "true"), ("xff-trusted-num", "2"), ("enable-slash-merge", "true")] {
        let body = json!({"gatewayId": ground.gateway, "name": name, "value": value});
        ground.lab.ok("UpdateGatewayFeature", body);
    }
    let parameters = ground.config().parameters;
    assert_eq!((parameters.gzip, parameters.trusted_hops, parameters.merge_slashes), (true, 2, true));
    assert!(parameters.request_id, "the product's default");
}

#[test]
fn own_plugin_classes_are_published_first() {
    let class = |priority: i64| {
        json!({"name": "mine", "alias": "mine", "description": "d", "version": "1.0.0", "versionDescription": "v",
            "wasmLanguage": "Rust", "wasmUrl": "https://a/b.wasm", "executeStage": "AUTHZ", "executePriority": priority})
    };
    let timing = crate::apig::Timing { publishing_ms: 60_000, ..at_once() };
    let ground = Ground::over(Lab::with(Options { timing, ..Options::default() }, 1.0));
    let lab = &ground.lab;
    assert_eq!(lab.refused("CreatePluginClass", class(0)), "InvalidParameter.WithValue");
    let id = lab.id("CreatePluginClass", class(10), "pluginClassId");
    assert_eq!(lab.ok("GetPluginClass", json!({"pluginClassId": id}))["publishStatus"], "Publishing");
    let install = json!({"pluginClassId": id, "gatewayIds": [ground.gateway]});
    assert_eq!(lab.refused("InstallPlugin", install.clone()), "Conflict.PluginClassNotPublished");
    assert_eq!(lab.refused("CreatePluginClass", class(10)), "Conflict.PluginClassExisted");

    let failing = Options { timing: at_once(), publishing_fails: true, ..Options::default() };
    let failing = Lab::with(failing, 1.0);
    let id = failing.id("CreatePluginClass", class(10), "pluginClassId");
    assert_eq!(failing.ok("GetPluginClass", json!({"pluginClassId": id}))["publishStatus"], "Failed");

    let ground = Ground::new();
    let before = ground.lab.apig.export();
    let id = ground.lab.id("CreatePluginClass", class(10), "pluginClassId");
    let plugin = ground.install("mine");
    assert_eq!(
        ground.lab.refused("DeletePluginClass", json!({"pluginClassId": id})),
        "Conflict.PluginClassInUse"
    );
    let mount = ground.mount(&plugin, "Gateway", &ground.gateway, "a: 1\n", true);
    assert_eq!(ground.config().plugins[0].plugin, "mine");
    assert_ne!(ground.lab.apig.export(), before);
    ground.lab.ok("DeletePluginAttachment", json!({"pluginAttachmentId": mount}));
    ground.lab.ok("UninstallPlugin", json!({"pluginId": plugin}));
    ground.lab.ok("DeletePluginClass", json!({"pluginClassId": id}));
    assert_eq!(ground.lab.apig.export(), before, "undone, the account is as it was");
}

#[test]
fn a_strange_dialect_shows_in_the_example_and_refuses_the_usual_one() {
    let options =
        Options { timing: at_once(), strange_dialect: Some("Cors".to_owned()), ..Options::default() };
    let ground = Ground::over(Lab::with(options, 1.0));
    let route = ground.served("orders");
    let classes = ground.lab.ok("ListPolicyClasses", json!({"pageSize": 100}));
    let classes = classes["items"].as_array().expect("items").clone();
    let example = |name: &str| {
        let one = classes.iter().find(|one| one["name"] == name).expect("the class");
        serde_json::from_str::<Value>(one["configExample"].as_str().expect("an example")).expect("JSON")
    };
    assert!(example("Cors").get("allowOriginsValue").is_some());
    assert!(example("Timeout").get("unitNum").is_some());
    let body = json!({"className": "Cors", "name": "cors", "config": "{\"enable\":true,\"allowOrigins\":\"*\"}",
        "attachResourceIds": [route], "attachResourceType": "GatewayRoute",
        "environmentId": ground.environment, "gatewayId": ground.gateway});
    assert_eq!(ground.lab.refused("CreateAndAttachPolicy", body), "InvalidParameter.WithValue");
    let listed = |options: Options| {
        let lab = Lab::with(options, 1.0);
        lab.ok("ListPluginClasses", json!({"nameLike": "geo-ip"}))["totalSize"].clone()
    };
    assert_eq!(listed(Options::default()), 0);
    assert_eq!(listed(Options { list_geo_ip: true, ..Options::default() }), 1);
}

#[test]
fn rest_apis_are_served_as_routes() {
    let ground = Ground::new();
    let lab = &ground.lab;
    let before = lab.apig.export();
    let service = |id: &str, matched: Value| json!({"serviceId": id, "port": 8080, "protocol": "HTTP", "match": matched});
    let deployment = json!({"gatewayId": ground.gateway, "environmentId": ground.environment,
    "backendScene": "MultiServiceByContent", "customDomainIds": [ground.domain], "serviceConfigs": [
        service(&ground.first, json!({"default": true, "conditions": []})),
        service(&ground.second, json!({"default": false, "conditions": [
            {"type": "Header", "operator": "equal", "key": "x-beta", "value": "yes"}]})),
    ]});
    let api = json!({"name": "rest", "type": "Rest", "basePath": "/base", "protocols": ["HTTP"],
        "removeBasePathOnForward": true});
    assert_eq!(
        lab.refused("CreateHttpApi", json!({"name": "r", "type": "Rest"})),
        "InvalidParameter.IsEmpty"
    );
    let api = lab.id("CreateHttpApi", api, "httpApiId");
    lab.ok("UpdateHttpApi", json!({"httpApiId": api, "deployConfigs": [deployment]}));
    let operations = json!([{"name": "get-user", "path": "/users/{id}", "method": "GET"},
        {"name": "list-users", "path": "/users", "method": "GET"}]);
    let made = lab.ok("CreateHttpApiOperation", json!({"httpApiId": api, "operations": operations}));
    let again = json!({"httpApiId": api, "operations": [operations[0]]});
    assert_eq!(lab.refused("CreateHttpApiOperation", again), "Conflict.OperationExisted");
    assert!(ground.config().routes.is_empty(), "nothing is served before it is published");
    let environment = json!({"environmentId": ground.environment});
    lab.ok(
        "DeployHttpApi",
        json!({"httpApiId": api, "restApiConfig": {"gatewayId": ground.gateway,
        "environment": environment}}),
    );
    let routes = ground.config().routes;
    let shown: Vec<_> = routes
        .iter()
        .map(|route| (route.name.as_str(), route.path.kind, route.path.value.as_str(), route.headers.len()))
        .collect();
    assert_eq!(
        shown,
        [
            ("get-user", MatchKind::Regex, "/base/users/[^/]+", 0),
            ("get-user", MatchKind::Regex, "/base/users/[^/]+", 1),
            ("list-users", MatchKind::Exact, "/base/users", 0),
            ("list-users", MatchKind::Exact, "/base/users", 1),
        ]
    );
    assert!(
        matches!(&routes[1].action, Action::Forward(to) if to.targets[0].upstream == "vip://10.1.0.9:8080")
    );
    assert!(routes[0].policies.rewrite.is_some(), "the base path stays behind");
    let listed = lab.ok("ListHttpApiOperations", json!({"httpApiId": api, "name": "get-user"}));
    assert_eq!(listed["items"][0]["status"], "Deployed");
    assert_eq!(lab.refused("DeleteHttpApi", json!({"httpApiId": api})), "Conflict.HttpApiInUse");
    lab.ok("UndeployHttpApi", json!({"httpApiId": api, "environmentId": ground.environment}));
    for one in made["operations"].as_array().expect("operations") {
        lab.ok("DeleteHttpApiOperation", json!({"httpApiId": api, "operationId": one["operationId"]}));
    }
    lab.ok("DeleteHttpApi", json!({"httpApiId": api}));
    assert_eq!(lab.apig.export(), before);
}

#[test]
fn a_write_about_a_route_looks_at_no_other_route() {
    let ground = Ground::new();
    let visited = |work: &dyn Fn()| {
        let before = VISITED.get();
        work();
        VISITED.get() - before
    };
    let round = |number: usize| {
        let mut body = ground.route(&format!("r-{number}"));
        body["match"]["path"]["value"] = json!(format!("/r/{number}"));
        let route = ground.create(body);
        for (class, config) in [
            ("Timeout", json!({"enable": true, "unitNum": 7, "timeUnit": "s"})),
            ("Retry", json!({"enable": true, "attempts": 1})),
            ("HttpRewrite", json!({"enable": true, "host": "in.local"})),
            ("Cors", json!({"enable": true, "allowOrigins": "*"})),
        ] {
            ground.put(class, class, &config, "GatewayRoute", &route);
        }
        ground.deploy(&route);
        let query =
            json!({"attachResourceId": route, "attachResourceType": "GatewayRoute", "withAttachments": true});
        let policies = ground.lab.ok("ListPolicies", query)["items"].clone();
        assert_eq!(policies.as_array().map(Vec::len), Some(4));
        (route, policies)
    };
    let undone = |(route, policies): &(String, Value)| {
        ground.lab.ok("UndeployHttpApi", json!({"httpApiId": ground.api, "routeId": route}));
        for policy in policies.as_array().expect("policies").iter().skip(1) {
            ground.lab.ok("DetachAndDeletePolicy", json!({"policyId": policy["policyId"]}));
        }
        ground.lab.ok("DeleteHttpApiRoute", json!({"httpApiId": ground.api, "routeId": route}));
    };
    let first = visited(&|| undone(&round(0)));
    let made: Vec<_> = (1..600).map(round).collect();
    assert_eq!(visited(&|| undone(&round(600))), first, "with 600 routes as with none");
    let config = ground.config();
    let all =
        config.routes.len() == made.len() && config.routes.iter().all(|route| route.policies.cors.is_some());
    assert!(all, "the data plane knows them");
    for one in &made {
        undone(one);
    }
    assert!(ground.config().routes.is_empty());
}
