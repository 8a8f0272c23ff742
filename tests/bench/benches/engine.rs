//! `cargo bench -p gateshift-bench [-- NAME...] [--json] [--rounds N] [--alone COMMITS] [--strict]`: the table of the
//! engine's speed. With `--strict` a goal that is missed is a failure.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::process::ExitCode;

use gateshift_bench::{Failure, Report, Workload, rounds};

/// What was asked for on the command line.
struct Wish {
    names: Vec<String>,
    json: bool,
    strict: bool,
    rounds: usize,
    /// Commits of the store alone, each time.
    alone: u32,
}

fn wish(arguments: impl Iterator<Item = String>) -> Result<Wish, Failure> {
    let mut wish = Wish { names: Vec::new(), json: false, strict: false, rounds: 5, alone: 1000 };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // Cargo says so itself.
            "--bench" => {}
            "--json" => wish.json = true,
            "--strict" => wish.strict = true,
            "--rounds" => wish.rounds = arguments.next().ok_or("--rounds needs a number")?.parse()?,
            "--alone" => {
                wish.alone = arguments.next().ok_or("--alone needs a number of commits")?.parse()?;
            }
            name if Workload::ALL.iter().any(|known| known.name == name) => wish.names.push(name.to_owned()),
            other => {
                return Err(format!(
                    "{other} is none of chain, many, fan, --json, --rounds N, --alone COMMITS, --strict"
                )
                .into());
            }
        }
    }
    Ok(wish)
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let wish = wish(std::env::args().skip(1))?;
    // Beside the build: on a disk, where a folder for temporary files may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let wanted =
        |workload: &&Workload| wish.names.is_empty() || wish.names.iter().any(|name| name == workload.name);
    let mut reports = Vec::new();
    if !wish.json {
        println!("{}", Report::head());
    }
    for workload in Workload::ALL.iter().filter(wanted) {
        let report = Report::new(*workload, &rounds(workload, wish.rounds, wish.alone, folder.path()).await?);
        if !wish.json {
            println!("{}", report.line());
        }
        reports.push(report);
    }
    if wish.json {
        let all: Vec<_> = reports.iter().map(Report::json).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
    }
    let missed = reports.iter().any(|report| !report.reached());
    Ok(if wish.strict && missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
