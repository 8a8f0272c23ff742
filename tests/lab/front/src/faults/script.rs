//! The fault script: how it is read, and what it makes of each call.

use std::sync::{Arc, Mutex, PoisonError};

use gateshift_lab_kernel::ApiError;
use serde::{Deserialize, Serialize};

/// A list of rules; [`faults`](crate::faults) explains how one is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultScript {
    /// Decides what the probabilities draw.
    pub seed: u64,
    /// Rules; each counts its own calls, and all that hit take effect.
    pub rules: Vec<Rule>,
}

/// When something goes wrong, and what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Product, `*` for any.
    #[serde(default = "anything")]
    pub product: String,
    /// Operation, with `*` for any letters.
    #[serde(default = "anything")]
    pub operation: String,
    /// Matching calls that pass first.
    #[serde(default)]
    pub after: u64,
    /// Most hits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Probability of a hit.
    #[serde(default = "certain")]
    pub probability: f64,
    /// What happens.
    #[serde(rename = "do")]
    pub effect: Effect,
}

fn anything() -> String {
    "*".to_owned()
}

fn certain() -> f64 {
    1.0
}

/// What happens to a call that is hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Refused with the product's throttling code.
    Throttle {
        /// Hint in `x-acs-retry-after`.
        #[serde(default)]
        retry_after_ms: Option<u64>,
    },
    /// The reply is late.
    Slow {
        /// Wall milliseconds.
        ms: u64,
    },
    /// Refused.
    Refuse {
        /// HTTP status.
        status: u16,
        /// Error code.
        code: String,
    },
    /// Done, but never answered.
    DropReply,
    /// The first half of a list.
    HalfPage,
    /// The answer of the last time.
    StaleRead,
    /// Refused because the gateway is locked.
    LockFailed,
}

/// Why a script was not taken.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// It does not parse.
    #[error("the fault script cannot be read: {0}")]
    Unreadable(String),
    /// A probability is none.
    #[error("rule {0} of the fault script has a probability outside of 0 to 1")]
    Probability(usize),
    /// A status is none of a refusal.
    #[error("rule {0} of the fault script refuses with a status outside of 400 to 599")]
    Status(usize),
}

impl FaultScript {
    /// Reads a script from YAML or JSON.
    ///
    /// # Errors
    /// When it does not parse, or a value makes no sense.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let script: Self =
            serde_saphyr::from_str(text).map_err(|error| FaultError::Unreadable(error.to_string()))?;
        for (index, rule) in script.rules.iter().enumerate() {
            if !(0.0..=1.0).contains(&rule.probability) {
                return Err(FaultError::Probability(index));
            }
            if matches!(rule.effect, Effect::Refuse { status, .. } if !(400..600).contains(&status)) {
                return Err(FaultError::Status(index));
            }
        }
        Ok(script)
    }
}

impl Effect {
    /// The refusal of an effect that lets nothing be done, throttling excepted.
    #[must_use]
    pub fn refusal(&self) -> Option<ApiError> {
        match self {
            Self::Refuse { status, code } => {
                Some(ApiError::new(*status, code, "refused by the lab's fault script"))
            }
            Self::LockFailed => Some(ApiError::new(
                409,
                "Conflict.LockFailed",
                "another change of this gateway is under way, try again",
            )),
            Self::Throttle { .. }
            | Self::Slow { .. }
            | Self::DropReply
            | Self::HalfPage
            | Self::StaleRead => None,
        }
    }
}

/// The script in force; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Running>>);

#[derive(Debug, Default)]
struct Running {
    script: FaultScript,
    counts: Vec<Count>,
}

#[derive(Debug, Clone, Default)]
struct Count {
    seen: u64,
    hits: u64,
}

impl Faults {
    /// Puts a script in force, with all counts at zero. An empty one ends all trouble.
    pub fn set(&self, script: FaultScript) {
        let counts = vec![Count::default(); script.rules.len()];
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Running { script, counts };
    }

    /// The script in force.
    #[must_use]
    pub fn script(&self) -> FaultScript {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).script.clone()
    }

    /// How often each rule has hit.
    #[must_use]
    pub fn hits(&self) -> Vec<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).counts.iter().map(|count| count.hits).collect()
    }

    /// Whether earlier answers have to be kept for a rule of the script.
    #[must_use]
    pub fn remembers(&self) -> bool {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.script.rules.iter().any(|rule| rule.effect == Effect::StaleRead)
    }

    /// Counts a call and says what happens to it.
    #[must_use]
    pub fn decide(&self, product: &str, operation: &str) -> Vec<Effect> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Running { script, counts } = &mut *running;
        let mut effects = Vec::new();
        for (index, (rule, count)) in script.rules.iter().zip(counts).enumerate() {
            if !(glob(&rule.product, product) && glob(&rule.operation, operation)) {
                continue;
            }
            count.seen += 1;
            let due = count.seen > rule.after && rule.times.is_none_or(|times| count.hits < times);
            if due && draw(script.seed, index as u64, count.seen) < rule.probability {
                count.hits += 1;
                effects.push(rule.effect.clone());
            }
        }
        effects
    }
}

/// A number in 0..1 that depends on nothing but its arguments, so that the calls of one rule do not
/// shift the luck of another.
fn draw(seed: u64, rule: u64, call: u64) -> f64 {
    let mut bits = seed ^ rule.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ call.wrapping_mul(0xD1B5_4A32_D192_ED03);
    for _ in 0..3 {
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    }
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// True when the text fits the pattern, in which `*` stands for any letters.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|left| {
            (0..=left.len()).filter(|at| left.is_char_boundary(*at)).any(|at| glob(rest, &left[at..]))
        }),
    }
}

#[cfg(test)]
mod tests;
