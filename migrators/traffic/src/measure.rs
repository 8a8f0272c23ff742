//! How much really arrived: answers of the authoritative servers, and requests of both gateways.

use gateshift_sdk::api::{DnsQuestion, Host, MetricQuery, ServiceFailure};
use gateshift_sdk::model::StepError;

use crate::facts::{Facts, SetFacts};

/// Role of the connection to the source of metrics.
pub(crate) const METRICS: &str = "metrics";
/// Questions for all sets together, and at least for each.
const QUESTIONS: usize = 400;
const QUESTIONS_EACH: usize = 10;

/// Answers of the authoritative servers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    /// Answers that name the target.
    pub(crate) target: u64,
    /// Answers that name the source or the target.
    pub(crate) all: u64,
    /// Answers that name neither.
    pub(crate) neither: u64,
}

impl Answers {
    /// Share of the target, percent.
    pub(crate) fn share(self) -> Option<f64> {
        (self.all > 0).then(|| 100.0 * self.target as f64 / self.all as f64)
    }

    /// Whether the share may well come from weights of `percent`: exact at the ends, five standard
    /// deviations in between.
    pub(crate) fn fits(self, percent: f64) -> bool {
        let Some(share) = self.share() else { return false };
        if self.neither > 0 {
            return false;
        }
        if percent <= 0.0 || percent >= 100.0 {
            return (share - percent).abs() < f64::EPSILON;
        }
        let p = percent / 100.0;
        let deviation = 100.0 * (p * (1.0 - p) / self.all as f64).sqrt();
        (share - percent).abs() <= 5.0 * deviation + 0.5
    }
}

/// Asks the authoritative servers of every set.
pub(crate) async fn ask(host: &dyn Host, sets: &[SetFacts]) -> Result<Answers, StepError> {
    let each = (QUESTIONS / sets.len().max(1)).max(QUESTIONS_EACH);
    let mut answers = Answers::default();
    for SetFacts { set, target_values } in sets {
        for _ in 0..each {
            let question = DnsQuestion { name: set.host.clone(), kind: set.kind.clone(), server: None };
            let reply = host.resolve(question).await?;
            let first = reply.answers.iter().find(|answer| answer.kind == set.kind);
            let Some(answer) = first else {
                answers.neither += 1;
                continue;
            };
            if target_values.contains(&answer.value) {
                answers.target += 1;
                answers.all += 1;
            } else if set.records.iter().any(|record| record.value == answer.value) {
                answers.all += 1;
            } else {
                answers.neither += 1;
            }
        }
    }
    Ok(answers)
}

/// Requests of both gateways in a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Requests {
    /// Of the source.
    pub(crate) source: f64,
    /// Of the target.
    pub(crate) target: f64,
}

impl Requests {
    /// Both together.
    pub(crate) fn all(self) -> f64 {
        self.source + self.target
    }

    /// Share of the target, percent.
    pub(crate) fn share(self) -> f64 {
        if self.all() > 0.0 { 100.0 * self.target / self.all() } else { 0.0 }
    }
}

/// Whether there is a source of metrics at all. One that is there and does not answer is not "none":
/// a stage then holds until it does.
pub(crate) async fn is_connected(host: &dyn Host) -> bool {
    let query = MetricQuery { connection: METRICS.to_owned(), expression: "vector(1)".to_owned() };
    !matches!(host.query(query).await, Err(ServiceFailure::Host(error)) if error.code == "GS-NO-CONNECTION")
}

/// Counts the requests of both gateways in the last `seconds`. `Err` says in words why there is no
/// number: an unclear measurement is no zero.
pub(crate) async fn count(host: &dyn Host, facts: &Facts, seconds: u64) -> Result<Requests, String> {
    let source = one(host, facts, &facts.source, seconds).await?;
    let target = one(host, facts, &facts.target, seconds).await?;
    Ok(Requests { source, target })
}

async fn one(host: &dyn Host, facts: &Facts, gateway: &str, seconds: u64) -> Result<f64, String> {
    let expression = facts.requests.replace("{gateway}", gateway).replace("{window}", &format!("{seconds}s"));
    let query = MetricQuery { connection: METRICS.to_owned(), expression };
    let samples = host.query(query).await.map_err(|failure| failure.to_string())?;
    match samples.as_slice() {
        [sample] => sample.value.ok_or_else(|| format!("the metric of `{gateway}` is not a number")),
        [] => Err(format!("there is no metric of `{gateway}`")),
        more => Err(format!("the metric of `{gateway}` has {} series instead of one", more.len())),
    }
}

/// What a measurement says about a stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// The stage is reached.
    Reached,
    /// Not clear yet, or not there yet: stay.
    Stay(String),
}

/// Judges a stage of `percent` by the requests that were counted. Too little traffic is no answer.
pub(crate) fn judge(percent: f64, requests: Requests, min_requests: u64) -> Verdict {
    let share = requests.share();
    if requests.all() < min_requests as f64 {
        return Verdict::Stay(format!(
            "only {:.0} requests were counted and {min_requests} are needed to judge",
            requests.all()
        ));
    }
    if percent >= 100.0 {
        let quiet = share >= 99.5;
        return if quiet {
            Verdict::Reached
        } else {
            Verdict::Stay(format!("the source still serves {:.1}% of the requests", 100.0 - share))
        };
    }
    // Resolvers cache one answer for many clients, so requests come in lumps: count five as one.
    let p = percent / 100.0;
    let deviation = 100.0 * (p * (1.0 - p) / (requests.all() / 5.0)).sqrt();
    let most = percent + 4.0 * deviation + 2.0;
    if share > most {
        return Verdict::Stay(format!(
            "the target serves {share:.1}% of the requests and {percent}% is planned"
        ));
    }
    Verdict::Reached
}

#[cfg(test)]
mod tests {
    use super::{Answers, Requests, Verdict, judge};

    #[test]
    fn the_ends_are_exact_and_doubt_is_no_pass() {
        assert!(Answers { target: 0, all: 400, neither: 0 }.fits(0.0));
        assert!(!Answers { target: 1, all: 400, neither: 0 }.fits(0.0));
        assert!(!Answers { target: 399, all: 400, neither: 0 }.fits(100.0));
        assert!(!Answers::default().fits(0.0));
        assert!(!Answers { target: 4, all: 400, neither: 1 }.fits(1.0));
        assert!(Answers { target: 4, all: 400, neither: 0 }.fits(1.0));
        assert!(!Answers { target: 200, all: 400, neither: 0 }.fits(5.0));
    }

    #[test]
    fn stages_are_judged_by_what_arrived() {
        let judge = |percent, source, target| judge(percent, Requests { source, target }, 20);
        assert_eq!(judge(1.0, 990.0, 10.0), Verdict::Reached);
        assert_eq!(judge(1.0, 1000.0, 0.0), Verdict::Reached);
        assert!(matches!(judge(1.0, 10.0, 0.0), Verdict::Stay(_)));
        assert!(matches!(judge(5.0, 500.0, 500.0), Verdict::Stay(_)));
        assert!(matches!(judge(100.0, 10.0, 990.0), Verdict::Stay(_)));
        assert_eq!(judge(100.0, 0.0, 990.0), Verdict::Reached);
    }
}
