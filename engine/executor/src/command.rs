//! What may be asked of the owner of a run through the journal's inbox.

use gateshift_model::UndoScope;
use serde::{Deserialize, Serialize};

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
}

#[cfg(test)]
mod tests {
    use gateshift_model::UndoScope;
    use serde_json::json;

    use super::Command;

    #[test]
    fn its_json_is_part_of_the_journal() {
        let rollback = Command::Rollback { scope: UndoScope::Traffic, reason: "5xx".into() };
        let body = json!({"do": "rollback", "scope": "traffic", "reason": "5xx"});
        assert_eq!(serde_json::to_value(&rollback).unwrap(), body);
        assert_eq!(serde_json::from_value::<Command>(body).unwrap(), rollback);
    }
}
