//! Everything in the lab that carries traffic: the embedded data planes that route as their control
//! plane says, the certificate authority they present, the demo backend behind them, the name server
//! that answers with the account's weights and TTLs, and an independent load client that follows it.
//!
//! Nothing in here decides what a gateway's configuration is; that comes from the control planes as
//! [`gateshift_lab_kernel::gateway::GatewayConfig`].

mod authority;
mod backend;
mod dns;
mod load;
mod observe;
mod plane;
mod planes;
mod plugins;
mod policies;
mod random;
mod routing;

pub use authority::{Authority, AuthorityError};
pub use backend::Backend;
pub use dns::{NAME_SERVERS, NameServer};
pub use load::{Failure, LoadClient, LoadOptions, LoadReport, LoadTarget};
pub use observe::{LogEntry, QueryError, Series};
pub use plane::Fault;
pub use planes::{ConfigSource, Planes, PlanesOptions};
pub use routing::{RequestView, RouteTable, TableCache, host_of};
