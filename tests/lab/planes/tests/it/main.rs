//! The data planes, the name server and the load client as their users see them: over real sockets.

mod common;
mod dns;
mod load;
mod matching;
mod planes;
mod policies;
