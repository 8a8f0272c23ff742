//! transformer: headers and query of requests, headers of answers are removed, renamed, set and added.

use hyper::HeaderMap;
use serde_json::Value;

use super::Effect;
use super::read::{items, text};
use crate::plane::Reply;
use crate::policies::{Facts, Onward, header};

#[derive(Debug)]
pub(crate) struct Transformer {
    requests: Vec<Step>,
    answers: Vec<Step>,
}

/// One rule: an operation on headers and on parameters.
#[derive(Debug)]
struct Step {
    operation: String,
    headers: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
}

impl Step {
    fn read(rule: &Value) -> Self {
        let operation = text(rule, "operate");
        let pair = |one: &Value| {
            let (from, to) = match operation.as_str() {
                "rename" => ("oldKey", "newKey"),
                "replace" => ("key", "newValue"),
                "append" => ("key", "appendValue"),
                _ => ("key", "value"),
            };
            let value = text(one, to);
            (text(one, from), if value.is_empty() { text(one, "value") } else { value })
        };
        let pairs = |name: &str| items(rule, name).iter().map(pair).collect();
        Self { headers: pairs("headers"), parameters: pairs("querys"), operation }
    }

    fn on_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            let there = headers.get(name.as_str()).cloned();
            match self.operation.as_str() {
                "remove" => {
                    headers.remove(name.as_str());
                }
                "rename" => {
                    if let (Some(old), Some((new, _))) = (there, header(value, "")) {
                        headers.remove(name.as_str());
                        headers.insert(new, old);
                    }
                }
                "replace" | "add" | "append" => {
                    // Only what is there is replaced, only what is not is added.
                    let applies = match self.operation.as_str() {
                        "replace" => there.is_some(),
                        "add" => there.is_none(),
                        _ => true,
                    };
                    if let Some((name, value)) = header(name, value).filter(|_| applies) {
                        if self.operation == "append" {
                            headers.append(name, value);
                        } else {
                            headers.insert(name, value);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn on_query(&self, query: &str) -> String {
        let mut pairs: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, value) in &self.parameters {
            let there = pairs.iter().any(|(one, _)| one == name);
            match self.operation.as_str() {
                "remove" => pairs.retain(|(one, _)| one != name),
                "rename" => {
                    pairs.iter_mut().filter(|(one, _)| one == name).for_each(|pair| pair.0.clone_from(value));
                }
                "replace" => {
                    pairs.iter_mut().filter(|(one, _)| one == name).for_each(|pair| pair.1.clone_from(value));
                }
                "add" if there => {}
                "add" | "append" => pairs.push((name.clone(), value.clone())),
                _ => {}
            }
        }
        let written: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        written.join("&")
    }
}

impl Transformer {
    /// Rules by direction, or the older form with one direction for all.
    pub(crate) fn read(config: &Value) -> Self {
        let steps = |name: &str| items(config, name).iter().map(Step::read).collect::<Vec<_>>();
        let (mut requests, mut answers) = (steps("reqRules"), steps("respRules"));
        match text(config, "type").as_str() {
            "response" => answers.extend(steps("rules")),
            _ => requests.extend(steps("rules")),
        }
        Self { requests, answers }
    }
}

impl Effect for Transformer {
    fn request(&self, _: &Facts<'_>, onward: &mut Onward) -> Option<Reply> {
        for step in &self.requests {
            step.on_headers(&mut onward.headers);
            if !step.parameters.is_empty() {
                onward.query = step.on_query(&onward.query);
            }
        }
        None
    }

    fn response(&self, _: &Facts<'_>, reply: &mut Reply) {
        self.answers.iter().for_each(|step| step.on_headers(&mut reply.headers));
    }
}
