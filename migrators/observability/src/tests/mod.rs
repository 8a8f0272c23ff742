//! The step against a scripted world.

mod findings;
mod hold;
mod mapping;
mod world;
