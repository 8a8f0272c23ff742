//! Whether and when a failed attempt is repeated.

use std::time::Duration;

use gateshift_model::{ErrorClass, RetryPolicy, RunId, StepError, StepName, Timestamp, digest_bytes};

use crate::EngineOptions;

/// What the jitter is drawn from: equal for equal attempts of equal runs, different for all others.
pub(crate) struct Draw<'a> {
    pub(crate) run: RunId,
    pub(crate) step: &'a StepName,
    pub(crate) attempt: u32,
}

/// When the attempt after a failed one begins; none when there is none. `used` counts the attempts
/// begun since the step was first started or last resumed.
pub(crate) fn retry_at(
    policy: &RetryPolicy,
    error: &StepError,
    used: u32,
    draw: &Draw<'_>,
    now: Timestamp,
    options: &EngineOptions,
) -> Option<Timestamp> {
    let again = matches!(error.class, ErrorClass::Retryable | ErrorClass::Conflict) && used < policy.attempts;
    again.then(|| now.after(wait(policy, error, used, draw, options)))
}

/// Full jitter below the policy's wait, and never sooner than the other side asked for.
pub(crate) fn wait(
    policy: &RetryPolicy,
    error: &StepError,
    used: u32,
    draw: &Draw<'_>,
    options: &EngineOptions,
) -> Duration {
    let longest = options.scaled(policy.wait_before(used.saturating_add(1)));
    let jittered = longest.mul_f64(fraction(options.seed, draw));
    jittered.max(Duration::from_millis(error.retry_after_ms.unwrap_or(0)))
}

/// A number in 0..1 from the seed and the attempt, evenly spread.
fn fraction(seed: u64, draw: &Draw<'_>) -> f64 {
    let digest = digest_bytes(format!("{seed}/{}/{}/{}", draw.run, draw.step, draw.attempt).as_bytes());
    let bits = u32::from_str_radix(&digest.as_str()[..8], 16).unwrap_or(0);
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gateshift_model::{Actor, Backoff, ErrorClass, RetryPolicy, RunId, StepError, StepName, Timestamp};

    use super::{Draw, retry_at, wait};
    use crate::EngineOptions;

    fn policy() -> RetryPolicy {
        RetryPolicy {
            attempts: 4,
            backoff: Backoff::Exponential,
            initial: Duration::from_secs(8),
            max: Duration::from_secs(20),
        }
    }

    #[test]
    fn jitter_fills_the_whole_wait_and_repeats_itself() {
        let options = EngineOptions { seed: 3, ..EngineOptions::new(Actor("engine".into())) };
        let (run, step) = (RunId(uuid::Uuid::nil()), StepName::new("a").unwrap());
        let error = StepError::retryable("X", "x");
        for (used, longest) in [(1, 8.0), (2, 16.0), (3, 20.0)] {
            let draw = |attempt| wait(&policy(), &error, used, &Draw { run, step: &step, attempt }, &options);
            let waits: Vec<f64> = (0..400).map(|attempt| draw(attempt).as_secs_f64()).collect();
            let mean = waits.iter().sum::<f64>() / 400.0;
            assert!((mean / longest - 0.5).abs() < 0.05, "{mean} of {longest}");
            assert!(waits.iter().all(|wait| (0.0..longest).contains(wait)));
            assert_eq!(draw(7), draw(7));
        }
    }

    #[test]
    fn only_what_may_help_is_repeated_and_not_for_ever() {
        let options = EngineOptions { time_scale: 1000.0, ..EngineOptions::new(Actor("engine".into())) };
        let (run, step) = (RunId(uuid::Uuid::nil()), StepName::new("a").unwrap());
        let draw = Draw { run, step: &step, attempt: 1 };
        let classes = [
            (ErrorClass::Retryable, true),
            (ErrorClass::Conflict, true),
            (ErrorClass::Permanent, false),
            (ErrorClass::NeedsOperator, false),
        ];
        for (class, repeated) in classes {
            let error = StepError::new(class, "X", "x");
            let at = |used| retry_at(&policy(), &error, used, &draw, Timestamp(0), &options);
            assert_eq!(at(3).is_some(), repeated, "{class:?}");
            assert_eq!(at(4), None);
        }
        let mut asked = StepError::retryable("X", "x");
        asked.retry_after_ms = Some(90_000);
        let at = retry_at(&policy(), &asked, 1, &draw, Timestamp(5), &options);
        assert_eq!(at, Some(Timestamp(90_005)), "a wish of the other side is real time");
    }
}
