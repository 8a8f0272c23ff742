//! The process of one migrator, without the rest of the program around it.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateshift_loader::plugin_host(|_| None)
}
