//! The three answers of the gates, and what they are told with.

use gateshift_gateway_model::GateAnswer;
use serde_json::json;

use super::{Judgement, Stage, judge};
use crate::gate::{Bin, Counts, Gates, Load, Pair, Watched, read};

fn counts(requests: f64, failed: f64, slow: f64) -> Counts {
    Counts {
        requests,
        failed,
        refused: 0.0,
        slower: vec![(10.0, requests), (50.0, 0.2 * requests + slow), (100.0, slow), (500.0, slow)],
    }
}

fn watched(source: &Counts, target: &Counts, spans: u32) -> Watched {
    let mut watched = Watched::default();
    for _ in 0..spans {
        watched.take(
            Bin { seconds: 60.0, source: source.clone(), target: target.clone(), ..Bin::default() },
            600.0,
        );
    }
    watched
}

fn stage<'a>(load: &'a [Load]) -> Stage<'a> {
    Stage {
        share: 5.0,
        next: Some(20.0),
        stages: 5,
        looks: 10,
        is_held: true,
        spec: "apigw.small.x1",
        reference: None,
        load,
        idle: &[],
    }
}

fn health() -> Gates {
    read(None).unwrap()
}

fn said<'a>(judgement: &'a Judgement, signal: &str) -> (GateAnswer, &'a str) {
    let found = judgement.said.iter().find(|one| one.signal == signal).unwrap();
    (found.answer, found.said.as_str())
}

#[test]
fn three_answers_each_with_its_numbers() {
    let fine =
        judge(&health(), &watched(&counts(4000.0, 2.0, 4.0), &counts(80.0, 0.0, 0.0), 10), &stage(&[]));
    assert_eq!((fine.answer, fine.asked), (GateAnswer::Pass, true), "{:#?}", fine.said);

    let broken =
        judge(&health(), &watched(&counts(4000.0, 2.0, 4.0), &counts(80.0, 8.0, 0.0), 10), &stage(&[]));
    assert_eq!(broken.answer, GateAnswer::Fail);
    let (_, text) = said(&broken, "errors");
    assert!(
        text.contains(
            "80 of 800 (10 %) requests of the new gateway failed (5xx), against 20 of 40,000 (0.05 %)"
        ) && text.contains("2 times the old one's share or 0.5 % is tolerated"),
        "{text}"
    );
    assert!(broken.reason().starts_with("health errors: 80 of 800"), "{}", broken.reason());

    let slow =
        judge(&health(), &watched(&counts(4000.0, 2.0, 4.0), &counts(80.0, 0.0, 40.0), 10), &stage(&[]));
    assert_eq!((slow.answer, said(&slow, "p95").0), (GateAnswer::Fail, GateAnswer::Fail), "{:#?}", slow.said);
    assert!(said(&slow, "p95").1.contains("took longer than"), "{:#?}", slow.said);

    let thin = judge(&health(), &watched(&counts(4000.0, 2.0, 4.0), &counts(8.0, 0.0, 0.0), 10), &stage(&[]));
    assert_eq!(thin.answer, GateAnswer::NotEnough);
    assert!(thin.reason().contains("80 of the 300 requests"), "{}", thin.reason());

    let early = Stage { is_held: false, ..stage(&[]) };
    let early = judge(&health(), &watched(&counts(4000.0, 2.0, 4.0), &counts(80.0, 0.0, 0.0), 10), &early);
    assert_eq!((early.answer, early.asked), (GateAnswer::NotEnough, false));
}

#[test]
fn a_source_without_traffic_is_compared_with_what_it_did_before() {
    let seen = watched(&counts(0.0, 0.0, 0.0), &counts(400.0, 4.0, 0.0), 10);
    let alone = judge(&health(), &seen, &stage(&[]));
    assert_eq!(alone.answer, GateAnswer::NotEnough, "{:#?}", alone.said);
    let before = counts(40_000.0, 400.0, 40.0);
    let with = Stage { reference: Some(&before), ..stage(&[]) };
    let with = judge(&health(), &seen, &with);
    assert_eq!(with.answer, GateAnswer::Pass, "{:#?}", with.said);
    assert!(said(&with, "errors").1.contains("before it lost its traffic"), "{:#?}", with.said);
}

#[test]
fn without_the_same_minutes_only_gross_slowness_counts() {
    let shaped = |requests: f64, beyond: &[f64]| Counts {
        requests,
        slower: [10.0, 50.0, 100.0, 250.0, 1000.0]
            .into_iter()
            .zip(beyond.iter().map(|part| part * requests))
            .collect(),
        ..Counts::default()
    };
    let before = shaped(40_000.0, &[0.2, 0.001, 0.0, 0.0, 0.0]);
    let nothing = Counts::default();
    let answer = |source: &Counts, target: &[f64]| {
        let stage = Stage { reference: Some(&before), ..stage(&[]) };
        judge(&health(), &watched(source, &shaped(400.0, target), 10), &stage).answer
    };
    let same_minutes = shaped(4000.0, &[0.2, 0.001, 0.0, 0.0, 0.0]);
    let (slower, hanging) = ([0.9, 0.8, 0.3, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(answer(&same_minutes, &slower), GateAnswer::Fail);
    assert_eq!(answer(&nothing, &slower), GateAnswer::Pass);
    assert_eq!(answer(&nothing, &hanging), GateAnswer::Fail);
}

#[test]
fn load_and_business_are_gates_too() {
    let gates = read(Some(&[
        json!({"load": {"cpu": {"query": "x"}, "sessions": {"query": "y", "safe": 1, "alert": 2}}}),
        json!({"business": {"name": "orders", "minCases": 50}}),
    ]))
    .unwrap();
    let deals = |bad: f64| {
        let mut watched = Watched::default();
        for _ in 0..6 {
            let pair = Pair { target: (bad, 100.0), source: (20.0, 2000.0) };
            let business = [("orders".to_owned(), pair)].into();
            watched.take(Bin { seconds: 60.0, business, ..Bin::default() }, 600.0);
        }
        watched
    };
    let load =
        |cpu: f64| [Load { name: "cpu".into(), value: cpu }, Load { name: "sessions".into(), value: 0.5 }];
    let answer = |bad: f64, cpu: f64| judge(&gates, &deals(bad), &stage(&load(cpu))).answer;
    assert_eq!(answer(1.0, 0.1), GateAnswer::Pass);
    assert_eq!(answer(30.0, 0.1), GateAnswer::Fail);
    assert_eq!(answer(1.0, 0.7), GateAnswer::Fail);
    let silent = judge(&gates, &deals(1.0), &stage(&[]));
    assert_eq!(silent.answer, GateAnswer::NotEnough);
    assert!(silent.reason().contains("`cpu` of the new gateway was not measured"), "{}", silent.reason());
}
