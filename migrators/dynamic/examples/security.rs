//! The migrator `security` as a library.

gateshift_export::export_migrator!(gateshift_security::Security);
