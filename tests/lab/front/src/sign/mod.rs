//! The server's side of signature version 3, ACS3-HMAC-SHA256: it rebuilds the canonical request
//! from the wire, compares, and refuses as the cloud does. Written from the description of the
//! scheme alone, apart from the client's signer, so that the two check each other. Log Service has a scheme
//! of its own.

mod canonical;
mod keys;
mod log_service;
mod verify;

#[cfg(test)]
mod tests;

pub use canonical::{body_hash, canonical_request, signature, string_to_sign};
pub use keys::{Key, SecurityToken};
pub use verify::Verifier;
