//! What became of the policies, lists, authentication, consumers, plugins and parameters: which of
//! their aspects were shown to be alike, which differ, and why the rest is not shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::Requests;
use crate::ledger::{Subject, SubjectKind};
use crate::tally::Tally;

/// One of them in the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Showing {
    /// Kind.
    pub(crate) kind: SubjectKind,
    /// What it is.
    pub(crate) object: String,
    /// Aspects in which both gateways were shown to be alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) shown: Vec<String>,
    /// Aspects in which they differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) differs: Vec<String>,
    /// Aspects that no answer told of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_shown: Vec<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// Counts of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KindCount {
    /// All.
    pub(crate) all: u64,
    /// Shown in every aspect.
    pub(crate) shown: u64,
    /// Shown in some aspects.
    pub(crate) partly: u64,
    /// Shown in no aspect.
    pub(crate) not_shown: u64,
    /// They differ.
    pub(crate) differ: u64,
}

/// Each subject with what was shown of it.
pub(crate) fn showings(requests: &Requests, tally: &Tally) -> Vec<Showing> {
    requests.subjects.iter().enumerate().map(|(at, subject)| showing(at, subject, tally)).collect()
}

fn showing(at: usize, subject: &Subject, tally: &Tally) -> Showing {
    let marks = |of: &BTreeMap<usize, u64>| of.get(&at).copied().unwrap_or(0);
    let (shown, vain, wrong) = (marks(&tally.shown), marks(&tally.vain), marks(&tally.wrong));
    let mut found = Showing {
        kind: subject.kind,
        object: subject.object.clone(),
        shown: Vec::new(),
        differs: Vec::new(),
        not_shown: Vec::new(),
        reason: None,
    };
    for (number, aspect) in subject.aspects.iter().enumerate() {
        let list = match 1_u64 << number {
            mark if wrong & mark != 0 => &mut found.differs,
            mark if shown & mark != 0 => &mut found.shown,
            mark => {
                if vain & mark != 0 {
                    found.reason = Some(UNTOLD.to_owned());
                }
                &mut found.not_shown
            }
        };
        list.push(aspect.clone());
    }
    if !found.not_shown.is_empty() {
        let usual = found.reason.unwrap_or_else(|| "no request about it was compared".to_owned());
        found.reason = Some(subject.reason.clone().unwrap_or(usual));
    } else {
        found.reason = None;
    }
    found
}

/// Why equal answers may prove nothing.
const UNTOLD: &str = "the answers of the source do not tell: its backend does not repeat what it gets, or the source itself does otherwise";

/// Counts by kind.
pub(crate) fn counts(subjects: &[Showing]) -> BTreeMap<SubjectKind, KindCount> {
    let mut counts: BTreeMap<SubjectKind, KindCount> = BTreeMap::new();
    for one in subjects {
        let count = counts.entry(one.kind).or_default();
        count.all += 1;
        match (one.differs.is_empty(), one.shown.is_empty(), one.not_shown.is_empty()) {
            (false, _, _) => count.differ += 1,
            (true, false, true) => count.shown += 1,
            (true, false, false) => count.partly += 1,
            (true, true, _) => count.not_shown += 1,
        }
    }
    counts
}
