//! The migrator `routes` as a library.

gateshift_export::export_migrator!(gateshift_routes::Routes);
