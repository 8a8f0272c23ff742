//! A look at a shift while a stage is held: what both gateways did, what the gates made of it, and what was
//! decided. Each look is part of a checkpoint of the step, so the journal holds the whole course of the
//! shift. Fields are only ever added.

use serde::{Deserialize, Serialize};

/// Key of the look in a checkpoint of the step.
pub const LOOK: &str = "look";

/// One look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// The stage, `stage 5%`.
    pub stage: String,
    /// Planned share, percent.
    pub share: f64,
    /// Measured share of the requests since the look before, percent; absent when nothing was measured.
    pub measured: Option<f64>,
    /// The source since the look before; absent when it could not be measured.
    pub source: Option<LookSide>,
    /// The target.
    pub target: Option<LookSide>,
    /// What each gate says.
    pub gates: Vec<GateSaid>,
    /// What was decided.
    pub decision: Decision,
    /// Why, in words.
    pub reason: String,
}

/// What one gateway did between two looks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LookSide {
    /// Requests.
    pub requests: f64,
    /// Answered 5xx.
    pub failed: f64,
    /// Answered 4xx.
    pub refused: f64,
    /// Half of the requests took at most so many milliseconds.
    pub p50: Option<f64>,
    /// 95 % of them.
    pub p95: Option<f64>,
}

/// What a gate says of one signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateSaid {
    /// The gate, `health`.
    pub gate: String,
    /// The signal, `errors`.
    pub signal: String,
    /// Its answer.
    pub answer: GateAnswer,
    /// In words, with the numbers.
    pub said: String,
    /// The target's value, a part of one for rates.
    pub value: Option<f64>,
    /// The source's.
    pub source: Option<f64>,
    /// What is tolerated.
    pub limit: Option<f64>,
}

/// The three answers of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateAnswer {
    /// Fine.
    Pass,
    /// The target is worse.
    Fail,
    /// Nobody can tell yet.
    NotEnough,
}

/// What a look decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The stage is left for the next one.
    Forward,
    /// The stage is held.
    Hold,
    /// The traffic is taken back.
    Back,
}
