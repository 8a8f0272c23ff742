//! What a step waits for before it begins, and what people have answered so far. Part of the fold.

use serde::{Deserialize, Serialize};

use crate::{Actor, ApprovalRule, ArtifactRef, Digest, Timestamp};

/// What a step waits for before it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Awaited {
    /// That a window opens.
    Window {
        /// Its name.
        name: String,
    },
    /// That people approve its plan.
    Approval {
        /// The plan.
        plan: ArtifactRef,
        /// Those who approved another plan before: their word does not hold for this one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        void: Vec<Actor>,
    },
}

/// An answer of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Given {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// What people were asked about the plan of a step, and what they answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// The plan.
    pub plan: ArtifactRef,
    /// When they were asked last.
    pub asked: Timestamp,
    /// When the time is over.
    pub until: Option<Timestamp>,
    /// Those who approved it, each once.
    pub given: Vec<Given>,
    /// Who rejected it since it was asked for last.
    pub rejected: Option<Given>,
}

impl Approval {
    /// Whether it is about this plan and enough people approved it, and nobody rejected it.
    #[must_use]
    pub fn holds(&self, rule: &ApprovalRule, plan: &Digest) -> bool {
        self.plan.digest == *plan && self.rejected.is_none() && self.missing(rule) == 0
    }

    /// How many answers are missing.
    #[must_use]
    pub fn missing(&self, rule: &ApprovalRule) -> u32 {
        rule.count.saturating_sub(u32::try_from(self.given.len()).unwrap_or(u32::MAX))
    }

    /// Asked about a plan. What was said of the same plan still holds.
    pub(crate) fn ask(
        before: Option<Self>,
        plan: &ArtifactRef,
        until: Option<Timestamp>,
        at: Timestamp,
    ) -> Self {
        let given = before.filter(|before| before.plan.digest == plan.digest).map(|before| before.given);
        Self { plan: plan.clone(), asked: at, until, given: given.unwrap_or_default(), rejected: None }
    }

    /// Takes an answer in. Who approves twice counts once; who rejects takes back what he approved.
    pub(crate) fn answer(&mut self, given: Given, approves: bool) {
        self.given.retain(|one| one.by != given.by);
        if approves {
            self.given.push(given);
        } else {
            self.rejected = Some(given);
        }
    }
}
