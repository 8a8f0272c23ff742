//! Disturbances of one gateway.

use std::sync::Arc;

/// What is wrong with a gateway; the default is nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fault {
    /// Every request takes this much longer, lab milliseconds; forwarded ones while they wait for
    /// the upstream, so that the timeout of their route can end them.
    pub slow_ms: u64,
    /// This part of the requests, 0.0 to 1.0, is answered 503 as if the upstream refused.
    pub fail_ratio: f64,
    /// Only those of the route of this name.
    pub fail_route: Option<Arc<str>>,
    /// With this status in place of 503: the gateway answers for itself, and differently.
    pub fail_status: Option<u16>,
}

impl Fault {
    /// The part of the requests to fail of a route, or of what the gateway answers itself.
    pub(crate) fn ratio_for(&self, route: Option<&str>) -> f64 {
        match &self.fail_route {
            Some(only) if route != Some(&**only) => 0.0,
            _ => self.fail_ratio,
        }
    }
}
