//! `uses: plugins`: the provider's plugins, custom binaries and their rules.
//!
//! A configuration goes over byte for byte. It is opened only to look for what would change its meaning on
//! the target (rules inside of it, services it names) and to be sent; plans hold it sealed.

mod apply;
mod facts;
mod manifest;
mod migrator;
mod observe;
mod plan;
mod read;
mod settings;
mod split;
mod table;
mod undo;
mod verify;
mod yaml;

#[cfg(test)]
mod tests;

pub use migrator::Plugins;
