//! The verdict on an inventory, by the support tables and by what this version carries over. Pure.
//! Nothing that is in use is dropped in silence: it is supported, or it is a finding. What depends on
//! the target is judged by the steps that look at it.

mod backends;
mod features;
mod gateway;
mod missing_steps;
mod users;

use gateshift_gateway_model::{Inventory, ManagedBy, PublishState};
use gateshift_sdk::model::{Finding, Severity};

use users::{Scope, taken};

use crate::{Ahead, Compat};

/// What to do with routes that were edited at the source and not published again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// They block.
    Block,
    /// The operator accepts that the edited content is what is migrated.
    Accept,
}

/// Every finding about the inventory. `status` is the gateway's status number; `ahead` is what comes after.
#[must_use]
pub fn judge(
    inventory: &Inventory,
    status: i64,
    compat: &Compat,
    edited: Edited,
    ahead: &Ahead,
) -> Vec<Finding> {
    let scope = Scope { inventory, ahead };
    let mut findings = Vec::new();
    gateway::judge(inventory, status, &mut findings);
    missing_steps::judge(inventory, ahead, &mut findings);
    backends::judge(scope, compat, &mut findings);
    routes(scope, edited, &mut findings);
    domains(scope, &mut findings);
    backends::policies(scope, &mut findings);
    features::authentications(scope, compat, &mut findings);
    features::plugins(scope, compat, &mut findings);
    features::parameters(scope, compat, &mut findings);
    findings
}

fn routes(scope: Scope<'_>, edited: Edited, findings: &mut Vec<Finding>) {
    for route in taken(scope) {
        let object = format!("routes/{}", route.name);
        match route.state {
            PublishState::Edited => {
                let (severity, consequence) = match edited {
                    Edited::Block => (Severity::Block, "nobody can say which of the two is meant"),
                    Edited::Accept => (
                        Severity::Warn,
                        "as accepted, the edited one is carried over; its answers cannot be compared",
                    ),
                };
                findings.push(
                    Finding::new(severity, "RTE-EDITING", &object, format!("it was edited and not published again: what is stored is not what serves traffic, and {consequence}"))
                        .with_action("publish it or revert it at the source, or set `allowEdited: true`"),
                );
            }
            PublishState::Changing => findings.push(
                Finding::new(
                    Severity::Block,
                    "RTE-CHANGING",
                    &object,
                    "it is being published or taken offline right now",
                )
                .with_action("assess again in a minute"),
            ),
            PublishState::Unavailable => findings.push(
                Finding::new(
                    Severity::Warn,
                    "RTE-OFFLINE",
                    &object,
                    "it is unavailable at the source; it is made on the target and not deployed",
                )
                .with_action("repair it at the source if it shall serve, or exclude it"),
            ),
            PublishState::Published | PublishState::Unpublished => {}
        }
        if route.managed_by == ManagedBy::Ingress && !scope.ahead.takes_ingress() {
            findings.push(
                Finding::new(
                    Severity::Block,
                    "RTE-INGRESS",
                    &object,
                    "an Ingress controller owns it; a copy would fight with its owner",
                )
                .with_action("set `ingress: true` in the step `routes` to let the Ingress objects configure the target, too, or leave it out there with `exclude`"),
            );
        }
        if route.domains.is_empty() {
            findings.push(
                Finding::new(Severity::Block, "RTE-NO-DOMAIN", &object, "it belongs to no domain")
                    .with_action("give it a domain, or exclude it"),
            );
        }
    }
}

fn domains(scope: Scope<'_>, findings: &mut Vec<Finding>) {
    let Scope { inventory, ahead } = scope;
    for domain in inventory.domains.iter().filter(|one| ahead.takes_domain(inventory, &one.name)) {
        let object = format!("domains/{}", domain.name);
        if domain.mtls.enabled && !ahead.has_authority(&domain.name) {
            findings.push(
                Finding::new(Severity::Decide, "DOM-MTLS-CA", &object, "it asks for client certificates; the source does not give away the authority's certificate")
                    .with_action(format!("give the authority's certificate (PEM) with `clientCa: {{ {}: ... }}` of the step `routes`, or exclude the domain's routes there", domain.name)),
            );
        }
        if domain.managed_by == ManagedBy::Ingress && !ahead.takes_ingress() {
            findings.push(
                Finding::new(Severity::Block, "RTE-INGRESS", &object, "an Ingress controller owns it")
                    .with_action("set `ingress: true` in the step `routes` to let the Ingress objects configure the target, too"),
            );
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
