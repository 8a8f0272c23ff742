//! What a refusal means for a write: busy, taken, gone, or a real refusal.

use gateshift_sdk::api::CallFailure;
use gateshift_sdk::walk::WriteFailure;

/// Refusals that pass by themselves; the same write may be sent again.
const BUSY: &[&str] = &[
    "Conflict.LockFailed",
    "IdempotentProcessing",
    "Conflict.SourceNotAssociated",
    "Conflict.GatewayNotRunning",
];
/// Parts of the codes that say that a name is in use.
const TAKEN: &[&str] = &["Existed", "Exists", "AlreadyExist", "Duplicate"];

/// Sorts a failed write for the walker. An answer of the 5xx kind says nothing about what happened
/// before it, so it counts as no answer.
#[must_use]
pub fn sort(failure: CallFailure) -> WriteFailure {
    let CallFailure::Refused { status, code, message, connection, action, .. } = &failure else {
        return WriteFailure::Call(failure);
    };
    let text = format!("{code}: {message}");
    if BUSY.contains(&code.as_str()) {
        WriteFailure::Busy(text)
    } else if TAKEN.iter().any(|part| code.contains(part)) {
        WriteFailure::Taken(text)
    } else if *status >= 500 {
        let (connection, action) = (connection.clone(), action.clone());
        WriteFailure::Call(CallFailure::Lost { connection, action, cause: format!("{status} {text}") })
    } else {
        WriteFailure::Call(failure)
    }
}

/// Whether a call failed because its object is not there: after a delete that is what was wanted.
#[must_use]
pub fn gone(failure: &CallFailure) -> bool {
    matches!(failure, CallFailure::Refused { code, .. }
        if code.starts_with("NotFound.") || code == "DatabaseError.RecordNotFound")
}

/// Whether a call was refused for the value of a parameter, in any of the product's three codes.
#[must_use]
pub fn refused_parameter(failure: &CallFailure) -> bool {
    matches!(failure, CallFailure::Refused { code, .. } if code.starts_with("InvalidParameter"))
}

#[cfg(test)]
mod tests {
    use gateshift_sdk::api::CallFailure;
    use gateshift_sdk::walk::WriteFailure;

    use super::{gone, refused_parameter, sort};

    fn refused(status: u16, code: &str) -> CallFailure {
        CallFailure::Refused {
            connection: "target".to_owned(),
            action: "CreateX".to_owned(),
            status,
            code: code.to_owned(),
            message: "m".to_owned(),
            request_id: None,
        }
    }

    #[test]
    fn codes_are_sorted() {
        for (status, code, kind) in [
            (409, "Conflict.LockFailed", "busy"),
            (409, "IdempotentProcessing", "busy"),
            (409, "Conflict.SourceNotAssociated", "busy"),
            (409, "PolicyExisted", "taken"),
            (409, "Conflict.DomainExisted", "taken"),
            (409, "Conflict.ConsumerNameDuplicate", "taken"),
            (400, "HttpApiAlreadyExist", "taken"),
            (500, "InternalError", "lost"),
            (503, "ServiceUnavailable", "lost"),
            (400, "InvalidParameter.WithValue", "refused"),
            (400, "IdempotentParameterMismatch", "refused"),
            (404, "NotFound.RouteNotFound", "refused"),
        ] {
            let found = match sort(refused(status, code)) {
                WriteFailure::Busy(_) => "busy",
                WriteFailure::Taken(_) => "taken",
                WriteFailure::Call(CallFailure::Lost { .. }) => "lost",
                WriteFailure::Call(CallFailure::Refused { .. }) => "refused",
                other => panic!("{other:?}"),
            };
            assert_eq!(found, kind, "{code}");
        }
        assert!(
            gone(&refused(404, "NotFound.PolicyNotFound"))
                && gone(&refused(404, "DatabaseError.RecordNotFound"))
        );
        assert!(!gone(&refused(409, "Conflict.DomainInUse")));
        assert!(refused_parameter(&refused(400, "InvalidParameter.WithDetail")));
        assert!(!refused_parameter(&refused(400, "IdempotentParameterMismatch")));
    }
}
