//! `lab up`: serves the simulated cloud for other programs. `lab console`: plays the person in one.
//! `lab scenario`: writes a generated one down.

use std::path::Path;

use gateshift_lab::faults::FaultScript;
use gateshift_lab::{Account, Behaviour, Lab, LabEndpoints, LabOptions};
use gateshift_lab_mse::{Scenario, generate_dense, generate_rich};
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::args::{ConsolePage, LabUp};
use crate::error::{CliError, chain};
use crate::exit::Exit;
use crate::show::Output;

pub(super) async fn up(given: &LabUp, output: &Output) -> Result<Exit, CliError> {
    let options = LabOptions {
        account: account(given.scenario.as_deref(), given.seed, given.routes)?,
        speed: given.speed,
        record: given.record.clone(),
        faults: faults(given.faults.as_deref())?,
        behaviour: behaviour(given.behaviour.as_deref())?,
        person: !given.by_hand,
        ..LabOptions::default()
    };
    let lab = Lab::start(options).await?;
    output.line(&serde_json::to_string(lab.endpoints()).unwrap_or_default());
    output.say("the lab is up; stop it with Ctrl-C");
    output.say(if given.by_hand {
        "what only a console can set is left to you: `gateshift lab console`"
    } else {
        "what only a console can set, the lab sets on every new gateway (`--by-hand` leaves it to you)"
    });
    let load = match given.load {
        Some(rate) => Some(
            lab.load_client(rate)
                .map_err(|error| CliError::new("GS-LAB", format!("the load client cannot start: {error}")))?,
        ),
        None => None,
    };
    tokio::select! {
        () = super::drive::signalled() => {}
        () = stdin_closed(), if given.until_stdin_closes => {}
    }
    if let Some(load) = load {
        let report = load.stop().await;
        output.line(&serde_json::to_string(&report).unwrap_or_default());
    }
    lab.shutdown().await;
    Ok(Exit::Done)
}

/// `lab console`: sets a page of the console of a lab that runs in another process.
pub(super) async fn console(
    endpoints: &Path,
    gateway: &str,
    page: &ConsolePage,
    output: &Output,
) -> Result<Exit, CliError> {
    let refused = |cause: String| CliError::new("GS-LAB", cause);
    let text = std::fs::read_to_string(endpoints)
        .map_err(|error| refused(format!("cannot read {}: {error}", endpoints.display())))?;
    // `lab up --load` adds a report behind the endpoints when it ends.
    let first = serde_json::Deserializer::from_str(&text).into_iter::<LabEndpoints>().next();
    let lab = first.and_then(Result::ok).ok_or_else(|| {
        refused(format!("{} is not what `gateshift lab up` printed", endpoints.display()))
            .hint("only a lab has a console that a command can set")
    })?;
    let (name, body) = match page {
        ConsolePage::Tracing { off: true, .. } | ConsolePage::Logs { off: true, .. } => {
            let name = if matches!(page, ConsolePage::Tracing { .. }) { "tracing" } else { "logs" };
            (name, json!({"off": true}))
        }
        ConsolePage::Tracing { kind, sample, service, port, .. } => {
            let (service, port) = (service.as_deref().unwrap_or_default(), port.unwrap_or_default());
            ("tracing", json!({"kind": kind, "sample": sample, "service": service, "port": port}))
        }
        ConsolePage::Logs { project, store, nginx, .. } => {
            ("logs", json!({"project": project, "store": store, "nginx_format": nginx}))
        }
    };
    lab.set_in_console(gateway, name, &body)
        .await
        .map_err(|error| refused(format!("the console was not set: {error}")))?;
    output.say(&format!("{name} of {gateway} is set"));
    Ok(Exit::Done)
}

/// Where the source account comes from.
pub(super) fn account(scenario: Option<&Path>, seed: u64, routes: u32) -> Result<Account, CliError> {
    let Some(path) = scenario else { return Ok(Account::Generated { seed, routes: routes as usize }) };
    let unusable = |cause: String| {
        CliError::new("GS-LAB-SCENARIO", format!("scenario {} cannot be used: {cause}", path.display()))
            .hint("`gateshift lab scenario` prints one that can")
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let scenario = Scenario::from_yaml(&text).map_err(|error| unusable(chain(&error)))?;
    Ok(Account::Scenario(Box::new(scenario)))
}

fn faults(path: Option<&Path>) -> Result<FaultScript, CliError> {
    let Some(path) = path else { return Ok(FaultScript::default()) };
    let unusable = |cause: String| {
        CliError::new("GS-LAB-FAULTS", format!("faults {} cannot be used: {cause}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    FaultScript::parse(&text).map_err(|error| unusable(chain(&error)))
}

fn behaviour(path: Option<&Path>) -> Result<Behaviour, CliError> {
    let Some(path) = path else { return Ok(Behaviour::default()) };
    let unusable = |cause: String| {
        CliError::new("GS-LAB-SCENARIO", format!("behaviour {} cannot be used: {cause}", path.display()))
            .hint("docs/LAB.md lists its keys")
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    Behaviour::parse(&text).map_err(unusable)
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0; 256];
    while stdin.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}

pub(super) fn scenario(
    routes: u32,
    seed: u64,
    policies: Option<u32>,
    output: &Output,
) -> Result<Exit, CliError> {
    let routes = routes as usize;
    let made = match policies {
        Some(each) => generate_dense(seed, routes, each as usize),
        None => generate_rich(seed, routes),
    };
    let text = made.to_yaml().map_err(|error| CliError::new("GS-LAB-SCENARIO", chain(&error)))?;
    output.line(text.trim_end());
    Ok(Exit::Done)
}
