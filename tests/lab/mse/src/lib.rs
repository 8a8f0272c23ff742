//! The source side of the lab: the control plane of an MSE cloud-native gateway as its API shows
//! it, the readable description of a source account that it is built from, and a generator of
//! realistic ones. It routes nothing itself: a data plane takes [`Product::gateways`] from here.
//!
//! [`Product::gateways`]: gateshift_lab_kernel::Product::gateways

mod api;
mod generate;
mod mse;
mod plane;
pub mod scenario;
mod state;
mod times;
mod world;

pub use generate::{generate, generate_dense, generate_rich};
pub use mse::Mse;
pub use scenario::{Scenario, ScenarioError};
pub use world::{by_hand_of, network_of, world_of};
