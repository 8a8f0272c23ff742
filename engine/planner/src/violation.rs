//! What a JSON Schema does not like, said in the words of the workflow and at the place of the value.

use boon::{ErrorKind, InstanceToken, Type, Types, ValidationError};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::codes;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::inputs::plain;
use crate::source::Source;
use crate::suggest;
use crate::tree::{Kind, Node};
use gateshift_model::{UnitMistake, parse_duration, parse_percent};

/// Turns what the validator found into diagnostics.
pub(crate) struct Violations<'a> {
    /// The schema as it was compiled.
    pub(crate) schema: &'a Value,
    /// The settings.
    pub(crate) root: &'a Node,
    /// Whose settings they are, ``migrator `traffic` ``.
    pub(crate) what: &'a str,
    /// Where to point when something is missing at the top.
    pub(crate) owner: Span,
    pub(crate) source: &'a Source<'a>,
}

/// A value that was complained about.
struct Found<'n> {
    node: &'n Node,
    /// The key it stands under, or the nearest one above it.
    key: Span,
    /// `stages[1]`; empty at the top.
    path: String,
}

impl Violations<'_> {
    /// Reports an error with all its causes.
    pub(crate) fn report(&self, error: &ValidationError<'_, '_>, report: &mut Report) {
        match &error.kind {
            ErrorKind::Group | ErrorKind::Schema { .. } | ErrorKind::Reference { .. } | ErrorKind::AllOf
                if !error.causes.is_empty() =>
            {
                self.report_all(&error.causes, report);
            }
            ErrorKind::AnyOf | ErrorKind::OneOf(None) if !error.causes.is_empty() => {
                self.report_alternatives(error, report)
            }
            _ => self.report_leaf(error, report),
        }
    }

    /// Reports causes; beside a complaint about a unit the others about the same value say nothing new.
    fn report_all(&self, causes: &[ValidationError<'_, '_>], report: &mut Report) {
        let place = |one: &ValidationError<'_, '_>| one.instance_location.to_string();
        let is_format = |one: &ValidationError<'_, '_>| matches!(one.kind, ErrorKind::Format { .. });
        let formats: Vec<String> = causes.iter().filter(|one| is_format(one)).map(place).collect();
        for cause in causes {
            if is_format(cause) || !formats.contains(&place(cause)) {
                self.report(cause, report);
            }
        }
    }

    /// Of several forms, the one that was probably meant; a summary when that cannot be told.
    fn report_alternatives(&self, error: &ValidationError<'_, '_>, report: &mut Report) {
        let mut meant =
            error.causes.iter().filter(|branch| !misses_at(branch, error.instance_location.tokens.len()));
        if let (Some(branch), None) = (meant.next(), meant.next()) {
            return self.report(branch, report);
        }
        let Some(found) = self.find(error).filter(|found| !found.node.has_unknown()) else { return };
        let mut forms = Vec::new();
        for leaf in error.causes.iter().map(first_leaf) {
            if let Some(found) = self.find(leaf) {
                forms.push(self.explain(leaf, &found, report).0);
            }
        }
        let message = format!("{} fits none of its forms: {}", self.name(&found), forms.join("; or: "));
        report.push(Diagnostic::error(codes::SETTING, found.node.span, message));
    }

    fn report_leaf(&self, error: &ValidationError<'_, '_>, report: &mut Report) {
        let Some(found) = self.find(error) else { return };
        if found.node.has_unknown() && depends_on_parts(&error.kind) {
            return;
        }
        match &error.kind {
            ErrorKind::AdditionalProperties { got } => {
                let allowed = self.properties(error);
                for name in got {
                    self.report_unknown(name, &found, &allowed, report);
                }
            }
            ErrorKind::Required { want } => self.report_missing(want, &found, error, report),
            ErrorKind::PropertyName { prop } => {
                let span = found.node.entry(prop).map_or(found.node.span, |(key, _)| key.span);
                let reason =
                    error.causes.first().map(|cause| format!(": {}", cause.kind)).unwrap_or_default();
                report.push(Diagnostic::error(
                    codes::SETTING,
                    span,
                    format!("the key `{prop}` is not allowed{reason}"),
                ));
            }
            _ => {
                let (message, fix) = self.explain(error, &found, report);
                let code =
                    if self.unit_mistake(error, &found).is_some() { codes::UNIT } else { codes::SETTING };
                let span = if found.path.is_empty() && found.node.kind == Kind::Null {
                    self.owner
                } else {
                    found.node.span
                };
                report.push(Diagnostic::error(code, span, message).fix(fix));
            }
        }
    }

    fn report_unknown(&self, name: &str, found: &Found<'_>, allowed: &[&str], report: &mut Report) {
        let span = found.node.entry(name).map_or(found.node.span, |(key, _)| key.span);
        let holder = if found.path.is_empty() { self.what.to_owned() } else { self.name(found) };
        let fix = suggest::fix(name, allowed, report).or_else(|| Some("remove it".to_owned()));
        report.push(
            Diagnostic::error(codes::SETTING_UNKNOWN, span, format!("{holder} has no setting `{name}`"))
                .fix(fix),
        );
    }

    fn report_missing(
        &self,
        want: &[&str],
        found: &Found<'_>,
        error: &ValidationError<'_, '_>,
        report: &mut Report,
    ) {
        let schema = self.schema_at(error);
        for name in want {
            let holder = if found.path.is_empty() { self.what.to_owned() } else { self.name(found) };
            let about =
                schema.and_then(|schema| schema.get("properties")?.get(*name)?.get("description")?.as_str());
            let about = about.map(|about| format!(" ({about})")).unwrap_or_default();
            let fix = if found.path.is_empty() {
                format!("add `{name}: ...` to `with`{about}")
            } else {
                format!("add `{name}: ...`{about}")
            };
            let message = format!("{holder} needs the setting `{name}`");
            report.push(Diagnostic::error(codes::SETTING_MISSING, found.key, message).fix(fix));
        }
    }

    /// What is wrong with a value, and what to write instead.
    fn explain(
        &self,
        error: &ValidationError<'_, '_>,
        found: &Found<'_>,
        report: &Report,
    ) -> (String, Option<String>) {
        let name = self.name(found);
        if let Some(mistake) = self.unit_mistake(error, found) {
            return (format!("{name}: {}", mistake.message), Some(mistake.fix));
        }
        match &error.kind {
            ErrorKind::Type { want, .. } => {
                let wanted: Vec<_> = want.iter().map(type_name).collect();
                let message =
                    format!("{name} has to be {}, not {}", wanted.join(" or "), found.node.describe());
                (message, self.type_fix(*want, found))
            }
            ErrorKind::Enum { want } => {
                let given = plain(&found.node.to_json());
                let words: Vec<String> = want.iter().map(plain).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                (format!("{name} cannot be `{given}`"), suggest::fix(&given, &words, report))
            }
            ErrorKind::Const { want } => (format!("{name} has to be `{}`", plain(want)), None),
            ErrorKind::Minimum { want, .. } => {
                (format!("{name} has to be at least {want}"), Some(format!("write {want} or more")))
            }
            ErrorKind::Maximum { want, .. } => {
                (format!("{name} has to be at most {want}"), Some(format!("write {want} or less")))
            }
            ErrorKind::ExclusiveMinimum { want, .. } => (format!("{name} has to be more than {want}"), None),
            ErrorKind::ExclusiveMaximum { want, .. } => (format!("{name} has to be less than {want}"), None),
            ErrorKind::MinItems { want, .. } => (format!("{name} needs at least {want} entries"), None),
            ErrorKind::MaxItems { want, .. } => (format!("{name} takes at most {want} entries"), None),
            ErrorKind::UniqueItems { got: [a, b] } => (
                format!("{name} has the same entry twice, at {} and {}", a + 1, b + 1),
                Some("remove one of the two".to_owned()),
            ),
            ErrorKind::MinLength { want: 1, .. } => (format!("{name} is empty"), None),
            ErrorKind::Pattern { got, want } => {
                (format!("{name} cannot be `{got}`"), Some(format!("write what fits the pattern {want}")))
            }
            other => (format!("{name}: {other}"), None),
        }
    }

    /// The mistake in a value that should have been a duration or a percentage.
    fn unit_mistake(&self, error: &ValidationError<'_, '_>, found: &Found<'_>) -> Option<UnitMistake> {
        if let ErrorKind::Format { err, .. } = &error.kind {
            return err.downcast_ref::<UnitMistake>().cloned();
        }
        let ErrorKind::Type { .. } = error.kind else { return None };
        let Kind::Number(number) = &found.node.kind else { return None };
        match self.schema_at(error)?.get("format")?.as_str()? {
            "duration" => parse_duration(&number.to_string()).err(),
            "percent" => parse_percent(&number.to_string()).err(),
            _ => None,
        }
    }

    fn type_fix(&self, want: Types, found: &Found<'_>) -> Option<String> {
        let raw = self.source.text(found.node.span);
        let fits = |kind: Type| want.contains(kind);
        if raw.contains("${{") {
            let wanted: Vec<_> = want.iter().map(type_name).collect();
            return Some(format!("give the input another `type`: the setting takes {}", wanted.join(" or ")));
        }
        match &found.node.kind {
            Kind::Text(text) if fits(Type::Boolean) => match text.to_lowercase().as_str() {
                "yes" | "on" | "true" | "y" => Some("write `true`".to_owned()),
                "no" | "off" | "false" | "n" => Some("write `false`".to_owned()),
                _ => Some("write `true` or `false`".to_owned()),
            },
            Kind::Text(text) if fits(Type::Integer) || fits(Type::Number) => {
                let is_number = text.parse::<f64>().is_ok();
                Some(if is_number {
                    format!("write `{text}` without quotes")
                } else {
                    "write a number".to_owned()
                })
            }
            Kind::Number(_) | Kind::Bool(_) if fits(Type::String) => {
                Some(format!("write it in quotes: \"{raw}\""))
            }
            Kind::Text(_) | Kind::Number(_) | Kind::Bool(_) if fits(Type::Array) => {
                Some(format!("write a list: `[{raw}]`"))
            }
            Kind::Null => Some("write a value, or remove the key".to_owned()),
            _ => None,
        }
    }

    fn name(&self, found: &Found<'_>) -> String {
        if found.path.is_empty() { format!("`with` of {}", self.what) } else { format!("`{}`", found.path) }
    }

    /// The value; `None` when it could not be worked out, which has been reported.
    fn find(&self, error: &ValidationError<'_, '_>) -> Option<Found<'_>> {
        let mut found = Found { node: self.root, key: self.owner, path: String::new() };
        for token in &error.instance_location.tokens {
            let next = match (token, &found.node.kind) {
                (InstanceToken::Prop(name), Kind::Map(_)) => found.node.entry(name).map(|(key, node)| {
                    let dot = if found.path.is_empty() { "" } else { "." };
                    Found { node, key: key.span, path: format!("{}{dot}{name}", found.path) }
                }),
                (InstanceToken::Item(index), Kind::List(items)) => items.get(*index).map(|node| Found {
                    node,
                    key: node.span,
                    path: format!("{}[{index}]", found.path),
                }),
                _ => None,
            };
            found = next?;
        }
        (!matches!(found.node.kind, Kind::Unknown | Kind::Later(_))).then_some(found)
    }

    fn schema_at(&self, error: &ValidationError<'_, '_>) -> Option<&Value> {
        let (_, pointer) = error.schema_url.split_once('#')?;
        self.schema.pointer(&percent_decode_str(pointer).decode_utf8().ok()?)
    }

    fn properties(&self, error: &ValidationError<'_, '_>) -> Vec<&str> {
        let properties = self.schema_at(error).and_then(|schema| schema.get("properties")?.as_object());
        properties.into_iter().flat_map(|map| map.keys().map(String::as_str)).collect()
    }
}

/// Whether an entry that is not known yet can be the reason for the complaint about the whole.
fn depends_on_parts(kind: &ErrorKind<'_, '_>) -> bool {
    let whole = matches!(
        kind,
        ErrorKind::Type { .. }
            | ErrorKind::AdditionalProperties { .. }
            | ErrorKind::Required { .. }
            | ErrorKind::PropertyName { .. }
            | ErrorKind::MinItems { .. }
            | ErrorKind::MaxItems { .. }
    );
    !whole
}

/// Whether a form is out of the question: the value itself, not something inside it, has the wrong type.
fn misses_at(branch: &ValidationError<'_, '_>, depth: usize) -> bool {
    let leaf = first_leaf(branch);
    let own = leaf.instance_location.tokens.len() == depth;
    own && matches!(leaf.kind, ErrorKind::Type { .. } | ErrorKind::Enum { .. } | ErrorKind::Const { .. })
}

fn first_leaf<'e, 's, 'v>(error: &'e ValidationError<'s, 'v>) -> &'e ValidationError<'s, 'v> {
    let mut leaf = error;
    while let Some(first) = leaf.causes.first() {
        leaf = first;
    }
    leaf
}

fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::Null => "empty",
        Type::Boolean => "true or false",
        Type::Number => "a number",
        Type::Integer => "a whole number",
        Type::String => "text",
        Type::Array => "a list",
        Type::Object => "a mapping",
    }
}
