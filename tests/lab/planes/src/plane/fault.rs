//! Disturbances of one gateway.

/// What is wrong with a gateway; the default is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Fault {
    /// Every request takes this much longer, lab milliseconds; forwarded ones while they wait for
    /// the upstream, so that the timeout of their route can end them.
    pub slow_ms: u64,
    /// This part of the requests, 0.0 to 1.0, is answered 503 as if the upstream refused.
    pub fail_ratio: f64,
}
