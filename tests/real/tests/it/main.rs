//! Traffic moved through real name servers and counted behind a real resolver.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod by_hand;
mod powerdns;
mod updates;
