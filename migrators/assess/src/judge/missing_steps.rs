//! Kinds of objects that no step of the workflow moves: they would stay behind without a word. It is a
//! question where the workflow moves traffic, too; before that another run may still bring them.

use gateshift_gateway_model::Inventory;
use gateshift_sdk::model::{Finding, Severity};

use crate::Ahead;

/// One finding for each kind. A workflow that only assesses promises nothing, and leaves nothing behind.
pub(super) fn judge(inventory: &Inventory, ahead: &Ahead, findings: &mut Vec<Finding>) {
    if ahead.is_nothing() {
        return;
    }
    let lists = inventory.access_lists.iter().filter(|one| one.enabled).count();
    let logins = inventory.authentications.iter().filter(|one| one.enabled).count();
    let plugins = inventory.plugins.iter().filter(|one| one.enabled && !one.rules.is_empty()).count();
    let observed = &inventory.observability;
    let watched = usize::from(observed.tracing.is_some())
        + usize::from(observed.access_log.is_some())
        + observed.alerts.len();
    let moves_traffic = ahead.has("traffic");
    let opens = "doors that are closed at the source would stand open";
    let kinds = [
        ("routes", inventory.routes.len(), "routes", "the target would answer none of their requests", true),
        ("security", lists, "access-lists", opens, true),
        ("security", logins, "authentications", opens, true),
        (
            "security",
            inventory.consumers.len(),
            "consumers",
            "callers would be let in unknown, or refused",
            true,
        ),
        ("plugins", plugins, "plugins", "requests would be treated differently", true),
        ("observability", watched, "observability", "nobody would be told when the target fails", false),
        ("parameters", inventory.parameters.len(), "parameters", "the target's defaults would hold", false),
    ];
    for (migrator, count, object, consequence, decides) in kinds {
        if count == 0 || ahead.has(migrator) {
            continue;
        }
        let severity = if decides && moves_traffic { Severity::Decide } else { Severity::Warn };
        let message = format!(
            "{count} in use at the source, and no step `{migrator}` follows that moves them: {consequence}"
        );
        findings.push(Finding::new(severity, "FTR-NO-STEP", object, message).with_action(format!(
            "add a step `uses: {migrator}`, or answer for it with a waiver for FTR-NO-STEP on `{object}`"
        )));
    }
}
