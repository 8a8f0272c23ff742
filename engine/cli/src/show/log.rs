//! The log of the program itself, for developers: off unless asked for by `GATESHIFT_LOG`. What happened
//! in a run is in the journal, never here.

use tracing_subscriber::EnvFilter;

use crate::args::Global;

/// Starts logging to stderr when the environment asks for it.
pub(crate) fn init(global: &Global) {
    let Ok(filter) = std::env::var("GATESHIFT_LOG") else { return };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(!global.no_color)
        .finish();
    // A second initialisation can only come from tests in one process.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
