//! The lab's target side: control planes of the Cloud-native API Gateway, of Alibaba Cloud DNS, and
//! the reading halves of VPC and ECS. Each is a [`Product`](gateshift_lab_kernel::Product) over one
//! shared [`Cloud`](gateshift_lab_kernel::Cloud); states that take time are computed from its clock.

#[macro_use]
mod dispatch;
mod apig;
mod dns;
mod ecs;
mod params;
mod vpc;

#[cfg(test)]
mod testing;

pub use apig::{Apig, Options, Timing};
pub use dns::{AliDns, Edition, SeedRecord};
pub use ecs::Ecs;
pub use vpc::Vpc;
