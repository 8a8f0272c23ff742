//! The migrator `parameters` as a library.

gateshift_export::export_migrator!(gateshift_parameters::Parameters);
