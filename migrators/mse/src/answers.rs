//! The source's answers as they came, by action and by what was asked about. They are kept as text and
//! parsed one at a time: as trees, those of ten thousand routes would fill hundreds of megabytes.

use std::collections::HashMap;

use gateshift_sdk::model::{canonical_json, digest_bytes};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// One answer: the whole body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Action.
    pub action: String,
    /// What it was asked about: empty for the whole gateway, else an id or a page.
    pub about: String,
    /// Body without the request id, which differs each time.
    body: Body,
}

/// Canonical JSON; in files it stands as what it is.
#[derive(Debug, Clone, PartialEq)]
struct Body(Box<str>);

impl Body {
    fn new(value: &Value) -> Self {
        Self(canonical_json(value).into())
    }

    fn parsed(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Body {
    /// The text as it stands, without a tree of it in between; a file that was set out anew is set back.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text: Box<str> = Box::<RawValue>::deserialize(from)?.into();
        if is_compact(&text) {
            return Ok(Self(text));
        }
        serde_json::from_str(&text).map(|value| Self::new(&value)).map_err(serde::de::Error::custom)
    }
}

/// Whether a JSON text has no white space between its tokens.
fn is_compact(text: &str) -> bool {
    let (mut inside, mut escaped) = (false, false);
    text.bytes().all(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => inside = !inside,
            _ => return inside || !byte.is_ascii_whitespace(),
        }
        true
    })
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
        let body = Body::new(&body);
        self.answers.push(Answer { action: action.to_owned(), about: about.into(), body });
    }

    /// Every answer of an action.
    pub fn of<'a>(&'a self, action: &'a str) -> impl Iterator<Item = &'a Answer> {
        self.answers.iter().filter(move |answer| answer.action == action)
    }

    /// Each answer by action and by what it is about.
    #[must_use]
    pub fn index(&self) -> HashMap<(&str, &str), &Answer> {
        self.answers.iter().map(|answer| ((answer.action.as_str(), answer.about.as_str()), answer)).collect()
    }

    /// The items of a list action, whatever its form: `Data` itself or `Data.Result`, all pages.
    pub fn items<'a>(&'a self, action: &'a str) -> impl Iterator<Item = Value> + use<'a> {
        self.of(action).flat_map(Answer::items)
    }
}

impl Answer {
    /// The body.
    #[must_use]
    pub fn body(&self) -> Value {
        self.body.parsed()
    }

    /// What the body is about, `Data`.
    #[must_use]
    pub fn data(&self) -> Value {
        self.body()["Data"].take()
    }

    /// The items of a list.
    #[must_use]
    pub fn items(&self) -> Vec<Value> {
        match self.data() {
            Value::Array(items) => items,
            mut data => ["Result", "Results"]
                .into_iter()
                .find_map(|name| match data.get_mut(name).map(Value::take) {
                    Some(Value::Array(items)) => Some(items),
                    _ => None,
                })
                .unwrap_or_default(),
        }
    }

    /// SHA-256 of the body's canonical JSON.
    #[must_use]
    pub fn digest(&self) -> String {
        digest_bytes(self.body.0.as_bytes()).to_string()
    }
}

/// How many items a list answer has.
pub(crate) fn count(body: &Value) -> usize {
    let data = &body["Data"];
    [data, &data["Result"], &data["Results"]].into_iter().find_map(Value::as_array).map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use gateshift_sdk::model::digest_json;
    use serde_json::{Value, json};

    use super::{Answers, count};

    #[test]
    fn what_was_answered_is_what_is_read() {
        let odd = json!({"Data": {"z": [1.5, 1e300, -0.25, u64::MAX, i64::MIN], "a": "\u{1}\"\\ü", "é": null}, "Code": 200});
        let mut answers = Answers::default();
        answers.push("GetGateway", "", odd.clone());
        let Value::Object(mut with_id) = odd.clone() else { unreachable!() };
        with_id.insert("RequestId".to_owned(), json!("r-1"));
        answers.push("GetGateway", "", Value::Object(with_id));
        for answer in &answers.answers {
            assert_eq!((answer.body(), answer.data()), (odd.clone(), odd["Data"].clone()));
            assert_eq!(answer.digest(), digest_json(&odd).to_string());
        }
        let text = serde_json::to_string(&answers).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["answers"][0]["body"], odd);
        for text in [text, serde_json::to_string_pretty(&answers).unwrap()] {
            assert_eq!(serde_json::from_str::<Answers>(&text).unwrap(), answers);
        }
    }

    #[test]
    fn lists_have_three_forms() {
        let lists = [
            (json!({"Data": [1, 2]}), 2),
            (json!({"Data": {"Result": [1], "Results": [2, 3]}}), 1),
            (json!({"Data": {"Result": null, "Results": [2, 3]}}), 2),
            (json!({"Data": {}}), 0),
            (json!({}), 0),
        ];
        for (list, length) in lists {
            let mut answers = Answers::default();
            answers.push("ListGatewayRoute", "page 1", list.clone());
            assert_eq!((answers.items("ListGatewayRoute").count(), count(&list)), (length, length), "{list}");
        }
    }
}
