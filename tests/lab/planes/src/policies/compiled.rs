//! The policies of one route in the form in which requests meet them.

use gateshift_lab_kernel::policy::Policies;

use super::consumers::Consumers;
use super::rewrite::Rewriter;

/// Policies of a route, with what can be prepared prepared.
#[derive(Debug)]
pub(crate) struct RoutePolicies {
    /// As the control plane said.
    pub(crate) plain: Policies,
    pub(crate) rewrite: Option<Rewriter>,
    pub(crate) consumers: Option<Consumers>,
}

impl RoutePolicies {
    /// Prepares them.
    pub(crate) fn compile(policies: &Policies) -> Self {
        Self {
            plain: policies.clone(),
            rewrite: policies.rewrite.as_ref().map(Rewriter::compile),
            consumers: policies.consumers.as_ref().map(Consumers::compile),
        }
    }
}
