//! Settings (`with`) against a JSON Schema: validation, formats of our own, defaults.

use std::error::Error;

use boon::{Compiler, Draft, Format, Schemas, UrlLoader};
use serde_json::{Value, json};

use crate::codes;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::source::Source;
use crate::tree::{Kind, Node};
use crate::violation::Violations;
use gateshift_model::{UnitMistake, parse_duration, parse_percent};

/// Name under which a schema is compiled; never fetched.
const URL: &str = "mem:///settings.json";

/// Settings to check.
pub(crate) struct Settings<'a> {
    /// Schema of the settings.
    pub(crate) schema: &'a Value,
    /// The settings, expressions worked out.
    pub(crate) with: &'a Node,
    /// Whose settings they are, ``migrator `traffic` ``.
    pub(crate) what: &'a str,
    /// Where to point when something is missing.
    pub(crate) owner: Span,
}

impl Settings<'_> {
    /// The settings with the schema's defaults filled in; `None` when something is wrong with them,
    /// which has been reported.
    pub(crate) fn check(&self, source: &Source<'_>, report: &mut Report) -> Option<Value> {
        self.with_mapping(report)?;
        let schema = closed(self.schema);
        let mut value = self.with.to_json();
        let mut schemas = Schemas::new();
        let index = match compile(&schema, &mut schemas) {
            Ok(index) => index,
            Err(error) => {
                let message = format!("the settings schema of {} is broken: {error:#}", self.what);
                let fix = "this is a mistake of its author: report it, or use another version".to_owned();
                report.push(Diagnostic::error(codes::SCHEMA, self.owner, message).fix(fix));
                return None;
            }
        };
        if let Err(error) = schemas.validate(&value, index) {
            let violations =
                Violations { schema: &schema, root: self.with, what: self.what, owner: self.owner, source };
            let before = report.count();
            violations.report(&error, report);
            // Where nothing is said, all of it is about what is worked out later.
            if report.count() > before {
                return None;
            }
        }
        if self.with.is_broken() {
            return None;
        }
        let mut later = Vec::new();
        self.with.later("", &mut later);
        for (pointer, text) in later {
            if let Some(place) = value.pointer_mut(&pointer) {
                *place = Value::from(text);
            }
        }
        fill(&schema, &mut value);
        Some(value)
    }
}

impl Settings<'_> {
    /// Settings are a mapping, whatever the schema says.
    fn with_mapping(&self, report: &mut Report) -> Option<()> {
        match self.with.kind {
            Kind::Map(_) => Some(()),
            Kind::Unknown | Kind::Later(_) => None,
            _ => {
                let message = format!("`with` is {} and has to be a mapping", self.with.describe());
                let fix = "write `with: { key: value }`".to_owned();
                report.push(Diagnostic::error(codes::TYPE, self.with.span, message).fix(fix));
                None
            }
        }
    }
}

/// What settings that a run has already have wrong for another schema, in words; nothing when they fit.
#[must_use]
pub fn misfits(schema: &Value, settings: &Value) -> Vec<String> {
    let mut schemas = Schemas::new();
    match compile(&closed(schema), &mut schemas) {
        Ok(index) => {
            schemas.validate(settings, index).err().map(|error| error.to_string()).into_iter().collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

fn compile(schema: &Value, schemas: &mut Schemas) -> Result<boon::SchemaIndex, Box<boon::CompileError>> {
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.enable_format_assertions();
    compiler.use_loader(Box::new(NoLoader));
    compiler.register_format(Format { name: "duration", func: is_duration });
    compiler.register_format(Format { name: "percent", func: is_percent });
    compiler.add_resource(URL, schema.clone())?;
    Ok(compiler.compile(URL, schemas)?)
}

/// A schema may not make the planner read files or fetch anything.
struct NoLoader;

impl UrlLoader for NoLoader {
    fn load(&self, url: &str) -> Result<Value, Box<dyn Error>> {
        Err(format!("`{url}` is outside the schema").into())
    }
}

fn is_duration(value: &Value) -> Result<(), Box<dyn Error>> {
    with_unit(value, |text| parse_duration(text).map(drop))
}

fn is_percent(value: &Value) -> Result<(), Box<dyn Error>> {
    with_unit(value, |text| parse_percent(text).map(drop))
}

fn with_unit(value: &Value, parse: impl Fn(&str) -> Result<(), UnitMistake>) -> Result<(), Box<dyn Error>> {
    match value {
        Value::String(text) => parse(text)?,
        Value::Number(number) => parse(&number.to_string())?,
        _ => {}
    }
    Ok(())
}

/// The schema with the top closed: a setting that it does not name is a mistake, unless it says otherwise.
fn closed(schema: &Value) -> Value {
    const OPENING: [&str; 9] = [
        "additionalProperties",
        "unevaluatedProperties",
        "patternProperties",
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "not",
    ];
    let mut schema = schema.clone();
    if let Some(map) = schema.as_object_mut()
        && !OPENING.iter().any(|key| map.contains_key(*key))
    {
        map.insert("additionalProperties".to_owned(), json!(false));
    }
    schema
}

/// Puts the defaults of the schema where nothing is written.
fn fill(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, property) in properties.into_iter().flatten() {
                if let Some(value) = map.get_mut(name) {
                    fill(property, value);
                } else if let Some(default) = property.get("default") {
                    map.insert(name.clone(), default.clone());
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter_mut().for_each(|item| fill(schema, item));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{closed, fill};

    #[test]
    fn defaults_are_filled_in_at_every_depth() {
        let schema = json!({"properties": {
            "a": {"default": 1}, "b": {"default": 2},
            "list": {"items": {"properties": {"c": {"default": "x"}}}},
            "absent": {"properties": {"d": {"default": 1}}},
        }});
        let mut value = json!({"a": 9, "list": [{}, {"c": "y"}]});
        fill(&schema, &mut value);
        assert_eq!(value, json!({"a": 9, "b": 2, "list": [{"c": "x"}, {"c": "y"}]}));
    }

    #[test]
    fn a_schema_is_closed_unless_it_says_otherwise() {
        assert_eq!(
            closed(&json!({"type": "object"})),
            json!({"type": "object", "additionalProperties": false})
        );
        for open in [
            json!({"additionalProperties": true}),
            json!({"anyOf": [{}]}),
            json!({"$ref": "#/$defs/x"}),
            json!(true),
        ] {
            assert_eq!(closed(&open), open);
        }
    }
}
