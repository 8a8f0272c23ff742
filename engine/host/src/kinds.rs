//! Kinds of connection as data: the wiring fills the table, the host only follows it.

use serde_json::{Value, json};

use crate::EndpointRule;

/// A kind of connection, what `uses:` of a connection names.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionKind {
    /// Name in workflows.
    pub name: String,
    /// How requests prove who sends them.
    pub scheme: Scheme,
    /// Where requests go.
    pub endpoint: EndpointRule,
    /// Whether anything may be changed through it.
    pub writes: WriteRule,
    /// Settings (`with:`) beyond the common ones: the `properties` of a JSON Schema.
    pub settings: Value,
    /// Settings that must be there.
    pub required: Vec<String>,
    /// Language of its metric queries, if it answers any.
    pub query_language: Option<QueryLanguage>,
}

/// An authentication scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// ACS3-HMAC-SHA256 for the given API version.
    Acs3 {
        /// `x-acs-version`.
        version: String,
    },
    /// A key derived for one day, region and service signs the request.
    Scoped(Box<ScopedScheme>),
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: Basic`.
    Basic,
    /// The secret as it is in a header of this name.
    Header {
        /// `x-api-key`.
        name: String,
    },
    /// Signature of version 4 with a key that is derived for one day, region and service.
    SigV4 {
        /// The service's word in the scope.
        service: String,
        /// Region where the connection names none.
        region: String,
    },
    /// Messages to a name server, each signed with a shared key (TSIG).
    Tsig,
    /// None, unless the connection says `auth: basic` or `auth: bearer`.
    None,
}

/// The words of a scheme that signs with a derived key: products that share the method differ in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopedScheme {
    /// Name of the method, first in the text that is signed and in `authorization`.
    pub algorithm: String,
    /// The service's word in the scope.
    pub service: String,
    /// Last word of the scope.
    pub terminator: String,
    /// Stands before the secret where the derivation begins.
    pub secret_prefix: String,
    /// Beginning of the product's own headers; date, hash and size of the body go by it.
    pub header_prefix: String,
    /// Beginning of further headers that are signed.
    pub also_signed: String,
    /// Header of a temporary key's token.
    pub token_header: String,
    /// Headers that every request has.
    pub headers: Vec<(String, String)>,
}

/// Whether a kind of connection may change anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteRule {
    /// What the manifest declares.
    Allowed,
    /// Never: an action has to match one of these to be sent.
    Refused {
        /// Beginnings of action names that read, `List`; the next letter must be a capital.
        read_prefixes: Vec<String>,
        /// Whole names of further actions that read.
        exact: Vec<String>,
        /// Paths to which a POST only asks, `/stores/*/search`; a `*` stands for one segment.
        read_posts: Vec<String>,
    },
}

impl WriteRule {
    /// The usual rule of a read-only kind.
    #[must_use]
    pub fn read_only() -> Self {
        let read_prefixes = ["List", "Get", "Query", "Describe"].map(str::to_owned).to_vec();
        Self::Refused { read_prefixes, exact: Vec::new(), read_posts: Vec::new() }
    }

    /// The same for a kind where a POST to these paths only asks.
    #[must_use]
    pub fn read_only_but(read_posts: &[&str]) -> Self {
        match Self::read_only() {
            Self::Refused { read_prefixes, exact, .. } => {
                let read_posts = read_posts.iter().map(|path| (*path).to_owned()).collect();
                Self::Refused { read_prefixes, exact, read_posts }
            }
            allowed @ Self::Allowed => allowed,
        }
    }

    /// Whether a POST to a path only asks.
    pub(crate) fn reads_by_post(&self, path: &str) -> bool {
        let fits = |template: &String| {
            let (due, sent): (Vec<&str>, Vec<&str>) =
                (template.split('/').collect(), path.split('/').collect());
            due.len() == sent.len()
                && due
                    .iter()
                    .zip(sent)
                    .all(|(due, sent)| if *due == "*" { !sent.is_empty() } else { *due == sent })
        };
        matches!(self, Self::Refused { read_posts, .. } if read_posts.iter().any(fits))
    }

    /// Whether an action may be sent as far as this rule goes.
    #[must_use]
    pub fn admits(&self, action: &str) -> bool {
        match self {
            Self::Allowed => true,
            Self::Refused { read_prefixes, exact, .. } => {
                exact.iter().any(|name| name == action)
                    || read_prefixes.iter().any(|prefix| {
                        action
                            .strip_prefix(prefix.as_str())
                            .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
                    })
            }
        }
    }
}

/// Language of metric queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryLanguage {
    /// The Prometheus HTTP API.
    Prometheus,
}

impl ConnectionKind {
    /// JSON Schema (2020-12) of a connection's `with:`: the common settings and the kind's own.
    #[must_use]
    pub fn settings_schema(&self) -> Value {
        let mut properties = json!({
            "endpoint": { "type": "string", "description": "URL in place of the one that the region gives" },
            "rate": { "type": "number", "exclusiveMinimum": 0, "description": "requests a second at most; 10 by default" },
            "burst": { "type": "integer", "minimum": 1, "description": "requests at once after a rest; 10 by default" },
            "concurrency": { "type": "integer", "minimum": 1, "description": "requests under way at once; 8 by default" },
        });
        if self.endpoint.is_regional() {
            properties["region"] = json!({ "type": "string", "pattern": "^[a-z0-9-]+$" });
        }
        if let Some(label) = &self.endpoint.label {
            properties[label] = json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$" });
        }
        if self.endpoint.vpc_template.is_some() {
            properties["network"] =
                json!({ "enum": ["public", "vpc"], "description": "which of the endpoints to use" });
        }
        if self.scheme == Scheme::None {
            properties["auth"] = json!({ "enum": ["none", "basic", "bearer"] });
        }
        if let (Value::Object(all), Value::Object(own)) = (&mut properties, &self.settings) {
            all.extend(own.clone());
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": properties,
            "required": self.required,
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ConnectionKind, Scheme, WriteRule};
    use crate::{EndpointRule, testing};

    #[test]
    fn settings_follow_the_kind() {
        let names = |kind: &ConnectionKind| {
            let schema = kind.settings_schema();
            schema["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
        };
        let regional = testing::kind(
            "a/b",
            EndpointRule::new("https://b.{region}.example.com", Some("https://b-vpc.{region}.example.com")),
        );
        assert_eq!(names(&regional), "burst concurrency endpoint network rate region");
        let plain = ConnectionKind {
            scheme: Scheme::None,
            settings: json!({"url": {"type": "string"}}),
            required: vec!["url".to_owned()],
            ..testing::kind("p", EndpointRule::from_setting("url"))
        };
        assert_eq!(names(&plain), "auth burst concurrency endpoint rate url");
        assert_eq!(plain.settings_schema()["required"], json!(["url"]));
    }

    #[test]
    fn a_prefix_ends_at_a_capital() {
        let rule = WriteRule::Refused {
            read_prefixes: vec!["Get".into(), "List".into()],
            exact: vec!["SelectOne".into()],
            read_posts: Vec::new(),
        };
        for good in ["GetThing", "ListThings", "SelectOne"] {
            assert!(rule.admits(good), "{good}");
        }
        for bad in [
            "Getaway",
            "Get",
            "listThings",
            "SelectOneAndDrop",
            "DeleteThing",
            "UpdateGetThing",
            "",
            "get",
            "Get Thing",
            "List\u{c9}",
        ] {
            assert!(!rule.admits(bad), "{bad}");
        }
    }

    #[test]
    fn a_post_asks_where_the_kind_says_so_and_nowhere_else() {
        let rule = WriteRule::read_only_but(&["/stores/*/search"]);
        assert!(rule.reads_by_post("/stores/a-1/search") && rule.admits("GetThing"));
        for path in [
            "/stores",
            "/stores/a",
            "/stores//search",
            "/stores/a/b/search",
            "/stores/a/search/",
            "/stores/a/Search",
        ] {
            assert!(!rule.reads_by_post(path), "{path}");
        }
        assert!(
            !WriteRule::read_only().reads_by_post("/")
                && !WriteRule::Allowed.reads_by_post("/stores/a/search")
        );
    }
}
