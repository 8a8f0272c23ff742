//! The migrator `observability` as a library.

gateshift_export::export_migrator!(gateshift_observability::Observability);
