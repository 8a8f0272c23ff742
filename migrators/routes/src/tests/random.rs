//! Random policies, moved: everything is written and reads back, a second run changes nothing, and undo
//! leaves the account as it was.

use gateshift_gateway_model::{
    Cors, Direction, HeaderChange, HeaderOp, MatchKind, PathRewrite, Rewrite, Route, RoutePolicies,
};
use gateshift_sdk::api::Applied;
use gateshift_sdk::model::{CheckpointResult, Severity, Verb};
use proptest::prelude::*;
use serde_json::json;

use super::lab::{Lab, options};
use super::model::{inventory, policies, route};

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-z]{1,5}", 0..4)
}

fn headers() -> impl Strategy<Value = Vec<HeaderChange>> {
    let direction = prop_oneof![Just(Direction::Request), Just(Direction::Response)];
    let op = prop_oneof![Just(HeaderOp::Add), Just(HeaderOp::Update), Just(HeaderOp::Delete)];
    let one = (direction, op, "x-[a-z]{1,4}", "[ -~]{0,8}")
        .prop_map(|(direction, op, name, value)| HeaderChange { direction, op, name, value });
    prop::collection::vec(one, 0..4)
}

fn cors() -> impl Strategy<Value = Cors> {
    (words(), words(), any::<bool>(), 0u64..100).prop_map(|(origins, names, credentials, max_age)| Cors {
        allow_origins: origins,
        allow_methods: vec!["GET".into()],
        allow_headers: names.clone(),
        expose_headers: names,
        allow_credentials: credentials,
        max_age,
        unit: "h".into(),
    })
}

prop_compose! {
    fn any_policies()(
        path in prop::option::of("/[a-z]{0,4}/"),
        host in prop::option::of("[a-z]{1,6}\\.example"),
        headers in headers(),
        cors in prop::option::of(cors()),
        threshold in 1u64..1000,
        parts in prop::collection::vec(any::<bool>(), 5),
    ) -> RoutePolicies {
        let mut all = policies();
        let path = path.map(|prefix| PathRewrite::Prefix { prefix });
        all.rewrite = (path.is_some() || host.is_some()).then_some(Rewrite { path, host });
        (all.headers, all.cors) = (headers, cors);
        all.rate_limits[0].threshold = threshold;
        all.mirror = all.mirror.filter(|_| parts[0]);
        all.rate_limits.retain(|_| parts[1]);
        all.concurrency_limits.retain(|_| parts[2]);
        all.circuit_breakers.retain(|_| parts[3]);
        all.waf = parts[4];
        all
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn whatever_the_policies_are(every in prop::collection::vec(any_policies(), 1..4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (lab, mut inventory) = (Lab::new(options()), inventory());
            for (at, policies) in every.into_iter().enumerate() {
                let mut one = route(&format!("any-{at}"), "a.example.com", &format!("/any{at}/"));
                assert_eq!(one.matching.path.kind, MatchKind::Prefix);
                one = Route { policies, created_at: 9000 + at as i64, ..one };
                inventory.routes.push(one);
            }
            let before = lab.export();
            let plan = lab.plan(&inventory, json!({})).await;
            assert!(plan.findings.iter().all(|one| one.severity < Severity::Decide), "{:?}", plan.findings);
            let Applied::Done { output, .. } = lab.apply(&inventory, &plan).await.unwrap() else { panic!("not done") };
            for one in lab.verify(&inventory, &plan, &output).await {
                assert_eq!(one.result, CheckpointResult::Pass, "{} {}", one.message, one.evidence);
            }
            let (writes, made) = (lab.writes(), lab.export());
            lab.apply(&inventory, &plan).await.unwrap();
            let settled = lab.input(&inventory, json!({})).settled;
            lab.forget();
            let second = lab.plan(&inventory, json!({})).await;
            assert!(second.operations.iter().all(|one| one.verb == Verb::Adopt || one.object.kind == "association"));
            lab.apply(&inventory, &second).await.unwrap();
            assert_eq!((lab.writes(), lab.export()), (writes, made));
            lab.remember(settled);
            lab.undo(&inventory, &plan).await.unwrap();
            assert!(lab.export() == before, "{}", lab.export());
        });
    }
}
