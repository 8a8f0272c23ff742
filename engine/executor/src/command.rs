//! What may be asked of a run, by its owner or through the journal's inbox.

use gateshift_model::{ConnectionName, StepName, UndoScope};
use serde::{Deserialize, Serialize};

use crate::verbs::Refusal;

/// A request, as the body of a [`gateshift_journal::Request`] holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// Stop going forward and take back.
    Rollback {
        /// What.
        scope: UndoScope,
        /// Why.
        reason: String,
    },
    /// Stop cleanly; `resume` goes on.
    Stop {
        /// Why.
        reason: String,
    },
    /// Stop cleanly, and go on only when somebody says `resume`. With a connection: calls on it wait.
    Pause {
        /// The connection; absent for the whole run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connection: Option<ConnectionName>,
        /// Why.
        reason: String,
    },
    /// Let calls on a connection go on that was paused.
    Resume {
        /// The connection.
        connection: ConnectionName,
    },
    /// Repeat what failed.
    Retry {
        /// The step; absent for every step that failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<StepName>,
        /// Why.
        reason: String,
    },
    /// Repeat a step and all after it.
    Rerun {
        /// The step.
        from: StepName,
        /// Why.
        reason: String,
    },
    /// Go on without a step.
    Skip {
        /// The step.
        step: StepName,
        /// Why.
        reason: String,
        /// The risk that is accepted with it.
        risk: String,
    },
    /// Say that the plan of a step may be carried out.
    Approve {
        /// The step.
        step: StepName,
        /// The plan that was looked at: the beginning of its digest. Another one is not approved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<String>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Say that it may not.
    Reject {
        /// The step.
        step: StepName,
        /// The plan that was looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<String>,
        /// Why.
        reason: String,
    },
    /// End the run.
    Cancel {
        /// Take back first what was made.
        undo: bool,
        /// Why.
        reason: String,
    },
}

impl Command {
    /// Its word, as the command line has it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Rollback { .. } => "rollback",
            Self::Stop { .. } => "stop",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Retry { .. } => "retry",
            Self::Rerun { .. } => "rerun",
            Self::Skip { .. } => "skip",
            Self::Approve { .. } => "approve",
            Self::Reject { .. } => "reject",
            Self::Cancel { .. } => "cancel",
        }
    }
}

/// What the owner of a run answers to a request. The journal keeps it as a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is done, or being done.
    Taken(String),
    /// It does not apply.
    Refused(Refusal),
    /// The owner was at its end already: whoever asked can do it now.
    Late,
}

const TAKEN: &str = "taken up: ";
const REFUSED: &str = "refused: ";
const LATE: &str = "too late: the run has come to rest";

impl Reply {
    /// As the journal keeps it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Taken(what) => format!("{TAKEN}{what}"),
            Self::Refused(Refusal { code, cause, remedy }) => format!("{REFUSED}{code}\n{cause}\n{remedy}"),
            Self::Late => LATE.to_owned(),
        }
    }

    /// From what the journal keeps.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if let Some(what) = text.strip_prefix(TAKEN) {
            return Self::Taken(what.to_owned());
        }
        let Some(refused) = text.strip_prefix(REFUSED) else { return Self::Late };
        let mut parts = refused.splitn(3, '\n').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        Self::Refused(Refusal { code: part(), cause: part(), remedy: part() })
    }
}

#[cfg(test)]
mod tests {
    use gateshift_model::{ConnectionName, StepName, UndoScope};
    use serde_json::json;

    use super::{Command, Reply};
    use crate::verbs::Refusal;

    #[test]
    fn its_json_is_part_of_the_journal() {
        let step = || StepName::new("verify").unwrap();
        let connection = || ConnectionName::new("dns").unwrap();
        let reason = || "5xx".to_owned();
        let cases = [
            (
                Command::Rollback { scope: UndoScope::Traffic, reason: reason() },
                json!({"do": "rollback", "scope": "traffic", "reason": "5xx"}),
            ),
            (Command::Stop { reason: reason() }, json!({"do": "stop", "reason": "5xx"})),
            (Command::Pause { connection: None, reason: reason() }, json!({"do": "pause", "reason": "5xx"})),
            (
                Command::Pause { connection: Some(connection()), reason: reason() },
                json!({"do": "pause", "connection": "dns", "reason": "5xx"}),
            ),
            (Command::Resume { connection: connection() }, json!({"do": "resume", "connection": "dns"})),
            (Command::Retry { step: None, reason: reason() }, json!({"do": "retry", "reason": "5xx"})),
            (
                Command::Rerun { from: step(), reason: reason() },
                json!({"do": "rerun", "from": "verify", "reason": "5xx"}),
            ),
            (
                Command::Skip { step: step(), reason: reason(), risk: "unseen".into() },
                json!({"do": "skip", "step": "verify", "reason": "5xx", "risk": "unseen"}),
            ),
            (
                Command::Approve { step: step(), plan: Some("0a".into()), reason: reason() },
                json!({"do": "approve", "step": "verify", "plan": "0a", "reason": "5xx"}),
            ),
            (
                Command::Reject { step: step(), plan: None, reason: reason() },
                json!({"do": "reject", "step": "verify", "reason": "5xx"}),
            ),
            (
                Command::Cancel { undo: true, reason: reason() },
                json!({"do": "cancel", "undo": true, "reason": "5xx"}),
            ),
        ];
        for (command, body) in cases {
            assert_eq!(serde_json::to_value(&command).unwrap(), body);
            assert_eq!(body["do"], command.word());
            assert_eq!(serde_json::from_value::<Command>(body).unwrap(), command);
        }
    }

    #[test]
    fn answers_are_read_as_they_were_written() {
        let refusal = Refusal { code: "GS-X".into(), cause: "it is so".into(), remedy: "do\nthat".into() };
        for reply in [Reply::Taken("it is done".into()), Reply::Refused(refusal), Reply::Late] {
            assert_eq!(Reply::parse(&reply.text()), reply);
        }
    }
}
