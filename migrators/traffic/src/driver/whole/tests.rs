//! The plan of every driver that replaces whole sets, replayed; and what a write does when the set is not
//! the one it was.

use std::sync::Mutex;

use gateshift_sdk::model::Verb;
use gateshift_sdk::testing::{ScriptedHost, input};
use gateshift_sdk::walk::walk;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::records::Record;

/// A place that keeps one set in memory.
struct Kept {
    scale: Option<Scale>,
    set: Mutex<Option<RecordSet>>,
    writes: Mutex<u32>,
}

impl Kept {
    fn new(scale: Option<Scale>, set: &RecordSet) -> Whole<Self> {
        Whole(Self { scale, set: Mutex::new(Some(set.clone())), writes: Mutex::new(0) })
    }
}

#[async_trait]
impl Store for Kept {
    fn kind(&self) -> &'static str {
        "kept"
    }

    fn actions(&self) -> (&'static [&'static str], &'static [&'static str]) {
        (&[], &[])
    }

    async fn observe(&self, _: &dyn Host, _: &BTreeSet<String>) -> Result<Observed, StepError> {
        Ok(Observed::default())
    }

    async fn read(&self, _: &dyn Host, _: &RecordSet) -> Result<Option<RecordSet>, StepError> {
        Ok(self.set.lock().unwrap().clone())
    }

    fn scale(&self) -> Option<Scale> {
        self.scale
    }

    async fn replace(
        &self,
        _: &dyn Host,
        _: &OperationKey,
        _: Option<&RecordSet>,
        to: &RecordSet,
    ) -> Result<(), WriteFailure> {
        *self.set.lock().unwrap() = Some(to.clone());
        *self.writes.lock().unwrap() += 1;
        Ok(())
    }
}

const SCALES: [Option<Scale>; 3] = [
    Some(Scale { most: None, by_side: false, keeps_zero: false }),
    Some(Scale { most: Some(255), by_side: true, keeps_zero: true }),
    None,
];

fn facts(old: usize, new: usize) -> SetFacts {
    let records = (0..old).map(|index| Record {
        id: String::new(),
        value: format!("192.0.2.{index}"),
        ttl: 300,
        enabled: true,
        locked: false,
        weight: 1,
    });
    SetFacts {
        set: RecordSet {
            zone: "shop.test".into(),
            rr: "www".into(),
            host: "www.shop.test".into(),
            kind: "A".into(),
            line: "default".into(),
            weighted: false,
            records: records.collect(),
            raw: Value::Null,
        },
        target_values: (0..new).map(|index| format!("198.51.100.{index}")).collect(),
    }
}

fn settings(stages: &[f64]) -> Settings {
    let stages: Vec<String> = stages.iter().map(|stage| format!("{stage}%")).collect();
    crate::settings::read(&json!({"stages": stages, "hold": "2m", "ttl": "60s"})).unwrap()
}

/// The target's part of the answers a set gives.
fn answered(scale: Option<Scale>, set: &RecordSet, facts: &SetFacts) -> f64 {
    let is_new = |record: &&Record| facts.target_values.contains(&record.value);
    let weight = |new: bool| -> f64 {
        let side = set.records.iter().filter(|record| is_new(record) == new);
        if scale.is_some_and(|scale| scale.by_side) && set.weighted {
            let mut ids: Vec<(&str, u32)> = side.map(|record| (record.id.as_str(), record.weight)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids.into_iter().map(|(_, weight)| f64::from(weight)).sum()
        } else {
            side.map(|record| if set.weighted { f64::from(record.weight) } else { 1.0 }).sum()
        }
    };
    let (new, all) = (weight(true), weight(true) + weight(false));
    assert!(all > 0.0, "all weights are zero: {set:?}");
    100.0 * new / all
}

proptest! {
    #[test]
    fn no_driver_is_ever_above_its_stage(
        which in 0_usize..3, old in 1_usize..=4, new in 1_usize..=4,
        raw in proptest::collection::btree_set(1_u32..=99, 1..6),
    ) {
        let (scale, facts) = (SCALES[which], facts(old, new));
        let mut stages: Vec<f64> = if scale.is_some() { raw.into_iter().map(f64::from).collect() } else { Vec::new() };
        stages.push(100.0);
        let mut findings = Vec::new();
        let planned = plan::plan(scale, std::slice::from_ref(&facts), 60, &settings(&stages), &mut findings);
        prop_assert!(findings.is_empty(), "{:?}", findings);
        let mut now = facts.set.clone();
        for phase in &planned.phases {
            for operation in planned.operations.iter().filter(|one| phase.operations.contains(&one.key)) {
                let (before, after) = (set_of(&operation.before).unwrap(), set_of(&operation.after).unwrap());
                prop_assert!(operation.verb == Verb::Update && same(&before, &now), "each begins where the last ended");
                now = after;
            }
            let got = answered(scale, &now, &facts);
            prop_assert!(got <= phase.share + 1e-9, "{got} at {}", phase.name);
            prop_assert!(phase.share == 0.0 || got >= phase.share * 0.6 - 0.5, "{got} at {}", phase.name);
            prop_assert!(now.records.iter().all(|record| record.ttl == 60));
        }
        prop_assert_eq!(answered(scale, &now, &facts), 100.0);
        prop_assert_eq!(planned.phases[0].stay, 300, "the old TTL is waited out");
    }
}

#[test]
fn what_a_place_cannot_express_is_refused() {
    for (scale, percent, says) in [
        (SCALES[1], 0.3, "weights from 1 to 255"),
        (SCALES[0], 0.0004, "0.0004%"),
        (None, 5.0, "know no weights"),
        (None, 99.0, "know no weights"),
    ] {
        let mut findings = Vec::new();
        let wanted = Settings { stages: vec![percent], ..settings(&[1.0]) };
        let planned = plan::plan(scale, &[facts(1, 1)], 60, &wanted, &mut findings);
        assert_eq!(findings.len(), 1, "{percent}");
        assert_eq!(findings[0].code, "DNS-GRANULARITY");
        assert!(findings[0].message.contains(says), "{}", findings[0].message);
        assert!(planned.phases.iter().all(|phase| !phase.stage));
    }
}

fn whole_plan(scale: Option<Scale>, facts: &SetFacts, stages: &[f64]) -> gateshift_sdk::model::Plan {
    let planned = plan::plan(scale, std::slice::from_ref(facts), 60, &settings(stages), &mut Vec::new());
    gateshift_sdk::model::Plan { operations: planned.operations, ..Default::default() }
}

fn silent() -> ScriptedHost {
    ScriptedHost::new(|_| Err(StepError::permanent("GS-TEST", "nothing is called").into()))
}

#[tokio::test]
async fn twice_is_once_and_the_way_back_is_one_write() {
    for scale in SCALES {
        let facts = facts(2, 2);
        let place = Kept::new(scale, &facts.set);
        let stages: &[f64] = if scale.is_some() { &[1.0, 100.0] } else { &[100.0] };
        let plan = whole_plan(scale, &facts, stages);
        let host = silent();
        walk(&host, &input("traffic", json!({})), &plan, &place).await.unwrap();
        let writes = *place.0.writes.lock().unwrap();
        assert_eq!(writes as usize, plan.operations.len());
        let last = gateshift_sdk::model::Plan {
            operations: plan.operations.last().cloned().into_iter().collect(),
            ..Default::default()
        };
        walk(&host, &input("traffic", json!({})), &last, &place).await.unwrap();
        assert_eq!(*place.0.writes.lock().unwrap(), writes, "what is there already is not written");
        for expected in [1, 0] {
            assert_eq!(place.shut(&host, &facts, 60).await.unwrap().len(), expected);
        }
        let left = place.0.set.lock().unwrap().clone().unwrap();
        let back = RecordSet {
            records: left.records.iter().map(|record| Record { ttl: 300, ..record.clone() }).collect(),
            ..left.clone()
        };
        assert_eq!(back, facts.set);
        assert!(left.records.iter().all(|record| record.ttl == 60), "the short TTL stays");
    }
}

#[tokio::test]
async fn nothing_is_written_over_a_set_that_somebody_changed() {
    let facts = facts(1, 1);
    let stranger = Record { value: "203.0.113.9".into(), ..facts.set.records[0].clone() };
    let mut changed = facts.set.clone();
    changed.records.push(stranger.clone());
    for there in [Some(changed.clone()), None] {
        let place = Kept::new(SCALES[0], &facts.set);
        place.0.set.lock().unwrap().clone_from(&there);
        let error =
            walk(&silent(), &input("traffic", json!({})), &whole_plan(SCALES[0], &facts, &[5.0]), &place)
                .await
                .unwrap_err();
        assert_eq!((error.code.as_str(), *place.0.writes.lock().unwrap()), ("GS-DNS-CHANGED", 0));
    }
    // A rollback does not stop at it, and keeps it.
    let place = Kept::new(SCALES[0], &facts.set);
    let mut shifted = changed.clone();
    shifted.weighted = true;
    shifted.records.push(Record { value: facts.target_values[0].clone(), ..stranger.clone() });
    *place.0.set.lock().unwrap() = Some(shifted);
    place.shut(&silent(), &facts, 60).await.unwrap();
    let values: Vec<String> =
        place.0.set.lock().unwrap().clone().unwrap().records.into_iter().map(|record| record.value).collect();
    assert_eq!(values, ["192.0.2.0", "203.0.113.9"]);
}
