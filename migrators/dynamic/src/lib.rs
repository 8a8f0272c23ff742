//! The built-in migrators as libraries, one an example: the same crates, exported. The workspace's usual build
//! makes none of them, so they cost nothing until somebody asks:
//!
//! ```text
//! cargo build -p gateshift-dynamic --features all --examples
//! target/debug/examples/libgateshift_routes.so
//! ```
