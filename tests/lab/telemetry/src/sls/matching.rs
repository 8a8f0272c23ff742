//! Whether a record fits a query. Texts are cut into words at the delimiters of the index; capitals do
//! not count. Pure.

use serde_json::{Map, Value};

use super::query::{Query, Sign, Words};

/// Delimiters of the index.
pub(super) const DELIMITERS: [&str; 21] = [
    ",", " ", "'", "\"", ";", "=", "(", ")", "[", "]", "{", "}", "?", "@", "&", "<", ">", "/", ":", "\n",
    "\t",
];

/// Whether a record fits.
pub(super) fn fits(query: &Query, record: &Map<String, Value>) -> bool {
    match query {
        Query::All => true,
        Query::And(one, other) => fits(one, record) && fits(other, record),
        Query::Or(one, other) => fits(one, record) || fits(other, record),
        Query::Not(one) => !fits(one, record),
        Query::Words { field: None, words } => {
            let texts = record.iter().filter(|(name, _)| !name.starts_with("__"));
            texts.filter_map(|(_, value)| value.as_str()).any(|text| has(text, words))
        }
        Query::Words { field: Some(name), words } => {
            record.get(name).and_then(Value::as_str).is_some_and(|text| has(text, words))
        }
        Query::Compare { field, sign, value } => {
            let found = record.get(field).and_then(Value::as_str).and_then(|text| text.parse::<f64>().ok());
            found.is_some_and(|found| match sign {
                Sign::Equal => found == *value,
                Sign::Above => found > *value,
                Sign::AtLeast => found >= *value,
                Sign::Below => found < *value,
                Sign::AtMost => found <= *value,
            })
        }
    }
}

fn has(text: &str, words: &Words) -> bool {
    let mut there = cut(text);
    match words {
        Words::Any => text != "-",
        Words::Prefix(beginning) => {
            let beginning = beginning.to_lowercase();
            there.any(|word| word.starts_with(&beginning))
        }
        Words::Phrase(phrase) => {
            let there: Vec<String> = there.collect();
            let wanted: Vec<String> = cut(phrase).collect();
            !wanted.is_empty() && there.windows(wanted.len()).any(|some| some == wanted)
        }
    }
}

fn cut(text: &str) -> impl Iterator<Item = String> + '_ {
    let delimiter = |letter: char| DELIMITERS.iter().any(|one| one.starts_with(letter));
    text.split(delimiter).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::query::parse;
    use super::fits;

    #[test]
    fn words_are_whole_and_without_regard_to_case() {
        let record = json!({"path": "/Shop/orders-1?x=Blue", "authority": "www.example.com",
            "response_code": "503", "trace_id": "-", "__time__": "7"});
        let record = record.as_object().unwrap();
        for (text, expected) in [
            ("", true),
            ("shop", true),
            ("orders", false),
            ("orders*", true),
            ("orders-1 and blue", true),
            ("\"shop/orders-1\"", true),
            ("\"orders-1/shop\"", false),
            ("path: example.com", false),
            ("authority: www.example.com", true),
            ("response_code: 503", true),
            ("response_code > 500 and response_code < 504", true),
            ("response_code >= 504", false),
            ("path > 1", false),
            ("trace_id: *", false),
            ("not shop", false),
            ("7", false),
        ] {
            assert_eq!(fits(&parse(text).unwrap(), record), expected, "{text}");
        }
    }
}
