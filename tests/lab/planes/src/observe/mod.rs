//! What the data planes record: an access log with the products' field names, metrics with the
//! products' names, and the small part of the query language that the gates use.

mod access_log;
mod metrics;
mod mirrored;
mod query;

pub(crate) use access_log::AccessLog;
pub use access_log::LogEntry;
pub(crate) use metrics::Metrics;
pub use metrics::Series;
pub(crate) use mirrored::Mirrored;
pub(crate) use query::Expression;
pub use query::QueryError;
