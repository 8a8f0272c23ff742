//! Scripts as people write them, and which calls they hit.

use proptest::prelude::*;

use super::*;

fn running(yaml: &str) -> Faults {
    let faults = Faults::default();
    faults.set(FaultScript::parse(yaml).unwrap());
    faults
}

#[test]
fn every_effect_is_read_from_yaml_and_json() {
    let yaml = "
seed: 7
rules:
  - { product: apig, operation: 'Create*', after: 3, times: 2, probability: 0.5, do: drop_reply }
  - do: half_page
  - do: lock_failed
  - do: stale_read
  - do: { throttle: { retry_after_ms: 500 } }
  - do: { throttle: {} }
  - do: { slow: { ms: 20 } }
  - do: { refuse: { status: 500, code: InternalError } }
";
    let script = FaultScript::parse(yaml).unwrap();
    assert_eq!(script.rules.len(), 8);
    assert_eq!(script.rules[0].effect, Effect::DropReply);
    assert_eq!(script.rules[4].effect, Effect::Throttle { retry_after_ms: Some(500) });
    let json = serde_json::to_string(&script).unwrap();
    assert_eq!(FaultScript::parse(&json).unwrap(), script);
}

#[test]
fn a_script_that_makes_no_sense_is_refused() {
    for (yaml, said) in [
        ("rules: [{ do: explode }]", "explode"),
        ("rules: [{ do: half_page, when: now }]", "when"),
        ("rules: [{ do: half_page, probability: 2 }]", "rule 0"),
        ("rules: [{ do: { refuse: { status: 200, code: X } } }]", "rule 0"),
    ] {
        let error = FaultScript::parse(yaml).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn after_and_times_bound_the_hits() {
    let faults = running("rules: [{ operation: 'Add*Route', after: 2, times: 3, do: drop_reply }]");
    let hits: Vec<_> = (0..8).map(|_| faults.decide("mse", "AddGatewayRoute").len()).collect();
    assert_eq!(hits, [0, 0, 1, 1, 1, 0, 0, 0]);
    assert_eq!(faults.decide("mse", "AddGatewayDomain"), []);
    assert_eq!(faults.hits(), [3]);
    faults.set(FaultScript::default());
    assert_eq!(faults.decide("mse", "AddGatewayRoute"), []);
}

proptest! {
    /// The same seed hits the same calls whatever else is called in between, at the asked rate.
    #[test]
    fn luck_depends_on_the_seed_alone(seed in any::<u64>(), noise in prop::collection::vec(any::<bool>(), 400)) {
        let yaml = format!("{{seed: {seed}, rules: [{{operation: A, probability: 0.3, do: half_page}}, {{operation: B, probability: 0.5, do: half_page}}]}}");
        let (quiet, noisy) = (running(&yaml), running(&yaml));
        let mut hits = 0;
        for with_noise in noise {
            if with_noise {
                let _ = noisy.decide("mse", "B");
            }
            let effects = quiet.decide("mse", "A");
            prop_assert_eq!(&effects, &noisy.decide("mse", "A"));
            hits += effects.len();
        }
        prop_assert!((60..180).contains(&hits), "{} of 400", hits);
    }

    /// A star stands for any letters, and nothing else is special.
    #[test]
    fn globs(head in "[a-c]{0,4}", middle in "[a-c]{0,4}", tail in "[a-c]{0,4}") {
        let text = format!("{head}{middle}{tail}");
        let pattern = format!("{head}*{tail}");
        let longer = format!("{text}x");
        prop_assert!(glob(&pattern, &text));
        prop_assert!(glob("*", &text));
        prop_assert_eq!(glob(&pattern, &longer), tail.is_empty());
        prop_assert!(!glob(&text, &longer));
    }
}
