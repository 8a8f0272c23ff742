//! What a data plane does with a request beside matching and forwarding, one effect a file. Each file
//! decides from facts it is given; sending, waiting and counting stay with the plane.

pub(crate) mod access;
pub(crate) mod address;
mod compiled;
pub(crate) mod consumers;
pub(crate) mod cors;
mod facts;
pub(crate) mod global_auth;
pub(crate) mod gzip;
pub(crate) mod headers;
mod json_web_token;
pub(crate) mod limits;
pub(crate) mod rewrite;
pub(crate) mod signature;
pub(crate) mod slashes;

pub(crate) use compiled::RoutePolicies;
#[cfg(test)]
pub(crate) use facts::samples;
pub(crate) use facts::{Facts, Onward, header};
pub(crate) use json_web_token::{Keys, RefusedToken};
