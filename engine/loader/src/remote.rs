//! The trait of a migrator over a carrier.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{Checkpoint, Finding, Plan, Severity, StepError};
use gateshift_step_api::wire::{Ask, Description};
use gateshift_step_api::{Applied, Host, Manifest, Migrator, StepInput, Undone};
use serde_json::Value;

use crate::carrier::Carrier;
use crate::child::Child;
use crate::drive::{drive, without_host};
use crate::inside::Inside;
use crate::library::{Limits, Source, Words};
use crate::plugin_host::Hello;

/// A library in the engine's own process cannot be stopped, so nobody waits for the moment to stop it.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 86_400);

pub(crate) struct Remote {
    pub(crate) description: Arc<Description>,
    pub(crate) words: Words,
    pub(crate) way: Way,
}

/// How it is reached.
pub(crate) enum Way {
    Here(&'static Inside),
    Child { source: Source, limits: Limits, present: Mutex<Option<Arc<Child>>> },
}

impl Way {
    pub(crate) fn child(source: Source, limits: Limits) -> Self {
        Self::Child { source, limits, present: Mutex::default() }
    }

    /// The carrier; a process that has ended is replaced.
    fn carrier(&self) -> Result<(Carried, Duration), StepError> {
        match self {
            Self::Here(inside) => Ok((Carried::Here(inside), FOR_EVER)),
            Self::Child { source, limits, present } => {
                let mut present = present.lock().unwrap_or_else(PoisonError::into_inner);
                let child = match present.as_ref().filter(|child| !child.is_over()) {
                    Some(child) => Arc::clone(child),
                    None => Arc::clone(present.insert(Arc::new(begin(source, limits)?))),
                };
                Ok((Carried::Child(child), limits.patience))
            }
        }
    }
}

enum Carried {
    Here(&'static Inside),
    Child(Arc<Child>),
}

impl Carried {
    fn carrier(&self) -> &dyn Carrier {
        match self {
            Self::Here(inside) => *inside,
            Self::Child(child) => &**child,
        }
    }
}

fn begin(source: &Source, limits: &Limits) -> Result<Child, StepError> {
    let hello = |linked, script| Hello { protocol: 1, memory: limits.memory, linked, script };
    match source {
        Source::File(image) => {
            Child::start(&limits.program, &hello(None, image.is_script()), Some(image.memory()))
        }
        Source::Linked(name) => Child::start(&limits.program, &hello(Some(name.clone()), false), None),
    }
}

impl Remote {
    pub(crate) fn describe(source: &Source, limits: &Limits) -> Result<Description, StepError> {
        without_host(&begin(source, limits)?, Ask::Describe, limits.patience)
    }

    pub(crate) fn confinement(source: &Source, limits: &Limits) -> Result<String, StepError> {
        let child = begin(source, limits)?;
        without_host::<Description>(&child, Ask::Describe, limits.patience)?;
        let ready: Option<Value> = child.confinement().and_then(|text| serde_json::from_str(&text).ok());
        Ok(ready.and_then(|ready| ready["confined"].as_str().map(str::to_owned)).unwrap_or_default())
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        host: &dyn Host,
        ask: Ask<'_>,
    ) -> Result<T, StepError> {
        let (carried, patience) = self.way.carrier()?;
        drive(carried.carrier(), host, ask, patience).await
    }

    fn ask_now<T: serde::de::DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, StepError> {
        let (carried, patience) = self.way.carrier()?;
        without_host(carried.carrier(), ask, patience)
    }
}

#[async_trait]
impl Migrator for Remote {
    fn manifest(&self) -> Manifest {
        self.description.manifest.clone()
    }

    /// That it cannot be asked is a finding of its own: settings that nobody has looked at are not right.
    fn check(&self, settings: &Value) -> Vec<Finding> {
        self.ask_now(Ask::Check { settings: Cow::Borrowed(settings) }).unwrap_or_else(|error| {
            vec![Finding {
                code: error.code,
                severity: Severity::Block,
                object: String::new(),
                message: error.message,
                action: error.hint,
            }]
        })
    }

    fn never_waived(&self) -> &'static [&'static str] {
        self.words.never_waived
    }

    fn looks_ahead(&self) -> bool {
        self.description.looks_ahead
    }

    fn does_without(&self) -> &'static [&'static str] {
        self.words.does_without
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        self.ask(host, Ask::Plan { input: Cow::Borrowed(input) }).await
    }

    fn foresee(&self, input: &StepInput, plan: &Plan) -> Option<Value> {
        let (input, plan) = (Cow::Borrowed(input), Cow::Borrowed(plan));
        self.ask_now::<Option<Value>>(Ask::Foresee { input, plan }).ok().flatten()
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        self.ask(host, Ask::Apply { input: Cow::Borrowed(input), plan: Cow::Borrowed(plan) }).await
    }

    async fn verify(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: &Plan,
        output: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        let (input, plan, output) = (Cow::Borrowed(input), Cow::Borrowed(plan), Cow::Borrowed(output));
        self.ask(host, Ask::Verify { input, plan, output }).await
    }

    async fn undo(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: Option<&Plan>,
    ) -> Result<Undone, StepError> {
        self.ask(host, Ask::Undo { input: Cow::Borrowed(input), plan: plan.map(Cow::Borrowed) }).await
    }
}
