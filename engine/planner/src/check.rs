//! The whole check: text in, frozen run or all mistakes out.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_model::{Conditions, RunDefinition, StepDefinition, digest_bytes};
use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::codes;
use crate::conditions::Rules;
use crate::connections::{self, Connection};
use crate::diagnostic::{Diagnostic, Diagnostics, Report, Span};
use crate::document;
use crate::expand::Expander;
use crate::foreach;
use crate::graph::StepGraph;
use crate::inputs::{self, InputValue};
use crate::outputs::Reach;
use crate::source::{Source, WorkflowSource};
use crate::steps::{self, Step};
use crate::tree;
use crate::waivers::{self, Waivers};

/// A workflow without mistakes.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What a run of it does.
    pub definition: RunDefinition,
    /// What looks wrong and does not stop it.
    pub warnings: Diagnostics,
}

/// Checks a workflow. `inputs` are the values given beside the file, as text.
///
/// All mistakes are reported together; each has a place inside the file.
pub fn check(
    file: &WorkflowSource,
    inputs: &BTreeMap<String, String>,
    catalogue: &dyn Catalogue,
) -> Result<Checked, Diagnostics> {
    let source = Source::new(file);
    let mut report = Report::default();
    let definition = definition(file, &source, inputs, catalogue, &mut report);
    if definition.is_none() && !report.has_errors() {
        let message = "a part of the workflow was left out, and no mistake tells why";
        let fix = "this is a mistake of the program: report it with the file".to_owned();
        report.push(Diagnostic::error(codes::INTERNAL, Span::START, message).fix(fix));
    }
    let failed = report.has_errors();
    let found = report.finish(&source);
    match definition {
        Some(definition) if !failed => Ok(Checked { definition, warnings: found }),
        _ => Err(found),
    }
}

fn definition(
    file: &WorkflowSource,
    source: &Source<'_>,
    given: &BTreeMap<String, String>,
    catalogue: &dyn Catalogue,
    report: &mut Report,
) -> Option<RunDefinition> {
    let root = tree::parse(file, source, report)?;
    let top = document::read(&root, report)?;
    let values = inputs::values(&top.fields, given, report);
    let expander = Expander { inputs: &values, source, outputs: None };
    let connections = connections::read(&top.fields, catalogue, &expander, report);
    // A file of waivers is read by whoever reads files; until then nothing is waived.
    let waivers = match waivers::read(&top.fields, catalogue, report) {
        Waivers::Here(waivers) => waivers,
        Waivers::File(_) => Vec::new(),
    };
    let rules = Rules::read(&top.fields, report);
    let entries = foreach::expand(top.fields.entries("steps", report), &values, report);
    let steps = steps::read(&entries, catalogue, report)?;
    let (order, graph) = order(&steps, report);
    let mut used = BTreeSet::new();
    let frozen: Vec<_> = steps
        .iter()
        .enumerate()
        .map(|(place, step)| {
            let reach = Reach { place, steps: &steps, graph: &graph };
            let expander = Expander { outputs: Some(&reach), ..expander };
            let conditions = rules.of(step, &expander, report);
            let frozen = steps::freeze(step, &steps, &connections, catalogue, &expander, &mut used, report);
            let frozen = frozen?;
            let conditions = Conditions { open: frozen.conditions.open.clone(), ..conditions? };
            Some(StepDefinition { conditions, ..frozen })
        })
        .collect();
    report_unused(&connections, &used, report);
    // All or nothing: whatever is absent here has been reported, and is never just left out.
    let mut frozen: BTreeMap<usize, _> =
        frozen.into_iter().enumerate().map(|(place, step)| Some((place, step?))).collect::<Option<_>>()?;
    let ordered: Vec<_> = order.iter().map(|place| frozen.remove(place)).collect::<Option<_>>()?;
    if !frozen.is_empty() {
        return None;
    }
    Some(RunDefinition {
        format: 1,
        name: top.name.to_owned(),
        source_digest: digest_bytes(file.text.as_bytes()),
        inputs: values
            .into_iter()
            .filter_map(|(name, value)| set(value).map(|value| (name, value)))
            .collect(),
        connections: connections
            .into_iter()
            .map(|connection| connection.definition)
            .collect::<Option<_>>()?,
        steps: ordered,
        rehearsal: Value::Null,
        waivers,
        pinned: None,
        restarts: None,
    })
}

fn set(value: InputValue) -> Option<serde_json::Value> {
    match value {
        InputValue::Set(value) => Some(value),
        InputValue::Unset | InputValue::Broken => None,
    }
}

/// The order of the steps; circles and results that are read too early are reported.
fn order(steps: &[Step<'_>], report: &mut Report) -> (Vec<usize>, StepGraph) {
    let needs: Vec<Vec<usize>> =
        steps.iter().map(|step| step.needs.iter().map(|need| need.step).collect()).collect();
    let graph = StepGraph::new(&needs);
    for cycle in graph.cycles() {
        report.push(circle(&cycle, steps));
    }
    for (place, step) in steps.iter().enumerate() {
        steps::check_reads(step, &graph.ancestors(place), steps, report);
    }
    (graph.order(), graph)
}

fn circle(cycle: &[usize], steps: &[Step<'_>]) -> Diagnostic {
    let links: Vec<_> = cycle
        .iter()
        .enumerate()
        .map(|(index, &step)| {
            let next = cycle[(index + 1) % cycle.len()];
            let need = steps[step].needs.iter().find(|need| need.step == next);
            (steps[step].name(), steps[next].name(), need.map_or(steps[step].key.span, |need| need.span))
        })
        .collect();
    let span = links.first().map_or(steps[cycle[0]].key.span, |(_, _, span)| *span);
    if let [(name, _, span)] = links[..] {
        let fix = format!("remove `{name}` from its `needs`");
        return Diagnostic::error(codes::CYCLE, span, format!("step `{name}` needs itself")).fix(fix);
    }
    let mut path: Vec<&str> = links.iter().map(|(name, _, _)| *name).collect();
    path.extend(links.first().map(|(name, _, _)| *name));
    let message = format!("steps wait for each other: {}", path.join(" -> "));
    let mut diagnostic =
        Diagnostic::error(codes::CYCLE, span, message).fix("remove one of these needs".to_owned());
    for (name, next, span) in links.iter().skip(1) {
        diagnostic = diagnostic.related(*span, format!("`{name}` needs `{next}`"));
    }
    diagnostic
}

fn report_unused(connections: &[Connection<'_>], used: &BTreeSet<String>, report: &mut Report) {
    for connection in connections.iter().filter(|connection| !used.contains(connection.name)) {
        let message = format!("no step uses the connection `{}`", connection.name);
        let fix = "remove it, or bind it to a role of a step".to_owned();
        report.push(Diagnostic::warning(codes::CONNECTION_UNUSED, connection.span, message).fix(fix));
    }
}
