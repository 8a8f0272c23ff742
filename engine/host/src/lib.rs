//! What stands between a migrator and the world (invariant **host**): named connections with their
//! endpoints, authentication, pacing and retries; probes, questions to name servers, metric
//! queries; and the redacted record of all of it.
//!
//! The crate knows authentication schemes and protocols, never a product: which kinds of connection
//! exist is a table that the wiring hands to [`Hosts::new`].

mod admit;
mod answer;
mod call;
mod connection;
mod credentials;
mod dns;
mod encode;
mod endpoint;
mod entropy;
mod exchange;
mod hosts;
mod http;
mod kinds;
mod metrics;
mod options;
mod overrides;
mod pacing;
mod probe;
mod redact;
mod seal;
mod secret;
mod settings;
mod sign;
mod step_host;
#[cfg(test)]
mod testing;

pub use endpoint::{EndpointRule, Protocol};
pub use hosts::Hosts;
pub use kinds::{ConnectionKind, QueryLanguage, Scheme, ScopedScheme, WriteRule};
pub use options::{Clock, EnvironmentSource, HostsOptions, Limits};
pub use overrides::Overrides;
pub use seal::seal_key_mark;
pub use secret::Secret;
