//! `lab_up lab up [--record FILE] [--speed N] [--seed N] [--routes N]`: the lab on its own, in the
//! same words as `gateshift lab up`. Prints one line of JSON and stays up until its input ends.

use std::io::{Read, Write};

use gateshift_lab::{Account, Lab, LabOptions};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let lab = Lab::start(options(std::env::args().skip(1))?).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(lab.endpoints())?)?;
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    lab.shutdown().await;
    Ok(())
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<LabOptions, Failure> {
    let mut options = LabOptions::default();
    let (mut seed, mut routes) = (1, 120);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "lab" | "up" => {}
            "--record" => options.record = Some(value()?.into()),
            "--speed" => options.speed = value()?.parse()?,
            "--seed" => seed = value()?.parse()?,
            "--routes" => routes = value()?.parse()?,
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    options.account = Account::Generated { seed, routes };
    Ok(options)
}
