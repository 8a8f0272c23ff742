//! The comparison in full: counts, coverage by route, every mismatch with its likely cause. The
//! artifact that people and the report command read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::case::{Kind, Reach, Requests};
use crate::ledger::SubjectKind;
use crate::subjects::{KindCount, Showing, counts, showings};
use crate::tally::{Doubt, Mismatch, Tally};

/// The report. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Format; 1.
    pub(crate) format: u32,
    /// Requests whose answers were compared.
    pub(crate) compared: u64,
    /// Those that differ.
    pub(crate) mismatches: u64,
    /// Those of which nothing can be said.
    pub(crate) unclear: u64,
    /// Those that were not sent because there were too many mismatches before them.
    pub(crate) not_sent: u64,
    /// Those that were left out because an edited route would answer them.
    pub(crate) not_comparable: u64,
    /// Sent to the source, repetitions included.
    pub(crate) sent_to_source: u64,
    /// Sent to the target, repetitions included.
    pub(crate) sent_to_target: u64,
    /// Published routes.
    pub(crate) routes: u64,
    /// Those that answered at least one compared request.
    pub(crate) routes_covered: u64,
    /// Domains whose requests the target answered like the source.
    pub(crate) hosts: Vec<String>,
    /// Fields that the source changes by itself, with the requests in which they were ignored.
    pub(crate) ignored: BTreeMap<String, u64>,
    /// Each published route.
    pub(crate) coverage: Vec<Coverage>,
    /// Policies, lists, authentication, consumers, plugins and parameters, by kind.
    #[serde(default)]
    pub(crate) kinds: BTreeMap<SubjectKind, KindCount>,
    /// Each of them.
    #[serde(default)]
    pub(crate) subjects: Vec<Showing>,
    /// Requests about them that were left out, because there would be too many.
    #[serde(default)]
    pub(crate) over: u64,
    /// The first mismatches in full.
    pub(crate) differing: Vec<Mismatch>,
    /// The first doubts in full.
    pub(crate) doubts: Vec<Doubt>,
}

/// What was shown of a route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Coverage {
    /// Name.
    pub(crate) route: String,
    /// How far it can be shown at all.
    #[serde(flatten)]
    pub(crate) reach: Reach,
    /// Compared requests that it answers.
    pub(crate) positive: u64,
    /// Compared requests that just miss it.
    pub(crate) near_misses: u64,
    /// Compared requests about it that differ.
    pub(crate) mismatches: u64,
    /// Things about its match that were shown to be alike.
    pub(crate) branches_shown: u64,
    /// Things about its match that requests could show.
    pub(crate) branches: u64,
    /// Those that no request showed.
    pub(crate) not_shown: Vec<String>,
}

impl Coverage {
    /// It answered at least one compared request.
    pub(crate) fn is_covered(&self) -> bool {
        self.positive > 0
    }

    /// It could be shown and was not.
    pub(crate) fn is_open(&self) -> bool {
        !self.is_covered() && self.reach == Reach::Compared
    }
}

/// The report of a finished comparison.
pub(crate) fn report(requests: &Requests, tally: &Tally) -> Report {
    let coverage = coverage(requests, tally);
    let answered = tally.results(requests).filter(|(case, agrees)| {
        let is_served = case.winner.is_some() || case.kind == Kind::Redirect;
        *agrees == Some(true) && is_served
    });
    let subjects = showings(requests, tally);
    let hosts: BTreeSet<&str> = answered.map(|(case, _)| case.domain.as_str()).collect();
    Report {
        format: 1,
        compared: tally.compared(),
        mismatches: tally.differing(),
        unclear: tally.unclear(),
        not_sent: (requests.cases.len() - tally.done()) as u64,
        not_comparable: requests.not_comparable,
        sent_to_source: tally.to_source,
        sent_to_target: tally.to_target,
        routes: requests.routes.len() as u64,
        routes_covered: coverage.iter().filter(|one| one.is_covered()).count() as u64,
        hosts: hosts.into_iter().map(str::to_owned).collect(),
        ignored: tally.ignored.clone(),
        coverage,
        kinds: counts(&subjects),
        subjects,
        over: requests.over,
        differing: tally.mismatches.clone(),
        doubts: tally.doubts.clone(),
    }
}

fn coverage(requests: &Requests, tally: &Tally) -> Vec<Coverage> {
    let mut shown: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); requests.routes.len()];
    let mut found: Vec<Coverage> = requests
        .routes
        .iter()
        .map(|route| Coverage {
            route: route.name.clone(),
            reach: route.reach.clone(),
            positive: 0,
            near_misses: 0,
            mismatches: 0,
            branches_shown: 0,
            branches: route.branches.len() as u64,
            not_shown: Vec::new(),
        })
        .collect();
    for (case, agrees) in tally.results(requests) {
        let Some(agrees) = agrees else { continue };
        for (at, kind, shows) in case.about() {
            let one = &mut found[at];
            match kind {
                Kind::Positive => one.positive += 1,
                Kind::NearMiss => one.near_misses += 1,
                Kind::Redirect | Kind::Negative | Kind::Effect => {}
            }
            if agrees {
                shown[at].extend(shows.iter().map(String::as_str));
            } else {
                one.mismatches += 1;
            }
        }
    }
    for ((one, route), shown) in found.iter_mut().zip(&requests.routes).zip(shown) {
        let open = route.branches.iter().filter(|branch| !shown.contains(branch.as_str()));
        one.not_shown = open.cloned().collect();
        one.branches_shown = one.branches - one.not_shown.len() as u64;
    }
    found
}
