//! Tests of the whole step: generated inventories, a simulated pair of gateways, seeded mistakes.

mod effects;
mod furnished;
mod mistakes;
mod properties;
mod seeded;
mod simulation;
mod whole;
mod world;
