//! The words of `worker`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::Endpoints;

#[derive(Debug, ClapArgs)]
pub(crate) struct Worker {
    /// Runs at a time
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) max_runs: u16,
    /// Name under which it writes events [default: the machine's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Seconds after which others take over the runs of a worker that gives no sign of life
    #[arg(long, default_value_t = 15, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    lease: u64,
    /// File of the key that seals secrets in a shared journal, the same for all workers
    #[arg(long, value_name = "FILE", env = "GATESHIFT_SEAL_KEY")]
    pub(crate) seal_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

impl Worker {
    /// How long it owns a run without renewing.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease)
    }
}
