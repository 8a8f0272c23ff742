//! The step against a small target that keeps classes, installations and attachments.

mod configurations;
mod custom;
mod findings;
mod lab;
mod table;
mod world;
