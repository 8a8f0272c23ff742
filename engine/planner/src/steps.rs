//! The steps of a workflow: what they use, what they need, and which connections they get.

use std::collections::{BTreeSet, HashMap};

use gateshift_model::{Conditions, MigratorName, Severity, StepDefinition, StepName};
use gateshift_step_api::Manifest;
use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::codes;
use crate::connections::{Connection, empty};
use crate::diagnostic::{Diagnostic, Level, Report, Span};
use crate::expand::Expander;
use crate::fields::{Allowed, Fields, bad_name, text};
use crate::settings::Settings;
use crate::tree::{Key, Kind, Node};
use crate::{binding, isolation, retry, suggest};

/// The keys of a step.
pub(crate) const KEYS: Allowed = &[
    "uses",
    "needs",
    "with",
    "connections",
    "retry",
    "timeout",
    "onFailure",
    "if",
    "window",
    "approval",
    "foreach",
    "isolation",
];

/// Most steps of a workflow.
const MAX_STEPS: usize = 1000;

/// A need of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// The step that is needed, by its place in the file.
    pub(crate) step: usize,
    /// Where it is written.
    pub(crate) span: Span,
}

/// A step that was read, sound or not.
pub(crate) struct Step<'n> {
    pub(crate) key: &'n Key,
    pub(crate) needs: Vec<Need>,
    /// Whether every entry of `needs` could be read.
    needs_known: bool,
    fields: Option<Fields<'n>>,
    uses: Span,
    manifest: Option<Manifest>,
    /// What is known of its code.
    used: isolation::Source,
}

impl Step<'_> {
    pub(crate) fn name(&self) -> &str {
        &self.key.text
    }

    /// What its migrator promises to hand on, when it is known.
    pub(crate) fn output(&self) -> Option<&Value> {
        self.manifest.as_ref().map(|manifest| &manifest.output)
    }

    /// Whether every entry of `needs` could be read.
    pub(crate) fn needs_known(&self) -> bool {
        self.needs_known
    }

    /// Its keys; nothing when it is no mapping.
    pub(crate) fn fields(&self) -> Option<&Fields<'_>> {
        self.fields.as_ref()
    }

    /// Where its migrator is named.
    pub(crate) fn uses(&self) -> Span {
        self.uses
    }
}

/// Reads names, migrators and needs of all steps; `None` when there are more than can be handled.
pub(crate) fn read<'n>(
    entries: &'n [(Key, Node)],
    catalogue: &dyn Catalogue,
    report: &mut Report,
) -> Option<Vec<Step<'n>>> {
    if let Some((key, _)) = entries.get(MAX_STEPS) {
        let message =
            format!("the workflow has {} steps, more than the {MAX_STEPS} it may have", entries.len());
        report.push(
            Diagnostic::error(codes::TOO_LARGE, key.span, message).fix("split the workflow".to_owned()),
        );
        return None;
    }
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut steps: Vec<Step<'n>> = Vec::new();
    for (key, node) in entries {
        // A second step of the same name has been reported as a double key.
        if !places.contains_key(key.text.as_str()) {
            places.insert(&key.text, steps.len());
            steps.push(step(key, node, catalogue, report));
        }
    }
    let needs: Vec<_> = steps.iter().map(|one| needs(one, &places, report)).collect();
    for (step, needs) in steps.iter_mut().zip(needs) {
        (step.needs, step.needs_known) = needs;
    }
    Some(steps)
}

fn step<'n>(key: &'n Key, node: &'n Node, catalogue: &dyn Catalogue, report: &mut Report) -> Step<'n> {
    if StepName::new(&*key.text).is_err() {
        report.push(bad_name(&key.text, key.span, "a step"));
    }
    let fields = Fields::read(node, key.span, format!("step `{}`", key.text), KEYS, report);
    let mut one = Step {
        key,
        needs: Vec::new(),
        needs_known: true,
        fields: None,
        uses: key.span,
        manifest: None,
        used: Default::default(),
    };
    if let Some(fields) = fields {
        if let Some((uses, span)) =
            fields.require_text("uses", "say which migrator does it: `uses: ...`", report)
        {
            one.uses = span;
            match catalogue.used(uses) {
                Ok(found) => (one.manifest, one.used) = isolation::parts(found),
                Err(error) => {
                    report.push(isolation::refused(error, span));
                    one.fields = Some(fields);
                    return one;
                }
            }
            if one.manifest.is_none() {
                let names = catalogue.migrators();
                let names: Vec<&str> = names.iter().map(MigratorName::as_str).collect();
                let fix = suggest::fix(uses, &names, report);
                report.push(
                    Diagnostic::error(
                        codes::MIGRATOR_UNKNOWN,
                        span,
                        format!("there is no migrator `{uses}`"),
                    )
                    .fix(fix),
                );
            }
        }
        one.fields = Some(fields);
    }
    one
}

/// The needs of a step, and whether all of them could be read.
fn needs(step: &Step<'_>, places: &HashMap<&str, usize>, report: &mut Report) -> (Vec<Need>, bool) {
    let Some((_, node)) = step.fields.as_ref().and_then(|fields| fields.get("needs")) else {
        return (Vec::new(), true);
    };
    let items = match &node.kind {
        Kind::List(items) => items,
        Kind::Null => return (Vec::new(), true),
        _ => {
            let fix = match &node.kind {
                Kind::Text(name) => format!("write a list: `needs: [{name}]`"),
                _ => "write a list: `needs: [step]`".to_owned(),
            };
            let message = format!("`needs` is {} and has to be a list", node.describe());
            report.push(Diagnostic::error(codes::TYPE, node.span, message).fix(fix));
            return (Vec::new(), false);
        }
    };
    let mut found: Vec<Need> = Vec::new();
    let mut known = true;
    for item in items {
        match need(item, step, places, report) {
            Some(need) if found.iter().any(|other| other.step == need.step) => {
                let message = "the same step is named twice";
                report.push(
                    Diagnostic::warning(codes::NEED_TWICE, item.span, message)
                        .fix("remove one of the two".to_owned()),
                );
            }
            Some(need) => found.push(need),
            None => known = false,
        }
    }
    (found, known)
}

fn need(item: &Node, step: &Step<'_>, places: &HashMap<&str, usize>, report: &mut Report) -> Option<Need> {
    let name = text(item, "an entry of `needs`", report)?;
    if let Some(&place) = places.get(name) {
        return Some(Need { step: place, span: item.span });
    }
    let mut names: Vec<&str> = places.keys().copied().filter(|other| *other != step.name()).collect();
    names.sort_unstable();
    let fix = suggest::fix(name, &names, report);
    report.push(
        Diagnostic::error(codes::STEP_UNKNOWN, item.span, format!("there is no step `{name}`")).fix(fix),
    );
    None
}

/// Reports each migrator whose result is read but whose step does not come before.
pub(crate) fn check_reads(
    step: &Step<'_>,
    ancestors: &BTreeSet<usize>,
    steps: &[Step<'_>],
    report: &mut Report,
) {
    let Some(manifest) = &step.manifest else { return };
    let uses = |one: &Step<'_>, name: &MigratorName| {
        one.manifest.as_ref().is_some_and(|manifest| &manifest.name == name)
    };
    for read in &manifest.reads {
        // A step before it with a mistake of its own may be, or lead to, the one: that has been reported.
        let unclear = |one: &Step<'_>| one.manifest.is_none() || !one.needs_known;
        let settled = ancestors.iter().any(|&place| uses(&steps[place], read) || unclear(&steps[place]));
        if settled || !step.needs_known {
            continue;
        }
        let message = format!(
            "`{}` reads the result of `{read}`, but no step before it uses that migrator",
            step.name()
        );
        let fix = match steps.iter().find(|one| uses(one, read)) {
            Some(other) => format!("add `{}` to its `needs`", other.name()),
            None => format!("add a step with `uses: {read}` and name it in `needs`"),
        };
        report.push(Diagnostic::error(codes::READS, step.uses, message).fix(fix));
    }
}

/// Settings, connections and the rest of a step; the frozen step when nothing is wrong with it.
pub(crate) fn freeze(
    step: &Step<'_>,
    steps: &[Step<'_>],
    connections: &[Connection<'_>],
    catalogue: &dyn Catalogue,
    expander: &Expander<'_>,
    used: &mut BTreeSet<String>,
    report: &mut Report,
) -> Option<StepDefinition> {
    let fields = step.fields.as_ref()?;
    // These have to be known before anything runs.
    let at_once = Expander { outputs: None, ..*expander };
    let retry = retry::policy(fields.get("retry"), &at_once, report);
    let timeout = retry::timeout(fields.get("timeout"), &at_once, report);
    let on_failure = retry::on_failure(fields.text("onFailure", report), report);
    let code = isolation::code(fields, &step.used, report);
    let Some(manifest) = &step.manifest else {
        // What this step would have used cannot be told, so nothing is called unused because of it.
        used.extend(connections.iter().map(|connection| connection.name.to_owned()));
        return None;
    };
    let bound = binding::bind(step, fields, manifest, connections, used, report);
    let (with, open) = settings(step, fields, manifest, catalogue, expander, report)?;
    Some(StepDefinition {
        name: StepName::new(step.name()).ok()?,
        uses: manifest.name.clone(),
        version: manifest.version.clone(),
        code,
        needs: step.needs.iter().filter_map(|need| StepName::new(steps[need.step].name()).ok()).collect(),
        with,
        connections: bound,
        retry,
        timeout,
        on_failure,
        undo: manifest.undo,
        conditions: Conditions { open, ..Conditions::default() },
    })
}

fn settings(
    step: &Step<'_>,
    fields: &Fields<'_>,
    manifest: &Manifest,
    catalogue: &dyn Catalogue,
    expander: &Expander<'_>,
    report: &mut Report,
) -> Option<(Value, Vec<String>)> {
    let entry = fields.get("with");
    let owner = entry.map_or(step.key.span, |(key, _)| key.span);
    let with = match entry {
        Some((_, node)) if node.kind != Kind::Null => expander.expand(node, report),
        _ => None,
    };
    let with = with.unwrap_or_else(|| empty(owner));
    let what = format!("migrator `{}`", manifest.name);
    let value = Settings { schema: &manifest.settings, with: &with, what: &what, owner }
        .check(expander.source, report)?;
    let uses = fields.text("uses", &mut Report::default()).map_or(manifest.name.as_str(), |(uses, _)| uses);
    let mut open = Vec::new();
    with.later("", &mut open);
    let open: Vec<String> = open.into_iter().map(|(pointer, _)| pointer).collect();
    // What is worked out later is checked by the migrator then.
    let findings =
        if open.is_empty() { catalogue.check_used(uses, &manifest.name, &value) } else { Vec::new() };
    for finding in findings {
        let level = match finding.severity {
            Severity::Block | Severity::Decide => Level::Error,
            Severity::Warn | Severity::Manual => Level::Warning,
            Severity::Info => Level::Note,
        };
        let span = place_of(&finding.object, &with).unwrap_or(owner);
        report.push(Diagnostic::new(level, finding.code, span, finding.message).fix(finding.action));
    }
    Some((value, open))
}

/// The place of the setting that a path such as `stages/2` names, or of the nearest one above it.
fn place_of(path: &str, with: &Node) -> Option<Span> {
    let mut node = with;
    let mut place = None;
    for part in path.split(['/', '.', '[', ']']).filter(|part| !part.is_empty()) {
        let next = match &node.kind {
            Kind::List(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => node.entry(part).map(|(_, value)| value),
        };
        let Some(next) = next else { break };
        node = next;
        place = Some(node.span);
    }
    place
}
