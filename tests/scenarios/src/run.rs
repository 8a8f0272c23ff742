//! A run as its operator sees it from outside: how it is started, where it stands, and which share of
//! the traffic the name server's records mean.

use std::path::Path;

use serde_json::Value;

use crate::{Desk, Lab, root};

/// Arguments that run a workflow of `workflows/` against a lab.
#[must_use]
pub fn quickstart(desk: &Desk, lab: &Lab) -> Vec<String> {
    run_of(&root().join("workflows/quickstart.yaml"), desk, lab)
}

/// Arguments that run the quickstart without its last step: everything is made and compared, and no
/// traffic is moved.
///
/// # Panics
/// When the workflow is not the one it was.
#[must_use]
pub fn configured(desk: &Desk, lab: &Lab) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("workflows/quickstart.yaml")).unwrap();
    let (kept, _) = text.split_once("  # Moves production traffic").unwrap();
    let without = |line: &&str| {
        !line.trim_start().starts_with("dns:") && !line.trim_start().starts_with("metrics: { uses")
    };
    let kept: Vec<&str> = kept.lines().filter(without).collect();
    let workflow = desk.write("configured.yaml", &kept.join("\n"));
    run_of(&workflow, desk, lab)
}

fn run_of(workflow: &Path, desk: &Desk, lab: &Lab) -> Vec<String> {
    let endpoints = desk.endpoints(&lab.endpoints);
    let metrics = lab.endpoints["endpoints"]["prometheus"].as_str().unwrap();
    let inputs = [
        format!("gateway={}", lab.text("gateway")),
        format!("region={}", lab.text("region")),
        format!("metrics={metrics}"),
        format!("logProject={}", lab.text("log_project")),
        "allowEdited=true".to_owned(),
    ];
    let mut arguments = vec!["run".to_owned(), workflow.display().to_string()];
    arguments.extend(["--endpoints".to_owned(), endpoints.display().to_string()]);
    arguments.extend(inputs.into_iter().flat_map(|input| ["--set".to_owned(), input]));
    arguments
}

/// The status document of the latest run; none while there is no run.
#[must_use]
pub fn status(desk: &Desk) -> Option<Value> {
    if !desk.path("journal.db").exists() {
        return None;
    }
    let runs = desk.run(&["status", "--json"]);
    let runs: Value = serde_json::from_str(&runs.stdout).ok()?;
    let id = runs["runs"].as_array()?.first()?["run"].as_str()?.to_owned();
    serde_json::from_str(&desk.run(&["status", &id, "--json"]).stdout).ok()
}

/// A stage of the shift, as the step reports it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// Planned share in percent.
    pub share: f64,
    /// Share of the authoritative answers, when it was asked.
    pub answered: Option<f64>,
}

/// The stages that a status document reports.
#[must_use]
pub fn stages(status: &Value) -> Vec<Stage> {
    let steps = status["steps"].as_array().into_iter().flatten();
    let stages = steps.filter_map(|step| step["output"]["stages"].as_array()).flatten();
    stages
        .map(|stage| Stage { share: stage["share"].as_f64().unwrap(), answered: stage["answered"].as_f64() })
        .collect()
}

/// Records of an exported state that lead to a gateway, by host: name, enabled records.
#[must_use]
pub fn records(state: &Value) -> Vec<(String, Vec<Value>)> {
    let mut found: Vec<(String, Vec<Value>)> = Vec::new();
    for (zone, content) in state["dns"].as_object().unwrap() {
        for record in content["records"].as_array().unwrap() {
            let value = record["value"].as_str().unwrap();
            if !value.starts_with('@') {
                continue;
            }
            let host = match record["rr"].as_str().unwrap() {
                "@" => zone.clone(),
                rr => format!("{rr}.{zone}"),
            };
            match found.iter_mut().find(|(name, _)| *name == host) {
                Some((_, records)) => records.push(record.clone()),
                None => found.push((host, vec![record.clone()])),
            }
        }
    }
    found
}

/// The share of answers that name the target, in percent, as records and weights of one host mean it.
/// Without weights every enabled record counts alike.
#[must_use]
pub fn share_of_target(state: &Value, host: &str) -> f64 {
    let all = records(state);
    let (_, records) = all.iter().find(|(name, _)| name == host).unwrap();
    let weighted = state["dns"].as_object().unwrap().iter().any(|(zone, content)| {
        let rr = host.strip_suffix(zone.as_str()).map(|head| head.trim_end_matches('.'));
        let rr = rr.map(|rr| if rr.is_empty() { "@" } else { rr });
        let switches = content["weighted"].as_array().unwrap();
        rr.is_some_and(|rr| switches.iter().any(|one| one.as_str().unwrap().split(' ').next() == Some(rr)))
    });
    let enabled: Vec<&Value> = records.iter().filter(|record| record["enabled"] == true).collect();
    let weight = |record: &&Value| if weighted { record["weight"].as_f64().unwrap() } else { 1.0 };
    let all: f64 = enabled.iter().map(weight).sum();
    let target: f64 = enabled.iter().filter(|record| record["value"] == "@target").map(weight).sum();
    if all == 0.0 { 0.0 } else { 100.0 * target / all }
}
