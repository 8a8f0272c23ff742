//! What has to hold, or has to be worked out, before a step begins, besides the steps it needs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Window;
use crate::definition::optional_millis;

/// What has to hold or to be worked out before a step begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// It is passed over unless this expression holds when its turn comes.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Settings that ask for outputs of earlier steps: JSON pointers into `with`, at each a text with expressions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// It begins only while this window is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// People have to approve its plan first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalRule>,
}

impl Conditions {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Who has to approve, and by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Name of the group, when the workflow names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Those who may, by the name of their user.
    pub people: Vec<String>,
    /// How many of them have to.
    pub count: u32,
    /// Whoever started the run may be one of them.
    #[serde(default)]
    pub runner_may_approve: bool,
    /// How long an answer is waited for; without end when absent.
    #[serde(default, with = "optional_millis", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// What becomes of the step when the time is over.
    #[serde(default)]
    pub on_timeout: OnTimeout,
}

/// What becomes of a step that nobody approved in time. Never that it begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// The run is held; who approves later still counts, and `resume` goes on.
    #[default]
    Hold,
    /// As if somebody had rejected it.
    Reject,
}
