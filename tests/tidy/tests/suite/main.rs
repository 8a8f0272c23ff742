//! House rules that a program can check: what a reader may rely on anywhere in the tree.
//!
//! Each rule is a function from the tree to complaints; a test fails with all of them at once.

#![expect(clippy::unwrap_used, reason = "a rule that cannot read the tree fails")]

mod crates;
mod docs;
mod engine_is_blind;
mod error_pages;
mod files;
mod hints;
mod source;
mod tree;
