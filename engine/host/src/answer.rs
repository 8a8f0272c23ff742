//! Reading an answer: its request id, and in errors code and message, whatever their spelling.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::http::RawAnswer;

/// Characters of an answer without known form that are worth showing.
const SNIPPET: usize = 300;

/// What an answer says.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    /// JSON, or text as a string.
    pub(crate) body: Value,
    /// The other side asks for this many milliseconds of quiet.
    pub(crate) retry_after_ms: Option<u64>,
}

/// What an error answer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Answer {
    pub(crate) fn read(raw: RawAnswer) -> Self {
        let is_xml = header(&raw.headers, "content-type").is_some_and(|kind| kind.contains("xml"));
        let text = String::from_utf8_lossy(&raw.body);
        let body = match serde_json::from_slice(&raw.body) {
            Ok(value) if !is_xml => value,
            _ if text.trim().is_empty() => Value::Null,
            _ if raw.status >= 400 && (is_xml || text.trim_start().starts_with('<')) => from_xml(&text),
            _ => Value::from(text.as_ref()),
        };
        // The prefix of the header differs from product to product, and one of them leaves a dash out.
        let request_id =
            field(&body, "requestid").or_else(|| header(&raw.headers, "x-acs-request-id")).or_else(|| {
                let ends = |name: &str| name.ends_with("request-id") || name.ends_with("-requestid");
                let mut names = raw.headers.keys().map(HeaderName::as_str);
                header(&raw.headers, names.find(|name| ends(name))?)
            });
        let wish = header(&raw.headers, "x-acs-retry-after").and_then(|text| text.trim().parse().ok());
        Self { status: raw.status, request_id, body, retry_after_ms: wish.filter(|wish| *wish > 0) }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What an error answer says; an answer without code has its status as code.
    pub(crate) fn refusal(&self) -> Refusal {
        let pick = |names: &[&str]| names.iter().find_map(|name| field(&self.body, name));
        let code = pick(&["code", "errorcode", "errortype", "type"])
            .unwrap_or_else(|| format!("HTTP-{}", self.status));
        let message =
            pick(&["message", "errormessage", "error", "msg"]).unwrap_or_else(|| match &self.body {
                Value::Null => "the answer is empty".to_owned(),
                Value::String(text) => snippet(text),
                other => snippet(&other.to_string()),
            });
        Refusal { code, message }
    }

    /// Whether it only says "not so fast". The status differs from product to product, so the code counts.
    pub(crate) fn is_throttled(&self) -> bool {
        !self.is_success()
            && (self.status == 429
                || self.retry_after_ms.is_some()
                || self.refusal().code.starts_with("Throttling"))
    }
}

/// A field of the outermost object as text; capitals, `_` and `-` in its name do not count.
fn field(body: &Value, name: &str) -> Option<String> {
    let found = body.as_object()?.iter().find(|(key, value)| {
        !value.is_null()
            && key
                .bytes()
                .filter(|b| !matches!(b, b'_' | b'-'))
                .map(|b| b.to_ascii_lowercase())
                .eq(name.bytes())
    });
    match found?.1 {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(_) | Value::Array(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

/// The few leaves of an `<Error>` document that matter.
fn from_xml(text: &str) -> Value {
    let leaf = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (inner, _) = rest.split_once(&format!("</{name}>"))?;
        let plain = inner.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>");
        Some(
            plain
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&apos;", "'")
                .replace("&amp;", "&"),
        )
    };
    let found: serde_json::Map<_, _> = ["Code", "Message", "RequestId"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), Value::from(leaf(name)?))))
        .collect();
    if found.is_empty() { Value::from(text) } else { Value::Object(found) }
}

fn snippet(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(SNIPPET) {
        Some((end, _)) => format!("{}...", &one_line[..end]),
        None => one_line,
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::Answer;
    use crate::http::RawAnswer;

    fn read(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        Answer::read(RawAnswer { status, headers, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn error_bodies_of_every_shape() {
        let xml = [("content-type", "text/xml;charset=utf-8")];
        let cases = [
            (
                404,
                &[][..],
                r#"{"Code":"NotFound","Message":"gone","RequestId":"R"}"#,
                "NotFound",
                "gone",
                Some("R"),
            ),
            (400, &[], r#"{"code":"x.y","message":"m","requestId":"r"}"#, "x.y", "m", Some("r")),
            (400, &[], r#"{"errorCode":"E","errorMessage":"m"}"#, "E", "m", None),
            (500, &[], r#"{"Code":500,"Message":"m"}"#, "500", "m", None),
            (
                403,
                &xml,
                "<?xml version='1.0'?><Error><RequestId>R</RequestId><Code>Denied</Code><Message>a &lt; b</Message></Error>",
                "Denied",
                "a < b",
                Some("R"),
            ),
            (
                502,
                &[],
                "<html><body>bad\n gateway</body></html>",
                "HTTP-502",
                "<html><body>bad gateway</body></html>",
                None,
            ),
            (500, &[("x-request-id", "q")], "", "HTTP-500", "the answer is empty", Some("q")),
            (
                404,
                &[("x-log-requestid", "q")],
                r#"{"errorCode":"ProjectNotExist","errorMessage":"m"}"#,
                "ProjectNotExist",
                "m",
                Some("q"),
            ),
            (500, &[], "[1]", "HTTP-500", "[1]", None),
            (
                422,
                &[],
                r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#,
                "bad_data",
                "parse error",
                None,
            ),
        ];
        for (status, headers, body, code, message, id) in cases {
            let answer = read(status, headers, body);
            let refusal = answer.refusal();
            assert_eq!(
                (refusal.code.as_str(), refusal.message.as_str(), answer.request_id.as_deref()),
                (code, message, id),
                "{body}"
            );
            assert!(!answer.is_throttled(), "{body}");
        }
    }

    #[test]
    fn throttling_is_told_by_code_status_or_wish() {
        let wish = |value| [("x-acs-retry-after", value)];
        assert!(read(400, &[], r#"{"Code":"Throttling.User"}"#).is_throttled());
        assert!(read(503, &[], r#"{"code":"Throttling"}"#).is_throttled());
        assert!(read(429, &[], "slow down").is_throttled());
        assert!(read(500, &wish("20"), "{}").is_throttled());
        assert_eq!(read(500, &wish("20"), "{}").retry_after_ms, Some(20));
        for other in ["0", "-1", "soon", "1.5"] {
            assert!(!read(500, &wish(other), "{}").is_throttled(), "{other}");
        }
        assert!(!read(503, &[], r#"{"Code":"ServiceUnavailable"}"#).is_throttled());
        assert!(!read(200, &wish("20"), r#"{"Code":"Throttling"}"#).is_throttled());
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let answer = read(500, &[], &"ü".repeat(1000));
        assert_eq!(answer.refusal().message.chars().count(), 303);
    }
}
