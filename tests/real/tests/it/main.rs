//! Traffic moved through real name servers and counted behind a real resolver.

mod by_hand;
mod powerdns;
mod updates;
