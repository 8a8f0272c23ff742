//! The `gateshift` binary: the only place where the engine meets concrete migrators. Data goes to
//! stdout, everything else to stderr; the exit code says how it ended.

mod args;
mod commands;
mod error;
mod exit;
mod show;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use args::Args;
use exit::Exit;
use show::Output;

fn main() -> ExitCode {
    // The process of a migrator does nothing else, and has to be there at once.
    if std::env::args_os().nth(1).is_some_and(|word| word == "plugin-host") {
        return gateshift_loader::plugin_host(wiring::linked);
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let asked = !error.use_stderr();
            // Help and version are answers; anything else is a mistake in the words.
            let printed = error.print();
            return if asked && printed.is_ok() { Exit::Done.into() } else { Exit::Usage.into() };
        }
    };
    let output = Output::new(&args.global);
    show::log::init(&args.global);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            output.error(&error::CliError::new("GS-RUNTIME", format!("cannot start: {cause}")));
            return Exit::Error.into();
        }
    };
    let result = runtime.block_on(commands::run(args, &output));
    // Tasks that still wait for a peer must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            output.error(&error);
            error.exit.into()
        }
    }
}
