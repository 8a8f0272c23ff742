//! The migrator `verify` as a library.

gateshift_export::export_migrator!(gateshift_verify::Verify);
