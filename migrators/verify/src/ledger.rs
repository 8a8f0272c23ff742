//! The account of what requests shall show beside the routes' matches: policies, lists,
//! authentication, consumers, plugins, parameters. Each has aspects; each request names the ones it
//! is about; whatever no request shows has a reason.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Aspects of one subject that are told apart: their marks fit into one number.
const ASPECTS: usize = 60;

/// Kind of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubjectKind {
    /// Rewritten path or host of a route.
    Rewrite,
    /// Header changes of a route.
    HeaderChange,
    /// Cross-origin policy of a route.
    Cors,
    /// Copied traffic of a route.
    Mirror,
    /// Requests a second.
    RateLimit,
    /// Requests at a time.
    ConcurrencyLimit,
    /// Circuit breaker.
    CircuitBreaker,
    /// Web application firewall.
    Waf,
    /// Timeout that was set on purpose.
    Timeout,
    /// Retries that were set on purpose.
    Retry,
    /// Black or white list.
    AccessList,
    /// Authentication for the whole gateway.
    Authentication,
    /// A consumer and its grants.
    Consumer,
    /// A route that asks for a consumer.
    GuardedRoute,
    /// A rule of a plugin.
    Plugin,
    /// A parameter of the gateway.
    Parameter,
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// One thing that requests shall show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    /// Kind.
    pub(crate) kind: SubjectKind,
    /// What it is, `routes/r1`.
    pub(crate) object: String,
    /// What of it can be told apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) aspects: Vec<String>,
    /// Why something of it, or all of it, is not shown by any request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What a request says of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Concern {
    /// The subject, by its position.
    pub(crate) subject: usize,
    /// The aspect, by its position in the subject.
    pub(crate) aspect: usize,
    /// A text that the source's answer has to hold, or the answer does not tell of this aspect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<String>,
}

/// What the source is known to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Expect {
    /// It refuses it.
    Refused,
    /// It lets it through.
    Passed,
}

impl Expect {
    /// Whether a status is that.
    pub(crate) fn is_met(self, status: u16) -> bool {
        match self {
            // A login page is a refusal, too; statuses of plugins are the operator's choice.
            Self::Refused => status >= 300 && status != 404,
            Self::Passed => !matches!(status, 401 | 403 | 407),
        }
    }
}

/// Subjects while requests are made.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    subjects: Vec<Subject>,
    by_object: HashMap<(SubjectKind, String), usize>,
    /// Requests for each aspect in each place, so that thousands of routes do not ask the same.
    asked: HashMap<(usize, usize, String), usize>,
}

impl Ledger {
    /// The subject of that name, new or known.
    pub(crate) fn subject(&mut self, kind: SubjectKind, object: impl Into<String>) -> usize {
        let object = object.into();
        if let Some(at) = self.by_object.get(&(kind, object.clone())) {
            return *at;
        }
        let at = self.subjects.len();
        self.by_object.insert((kind, object.clone()), at);
        self.subjects.push(Subject { kind, object, aspects: Vec::new(), reason: None });
        at
    }

    /// An aspect of a subject, new or known.
    pub(crate) fn concern(&mut self, subject: usize, aspect: &str) -> Concern {
        let aspects = &mut self.subjects[subject].aspects;
        let at = aspects.iter().position(|one| one == aspect).unwrap_or_else(|| {
            if aspects.len() < ASPECTS {
                aspects.push(aspect.to_owned());
            } else if aspects.len() == ASPECTS {
                aspects.push("further ones".to_owned());
            }
            aspects.len() - 1
        });
        Concern { subject, aspect: at, proof: None }
    }

    /// Says why something of a subject is not shown; the first reason stays.
    pub(crate) fn reason(&mut self, subject: usize, why: impl Into<String>) {
        self.subjects[subject].reason.get_or_insert_with(|| why.into());
    }

    /// Whether an aspect has been asked about often enough in a place; counts the asking.
    pub(crate) fn enough(&mut self, concern: &Concern, place: &str, limit: usize) -> bool {
        let count = self.asked.entry((concern.subject, concern.aspect, place.to_owned())).or_insert(0);
        *count += 1;
        *count > limit
    }

    /// What a subject is.
    pub(crate) fn get(&self, at: usize) -> &Subject {
        &self.subjects[at]
    }

    /// All subjects.
    pub(crate) fn into_subjects(self) -> Vec<Subject> {
        self.subjects
    }
}
