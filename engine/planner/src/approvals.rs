//! `groups` of a workflow, and `approval` of a step.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_model::{ApprovalRule, OnTimeout};
use serde_json::{Value, json};

use crate::codes;
use crate::diagnostic::{Diagnostic, Report};
use crate::expand::Expander;
use crate::fields::{Allowed, Fields, bad_name, text};
use crate::retry;
use crate::suggest;
use crate::tree::{Kind, Node};

const KEYS: Allowed = &["from", "timeout", "onTimeout", "runnerMayApprove"];
const FROM: Allowed = &["group", "people", "count"];

/// The values of `onTimeout`.
const ON_TIMEOUT: [&str; 2] = ["hold", "reject"];

/// The groups by name; nothing where one has a mistake, which has been reported.
pub(crate) type Groups<'n> = BTreeMap<&'n str, Option<Vec<String>>>;

/// Reads all groups.
pub(crate) fn read<'n>(root: &Fields<'n>, report: &mut Report) -> Groups<'n> {
    let mut groups = Groups::new();
    for (key, node) in root.entries("groups", report) {
        if gateshift_model::StepName::new(&*key.text).is_err() {
            report.push(bad_name(&key.text, key.span, "a group"));
        }
        groups.insert(&key.text, people(node, &format!("group `{}`", key.text), report));
    }
    groups
}

/// Names of users: at least one, none twice.
fn people(node: &Node, what: &str, report: &mut Report) -> Option<Vec<String>> {
    let items = match &node.kind {
        Kind::List(items) if !items.is_empty() => items,
        Kind::List(_) => {
            let fix = "name the users: `[ann, bob]`".to_owned();
            report
                .push(Diagnostic::error(codes::APPROVAL, node.span, format!("{what} names nobody")).fix(fix));
            return None;
        }
        _ => {
            let message = format!("{what} is {} and has to be a list", node.describe());
            let fix = match &node.kind {
                Kind::Text(name) => format!("write a list: `[{name}]`"),
                _ => "write a list of users: `[ann, bob]`".to_owned(),
            };
            report.push(Diagnostic::error(codes::TYPE, node.span, message).fix(fix));
            return None;
        }
    };
    let mut seen = BTreeSet::new();
    let mut sound = true;
    let mut found = Vec::new();
    for item in items {
        let Some(name) = text(item, "the name of a user", report) else {
            sound = false;
            continue;
        };
        let mistake = match name.strip_prefix("user:") {
            Some(short) => Some((format!("`{name}` has a prefix"), format!("write `{short}`"))),
            None if name.is_empty() || name.contains(char::is_whitespace) => Some((
                format!("`{name}` is no name of a user"),
                "write the name as the system has it: `ann`".to_owned(),
            )),
            None if !seen.insert(name) => {
                Some((format!("`{name}` is named twice"), "remove one of the two".to_owned()))
            }
            None => None,
        };
        if let Some((message, fix)) = mistake {
            report.push(Diagnostic::error(codes::APPROVAL, item.span, message).fix(fix));
            sound = false;
        }
        found.push(name.to_owned());
    }
    sound.then_some(found)
}

/// The approval of a step; an error when what it says is wrong, which has been reported.
pub(crate) fn of_step(
    fields: &Fields<'_>,
    groups: &Groups<'_>,
    expander: &Expander<'_>,
    report: &mut Report,
) -> Result<Option<ApprovalRule>, ()> {
    let Some((key, node)) = fields.get("approval") else { return Ok(None) };
    let fields = Fields::read(node, key.span, "`approval`", KEYS, report).ok_or(())?;
    let from = from(&fields, groups, report);
    let timeout = retry::timeout(fields.get("timeout"), expander, report);
    let on_timeout = on_timeout(&fields, timeout.is_some(), report);
    let runner_may_approve = flag(&fields, "runnerMayApprove", report);
    let (group, people, count) = from.ok_or(())?;
    let rule = ApprovalRule {
        group,
        people,
        count,
        runner_may_approve: runner_may_approve.ok_or(())?,
        timeout,
        on_timeout: on_timeout.ok_or(())?,
    };
    if !rule.runner_may_approve && rule.people.len() == rule.count as usize {
        let message = "every one of them has to approve, and whoever starts the run may not";
        let fix = "name one more, lower `count`, or let none of them start the run".to_owned();
        report.push(Diagnostic::warning(codes::APPROVAL, key.span, message).fix(fix));
    }
    Ok(Some(rule))
}

fn from(
    fields: &Fields<'_>,
    groups: &Groups<'_>,
    report: &mut Report,
) -> Option<(Option<String>, Vec<String>, u32)> {
    let fix = "say who: `from: { group: sre, count: 2 }` or `from: [ann, bob]`";
    let (key, node) = fields.require("from", fix, report)?;
    if !matches!(node.kind, Kind::Map(_)) {
        return people(node, "`from`", report).map(|people| (None, people, 1));
    }
    let fields = Fields::read(node, key.span, "`from`", FROM, report)?;
    let (group, people) = match (fields.get("group"), fields.get("people")) {
        (Some(_), None) => {
            let (name, span) = fields.text("group", report)?;
            let Some(people) = groups.get(name) else {
                let names: Vec<&str> = groups.keys().copied().collect();
                let fix = suggest::fix(name, &names, report)
                    .or_else(|| Some(format!("define it: `groups: {{ {name}: [ann, bob] }}`")));
                report.push(
                    Diagnostic::error(codes::APPROVAL, span, format!("there is no group `{name}`")).fix(fix),
                );
                return None;
            };
            (Some(name.to_owned()), people.clone()?)
        }
        (None, Some((_, node))) => (None, self::people(node, "`people`", report)?),
        _ => {
            let message = "`from` has to name one of `group` and `people`";
            report.push(Diagnostic::error(codes::APPROVAL, key.span, message).fix(fix.to_owned()));
            return None;
        }
    };
    let count = match fields.get("count") {
        Some((_, node)) => count(node, people.len(), report)?,
        None => 1,
    };
    Some((group, people, count))
}

fn count(node: &Node, most: usize, report: &mut Report) -> Option<u32> {
    let said = match &node.kind {
        Kind::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        Kind::Unknown => return None,
        _ => None,
    };
    let fits = said.filter(|count| *count >= 1 && *count as usize <= most);
    if fits.is_none() {
        let message =
            format!("`count` has to be a whole number from 1 to {most}, the number of those who may");
        let fix = "write how many have to approve: `count: 1`".to_owned();
        report.push(Diagnostic::error(codes::APPROVAL, node.span, message).fix(fix));
    }
    fits
}

fn on_timeout(fields: &Fields<'_>, limited: bool, report: &mut Report) -> Option<OnTimeout> {
    let Some((key, _)) = fields.get("onTimeout") else { return Some(OnTimeout::Hold) };
    let (said, span) = fields.text("onTimeout", report)?;
    if !limited && fields.get("timeout").is_none() {
        let fix = "add `timeout: 20h`, or remove `onTimeout`".to_owned();
        report.push(
            Diagnostic::error(codes::APPROVAL, key.span, "without a `timeout` the time is never over")
                .fix(fix),
        );
    }
    match said {
        "hold" => Some(OnTimeout::Hold),
        "reject" => Some(OnTimeout::Reject),
        "approve" => {
            let fix = "write `hold` or `reject`; to go on without anybody remove `approval`".to_owned();
            report.push(Diagnostic::error(codes::APPROVAL, span, "silence is no approval").fix(fix));
            None
        }
        other => {
            let fix = suggest::fix(other, &ON_TIMEOUT, report);
            let message = format!("`onTimeout` cannot be `{other}`");
            report.push(Diagnostic::error(codes::VALUE, span, message).fix(fix));
            None
        }
    }
}

fn flag(fields: &Fields<'_>, name: &str, report: &mut Report) -> Option<bool> {
    match fields.get(name).map(|(_, node)| (node, &node.kind)) {
        None => Some(false),
        Some((_, Kind::Bool(said))) => Some(*said),
        Some((node, _)) => {
            let message = format!("`{name}` is {} and has to be true or false", node.describe());
            let fix = format!("write `{name}: true`");
            report.push(Diagnostic::error(codes::TYPE, node.span, message).fix(fix));
            None
        }
    }
}

fn users() -> Value {
    json!({"type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string", "pattern": "^\\S+$"}})
}

/// Groups, for editors.
pub(crate) fn groups_schema(name: &str) -> Value {
    json!({
        "description": "people by group, under the names of their users",
        "type": ["object", "null"],
        "propertyNames": {"pattern": name},
        "additionalProperties": users(),
    })
}

/// `approval`, for editors; `duration` is how a duration may be written.
pub(crate) fn schema(duration: &Value) -> Value {
    json!({
        "description": "who has to approve the plan of the step before it is carried out",
        "type": "object",
        "required": ["from"],
        "additionalProperties": false,
        "properties": {
            "from": {"anyOf": [users(), {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "group": {"type": "string"},
                    "people": users(),
                    "count": {"type": "integer", "minimum": 1, "default": 1, "description": "how many have to"},
                },
            }]},
            "timeout": duration,
            "onTimeout": {"enum": ON_TIMEOUT, "default": "hold"},
            "runnerMayApprove": {"type": "boolean", "default": false},
        },
    })
}
