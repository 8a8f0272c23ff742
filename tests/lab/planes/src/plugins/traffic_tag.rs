//! traffic-tag: requests that meet conditions get a header on their way.

use hyper::header::COOKIE;
use regex::Regex;
use serde_json::Value;

use super::Effect;
use super::read::{items, text, texts};
use crate::plane::Reply;
use crate::policies::{Facts, Onward};

#[derive(Debug)]
pub(crate) struct TrafficTag {
    groups: Vec<Group>,
    usual: (String, String),
}

#[derive(Debug)]
struct Group {
    tag: (String, String),
    any: bool,
    conditions: Vec<Condition>,
}

#[derive(Debug)]
struct Condition {
    kind: String,
    key: String,
    operator: String,
    values: Vec<String>,
    expression: Option<Regex>,
}

impl TrafficTag {
    pub(crate) fn read(config: &Value) -> Self {
        Self {
            groups: items(config, "conditionGroups").iter().map(Group::read).collect(),
            usual: (text(config, "defaultTagKey"), text(config, "defaultTagVal")),
        }
    }
}

impl Group {
    fn read(one: &Value) -> Self {
        Self {
            tag: (text(one, "headerName"), text(one, "headerValue")),
            any: text(one, "logic") == "or",
            conditions: items(one, "conditions").iter().map(Condition::read).collect(),
        }
    }

    fn holds(&self, facts: &Facts<'_>) -> bool {
        let mut holding = self.conditions.iter().map(|one| one.holds(facts));
        if self.any { holding.any(|one| one) } else { holding.all(|one| one) }
    }
}

impl Condition {
    fn read(one: &Value) -> Self {
        let values = texts(one, "value");
        let operator = text(one, "operator");
        let expression = (operator == "regex").then(|| Regex::new(values.first()?).ok()).flatten();
        Self { kind: text(one, "conditionType"), key: text(one, "key"), operator, values, expression }
    }

    fn holds(&self, facts: &Facts<'_>) -> bool {
        let found = match self.kind.as_str() {
            "header" => facts.header(&self.key).map(str::to_owned),
            "parameter" => facts.parameter(&self.key),
            _ => cookie(facts, &self.key),
        };
        let Some(found) = found else { return false };
        let first = self.values.first().is_some_and(|value| *value == found);
        match self.operator.as_str() {
            "equal" => first,
            "not_equal" => !first,
            "prefix" => self.values.first().is_some_and(|value| found.starts_with(value.as_str())),
            "in" => self.values.contains(&found),
            "not_in" => !self.values.contains(&found),
            _ => self.expression.as_ref().is_some_and(|expression| expression.is_match(&found)),
        }
    }
}

fn cookie(facts: &Facts<'_>, name: &str) -> Option<String> {
    let sent = facts.header(COOKIE.as_str())?;
    let pairs = sent.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(one, _)| *one == name).map(|(_, value)| value.to_owned())
}

impl Effect for TrafficTag {
    fn request(&self, facts: &Facts<'_>, onward: &mut Onward) -> Option<Reply> {
        let met = self.groups.iter().find(|group| group.holds(facts)).map(|group| &group.tag);
        let (name, value) = met.unwrap_or(&self.usual);
        onward.set(name, value);
        None
    }
}
