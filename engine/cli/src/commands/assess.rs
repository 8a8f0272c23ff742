//! `assess`: read a source gateway and say what can be carried over. A short word for the workflow
//! `assess-only.yaml`, which comes with the binary.

use std::collections::BTreeMap;

use crate::args::Assess;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

const WORKFLOW: &str = include_str!("../../../../workflows/assess-only.yaml");

pub(super) async fn run(given: &Assess, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let inputs = BTreeMap::from([
        ("gateway".to_owned(), given.gateway.clone()),
        ("region".to_owned(), given.region.clone()),
        ("allowEdited".to_owned(), given.allow_edited.to_string()),
    ]);
    super::run::embedded(
        "assess-only.yaml",
        WORKFLOW,
        &inputs,
        store,
        given.endpoints.endpoints.as_deref(),
        output,
    )
    .await
}
