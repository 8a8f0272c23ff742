//! The migrator `assess` as a library.

gateshift_export::export_migrator!(gateshift_assess::Assess);
