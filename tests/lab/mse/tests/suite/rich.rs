//! What a gateway has beside routes: written in a scenario, kept, answered, and given to the data plane.

use gateshift_lab_kernel::Product;
use gateshift_lab_kernel::gateway::GatewayConfig;
use gateshift_lab_kernel::policy::{
    AuthScheme, Credential, HeaderOp, Levels, PathRewrite, Policies, Refusal, Scope,
};
use gateshift_lab_mse::Scenario;
use serde_json::{Value, json};

use crate::lab::Lab;

pub(crate) const THEMES: [(&str, &str); 5] = [
    ("policies", include_str!("../../scenarios/policies.yaml")),
    ("security", include_str!("../../scenarios/security.yaml")),
    ("plugins", include_str!("../../scenarios/plugins.yaml")),
    ("parameters", include_str!("../../scenarios/parameters.yaml")),
    ("unsupported", include_str!("../../scenarios/unsupported.yaml")),
];

fn theme(name: &str) -> Lab {
    Lab::yaml(THEMES.iter().find(|(theme, _)| *theme == name).unwrap().1)
}

fn config(lab: &Lab) -> GatewayConfig {
    lab.mse.gateways().remove(0)
}

fn policies(config: &GatewayConfig, route: &str) -> Policies {
    config.routes.iter().find(|known| known.name == route).unwrap().policies.clone()
}

fn detail(lab: &Lab, route: &str) -> Value {
    lab.data("GetGatewayRouteDetail", json!({ "RouteId": lab.route(route) }))
}

#[test]
fn every_theme_is_read_and_written_alike() {
    for (name, text) in THEMES {
        let scenario = Scenario::from_yaml(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(Scenario::from_yaml(&scenario.to_yaml().unwrap()).unwrap(), scenario, "{name}");
    }
}

#[test]
fn policies_are_in_the_detail_twice() {
    let lab = theme("policies");
    let row = detail(&lab, "prefix");
    assert_eq!(
        row["HTTPRewrite"],
        json!({ "Status": "on", "PathType": "PRE", "Path": "/v2/", "Host": "orders.internal" })
    );
    let row = detail(&lab, "expression");
    assert_eq!(
        row["HTTPRewrite"],
        json!({ "Status": "on", "PathType": "ERGULAR", "Pattern": "/item/([0-9]+)", "Substitution": "/i/\\1" })
    );
    assert_eq!(detail(&lab, "no-rewrite")["HTTPRewrite"]["Status"], "off");
    let items = detail(&lab, "headers")["HeaderOp"]["HeaderOpItems"].clone();
    assert_eq!(items.as_array().unwrap().len(), 5);
    assert_eq!(
        items[1],
        json!({ "DirectionType": "Request", "OpType": "Update", "Key": "x-env", "Value": "production" })
    );
    let row = detail(&lab, "cors");
    assert_eq!((&row["Cors"]["AllowMethods"], &row["Cors"]["UnitNum"]), (&json!("GET,POST"), &json!(12)));
    let row = detail(&lab, "mirrored");
    assert_eq!((&row["FlowMirror"]["Percentage"], &row["FlowMirror"]["Port"]), (&json!(20), &json!(8080)));
    assert!(row["FlowMirror"]["TargetServiceId"].is_i64());

    let row = detail(&lab, "everything");
    let texts: Value = serde_json::from_str(row["Policies"].as_str().unwrap()).unwrap();
    for (name, field) in [("HTTPRewrite", "path"), ("HeaderOp", "headerOpItems"), ("CORS", "allowOrigins")] {
        let inner: Value = serde_json::from_str(texts[name].as_str().unwrap()).unwrap();
        assert!(inner[field] != Value::Null && inner["status"] == "on", "{name}: {inner}");
    }
    assert_eq!((&row["EnableWaf"], &row["AhasStatus"]), (&json!(true), &json!(1)));
    let bare = detail(&lab, "no-rewrite");
    assert_eq!((&bare["EnableWaf"], &bare["AhasStatus"]), (&json!(false), &json!(0)));
    for absent in ["Cors", "HeaderOp", "FlowMirror"] {
        assert!(bare.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn dubbo_is_told_under_its_misspelt_names() {
    let lab = theme("policies");
    let transcoder = detail(&lab, "dubbo")["RouteServices"][0]["HttpDubboTranscoder"].clone();
    assert_eq!(transcoder["DubboServiceName"], "org.example.demo.HelloService");
    let methods = transcoder["MothedMapList"].as_array().unwrap();
    let of = |name: &str| methods.iter().map(|row| row[name].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(of("DubboMothedName"), ["sayHello", "save", "all"]);
    assert_eq!(of("HttpMothed"), ["ALL_GET", "ALL_POST", "ALL_PUT"]);
    assert_eq!(of("PassThroughAllHeaders"), ["PASS_NOT", "PASS_ASSIGN", "PASS_ALL"]);
    assert_eq!(methods[0]["ParamMapsList"][0]["ExtractKeySpec"], "ALL_QUERY_PARAMETER");
}

#[test]
fn a_rule_is_in_the_old_form_in_the_new_one_or_in_both() {
    let lab = theme("policies");
    let data = lab.call("ListGatewayFlowRule", json!({})).unwrap()["Data"].clone();
    let names = |form: &str| -> Vec<String> {
        let rows = data[form].as_array().unwrap();
        rows.iter().map(|row| row["RouteName"].as_str().unwrap().to_owned()).collect()
    };
    let (old, new) = (names("Result"), names("Results"));
    // The second has a window that the old form cannot tell, so it is in both.
    assert_eq!(old, ["limited", "limited-slowly", "limited-off", "everything"]);
    assert_eq!(new, ["limited", "limited-slowly", "limited-new", "limited-off"]);
    assert_eq!(data["TotalSize"], 5);
    assert!(data["Result"][1].get("StatDurationMs").is_none());
    assert_eq!(data["Results"][1]["StatDurationMs"], 60_000);
    assert_eq!(data["Results"][1]["ResponseAdditionalHeaders"], "retry-after=60");
    assert_eq!((&data["Results"][2]["BehaviorType"], &data["Results"][3]["Enable"]), (&json!(1), &json!(0)));
    let breakers = lab.call("ListGatewayCircuitBreakerRule", json!({})).unwrap()["Data"].clone();
    assert_eq!(breakers["Result"][0]["Strategy"], 1);
    let slow = breakers["Result"][1].clone();
    assert_eq!((&slow["Strategy"], &slow["MaxAllowedMs"]), (&json!(0), &json!(500)));
    let isolation = lab.call("ListGatewayIsolationRule", json!({})).unwrap()["Data"].clone();
    assert_eq!(isolation["Result"][0]["MaxConcurrency"], 3);
}

#[test]
fn the_data_plane_gets_what_is_on() {
    let lab = theme("policies");
    let config = config(&lab);
    let of = |route: &str| policies(&config, route);
    assert_eq!(of("exact").rewrite.unwrap().path, Some(PathRewrite::Exact("/internal/exact".into())));
    assert!(matches!(of("expression").rewrite.unwrap().path, Some(PathRewrite::Regex { .. })));
    assert_eq!(of("no-rewrite"), Policies::default());
    assert_eq!(of("limited-off"), Policies::default());
    let headers = of("headers").headers;
    assert_eq!((headers[4].response, headers[4].op), (true, HeaderOp::Delete));
    assert_eq!(of("cors").cors.unwrap().max_age_seconds, 12 * 3_600);
    let mirror = of("mirrored").mirror.unwrap();
    assert_eq!((mirror.target.upstream.as_str(), mirror.percent), ("vip://10.1.0.7:8080", 20));
    let limit = of("limited-slowly").rate_limit.unwrap();
    assert_eq!((limit.threshold, limit.window_ms), (100, 60_000));
    assert!(matches!(limit.refusal, Refusal::Content { status: 503, json: true, .. }));
    assert!(matches!(of("limited-new").rate_limit.unwrap().refusal, Refusal::Redirect(_)));
    assert_eq!(of("breaks-when-slow").breaker.unwrap().slow_ms, Some(500));
    let all = of("everything");
    assert!(all.mirror.is_some() && all.concurrency.is_some() && all.breaker.is_some());
}

#[test]
fn lists_name_domains_by_name_and_routes_by_number() {
    let lab = theme("security");
    let rows = lab.rows("GatewayBlackWhiteList");
    let row = |name: &str| rows.iter().find(|row| row["Name"] == name).unwrap();
    assert_eq!(row("blocked")["Content"], "198.51.100.0/24,2001:db8:bad::/48,192.0.2.7");
    assert_eq!(row("office")["ResourceIdJsonList"], json!(["admin.example.com"]).to_string());
    let route = lab.route("one-friend");
    assert_eq!(row("one-friend")["ResourceIdJsonList"], json!([route]).to_string());
    let names: Value =
        serde_json::from_str(row("one-friend")["ResourceIdNameJson"].as_str().unwrap()).unwrap();
    assert_eq!(names[route.to_string()], "one-friend");
    assert_eq!(row("kept-for-later")["Status"], "off");

    let lists = config(&lab).lists;
    assert_eq!(lists.len(), 5, "those that are on");
    assert_eq!(lists[1].scope, Scope::Routes(vec!["one-friend".into()]));
    assert_eq!(lists[2].scope, Scope::Domains(vec!["admin.example.com".into()]));
    assert_eq!(config(&lab).levels, Levels::MostSpecific);
}

#[test]
fn a_list_can_be_changed() {
    let lab = theme("security");
    let id = lab.rows("GatewayBlackWhiteList")[0]["Id"].clone();
    let watch = lab.cloud.watch();
    lab.data("UpdateBlackWhiteList", json!({ "Id": id, "Content": "192.0.2.1", "Status": "on" }));
    assert!(watch.has_changed().unwrap());
    assert_eq!(config(&lab).lists[0].networks, ["192.0.2.1"]);
    lab.data("UpdateBlackWhiteList", json!({ "Id": id, "Status": "off" }));
    assert_eq!(config(&lab).lists.len(), 4);
    let error = lab.call("UpdateBlackWhiteList", json!({ "Id": id, "Status": "maybe" })).unwrap_err();
    assert_eq!(error.code, "InvalidParameter");
}

#[test]
fn authentication_has_its_resources_in_the_detail() {
    let lab = theme("security");
    let rows = lab.rows("ListGatewayAuth");
    let kinds: Vec<&str> = rows.iter().map(|row| row["Type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["JWT", "OIDC", "OIDC", "ExternalAuthZ"]);
    assert!(rows.iter().all(|row| row.get("ResourceList").is_none()));
    assert_eq!(rows[1]["ClientSecret"], "login-client-secret");
    assert_eq!(rows[2]["ClientSecret"], "******");
    let detail = |at: usize| lab.data("GetGatewayAuthDetail", json!({ "Id": rows[at]["Id"] }));
    let jwt = detail(0);
    assert_eq!((&jwt["TokenNamePrefix"], &jwt["IsWhite"]), (&json!("Bearer "), &json!(false)));
    let strict = &jwt["ResourceList"][1];
    assert_eq!((&strict["MatchType"], &strict["IgnoreCase"]), (&json!("EQUAL"), &json!(true)));
    assert_eq!(strict["AuthResourceHeaderList"][1]["HeaderMethod"], "REGREX");
    let external = detail(3);
    assert_eq!(external["ExternalAuthZ"]["Service"]["SourceType"], "VIP");
    assert_eq!(external["ResourceList"][0]["MatchType"], "ERGULAR");
    let on = config(&lab).authentications;
    assert_eq!(on.len(), 2);
    assert!(matches!(&on[0].scheme, AuthScheme::Jwt { issuer, .. } if issuer == "https://id.example.com"));
    let only_jwt = lab.data("ListGatewayAuth", json!({ "FilterParams": { "Type": "JWT" } }));
    assert_eq!(only_jwt["TotalSize"], 1);
}

#[test]
fn consumers_have_grants_on_guarded_routes() {
    let lab = theme("security");
    let pages = json!({ "PageNum": "1", "PageSize": "2" });
    let page = lab.data("ListGatewayAuthConsumer", pages);
    assert_eq!((&page["TotalSize"], page["Result"].as_array().unwrap().len()), (&json!(3), 2));
    let acme = lab.data("GetGatewayAuthConsumerDetail", json!({ "Id": page["Result"][0]["Id"] }));
    assert_eq!((&acme["EncodeType"], &acme["KeyName"]), (&json!("OCT"), &json!("iss")));
    assert!(acme["Jwks"].as_str().unwrap().contains("YWNtZS1"), "the secret is told");
    let globex = &page["Result"][1]["Id"];
    let grants = |more: Value| {
        let mut query = json!({ "ConsumerId": globex, "PageNum": "1", "PageSize": "10" });
        query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lab.data("ListGatewayAuthConsumerResource", query)["Result"].as_array().unwrap().clone()
    };
    assert_eq!(grants(json!({})).len(), 2);
    let off = grants(json!({ "ResourceStatus": false }));
    assert_eq!(off[0]["RouteName"], "partner-orders");
    let guarded = lab.data("ListGatewayRouteOnAuth", json!({ "Type": "JWT" }));
    let guarded = guarded.as_array().unwrap();
    assert_eq!(guarded.len(), 3);
    assert!(guarded.iter().all(|row| row["GatewayId"].is_string() && row["Id"].is_i64()));

    let config = config(&lab);
    let allowed = |route: &str| -> Vec<String> {
        let consumers = policies(&config, route).consumers.unwrap().allowed;
        consumers.into_iter().map(|consumer| consumer.name).collect()
    };
    assert_eq!(allowed("partner-orders"), ["acme"], "neither a grant that is off nor a consumer that is");
    assert_eq!(allowed("partner-stock"), ["acme", "globex"]);
    assert!(allowed("partner-nobody").is_empty());
    let stock = policies(&config, "partner-stock").consumers.unwrap().allowed;
    assert!(
        matches!(&stock[1].credential, Credential::Jwt { claim, token, .. } if claim == "sub" && token.pass)
    );
    assert!(policies(&config, "open").consumers.is_none());
}

fn plugin(lab: &Lab, name: &str) -> Value {
    let rows = lab.data("GetPlugins", json!({}));
    let id = rows.as_array().unwrap().iter().find(|row| row["Name"] == name).unwrap()["Id"].clone();
    lab.data("GetPluginConfig", json!({ "PluginId": id }))
}

#[test]
fn all_plugins_on_offer_are_listed_with_their_state() {
    let names = |lab: &Lab, query: Value| lab.data("GetPlugins", query).as_array().unwrap().len();
    let lab = theme("plugins");
    assert_eq!(names(&lab, json!({})), 32, "thirty, the script plugin and the account's own");
    assert_eq!(names(&crate::lab::small(), json!({})), 30);
    assert_eq!(names(&crate::lab::small(), json!({ "EnableOnly": true })), 0);
    assert_eq!(plugin(&lab, "waf")["Status"], "0");
    let own = plugin(&lab, "shop-signature");
    assert_eq!((&own["Category"], &own["Phase"], &own["WasmLang"]), (&json!(0), &json!(2), &json!(2)));
    let rows = lab.data("GetPlugins", json!({ "Name": "shop-signature" }));
    assert!(rows[0]["WasmFile"].as_str().unwrap().contains("Signature="));
}

#[test]
fn levels_are_numbered_in_either_way() {
    let text = THEMES[2].1;
    let levels = |text: &str| -> Vec<i64> {
        let lab = Lab::yaml(text);
        let mut levels = Vec::new();
        for name in ["key-auth", "shop-signature"] {
            let rows = plugin(&lab, name)["GatewayConfigList"].as_array().unwrap().clone();
            levels.extend(rows.iter().map(|row| row["ConfigLevel"].as_i64().unwrap()));
        }
        levels
    };
    // key-auth on a route and on the gateway, shop-signature on domains and on the gateway.
    assert_eq!(levels(text), [1, 0, 2, 0]);
    assert_eq!(levels(&text.replace("route_first", "domain_first")), [2, 0, 1, 0]);
    let lab = Lab::yaml(text);
    let row = plugin(&lab, "shop-signature");
    let domains = row["GatewayConfigList"][0]["ResourceList"].as_array().unwrap().clone();
    assert_eq!(domains.len(), 2);
    assert_eq!((&row["DomainConfigStartIndex"], &row["GatewayConfigStartIndex"]), (&json!(0), &json!(1)));
    let time = row["GatewayConfigList"][0]["GmtCreate"].as_str().unwrap();
    assert!(time.bytes().all(|byte| byte.is_ascii_digit()), "milliseconds as text: {time}");
}

#[test]
fn plugins_run_in_the_products_order() {
    let lab = theme("plugins");
    let plugins = config(&lab).plugins;
    let mut order: Vec<&str> = plugins.iter().map(|rule| rule.plugin.as_str()).collect();
    order.dedup();
    let place = |name: &str| order.iter().position(|known| *known == name).unwrap();
    let due = [
        "http-real-ip",
        "custom-response",
        "jwt-auth",
        "hmac-auth",
        "key-auth",
        "shop-signature",
        "cors",
        "bot-detect",
        "hsts",
        "traffic-tag",
        "lua",
        "key-rate-limit",
    ];
    for pair in due.windows(2) {
        assert!(place(pair[0]) < place(pair[1]), "{pair:?} in {order:?}");
    }
    assert!(!order.contains(&"waf") && !order.contains(&"opa"), "plugins and rules that are off");
    let key = plugins.iter().find(|rule| rule.plugin == "key-auth").unwrap();
    assert_eq!(key.config["consumers"][0]["name"], "acme");
    assert!(key.text.starts_with("global_auth: false\n"));
    let lua = plugins.iter().find(|rule| rule.plugin == "lua").unwrap();
    assert!(lua.text.starts_with("function envoy_on_request"), "byte for byte");
}

#[test]
fn a_rule_of_a_plugin_can_be_changed() {
    let lab = theme("plugins");
    let rule = plugin(&lab, "custom-response")["GatewayConfigList"][0].clone();
    let call = gateshift_lab_kernel::Call {
        operation: "UpdatePluginConfig".to_owned(),
        path: std::collections::BTreeMap::new(),
        query: json!({ "GatewayUniqueId": lab.gateway, "Id": rule["Id"], "ConfigLevel": 0, "Enable": true })
            .as_object()
            .unwrap()
            .clone(),
        body: json!({ "Config": "status_code: 418\n" }).as_object().unwrap().clone(),
        request_id: "r-1".to_owned(),
    };
    lab.mse.call(&call).unwrap();
    let changed = plugin(&lab, "custom-response")["GatewayConfigList"][0].clone();
    assert_eq!(changed["Config"], "status_code: 418\n");
    assert_eq!(changed["ConfigLevel"], rule["ConfigLevel"]);
    let plane = config(&lab).plugins;
    let rule = plane.iter().find(|rule| rule.plugin == "custom-response").unwrap();
    assert_eq!(rule.config["status_code"], 418);
}

#[test]
fn parameters_are_answered_and_given_to_the_plane() {
    let lab = theme("parameters");
    let scenario = Scenario::from_yaml(THEMES[3].1).unwrap();
    let config_row = lab.data("GetGatewayConfig", json!({}));
    for (name, value) in &scenario.gateway.parameters {
        if name == "DisableHttp2Alpn" {
            assert_eq!(&lab.data("GetGatewayOption", json!({}))[name], value);
        } else {
            assert_eq!(&config_row[name], value, "{name}");
        }
    }
    assert_eq!(scenario.gateway.parameters.len(), 29, "all that there are");
    assert_eq!(config_row["SlsConfigDetails"]["NginxCompatible"], true);
    assert_eq!(config_row["XtraceDetails"]["TraceType"], "OPENTELEMETRY");
    let plane = config(&lab).parameters;
    assert_eq!((plane.trusted_hops, plane.gzip, plane.merge_slashes), (2, true, true));
    assert!(!plane.request_id && plane.keep_request_id && plane.http2);
    assert_eq!(plane.others["LiteMetrics"], true);
}

#[test]
fn everything_of_the_guide_can_be_in_use() {
    let all: Value = serde_json::from_str(include_str!("guide.json")).unwrap();
    let of = |table: &str| all[table].as_array().unwrap().iter().map(|row| row.as_str().unwrap().to_owned());
    let labs = [theme("unsupported"), theme("plugins"), theme("security"), theme("policies")];
    let has = |operation: &str, field: &str, value: &str| {
        labs.iter().any(|lab| {
            let data = lab.data(operation, json!({ "PageSize": 100_000 }));
            let rows = data.as_array().or_else(|| data["Result"].as_array()).unwrap().clone();
            rows.iter().any(|row| {
                row[field] == value && (operation != "GetPlugins" || value == "waf" || row["Status"] == "1")
            })
        })
    };
    for token in of("sources") {
        assert!(has("ListServiceSource", "Source", &token), "source {token}");
    }
    for token in of("services") {
        assert!(has("ListGatewayService", "SourceType", &token), "service {token}");
    }
    for token in of("authentications") {
        assert!(has("ListGatewayAuth", "Type", &token), "authentication {token}");
    }
    let plugins: Vec<String> = of("plugins").collect();
    assert_eq!(plugins.len(), 30);
    for name in plugins {
        assert!(has("GetPlugins", "Name", &name), "plugin {name}");
    }
    let parameters = labs[0].data("GetGatewayConfig", json!({}));
    for name in of("parameters") {
        let value = &parameters[&name];
        assert!(value == true || value["Enable"] == true, "parameter {name}");
    }
}

#[test]
fn ingress_and_broken_sources_are_told() {
    let lab = theme("unsupported");
    let rows = lab.data("ListServiceSource", json!({}));
    let of = |name: &str| rows.as_array().unwrap().iter().find(|row| row["Name"] == name).unwrap().clone();
    assert_eq!(of("cluster")["IngressOptions"]["IngressClass"], "mse");
    assert_eq!(of("gone")["Invalid"], true);
    assert_eq!(of("let-go")["BindingWithGateway"], 0);
    let routes = lab.rows("ListGatewayRoute");
    assert!(routes.iter().any(|row| row["Type"] == "Ingress" && row["Name"] == "from-ingress"));
    let services = lab.rows("ListGatewayService");
    let by_port = services.iter().find(|row| row["Name"] == "by-port").unwrap();
    let ports = lab.data("GetGatewayServiceDetail", json!({ "ServiceId": by_port["Id"] }));
    assert_eq!(ports["PortTrafficPolicyList"][1]["TrafficPolicy"]["TlsSetting"]["TlsMode"], "SIMPLE");
}

#[test]
fn the_life_of_a_cookie_is_spelt_in_two_ways() {
    let lab = theme("policies");
    let rows = lab.rows("ListGatewayService");
    let row = rows.iter().find(|row| row["Name"] == "sticky").unwrap();
    let hash = |row: &Value| {
        row["GatewayTrafficPolicy"]["LoadBalancerSettings"]["ConsistentHashLBConfig"]["HttpCookie"].clone()
    };
    assert_eq!(hash(row)["Ttl"], "360s");
    let detail = lab.data("GetGatewayServiceDetail", json!({ "ServiceId": row["Id"] }));
    assert_eq!(hash(&detail)["TTL"], "360s");
}

#[test]
fn mistakes_are_named() {
    let cases = [
        ("policies", "rewrite: { path: /internal/exact }", "rewrite: { prefix: /x }", "changes a prefix"),
        (
            "policies",
            "service: shadow, percent: 20",
            "service: shade, percent: 20",
            "mirrors to service \"shade\"",
        ),
        ("policies", "ratio: 50", "ratio: 0", "needs a ratio from 1 to 100"),
        ("security", "198.51.100.9]", "198.51.100.999]", "is no address or network"),
        ("security", "on: [one-friend]", "on: [one-foe]", "is on route \"one-foe\""),
        (
            "security",
            "level: domain, on: [admin.example.com]",
            "on: [admin.example.com]",
            "for the whole gateway",
        ),
        ("security", "client_id: shop", "client_id: ''", "needs client_id"),
        (
            "security",
            "grants: [partner-orders, partner-stock]",
            "grants: [nowhere]",
            "grant for route \"nowhere\"",
        ),
        ("plugins", "- name: hsts", "- name: hstst", "is no official plugin"),
        ("plugins", "phase: authn", "enabled: true", "needs phase and wasm_url"),
    ];
    for (name, from, to, expected) in cases {
        let text = THEMES.iter().find(|(theme, _)| *theme == name).unwrap().1;
        assert!(text.contains(from), "{from}");
        let error = Scenario::from_yaml(&text.replacen(from, to, 1)).unwrap_err();
        assert!(error.to_string().contains(expected), "{from}: {error}");
    }
}
