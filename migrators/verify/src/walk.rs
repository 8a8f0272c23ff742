//! The loop over all requests: side by side, at the operator's pace, with a checkpoint now and then
//! so that a resumed attempt goes on where this one was.

use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use gateshift_sdk::api::{Host, Progress};
use gateshift_sdk::model::StepError;
use gateshift_sdk::to_json;

use crate::case::Requests;
use crate::compare::{Judged, compare};
use crate::entry::Gateway;
use crate::exchange::Pair;
use crate::secret::make;
use crate::settings::Settings;
use crate::tally::Tally;

/// Requests between two checkpoints.
const BETWEEN_CHECKPOINTS: usize = 250;
/// This many mismatches more than allowed end the comparison: more of them tell nothing new.
const TOO_MANY: u64 = 500;
/// So many requests without a single answer of a gateway end the attempt.
const SILENT: usize = 16;

/// Where and how the requests are sent.
pub(crate) struct Course<'a> {
    pub(crate) source: &'a Gateway,
    pub(crate) target: &'a Gateway,
    pub(crate) settings: &'a Settings,
}

/// Sends what the tally lacks and completes it.
pub(crate) async fn walk(
    host: &dyn Host,
    course: &Course<'_>,
    requests: &Requests,
    tally: &mut Tally,
) -> Result<(), StepError> {
    let Course { source, target, settings } = *course;
    let made = make(host, &requests.secrets)?;
    let pair = Pair::new(host, source, target, Duration::from_secs(settings.timeout), made);
    let total = requests.cases.len();
    let batch = (settings.rate as usize / 4).clamp(1, 64);
    let (mut saved, mut answered) = (tally.done(), (false, false));
    let before = (tally.to_source, tally.to_target);
    let mut silent = 0;
    while tally.done() < total && tally.differing() <= settings.max_mismatches.saturating_add(TOO_MANY) {
        let progress = format!("{} compared, {} differ", tally.compared(), tally.differing());
        host.progress(Progress { done: tally.done() as u64, total: total as u64, text: progress });
        let (began, sent) = (host.now(), pair.sent().0);
        let from = tally.done();
        let cases = &requests.cases[from..total.min(from + batch)];
        let comparisons: Vec<_> = cases.iter().map(|case| compare(&pair, case)).collect();
        let judged: Vec<Judged> =
            stream::iter(comparisons).buffered(settings.side_by_side).try_collect().await?;
        for (case, judged) in cases.iter().zip(judged) {
            answered.0 |= judged.source_answered;
            answered.1 |= judged.target_answered;
            tally.take(requests, case, judged, source, target);
        }
        silent += cases.len();
        if silent >= SILENT.min(total) {
            speaks("source", source, answered.0)?;
            speaks("target", target, answered.1)?;
        }
        let (to_source, to_target) = pair.sent();
        (tally.to_source, tally.to_target) = (before.0 + to_source, before.1 + to_target);
        if tally.done() - saved >= BETWEEN_CHECKPOINTS && tally.done() < total {
            saved = tally.done();
            host.checkpoint(to_json(tally)).await?;
        }
        pace(host, settings.rate, to_source - sent, began).await?;
    }
    let text = format!("{} compared, {} differ", tally.compared(), tally.differing());
    host.progress(Progress { done: tally.done() as u64, total: total as u64, text });
    Ok(())
}

/// Rests until the batch has taken as long as the rate wants it to take.
async fn pace(
    host: &dyn Host,
    rate: u32,
    sent: u64,
    began: gateshift_sdk::model::Timestamp,
) -> Result<(), StepError> {
    let due = Duration::from_secs_f64(sent as f64 / f64::from(rate.max(1)));
    let spent = host.now().since(began).mul_f64(host.time_scale().max(0.0));
    match due.checked_sub(spent) {
        Some(rest) if !rest.is_zero() => host.sleep(rest).await,
        _ => Ok(()),
    }
}

fn speaks(side: &str, gateway: &Gateway, has_answered: bool) -> Result<(), StepError> {
    if has_answered {
        return Ok(());
    }
    Err(StepError::retryable(
        "GS-VERIFY-SILENT",
        format!("the {side} gateway at {} has not answered a single request", gateway.address),
    )
    .with_hint(
        "check that this machine reaches it (security group, private network), then `gateshift resume`",
    ))
}
