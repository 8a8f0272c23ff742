//! The migrator `plugins` as a library.

gateshift_export::export_migrator!(gateshift_plugins::Plugins);
