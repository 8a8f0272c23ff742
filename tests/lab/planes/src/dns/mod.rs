//! The authoritative name server: what the zones say, from names to bytes on a socket.

mod counts;
mod lookup;
mod server;
mod wire;

pub use lookup::NAME_SERVERS;
pub use server::NameServer;
