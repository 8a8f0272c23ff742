//! What `migrators` is asked.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use gateshift_audit::PublicKey;
use gateshift_model::MigratorName;

#[derive(Debug, Subcommand)]
pub(crate) enum Migrators {
    /// Names, versions and what each does
    List,
    /// What one migrator needs, may do and takes as settings
    Info {
        /// Its name, or the path of its file
        name: String,
    },
    /// Record a file: its content, its signer and what it may do
    Add(Add),
    /// Check that every file that was added is as it was
    Verify {
        /// Its name; all that were added when left out
        name: Option<MigratorName>,
    },
    /// Sign a file with a key of `audit key`, into FILE.sig beside it
    Sign {
        /// The file
        file: PathBuf,
        /// Key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Trust a signer from now on
    Trust {
        /// What you call the signer
        name: MigratorName,
        /// The public key
        key: PublicKey,
    },
    /// Try a migrator in every way that the engine will; says what failed and why
    Test(Test),
    /// Write a crate with a migrator that builds and passes
    Scaffold {
        /// Its name
        name: MigratorName,
        /// The `migrators` folder of a checkout, with the crates it is built on; looked for upwards from here when left out
        #[arg(long, value_name = "FOLDER")]
        sdk: Option<PathBuf>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Add {
    /// The file
    pub(crate) file: PathBuf,
    /// Agree to what it may do and the version before it may not
    #[arg(long)]
    pub(crate) agree: bool,
    /// Take it although nobody signed it, where signers are trusted
    #[arg(long)]
    pub(crate) allow_unsigned: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Test {
    /// Its name, or the path of its file
    pub(crate) name: String,
    /// Settings of the step, as JSON
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(crate) settings: String,
    /// What calls answer: a JSON file with an object from action to body; `{}` for what it does not name
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Outputs of earlier steps: a JSON file with an object from migrator to output
    #[arg(long, value_name = "FILE")]
    pub(crate) outputs: Option<PathBuf>,
}
