//! The step as the engine runs it: plan, apply, checkpoints, an interrupted attempt, silence.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gateshift_gateway_model::Verified;
use gateshift_sdk::api::{Applied, Migrator, ProbeFailure};
use gateshift_sdk::model::{CheckpointResult, ErrorClass, Severity, StepError};
use serde_json::{Value, json};

use super::simulation::{Gateway, bare_host, between, host, run, slept, step_input};
use super::world::fixture;
use crate::Verify;

#[tokio::test]
async fn an_equal_target_passes_the_checkpoint() {
    let fixture = fixture();
    let ran = between(&fixture, &fixture, json!({})).await;
    let Ok(Applied::Done { output, warnings }) = &ran.applied else { panic!("{:?}", ran.applied) };
    assert!(warnings.is_empty());
    let verified: Verified = serde_json::from_value(output.clone()).unwrap();
    assert_eq!((verified.mismatches, verified.routes, verified.routes_covered), (0, 13, 13));
    assert_eq!(verified.hosts, ["*.example.com", "plain.example.org", "shop.example.com"]);
    assert!(verified.compared > 50);
    assert!(ran.plan.operations.is_empty());
    assert_eq!(ran.plan.facts["counts"]["requests"], verified.compared);
    let checkpoints = Verify.verify(&ran.host, &ran.input, &ran.plan, output).await.unwrap();
    assert_eq!(checkpoints.len(), 1);
    assert_eq!(checkpoints[0].name, "routing.routes_configured_and_forward_correctly");
    assert_eq!(checkpoints[0].result, CheckpointResult::Pass, "{}", checkpoints[0].message);
    // Planning again gives the same plan.
    assert_eq!(Verify.plan(&ran.host, &ran.input).await.unwrap().digest(), ran.plan.digest());
}

#[tokio::test]
async fn the_rate_is_kept() {
    let fixture = fixture();
    let ran = between(&fixture, &fixture, json!({"rate": 10})).await;
    let sent = ran.report().sent_to_source;
    let due = Duration::from_secs_f64(sent as f64 / 10.0);
    // The simulated clock moves a little with every look at it.
    assert!(slept(&ran) + Duration::from_secs(1) > due, "{:?} of {due:?}", slept(&ran));
}

#[tokio::test]
async fn noise_is_no_mismatch() {
    let fixture = fixture();
    let (mut source, mut target) = (Gateway::new(fixture.clone()), Gateway::new(fixture.clone()));
    (source.is_flaky, target.is_flaky) = (true, true);
    let ran = run(host(source, target), &fixture, json!({"nearMisses": "all"})).await;
    let report = ran.report();
    assert_eq!((report.mismatches, report.unclear), (0, 0), "{:?} {:?}", report.differing, report.doubts);
    assert!(report.ignored.contains_key("header:x-flaky") && report.ignored.contains_key("body:/flaky/0"));
    // The source's noise hides nothing else.
    let mut wrong = fixture.clone();
    wrong.routes[1].destination = fixture.routes[0].destination.clone();
    let (mut source, mut target) = (Gateway::new(fixture.clone()), Gateway::new(wrong));
    (source.is_flaky, target.is_flaky) = (true, true);
    let report = run(host(source, target), &fixture, json!({})).await.report();
    assert!(report.mismatches > 0);
    assert!(
        report.differing.iter().all(|one| one.differences.iter().all(|one| !one.field.contains("flaky")))
    );
}

#[tokio::test]
async fn a_mismatch_names_route_cause_and_both_requests() {
    let (source, mut target) = (fixture(), fixture());
    target.routes[1].state = gateshift_gateway_model::PublishState::Unpublished;
    let ran = between(&source, &target, json!({})).await;
    let report = ran.report();
    let error = ran.applied.unwrap_err();
    assert_eq!((error.code.as_str(), error.class), ("GS-VERIFY-MISMATCH", ErrorClass::NeedsOperator));
    let hint = error.hint.unwrap();
    for part in [
        "route `r2`",
        "--resolve 'shop.example.com:443:192.0.2.1'",
        "--resolve 'shop.example.com:443:192.0.2.2'",
        "status 200 -> 404",
    ] {
        assert!(hint.contains(part), "{part}: {hint}");
    }
    assert_eq!(error.details["mismatches"], report.mismatches);
    // As many as were found are allowed when the operator says so, and the checkpoint says who did.
    let allowed = json!({"maxMismatches": report.mismatches});
    let ran = between(&source, &target, allowed).await;
    let Ok(Applied::Done { output, warnings }) = &ran.applied else { panic!("{:?}", ran.applied) };
    assert_eq!(warnings.len(), 1);
    let checkpoints = Verify.verify(&ran.host, &ran.input, &ran.plan, output).await.unwrap();
    assert_eq!(checkpoints[0].result, CheckpointResult::Waived);
}

#[tokio::test]
async fn an_interrupted_attempt_goes_on_where_it_was() {
    use gateshift_gateway_model::{MatchKind, Protocol};
    let routes =
        (0..200i64).map(|n| super::world::route(n, &["a.example"], MatchKind::Exact, &format!("/r{n}")));
    let inventory = super::world::inventory(
        vec![super::world::domain("a.example", Protocol::Http, false)],
        routes.collect(),
    );
    let sent = Arc::new(AtomicU64::new(0));
    let limit = Arc::new(AtomicU64::new(1500));
    let gateway = Gateway::new(inventory.clone());
    let (count, stop) = (Arc::clone(&sent), Arc::clone(&limit));
    let host = bare_host().with_probes(move |request| {
        if count.fetch_add(1, Ordering::Relaxed) >= stop.load(Ordering::Relaxed) {
            return Err(ProbeFailure::Host(StepError::retryable("GS-STOPPED", "the run is being stopped")));
        }
        gateway.answer(request)
    });
    let mut input = step_input(&host, &inventory, json!({"rate": 200}));
    let plan = Verify.plan(&host, &input).await.unwrap();
    let total = plan.facts["counts"]["requests"].as_u64().unwrap();
    assert!(total * 2 > 1500, "{total}");
    assert_eq!(Verify.apply(&host, &input, &plan).await.unwrap_err().code, "GS-STOPPED");
    input.checkpoint = host.record().checkpoints.last().cloned();
    let done = input.checkpoint.as_ref().unwrap()["letters"].as_str().unwrap().len() as u64;
    assert!(done >= 250, "{done}");
    sent.store(0, Ordering::Relaxed);
    limit.store(u64::MAX, Ordering::Relaxed);
    let Ok(Applied::Done { output, .. }) = Verify.apply(&host, &input, &plan).await else {
        panic!("not done")
    };
    assert_eq!(sent.load(Ordering::Relaxed), (total - done) * 2);
    assert_eq!(output["compared"], total);
    // Once it is through, a further attempt begins anew.
    input.checkpoint = host.record().checkpoints.last().cloned();
    assert_eq!(input.checkpoint.as_ref().unwrap()["letters"], "");
    sent.store(0, Ordering::Relaxed);
    Verify.apply(&host, &input, &plan).await.unwrap();
    assert_eq!(sent.load(Ordering::Relaxed), total * 2);
}

/// Runs with a failure that is decided by address and by number of the request.
async fn with_failures(fails: impl Fn(bool, u64) -> bool + Send + Sync + 'static) -> super::simulation::Ran {
    let fixture = fixture();
    let gateway = Gateway::new(fixture.clone());
    let count = AtomicU64::new(0);
    let host = bare_host().with_probes(move |request| {
        let is_source = request.address.to_string() == "192.0.2.1";
        if fails(is_source, count.fetch_add(1, Ordering::Relaxed)) {
            let (address, cause) = (request.address.to_string(), "refused".to_owned());
            return Err(ProbeFailure::Connect { address, cause });
        }
        gateway.answer(request)
    });
    run(host, &fixture, json!({"sideBySide": 1})).await
}

#[tokio::test]
async fn silence_is_never_a_pass() {
    for (side, text) in [(true, "source gateway"), (false, "target gateway")] {
        let ran = with_failures(move |is_source, _| is_source == side).await;
        let error = ran.applied.unwrap_err();
        assert_eq!((error.code.as_str(), error.class), ("GS-VERIFY-SILENT", ErrorClass::Retryable));
        assert!(error.message.contains(text), "{}", error.message);
    }
    // One lost exchange is repeated and forgotten.
    let report = with_failures(|_, number| number == 7).await.report();
    assert_eq!((report.mismatches, report.unclear), (0, 0));
    // A target that stays silent is a mismatch, both silent is no answer at all.
    let report = with_failures(|is_source, number| !is_source && (40..60).contains(&number)).await.report();
    assert!(report.mismatches > 0);
    assert!(report.differing.iter().any(|one| one.cause.code == "unreachable"));
    let report = with_failures(|_, number| (40..60).contains(&number)).await.report();
    assert!(report.mismatches == 0 && report.unclear > 0);
}

#[tokio::test]
async fn routes_that_cannot_be_shown_are_named() {
    let mut source = fixture();
    source.routes[4].matching.methods = vec!["POST".into()];
    source.routes[1].state = gateshift_gateway_model::PublishState::Edited;
    let shadowed = source.routes[0].clone();
    source.routes.push(gateshift_gateway_model::Route {
        id: "15".into(),
        name: "r15".into(),
        created_at: 15,
        ..shadowed
    });
    let ran = between(&source, &source, json!({})).await;
    let codes: Vec<(&str, &str)> =
        ran.plan.findings.iter().map(|one| (one.object.as_str(), one.code.as_str())).collect();
    assert_eq!(codes, [("routes/r5", "VFY-UNSAFE-ONLY"), ("routes/r15", "VFY-SHADOWED")]);
    assert!(ran.plan.findings.iter().all(|one| one.severity < Severity::Decide));
    let ran = between(&source, &source, json!({"unsafeRoutes": ["r5"]})).await;
    let coverage = ran.report().coverage;
    assert!(coverage.iter().find(|one| one.route == "r5").unwrap().is_covered());
}

#[tokio::test]
async fn a_route_that_was_left_out_counts_unless_the_operator_says_so() {
    let (source, mut target) = (fixture(), fixture());
    target.routes[0].state = gateshift_gateway_model::PublishState::Unpublished;
    for (settings, mismatches) in [(json!({}), true), (json!({"skipLeftOut": true}), false)] {
        let host = host(Gateway::new(source.clone()), Gateway::new(target.clone()));
        let mut input = step_input(&host, &source, settings);
        for (name, output) in &mut input.outputs {
            if name.as_str() == "routes" {
                output["routes"].as_object_mut().unwrap().remove("1");
            }
        }
        let plan = Verify.plan(&host, &input).await.unwrap();
        let applied = Verify.apply(&host, &input, &plan).await;
        assert_eq!(applied.is_err(), mismatches);
        if let Err(error) = applied {
            assert!(error.details["causes"]["left_out"].as_u64() > Some(0), "{}", error.details);
        }
        assert_eq!(plan.findings.len(), 1, "{:?}", plan.findings);
    }
}

#[test]
fn defaults_are_those_of_the_schema() {
    let schema = crate::settings::schema();
    let defaults = serde_json::to_value(crate::settings::Settings::default()).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), defaults.as_object().unwrap().len());
    for (name, property) in properties {
        assert_eq!(property["default"], defaults[name], "{name}");
    }
    assert_eq!(Verify.manifest().settings, schema);
    let nothing: crate::settings::Settings =
        serde_json::from_value(Value::Object(Default::default())).unwrap();
    assert_eq!(nothing, crate::settings::Settings::default());
}

#[tokio::test]
async fn doubts_make_the_checkpoint_unclear() {
    let ran = with_failures(|_, number| number >= 100).await;
    let Ok(Applied::Done { output, .. }) = &ran.applied else { panic!("{:?}", ran.applied) };
    let report = ran.report();
    assert!(report.unclear > 20 && report.mismatches == 0, "{} {}", report.unclear, report.mismatches);
    let checkpoints = Verify.verify(&ran.host, &ran.input, &ran.plan, output).await.unwrap();
    assert_eq!(checkpoints[0].result, CheckpointResult::Unclear, "{}", checkpoints[0].message);
}

#[tokio::test]
async fn a_gateway_that_serves_no_route_at_all_is_no_pass() {
    // Both answer 404 to everything: equal, and proof of nothing.
    let mut empty = fixture();
    empty.routes.clear();
    let host = host(Gateway::new(empty.clone()), Gateway::new(empty));
    let ran = run(host, &fixture(), json!({})).await;
    let Ok(Applied::Done { output, .. }) = &ran.applied else { panic!("{:?}", ran.applied) };
    let checkpoints = Verify.verify(&ran.host, &ran.input, &ran.plan, output).await.unwrap();
    assert_eq!(checkpoints[0].result, CheckpointResult::Unclear, "{}", checkpoints[0].message);
}
