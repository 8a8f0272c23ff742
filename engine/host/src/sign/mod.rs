//! Authentication schemes: pure functions from a request and a key to headers.

pub(crate) mod acs3;
pub(crate) mod scoped;
pub(crate) mod sigv4;
