//! The `security` migrator: address lists, authentication for the whole gateway, consumers and their
//! grants.
//!
//! The two products put lists of several levels together in different ways, so what is copied is not a
//! list but who may come in: `sets` computes with addresses, `levels` knows both products' rules.

mod apply;
mod facts;
mod levels;
mod manifest;
mod migrator;
mod observe;
mod plan;
mod sealing;
mod sets;
mod settings;
mod undo;
mod verify;

#[cfg(test)]
mod tests;

pub use migrator::Security;
