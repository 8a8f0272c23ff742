//! Tests of the whole step: generated inventories, a simulated pair of gateways, seeded mistakes.

mod mistakes;
mod properties;
mod simulation;
mod whole;
mod world;
