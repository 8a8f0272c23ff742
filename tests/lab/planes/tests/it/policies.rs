//! Policies, lists, authentication and plugins through a listening plane: each kind of effect once, in
//! the order in which a gateway asks.

use std::collections::BTreeMap;
use std::net::IpAddr;

use gateshift_lab_kernel::gateway::{Action, GatewayConfig, MatchKind, Route};
use gateshift_lab_kernel::policy::{
    AddressList, AuthResource, AuthScheme, Consumer, ConsumerAuth, Cors, Credential, GlobalAuth,
    HeaderChange, HeaderOp, Levels, Limit, Mirror, Parameters, PathRewrite, PluginRule, Policies, Refusal,
    Rewrite, Scope, TokenPlace,
};
use hyper::Request;
use serde_json::{Value, json};

use crate::common::{Answer, Lab, cloud, domain, forward, gateway, mock, route, target, until};

const ONE: &str = "vip://10.0.0.1:80";
const TWO: &str = "vip://10.0.0.2:80";
const HOST: &str = "api.example.com";

/// A route to the first upstream with policies.
fn guarded(name: &str, path: &str, policies: Policies) -> Route {
    let to = forward(vec![target(ONE, BTreeMap::new(), 100)]);
    Route { policies, ..route(name, &[HOST], MatchKind::Prefix, path, Action::Forward(to)) }
}

struct Ground {
    lab: Lab,
    address: IpAddr,
}

impl Ground {
    fn start(routes: Vec<Route>, edit: impl FnOnce(&mut GatewayConfig)) -> Self {
        let cloud = cloud(1.0);
        let address = cloud.addresses.take();
        let mut config = gateway("gw-1", address, vec![domain(HOST, None, false)], routes);
        edit(&mut config);
        Self { lab: Lab::start(cloud, vec![config]), address }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.lab.send(self.address, request).await.expect("an answer")
    }

    async fn status(&self, path: &str, headers: &[(&str, &str)]) -> u16 {
        self.ask("GET", path, headers).await.status
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_reaches_the_upstream_and_the_client_is_what_the_policies_make_of_it() {
    let change = |response, op, name: &str, value: &str| HeaderChange {
        response,
        op,
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let cors = Cors {
        origins: vec!["https://shop.example.com".to_owned()],
        methods: vec!["GET".to_owned()],
        ..Cors::default()
    };
    let policies = Policies {
        rewrite: Some(Rewrite {
            path: Some(PathRewrite::Prefix("/v2/".to_owned())),
            host: Some("inner.local".to_owned()),
        }),
        headers: vec![
            change(false, HeaderOp::Update, "x-added", "1"),
            change(false, HeaderOp::Delete, "authorization", ""),
            change(true, HeaderOp::Add, "x-answer", "yes"),
        ],
        cors: Some(cors),
        mirror: Some(Mirror { target: target(TWO, BTreeMap::new(), 100), percent: 100 }),
        ..Policies::default()
    };
    let ground = Ground::start(vec![guarded("r", "/app/", policies)], |config| {
        config.parameters = Parameters { merge_slashes: true, gzip: true, ..Parameters::default() };
    });
    let sent = [("authorization", "secret"), ("origin", "https://shop.example.com")];
    let answer = ground.ask("GET", "//app//a?b=c", &sent).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://shop.example.com");
    assert_eq!(answer.header("x-answer"), "yes");
    let seen = answer.json();
    assert_eq!(
        (&seen["path"], &seen["query"], &seen["host"]),
        (&json!("/v2/a"), &json!("b=c"), &json!("inner.local"))
    );
    assert_eq!(seen["headers"], json!({"origin": "https://shop.example.com", "x-added": "1"}));
    assert_eq!(ground.lab.planes.mirrored(), BTreeMap::from([(("gw-1".to_owned(), TWO.to_owned()), 1)]));
    assert!(ground.lab.planes.metrics_text().contains(&format!("upstream=\"{TWO}\"}} 1")));

    let preflight = [("origin", "https://shop.example.com"), ("access-control-request-method", "GET")];
    let answer = ground.ask("OPTIONS", "/app/", &preflight).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("access-control-allow-methods"), "GET");
    let packed = ground.ask("GET", "/app/", &[("accept-encoding", "gzip")]).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    ground.lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_come_first_and_each_product_puts_levels_together_its_own_way() {
    let list = |scope, white, network: &str| AddressList {
        scope,
        white,
        networks: vec![network.to_owned()],
        layer4: false,
    };
    let start = |levels| {
        Ground::start(vec![guarded("r", "/", Policies::default())], |config| {
            config.levels = levels;
            config.lists = vec![
                list(Scope::Gateway, false, "192.0.2.0/24"),
                list(Scope::Routes(vec!["r".to_owned()]), true, "192.0.2.4"),
            ];
            config.parameters.trusted_hops = 1;
            config.authentications = vec![external()];
        })
    };
    for (levels, wanted) in [(Levels::MostSpecific, 200), (Levels::All, 403)] {
        let ground = start(levels);
        let headers = [("x-forwarded-for", "192.0.2.4"), ("x-token", "1")];
        assert_eq!(ground.status("/", &headers).await, wanted, "{levels:?}");
        let refused = ground.ask("GET", "/", &[("x-forwarded-for", "192.0.2.9")]).await;
        assert_eq!((refused.status, refused.body.as_str()), (403, "RBAC: access denied"));
        let entry = ground.lab.planes.access_log().last().cloned().expect("an entry");
        assert_eq!((entry.response_code, entry.route_name.as_str()), (403, "r"));
        ground.lab.planes.shutdown().await;
    }
}

/// Asks a service about everything.
fn external() -> GlobalAuth {
    GlobalAuth {
        name: "external".to_owned(),
        white: true,
        resources: Vec::new(),
        scheme: AuthScheme::External {
            target: target(ONE, BTreeMap::new(), 100),
            header: "x-token".to_owned(),
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_on_a_layer_four_list_cannot_even_connect() {
    let ground = Ground::start(vec![guarded("r", "/", Policies::default())], |_| {});
    assert_eq!(ground.status("/", &[]).await, 200);
    ground.lab.edit(|configs| {
        let networks = vec!["127.0.0.0/8".to_owned()];
        configs[0].lists = vec![AddressList { scope: Scope::Gateway, white: false, networks, layer4: true }];
    });
    until("the peer to be refused", async || {
        ground.lab.send(ground.address, Request::get("/").header("host", HOST)).await.is_err()
    })
    .await;
    ground.lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authentication_is_asked_globally_then_by_plugins_then_for_consumers() {
    let key = |name: &str, key: &str| Consumer {
        name: name.to_owned(),
        credential: Credential::ApiKey { header: "x-consumer-key".to_owned(), key: key.to_owned() },
    };
    let consumers = Some(ConsumerAuth { allowed: vec![key("jane", "k")] });
    let routes = vec![
        guarded("open", "/open/", Policies::default()),
        guarded("r", "/", Policies { consumers, ..Policies::default() }),
    ];
    let ground = Ground::start(routes, |config| {
        let resource = AuthResource {
            domain: "*".to_owned(),
            path: "/open/".to_owned(),
            kind: MatchKind::Prefix,
            ignore_case: false,
        };
        config.authentications = vec![GlobalAuth {
            name: "jwt".to_owned(),
            white: true,
            resources: vec![resource],
            scheme: AuthScheme::Jwt {
                issuer: "https://issuer.example.com".to_owned(),
                subject: String::new(),
                jwks: include_str!("../../src/policies/testdata/rs256.jwks.json").to_owned(),
                token: TokenPlace {
                    header: "authorization".to_owned(),
                    prefix: "Bearer ".to_owned(),
                    pass: false,
                },
            },
        }];
        let rule = json!({"consumers": [{"name": "p", "credential": "pk"}], "keys": ["x-plugin-key"]});
        config.plugins = vec![
            plugin("key-auth", Scope::Routes(vec!["r".to_owned()]), rule),
            plugin("opa", Scope::Gateway, json!({"policy": "one"})),
        ];
        config.plugins[0].config["allow"] = json!(["p"]);
    });
    let bearer = format!("Bearer {}", include_str!("../../src/policies/testdata/rs256.token").trim());
    let (token, plugin, consumer) =
        (("authorization", bearer.as_str()), ("x-plugin-key", "pk"), ("x-consumer-key", "k"));
    let refused = ground.ask("GET", "/a", &[plugin, consumer]).await;
    assert_eq!((refused.status, refused.body.as_str()), (401, "Jwt is missing"));
    assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"http://api.example.com/a\"");
    assert!(ground.ask("GET", "/a", &[token, consumer]).await.body.contains("Key Auth"));
    assert_eq!(ground.ask("GET", "/a", &[token, plugin]).await.body, "Unauthorized");
    assert_eq!(ground.status("/a", &[token, plugin, ("x-consumer-key", "no")]).await, 403);
    let answer = ground.ask("GET", "/a", &[token, plugin, consumer]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-plugin-opa").len(), 8, "a plugin that is not modelled marks its answers");
    assert_eq!(answer.json()["headers"]["x-mse-consumer"], "jane");
    assert_eq!(answer.json()["headers"].get("authorization"), None, "the token does not go on");
    assert_eq!(ground.status("/open/a", &[]).await, 200);
    let query =
        "sum(increase(envoy_http_downstream_rq{gateway_id=\"gw-1\",response_code_class=\"4xx\"}[60s]))";
    assert_eq!(ground.lab.planes.query(query).expect("an answer")[0].value, 4.0);
    ground.lab.planes.shutdown().await;
}

fn plugin(name: &str, scope: Scope, config: Value) -> PluginRule {
    PluginRule { plugin: name.to_owned(), scope, text: config.to_string(), config }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_survive_a_change_of_the_configuration() {
    let refusal = Refusal::Content { status: 429, body: "{\"slow\":true}".to_owned(), json: true };
    let rate_limit = Some(Limit { threshold: 2, window_ms: 3_600_000, refusal });
    let limited = Policies { rate_limit, ..Policies::default() };
    let ground = Ground::start(vec![guarded("r", "/", limited)], |_| {});
    assert_eq!([ground.status("/", &[]).await, ground.status("/", &[]).await], [200, 200]);
    let refused = ground.ask("GET", "/", &[]).await;
    assert_eq!((refused.status, refused.header("content-type")), (429, "application/json"));
    ground.lab.edit(|configs| {
        let more = route("more", &[HOST], MatchKind::Exact, "/more", mock("more"));
        configs[0].routes.push(more);
    });
    until("the other route", async || ground.ask("GET", "/more", &[]).await.body == "more").await;
    assert_eq!(ground.status("/", &[]).await, 429);
    let entry = ground.lab.planes.access_log().last().cloned().expect("an entry");
    assert_eq!(entry.response_flags, "RL");
    ground.lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_ids_follow_the_parameters() {
    for (made, kept, wanted) in [(true, true, true), (true, false, false), (false, false, true)] {
        let ground = Ground::start(vec![guarded("r", "/", Policies::default())], |config| {
            config.parameters =
                Parameters { request_id: made, keep_request_id: kept, ..Parameters::default() };
        });
        let answer = ground.ask("GET", "/", &[("x-request-id", "mine")]).await;
        assert_eq!(answer.header("x-request-id") == "mine", wanted, "{made} {kept}");
        ground.lab.planes.shutdown().await;
    }
}
