//! What the parts of the lab share: the clock, the shape of a call, the registries and backends
//! behind both gateways, the zones, the network, and the form in which a control plane hands its
//! routing to a data plane. It simulates nothing itself.

mod api;
mod clock;
mod cloud;
pub mod gateway;
mod network;
pub mod policy;
mod telemetry;
mod world;
mod zone;

pub use api::{Answer, ApiError, Call, Product};
pub use clock::LabClock;
pub use cloud::{AddressPool, Cloud, Shared};
pub use network::{Certificate, Network, SecurityGroup, VSwitch, Vpc};
pub use telemetry::{ACCOUNT, ByHand, Deliveries, Delivery, LogTarget, OWN_STORE, Tracing, own_project};
pub use world::{Upstream, UpstreamName, World};
pub use zone::{Record, RecordType, Zone, Zones};
