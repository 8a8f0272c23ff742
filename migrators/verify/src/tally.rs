//! What the comparisons came to so far: small enough for a checkpoint, complete enough for the
//! report. One letter a request, in the order of the requests.

use std::collections::BTreeMap;

use gateshift_sdk::model::Digest;
use serde::{Deserialize, Serialize};

use crate::answer::Difference;
use crate::case::{Case, Kind, Requests};
use crate::cause::{Cause, cause};
use crate::compare::{Judged, Verdict};
use crate::curl;
use crate::entry::Gateway;

/// Mismatches described in full; further ones are counted.
pub(crate) const DESCRIBED: usize = 200;

/// Letters of the requests.
const EQUAL: char = '=';
const DIFFERS: char = 'x';
const UNCLEAR: char = '?';
const UNPROVEN: char = '-';
/// Both answer alike, and the source does not do what it is known to do: it proves nothing.
const VAIN: char = '~';

/// One request whose answers differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mismatch {
    /// The route that answers at the source; none when none does.
    pub(crate) route: Option<String>,
    /// The route the request was made for.
    pub(crate) about: Option<String>,
    /// What it is for.
    pub(crate) kind: Kind,
    /// What it shows.
    pub(crate) shows: Vec<String>,
    /// The likely cause.
    pub(crate) cause: Cause,
    /// What differs.
    pub(crate) differences: Vec<Difference>,
    /// The request to the source.
    pub(crate) source: String,
    /// The request to the target.
    pub(crate) target: String,
}

/// One request of which nothing can be said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Doubt {
    /// The route the request was made for.
    pub(crate) about: Option<String>,
    /// Why nothing can be said.
    pub(crate) why: String,
    /// The request to the source.
    pub(crate) source: String,
    /// The request to the target.
    pub(crate) target: String,
}

/// The state of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// The requests it is about.
    pub(crate) requests: Digest,
    /// One letter for each request that is done.
    pub(crate) letters: String,
    /// Mismatches, the first of them.
    pub(crate) mismatches: Vec<Mismatch>,
    /// Doubts, the first of them.
    pub(crate) doubts: Vec<Doubt>,
    /// Fields that the source changes by itself, with the requests in which they were ignored.
    pub(crate) ignored: BTreeMap<String, u64>,
    /// Marks of the aspects that were shown to be alike, by subject.
    #[serde(default)]
    pub(crate) shown: BTreeMap<usize, u64>,
    /// Marks of the aspects of which equal answers told nothing.
    #[serde(default)]
    pub(crate) vain: BTreeMap<usize, u64>,
    /// Marks of the aspects about which answers differ.
    #[serde(default)]
    pub(crate) wrong: BTreeMap<usize, u64>,
    /// Sent to the source.
    pub(crate) to_source: u64,
    /// Sent to the target.
    pub(crate) to_target: u64,
}

impl Tally {
    /// Nothing done yet.
    pub(crate) fn new(requests: Digest) -> Self {
        Self {
            requests,
            letters: String::new(),
            mismatches: Vec::new(),
            doubts: Vec::new(),
            ignored: BTreeMap::new(),
            shown: BTreeMap::new(),
            vain: BTreeMap::new(),
            wrong: BTreeMap::new(),
            to_source: 0,
            to_target: 0,
        }
    }

    /// Requests done.
    pub(crate) fn done(&self) -> usize {
        self.letters.len()
    }

    /// Takes the result of the next request.
    pub(crate) fn take(
        &mut self,
        requests: &Requests,
        case: &Case,
        judged: Judged,
        source: &Gateway,
        target: &Gateway,
    ) {
        self.mark(case, &judged);
        for field in judged.noise {
            *self.ignored.entry(field).or_insert(0) += 1;
        }
        let about = case.route.and_then(|at| requests.routes.get(at)).map(|route| route.name.clone());
        let lines = || (curl::line(case, source), curl::line(case, target));
        let letter = match judged.verdict {
            Verdict::Equal if judged.evidence.is_some_and(|evidence| !evidence.is_met) => VAIN,
            Verdict::Equal => EQUAL,
            Verdict::Unproven => {
                let why =
                    "both answer as if no route fitted, although the source has one that should".to_owned();
                self.doubt(about, why, lines());
                UNPROVEN
            }
            Verdict::Unclear(why) => {
                self.doubt(about, why, lines());
                UNCLEAR
            }
            Verdict::Differs(differences) => {
                if self.mismatches.len() < DESCRIBED {
                    let (source, target) = lines();
                    let is_made = case
                        .winner
                        .as_ref()
                        .and_then(|winner| requests.routes.iter().find(|route| &route.name == winner))
                        .is_none_or(|route| route.made);
                    self.mismatches.push(Mismatch {
                        route: case.winner.clone(),
                        about,
                        kind: case.kind,
                        shows: case.shows.clone(),
                        cause: cause(case, &requests.subjects, &differences, is_made),
                        differences,
                        source,
                        target,
                    });
                }
                DIFFERS
            }
        };
        self.letters.push(letter);
    }

    /// Marks what a request showed beside routes.
    fn mark(&mut self, case: &Case, judged: &Judged) {
        for (number, concern) in case.concerns.iter().enumerate() {
            let tells =
                judged.evidence.as_ref().is_some_and(|evidence| evidence.is_met && evidence.proven[number]);
            let marks = match judged.verdict {
                Verdict::Equal if tells => &mut self.shown,
                Verdict::Differs(_) => &mut self.wrong,
                _ => &mut self.vain,
            };
            *marks.entry(concern.subject).or_insert(0) |= 1 << concern.aspect;
        }
    }

    fn doubt(&mut self, about: Option<String>, why: String, (source, target): (String, String)) {
        if self.doubts.len() < DESCRIBED {
            self.doubts.push(Doubt { about, why, source, target });
        }
    }

    fn count(&self, wanted: char) -> u64 {
        self.letters.chars().filter(|letter| *letter == wanted).count() as u64
    }

    /// Requests whose answers were compared.
    pub(crate) fn compared(&self) -> u64 {
        self.count(EQUAL) + self.count(VAIN) + self.count(DIFFERS)
    }

    /// Requests whose answers differ.
    pub(crate) fn differing(&self) -> u64 {
        self.count(DIFFERS)
    }

    /// Requests of which nothing can be said.
    pub(crate) fn unclear(&self) -> u64 {
        self.count(UNCLEAR) + self.count(UNPROVEN)
    }

    /// The requests that were done, each with whether its answers agree (`None`: nothing can be said).
    pub(crate) fn results<'a>(
        &'a self,
        requests: &'a Requests,
    ) -> impl Iterator<Item = (&'a Case, Option<bool>)> {
        requests.cases.iter().zip(self.letters.chars()).map(|(case, letter)| {
            let agrees = match letter {
                EQUAL => Some(true),
                DIFFERS => Some(false),
                _ => None,
            };
            (case, agrees)
        })
    }
}
