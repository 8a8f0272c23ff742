//! What operators answer for: findings that would have stopped a step, and checkpoints that failed or
//! that only a person can look at. Pure; the clock is an argument.

use gateshift_model::{Checkpoint, CheckpointResult, Finding, Severity, StepName, Timestamp, Waived, Waiver};
use serde_json::json;

/// The findings of a plan that would stop its step, sorted by who answers for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answered {
    /// Nobody: the step may not write.
    pub open: Vec<Finding>,
    /// An operator.
    pub waived: Vec<Waived>,
    /// An operator did, until a day that is over; each is among the open ones, too.
    pub expired: Vec<Waived>,
    /// A waiver names it, and it can never be waived; each is among the open ones, too.
    pub never: Vec<Waived>,
}

/// Sorts the findings. `never` are the codes that nobody can answer for.
#[must_use]
pub fn answered(findings: &[Finding], waivers: &[Waiver], never: &[&str], now: Timestamp) -> Answered {
    let mut sorted = Answered::default();
    for finding in findings.iter().filter(|finding| finding.severity >= Severity::Decide) {
        let about = |waiver: &&Waiver| waiver.is_about(&finding.code, &finding.object);
        let named = |waiver: &Waiver| Waived::new(waiver, &finding.object);
        let good = waivers.iter().filter(about).find(|waiver| !waiver.expires.is_over(now));
        match good {
            Some(waiver) if !never.contains(&finding.code.as_str()) => sorted.waived.push(named(waiver)),
            Some(waiver) => {
                sorted.never.push(named(waiver));
                sorted.open.push(finding.clone());
            }
            None => {
                // Of several that are over the last one tells most.
                let last = waivers.iter().filter(about).max_by_key(|waiver| waiver.expires);
                sorted.expired.extend(last.map(named));
                sorted.open.push(finding.clone());
            }
        }
    }
    sorted
}

/// The answers with those turned into `waived` that an operator answers for. What is unclear stays so:
/// nobody knows what the waiver would be for.
pub(crate) fn checkpoints(
    step: &StepName,
    answers: Vec<Checkpoint>,
    waivers: &[Waiver],
    now: Timestamp,
) -> Vec<Checkpoint> {
    let waive = |mut answer: Checkpoint| {
        if !matches!(answer.result, CheckpointResult::Fail | CheckpointResult::Manual) {
            return answer;
        }
        let about = |waiver: &&Waiver| waiver.is_about(&answer.name, step.as_str());
        let Some(waiver) = waivers.iter().filter(about).find(|waiver| !waiver.expires.is_over(now)) else {
            if let Some(last) = waivers.iter().filter(about).max_by_key(|waiver| waiver.expires) {
                answer.message.push_str(&format!(
                    "; the waiver of {} for it was good until {} and is over (GS-WAIVER-EXPIRED)",
                    last.owner, last.expires
                ));
            }
            return answer;
        };
        let was = if answer.result == CheckpointResult::Fail { "fail" } else { "manual" };
        answer.result = CheckpointResult::Waived;
        answer.message = format!(
            "waived by {} until {} ({}); without it: {was}: {}",
            waiver.owner, waiver.expires, waiver.reason, answer.message
        );
        answer.evidence = json!({"was": was, "waiver": waiver, "evidence": answer.evidence});
        answer
    };
    answers.into_iter().map(waive).collect()
}

#[cfg(test)]
mod tests {
    use gateshift_model::{
        Checkpoint, CheckpointResult, Day, Finding, Severity, StepName, Timestamp, Waiver,
    };
    use serde_json::Value;

    use super::{answered, checkpoints};

    const DAY: i64 = 86_400_000;

    fn waiver(code: &str, object: &str, expires: &str) -> Waiver {
        Waiver {
            code: code.into(),
            object: object.into(),
            owner: "ann".into(),
            reason: "known".into(),
            expires: Day::parse(expires).unwrap(),
        }
    }

    #[test]
    fn code_object_and_day_all_have_to_fit() {
        let found = [
            Finding::new(Severity::Block, "A", "routes/a", "lost"),
            Finding::new(Severity::Decide, "B", "routes/b", "which"),
            Finding::new(Severity::Warn, "A", "routes/c", "odd"),
        ];
        let count = |waivers: &[Waiver], never: &[&str]| {
            let sorted = answered(&found, waivers, never, Timestamp(DAY));
            (sorted.open.len(), sorted.waived.len(), sorted.expired.len(), sorted.never.len())
        };
        assert_eq!(count(&[], &[]), (2, 0, 0, 0));
        assert_eq!(count(&[waiver("A", "routes/*", "1970-01-02")], &[]), (1, 1, 0, 0));
        assert_eq!(count(&[waiver("A", "routes/b", "1970-01-02")], &[]), (2, 0, 0, 0), "another object");
        assert_eq!(count(&[waiver("A", "routes/a", "1970-01-01")], &[]), (2, 0, 1, 0), "its day is over");
        let both =
            [waiver("A", "*", "1970-01-01"), waiver("A", "*", "1970-01-02"), waiver("B", "*", "1970-01-09")];
        assert_eq!(count(&both, &[]), (0, 2, 0, 0), "one of several is enough");
        assert_eq!(count(&both, &["B"]), (1, 1, 0, 1), "nobody can answer for it");
    }

    #[test]
    fn checkpoints_that_fail_or_wait_for_a_person_can_be_waived() {
        let step = StepName::new("observability").unwrap();
        let answer = |result| Checkpoint::new("traces", result, "nothing seen", Value::Null);
        let judged = |result, waiver: Waiver| {
            checkpoints(&step, vec![answer(result)], &[waiver], Timestamp(DAY)).remove(0)
        };
        for (result, was) in [(CheckpointResult::Fail, "fail"), (CheckpointResult::Manual, "manual")] {
            let waived = judged(result, waiver("traces", "observ*", "1970-01-02"));
            assert_eq!(waived.result, CheckpointResult::Waived);
            assert_eq!(
                (&waived.evidence["was"], &waived.evidence["waiver"]["owner"]),
                (&was.into(), &"ann".into())
            );
            assert!(waived.message.contains("ann") && waived.message.contains("nothing seen"));
            let over = judged(result, waiver("traces", "*", "1970-01-01"));
            assert!(over.result == result && over.message.contains("GS-WAIVER-EXPIRED"), "{over:?}");
            assert_eq!(judged(result, waiver("traces", "other", "1970-01-02")).result, result);
        }
        for result in [CheckpointResult::Unclear, CheckpointResult::Pass] {
            assert_eq!(judged(result, waiver("traces", "*", "1970-01-02")).result, result);
        }
    }
}
