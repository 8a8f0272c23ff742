//! `migrators`: what there is, what was added from files, and how one is made and tried.

mod add;
mod info;
mod scaffold;
mod test;
mod verify;

pub(super) use add::held;

use crate::args::Migrators;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::Store;

pub(super) async fn run(given: Migrators, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let shelf = Store::of(store, None)?.shelf();
    match given {
        Migrators::List => info::list(&shelf, output),
        Migrators::Info { name } => info::info(&name, &shelf, output),
        Migrators::Add(given) => add::run(&given, &shelf, output),
        Migrators::Verify { name } => verify::run(name.as_ref(), &shelf, output),
        Migrators::Sign { file, key } => add::sign_file(&file, &key, output),
        Migrators::Trust { name, key } => add::trust(&name, &key, &shelf, output),
        Migrators::Test(given) => test::run(&given, &shelf, output).await,
        Migrators::Scaffold { name, sdk } => scaffold::run(&name, sdk.as_deref(), output),
    }
}
