//! What stands before a product: it verifies, throttles, decodes, lets the product answer, checks
//! the answer against the contract, and words it. All of it is a function from a request to a
//! reply; sockets and waiting are left to `serve`.

use std::sync::Arc;
use std::time::Duration;

use gateshift_lab_kernel::{Answer, ApiError, Call, Product};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::contract::{Contract, ContractError, Nulls, Operation, Required, check};
use crate::decode::{decode, find};
use crate::envelope::{Speaker, Worded, answer, refusal};
use crate::faults::{Effect, Faults, Quotas};
use crate::memory::Memory;
use crate::record::Recorder;
use crate::sign::Verifier;
use crate::stats::{Fate, Stats};
use crate::wire::Wire;

/// What the fronts of all products share.
#[derive(Debug)]
pub struct Entry {
    /// Knows the keys.
    pub verifier: Verifier,
    /// Trouble on purpose.
    pub faults: Faults,
    /// Calls by second.
    pub quotas: Quotas,
    /// Counts.
    pub stats: Stats,
    /// Where exchanges are written, if anywhere.
    pub recorder: Option<Recorder>,
}

/// The front of one product.
pub struct Front {
    product: Arc<dyn Product>,
    contract: &'static Contract,
    entry: Arc<Entry>,
    memory: Memory,
}

/// What a request gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Value,
    /// Id that the body carries, too.
    pub request_id: String,
    /// Milliseconds for `x-acs-retry-after`.
    pub retry_after_ms: Option<u64>,
    /// How long to wait before it is sent.
    pub delay: Duration,
    /// True when it is not sent at all: the connection is closed.
    pub dropped: bool,
}

/// A call that was let in or not, before it is worded.
struct Outcome<'a> {
    name: &'a str,
    operation: Option<&'a Operation>,
    effects: Vec<Effect>,
    retry_after_ms: Option<u64>,
    result: Result<Value, (Speaker, ApiError)>,
}

impl Front {
    /// A front for a product.
    ///
    /// # Errors
    /// When there is no contract for it.
    pub fn new(product: Arc<dyn Product>, entry: Arc<Entry>) -> Result<Self, ContractError> {
        let contract = Contract::of(product.name())?;
        Ok(Self { product, contract, entry, memory: Memory::default() })
    }

    /// The product's short name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.product.name()
    }

    /// Answers one request, counts it and records it.
    #[must_use]
    pub fn answer(&self, wire: &Wire, now: OffsetDateTime) -> Reply {
        let request_id = Uuid::now_v7().to_string().to_uppercase();
        let outcome = self.outcome(wire, now, &request_id);
        let mut code = None;
        let worded = match outcome.result {
            Ok(body) => self.checked(outcome.operation, body, &outcome.effects, &request_id),
            Err((speaker, error)) => {
                let worded = refusal(self.contract, outcome.operation, speaker, &error, &request_id);
                code = Some(error.code);
                worded
            }
        };
        let code = code.or_else(|| self.refused_after_all(&worded));
        let dropped = outcome.effects.contains(&Effect::DropReply);
        let fate = match &code {
            Some(code) => Fate::Refused(code),
            None if dropped => Fate::Dropped,
            None => Fate::Answered,
        };
        self.entry.stats.count(self.name(), outcome.name, fate);
        if let Some(recorder) = &self.entry.recorder {
            recorder.write(self.name(), wire, worded.status, &worded.body);
        }
        let slow =
            outcome.effects.iter().map(|effect| if let Effect::Slow { ms } = effect { *ms } else { 0 }).sum();
        Reply {
            status: worded.status,
            body: worded.body,
            request_id,
            retry_after_ms: outcome.retry_after_ms,
            delay: Duration::from_millis(slow),
            dropped,
        }
    }

    /// Lets the request through to the product, or says who refuses it.
    fn outcome(&self, wire: &Wire, now: OffsetDateTime, request_id: &str) -> Outcome<'static> {
        let mut outcome = Outcome {
            name: "-",
            operation: None,
            effects: Vec::new(),
            retry_after_ms: None,
            result: Ok(Value::Null),
        };
        let refuse = |mut outcome: Outcome<'static>, speaker, error| {
            outcome.result = Err((speaker, error));
            outcome
        };
        let verifier = &self.entry.verifier;
        let signed = if self.name() == "sls" {
            verifier.verify_log_service(wire, now)
        } else {
            verifier.verify(wire, now)
        };
        if let Err(error) = signed {
            return refuse(outcome, Speaker::Entry, error);
        }
        let found = match find(self.contract, wire) {
            Ok(found) => found,
            Err(error) => return refuse(outcome, Speaker::Entry, error),
        };
        outcome.name = found.name;
        outcome.operation = Some(found.operation);
        if let Err(wait) = self.entry.quotas.take(self.name()) {
            outcome.retry_after_ms = Some((wait.as_millis() as u64).max(1));
            return refuse(outcome, Speaker::Entry, self.throttled());
        }
        outcome.effects = self.entry.faults.decide(self.name(), found.name);
        for effect in &outcome.effects {
            if let Effect::Throttle { retry_after_ms } = effect {
                outcome.retry_after_ms = *retry_after_ms;
                return refuse(outcome, Speaker::Entry, self.throttled());
            }
            if let Some(error) = effect.refusal() {
                return refuse(outcome, Speaker::Product, error);
            }
        }
        if !self.product.operations().contains(&found.name) {
            let message = format!("the lab knows {} from the contract, but does not serve it", found.name);
            return refuse(outcome, Speaker::Entry, ApiError::new(501, "LabNotServed", message));
        }
        outcome.result = decode(self.contract, found, wire, request_id)
            .and_then(|call| self.worked(&call, outcome.effects.contains(&Effect::StaleRead)))
            .map_err(|error| (Speaker::Product, error));
        outcome
    }

    /// Lets the product answer, or answers as the last time when a stale answer is wanted.
    fn worked(&self, call: &Call, stale: bool) -> Answer {
        if let Some(earlier) = self.memory.recall(call).filter(|_| stale) {
            return Ok(earlier);
        }
        let answer = self.product.call(call)?;
        if self.entry.faults.remembers() {
            self.memory.keep(call, &answer);
        } else {
            self.memory.clear();
        }
        Ok(answer)
    }

    /// A throttled call: the status differs by product, the code always begins with `Throttling`.
    fn throttled(&self) -> ApiError {
        let (status, code) =
            if self.name() == "apig" { (429, "Throttling.Api") } else { (400, "Throttling.User") };
        ApiError::new(status, code, "Request was denied due to request throttling.")
    }

    /// The worded answer, or a refusal that names what the product did wrong: an answer that is not
    /// to the letter of the contract must not go unseen in a test.
    fn checked(
        &self,
        operation: Option<&Operation>,
        body: Value,
        effects: &[Effect],
        request_id: &str,
    ) -> Worded {
        let Some(operation) = operation else {
            return Worded { status: 200, body };
        };
        let mut worded = answer(self.contract, operation, body, request_id);
        if effects.contains(&Effect::HalfPage) {
            halve(&mut worded.body, 3);
        }
        let problem = match &operation.response {
            Some(schema) => check("response", schema, &worded.body, Required::Ignored, Nulls::Allowed).err(),
            None => None,
        };
        match problem {
            None => worded,
            Some(problem) => {
                let error = ApiError::new(500, VIOLATION, problem.to_string());
                refusal(self.contract, Some(operation), Speaker::Product, &error, request_id)
            }
        }
    }

    /// The code of an answer that turned into a refusal while it was worded.
    fn refused_after_all(&self, worded: &Worded) -> Option<String> {
        if worded.status < 400 { None } else { Some(VIOLATION.to_owned()) }
    }
}

/// Code of the refusal when a product's answer breaks the contract.
const VIOLATION: &str = "LabAnswerViolatesContract";

/// Halves the first list of objects that lies at most `depth` levels down; true when there was one.
fn halve(value: &mut Value, depth: usize) -> bool {
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.truncate(items.len() / 2);
            true
        }
        Value::Object(fields) if depth > 0 => fields.values_mut().any(|inner| halve(inner, depth - 1)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
