//! A request from its turn to its result: paced, throttled ones repeated, lost ones repeated only where that is
//! harmless. Says what happened; recording is left to the caller.

use std::future::Future;
use std::time::Duration;

use gateshift_model::StepError;
use gateshift_step_api::{CallFailure, CallKind, CallReply, Recorder};
use tokio::time::Instant;

use crate::answer::Answer;
use crate::connection::Connection;
use crate::entropy;
use crate::exchange::{Means, Outgoing, once};
use crate::http::SendFailure;

/// Wait before the first repetition; doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Fast time does not make the other side faster: a rehearsal is at least this patient with throttling.
const LEAST_BUDGET: Duration = Duration::from_secs(5);
/// Longest wait between repetitions.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Performed {
    pub(crate) result: Result<CallReply, CallFailure>,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    pub(crate) tries: u32,
    pub(crate) millis: u64,
}

/// Carries out calls on one connection.
pub(crate) struct Caller<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) means: Means<'a>,
    pub(crate) stop: &'a dyn Recorder,
    /// How many times faster than real time waits pass.
    pub(crate) scale: f64,
}

/// The last answer's status and id, for the record.
#[derive(Debug, Default)]
struct Trace {
    status: Option<u16>,
    request_id: Option<String>,
    tries: u32,
}

impl Caller<'_> {
    pub(crate) async fn perform(&self, outgoing: &Outgoing<'_>, kind: CallKind) -> Performed {
        let began = Instant::now();
        let mut trace = Trace::default();
        let result = self.until_settled(outgoing, kind, began, &mut trace).await;
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Performed { result, status: trace.status, request_id: trace.request_id, tries: trace.tries, millis }
    }

    async fn until_settled(
        &self,
        outgoing: &Outgoing<'_>,
        kind: CallKind,
        began: Instant,
        trace: &mut Trace,
    ) -> Result<CallReply, CallFailure> {
        let whole = self.means.limits.throttle_budget;
        let budget = whole.div_f64(self.scale).max(LEAST_BUDGET.min(whole));
        let (mut lost, mut throttled) = (0, 0);
        loop {
            unless_stopped(self.stop, self.connection.pacer.turn()).await?;
            let slot = unless_stopped(self.stop, self.connection.slots.acquire()).await?;
            let sent = Instant::now();
            trace.tries += 1;
            let wait = match once(self.connection, outgoing, self.means).await {
                Ok(raw) => {
                    let answer = Answer::read(raw);
                    trace.status = Some(answer.status);
                    trace.request_id.clone_from(&answer.request_id);
                    if !answer.is_throttled() {
                        self.connection.pacer.accepted();
                        return self.settled(outgoing, answer);
                    }
                    let wish = answer.retry_after_ms.map(Duration::from_millis);
                    self.connection.pacer.throttled(sent, wish);
                    throttled += 1;
                    let wait = wish.unwrap_or_else(|| backoff(throttled).div_f64(self.scale));
                    if began.elapsed() + wait > budget {
                        return Err(self.throttled(outgoing, &answer, trace.tries));
                    }
                    tracing::debug!(connection = %self.connection.name, action = outgoing.action, "throttled, goes on in {wait:?}");
                    wait
                }
                Err(SendFailure::Host(error)) => return Err(CallFailure::Host(error)),
                Err(failure) => {
                    trace.status = None;
                    lost += 1;
                    let harmless = kind != CallKind::Write && !matches!(failure, SendFailure::TooLong(_));
                    if !harmless || lost >= self.means.limits.network_tries {
                        return Err(self.lost(outgoing, kind, failure));
                    }
                    backoff(lost).div_f64(self.scale)
                }
            };
            drop(slot);
            unless_stopped(self.stop, tokio::time::sleep(wait)).await?;
        }
    }

    fn settled(&self, outgoing: &Outgoing<'_>, answer: Answer) -> Result<CallReply, CallFailure> {
        if answer.is_success() {
            return Ok(CallReply { status: answer.status, request_id: answer.request_id, body: answer.body });
        }
        let refusal = answer.refusal();
        Err(CallFailure::Refused {
            connection: self.connection.name.clone(),
            action: outgoing.action.to_owned(),
            status: answer.status,
            code: refusal.code,
            message: refusal.message,
            request_id: answer.request_id,
        })
    }

    fn throttled(&self, outgoing: &Outgoing<'_>, answer: &Answer, tries: u32) -> CallFailure {
        CallFailure::Throttled {
            connection: self.connection.name.clone(),
            action: outgoing.action.to_owned(),
            code: answer.refusal().code,
            tries,
            retry_after_ms: answer.retry_after_ms,
        }
    }

    fn lost(&self, outgoing: &Outgoing<'_>, kind: CallKind, failure: SendFailure) -> CallFailure {
        let (connection, action) = (self.connection.name.clone(), outgoing.action.to_owned());
        match failure {
            SendFailure::Host(error) => CallFailure::Host(error),
            SendFailure::NotSent(cause) => CallFailure::Unreachable {
                connection,
                action,
                endpoint: self.connection.place().to_owned(),
                cause,
            },
            SendFailure::NoAnswer(cause) => CallFailure::Lost { connection, action, cause },
            SendFailure::TooLong(limit) if kind == CallKind::Read => {
                let message = format!("{connection} {action}: the answer is longer than {limit} bytes");
                CallFailure::Host(
                    StepError::permanent("GS-ANSWER-TOO-LONG", message).with_hint("ask for smaller pages"),
                )
            }
            SendFailure::TooLong(limit) => CallFailure::Lost {
                connection,
                action,
                cause: format!("the answer is longer than {limit} bytes"),
            },
        }
    }
}

/// Doubling waits with jitter: between half and all of it, so that many waiters do not come back together.
fn backoff(times: u32) -> Duration {
    let whole = FIRST_WAIT.saturating_mul(1 << times.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    whole.mul_f64(0.5 + entropy::fraction() / 2.0)
}

/// Waits for something, but not on when the run is being stopped.
pub(crate) async fn unless_stopped<T>(
    stop: &dyn Recorder,
    wait: impl Future<Output = T>,
) -> Result<T, StepError> {
    tokio::select! {
        biased;
        () = stop.stopped() => Err(StepError::retryable("GS-STOPPED", "the run is being stopped")
            .with_hint("`gateshift resume` goes on from here")),
        done = wait => Ok(done),
    }
}
