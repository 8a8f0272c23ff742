//! The source's answers as they came, by action and by what was asked about.

use std::collections::HashMap;

use gateshift_sdk::model::{canonical_json, digest_bytes};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One answer: the whole body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Action.
    pub action: String,
    /// What it was asked about: empty for the whole gateway, else an id or a page.
    pub about: String,
    /// Body without the request id, which differs each time.
    pub body: Value,
}

/// Every answer of one reading.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// In the order in which they were asked for.
    pub answers: Vec<Answer>,
}

impl Answers {
    /// Adds an answer.
    pub fn push(&mut self, action: &str, about: impl Into<String>, mut body: Value) {
        if let Some(body) = body.as_object_mut() {
            body.remove("RequestId");
        }
        self.answers.push(Answer { action: action.to_owned(), about: about.into(), body });
    }

    /// Every answer of an action.
    pub fn of<'a>(&'a self, action: &'a str) -> impl Iterator<Item = &'a Answer> {
        self.answers.iter().filter(move |answer| answer.action == action)
    }

    /// The body of each answer, by action and by what it is about.
    #[must_use]
    pub fn index(&self) -> HashMap<(&str, &str), &Value> {
        self.answers
            .iter()
            .map(|answer| ((answer.action.as_str(), answer.about.as_str()), &answer.body))
            .collect()
    }

    /// The items of a list action, whatever its form: `Data` itself or `Data.Result`, all pages.
    pub fn items<'a>(&'a self, action: &'a str) -> impl Iterator<Item = &'a Value> {
        self.of(action).flat_map(|answer| items(&answer.body))
    }
}

impl Answer {
    /// SHA-256 of the body's canonical JSON.
    #[must_use]
    pub fn digest(&self) -> String {
        digest_bytes(canonical_json(&self.body).as_bytes()).to_string()
    }
}

/// The items of one list answer.
pub(crate) fn items(body: &Value) -> &[Value] {
    let data = &body["Data"];
    [data, &data["Result"], &data["Results"]].into_iter().find_map(Value::as_array).map_or(&[], Vec::as_slice)
}
