//! What `audit` is asked.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use gateshift_audit::PublicKey;
use gateshift_model::{Digest, Seq};

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Check that histories are whole: order, links, content, artifacts
    Verify(Verify),
    /// Write a run's history with all it names into one file that anybody can check
    Export(Export),
    /// Make a key that signs bundles; prints its public half
    Key {
        /// File for the secret half, readable by you alone
        file: PathBuf,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Verify {
    /// The run's id or its beginning; all runs of the journal when left out
    pub(crate) run: Option<String>,
    /// The last event that was noted at an earlier time, `SEQ:HASH`: shows whether events were cut off
    #[arg(long, value_name = "SEQ:HASH", value_parser = noted, requires = "run")]
    pub(crate) noted: Option<(Seq, Digest)>,
    /// A bundle instead of the journal
    #[arg(long, value_name = "FILE", conflicts_with = "run")]
    pub(crate) bundle: Option<PathBuf>,
    /// The public key that has to have signed the bundle
    #[arg(long, value_name = "PUBKEY", requires = "bundle")]
    pub(crate) trusted: Option<PublicKey>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Export {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// The new file, or `-` for stdout
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Key file to sign with; unsigned when left out
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

fn noted(text: &str) -> Result<(Seq, Digest), String> {
    let parts = text.split_once(':');
    parts.and_then(|(seq, hash)| Some((seq.parse().ok()?, Digest::from_hex(hash)?))).ok_or_else(|| {
        "write the number and the hash that `gateshift audit verify` printed, `1339:9f86...`".to_owned()
    })
}
