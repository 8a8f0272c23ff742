//! Which route answers a request: the documented order of both products, compiled into an index.
//!
//! Order: longer domain name, then path kind (exact, prefix, regular expression), then longer path
//! condition, then more header conditions, then more query conditions, then earlier creation.

mod condition;
mod host;
mod table;

pub(crate) use condition::PathCondition;
pub(crate) use host::DomainIndex;
pub use host::host_of;
pub(crate) use table::Found;
pub use table::{RequestView, RouteTable, TableCache};
