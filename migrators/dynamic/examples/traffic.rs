//! The migrator `traffic` as a library.

gateshift_export::export_migrator!(gateshift_traffic::Traffic);
