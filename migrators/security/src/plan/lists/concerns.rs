//! What the operator has to know or answer about lists before they are carried over.

use gateshift_sdk::model::Severity;
use serde_json::Value;

use super::Draft;
use crate::levels::Rules;

/// The lists at one place may be of both colours; what the source does then is not documented.
pub(super) fn same_level(draft: &mut Draft<'_>, source: &Rules) {
    let lists = &draft.given.inventory.access_lists;
    for rule in source.0.values() {
        let Some(white) = rule.white.as_ref().filter(|_| !rule.black.is_empty()) else { continue };
        let overlap = !white.intersection(&rule.black).is_empty();
        let severity = if overlap && !draft.given.settings.accepts("ACL-SAME-LEVEL") {
            Severity::Block
        } else {
            Severity::Warn
        };
        let names: Vec<&str> = rule.lists.iter().map(|at| lists[*at].name.as_str()).collect();
        let message = format!(
            "a white and a black list stand at the same place ({}){}: what the source does then is not documented; it is taken as \"nobody on the black list, and else only those on the white one\"",
            names.join(", "),
            if overlap { " and have addresses in common" } else { "" },
        );
        draft.find(
            severity,
            "ACL-SAME-LEVEL",
            "access-lists",
            message,
            "keep one of them at the source, or accept this reading with `acknowledge: [ACL-SAME-LEVEL]`",
        );
    }
}

/// Lists look at the client's address, and how that is found is a parameter of the gateway.
pub(super) fn client_address(draft: &mut Draft<'_>) {
    let (parameters, lists) = (&draft.given.inventory.parameters, &draft.given.inventory.access_lists);
    if !lists.iter().any(|list| list.enabled) {
        return;
    }
    let on = |value: &Value| {
        *value == true || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    };
    let trusted = parameters.get("EnableXffTrustedCidrs").is_some_and(|one| on(one) || on(&one["Enable"]))
        || parameters.get("EnableXffTrustedCidrs.Enable").is_some_and(on);
    if trusted {
        let severity =
            if draft.given.settings.accepts("ACL-CLIENT-IP") { Severity::Warn } else { Severity::Block };
        draft.find(
            severity,
            "ACL-CLIENT-IP",
            "parameters/EnableXffTrustedCidrs",
            "the source takes for the client the last address that is not of a trusted network, and the target does not know that rule: the lists would look at other addresses",
            "where the chain of proxies has a fixed length set XffTrustedNum instead, or accept it with `acknowledge: [ACL-CLIENT-IP]`",
        );
    }
    let hops =
        parameters.get("XffTrustedNum").and_then(|one| one.as_u64().or_else(|| one.as_str()?.parse().ok()));
    if hops.is_some_and(|hops| hops > 0) {
        draft.find(
            Severity::Warn,
            "ACL-CLIENT-IP",
            "parameters/XffTrustedNum",
            "the lists look at the address that XffTrustedNum picks, and it is not 0 at the source: they hold on the target only once the parameter is the same there",
            "carry the parameters over, too, with a step that uses `parameters`",
        );
    }
}
