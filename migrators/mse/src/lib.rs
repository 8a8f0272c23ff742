//! The source side: reads an MSE cloud-native gateway into the neutral inventory. It offers no call
//! that could change anything.
//!
//! Two halves: [`fetch`] asks (thin, async) and keeps every answer; [`read`] turns the answers into
//! an [`Inventory`](gateshift_gateway_model::Inventory) and findings (pure).

mod account;
mod answers;
mod client;
mod convert;
mod fetch;
mod read;
mod secrets;
mod times;
mod wire;

pub use account::{KNOWN_FIELDS_VERSION, account};
pub use answers::{Answer, Answers};
pub use client::Client;
pub use fetch::fetch;
pub use read::{Read, read};

/// Kind of connection this reader works on.
pub const CONNECTION_KIND: &str = "aliyun/mse";

/// Every action the reader may ask for; all of them read.
pub const ACTIONS: &[&str] = &[
    "GatewayBlackWhiteList",
    "GetGateway",
    "GetGatewayAuthConsumerDetail",
    "GetGatewayAuthDetail",
    "GetGatewayConfig",
    "GetGatewayDomainDetail",
    "GetGatewayOption",
    "GetGatewayRouteDetail",
    "GetGatewayServiceDetail",
    "GetPluginConfig",
    "GetPlugins",
    "ListGateway",
    "ListGatewayAuth",
    "ListGatewayAuthConsumer",
    "ListGatewayAuthConsumerResource",
    "ListGatewayCircuitBreakerRule",
    "ListGatewayDomain",
    "ListGatewayFlowRule",
    "ListGatewayIsolationRule",
    "ListGatewayRoute",
    "ListGatewayRouteOnAuth",
    "ListGatewayService",
    "ListGatewaySlb",
    "ListSSLCert",
    "ListSecurityGroupRule",
    "ListServiceSource",
];
