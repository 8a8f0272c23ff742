//! The migrator `instance` as a library.

gateshift_export::export_migrator!(gateshift_instance::Instance);
