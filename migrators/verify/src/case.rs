//! The requests of a comparison as data: what is sent, which route it is about, and what is known of
//! the answer beforehand. Kept as an artifact, because thousands of them do not belong into a plan.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ledger::{Concern, Expect, Subject};
use crate::secret::{Carried, Secret};

/// Format of [`Requests`].
pub(crate) const FORMAT: u32 = 1;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The route answers it.
    Positive,
    /// It breaks one condition of the route.
    NearMiss,
    /// It is plain and the domain is served over TLS only.
    Redirect,
    /// Nothing of the source is meant to answer it.
    Negative,
    /// It shows a policy, a list, a credential, a plugin or a parameter.
    Effect,
}

/// A request whose answers come from several services by weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    /// Services or versions.
    pub(crate) answers: usize,
    /// Smallest share of them, 0 to 1.
    pub(crate) least: f64,
    /// Ask until all have been seen on both sides; otherwise one common answer is enough.
    pub(crate) full: bool,
}

/// A further route that a request says something about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Also {
    /// The route, by its position in [`Requests::routes`].
    pub(crate) route: usize,
    /// What the request is for that route.
    pub(crate) kind: Kind,
    /// What of it the request shows.
    pub(crate) shows: Vec<String>,
}

/// One request, sent to both gateways.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Case {
    /// What it is for.
    pub(crate) kind: Kind,
    /// The route it was made for, by its position in [`Requests::routes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<usize>,
    /// What of the route, or of the domain, it shows.
    pub(crate) shows: Vec<String>,
    /// Other routes that the same request was made for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) also: Vec<Also>,
    /// Name of the route that answers at the source; none when none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) winner: Option<String>,
    /// Name of the route that would be next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// The winner's answer is the gateway's own and may be a 404.
    #[serde(default)]
    pub(crate) own_answer: bool,
    /// Domain as the inventory names it.
    pub(crate) domain: String,
    /// Over TLS.
    pub(crate) tls: bool,
    /// Method.
    pub(crate) method: String,
    /// Host, also the server name.
    pub(crate) host: String,
    /// Path and query.
    pub(crate) target: String,
    /// Headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) headers: Vec<(String, String)>,
    /// Weighted destinations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spread: Option<Spread>,
    /// Credentials, made right before it is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) carried: Vec<Carried>,
    /// What it shows beside routes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) concerns: Vec<Concern>,
    /// What the source is known to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect: Option<Expect>,
    /// Headers of the answer that count although they are left out otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) watch: Vec<String>,
    /// Sent so often at once, to reach a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) burst: Option<u32>,
}

impl Case {
    /// Every route it says something about: position, what it is for it, what it shows of it.
    pub(crate) fn about(&self) -> impl Iterator<Item = (usize, Kind, &[String])> {
        let first = self.route.map(|route| (route, self.kind, self.shows.as_slice()));
        let others = self.also.iter().map(|one| (one.route, one.kind, one.shows.as_slice()));
        first.into_iter().chain(others)
    }
}

/// How far a published route can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Reach {
    /// By requests that it answers.
    Compared,
    /// Another route answers every request that was tried.
    Shadowed {
        /// That route.
        by: String,
    },
    /// A route that was edited after it was published may answer: what the source serves is not
    /// what it stores.
    NotComparable {
        /// That route.
        by: String,
    },
    /// It takes only methods that may change something.
    UnsafeOnly,
    /// Only refusals: what it asks of callers cannot be made.
    Guarded {
        /// Why.
        why: String,
    },
    /// The `routes` step left it out, and the operator said not to compare it then.
    LeftOut,
    /// No request could be made that fits it.
    Unsendable {
        /// Why.
        why: String,
    },
}

/// A published route and what can be shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RouteNote {
    /// Id at the source.
    pub(crate) id: String,
    /// Name.
    pub(crate) name: String,
    /// How far it can be shown.
    pub(crate) reach: Reach,
    /// The `routes` step made it.
    pub(crate) made: bool,
    /// Everything about its match that a request could show.
    pub(crate) branches: Vec<String>,
}

/// Everything that is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Requests {
    /// [`FORMAT`] of the writer.
    pub(crate) format: u32,
    /// Published routes in order of creation.
    pub(crate) routes: Vec<RouteNote>,
    /// Requests in the order in which they are sent.
    pub(crate) cases: Vec<Case>,
    /// Requests that were left out because an edited route would answer them.
    pub(crate) not_comparable: u64,
    /// Domains of the source that no serving route uses: the target does not serve them at all.
    #[serde(default)]
    pub(crate) idle_domains: Vec<String>,
    /// What requests shall show beside routes.
    #[serde(default)]
    pub(crate) subjects: Vec<Subject>,
    /// Credentials, as recipes over sealed texts.
    #[serde(default)]
    pub(crate) secrets: Vec<Secret>,
    /// Requests about policies and the like that were left out, because there would be too many.
    #[serde(default)]
    pub(crate) over: u64,
}

impl Requests {
    /// Counts for people and for the plan.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        let kind = |kind: Kind| self.cases.iter().filter(|case| case.kind == kind).count() as u64;
        let reach =
            |fits: fn(&Reach) -> bool| self.routes.iter().filter(|one| fits(&one.reach)).count() as u64;
        [
            ("requests", self.cases.len() as u64),
            ("positive", kind(Kind::Positive)),
            ("near_miss", kind(Kind::NearMiss)),
            ("redirect", kind(Kind::Redirect)),
            ("negative", kind(Kind::Negative)),
            ("effect", kind(Kind::Effect)),
            ("left_out", self.over),
            ("subjects", self.subjects.len() as u64),
            ("not_comparable", self.not_comparable),
            ("routes", self.routes.len() as u64),
            ("routes_comparable", reach(|one| *one == Reach::Compared)),
            ("routes_shadowed", reach(|one| matches!(one, Reach::Shadowed { .. }))),
            ("routes_unsafe_only", reach(|one| *one == Reach::UnsafeOnly)),
            ("routes_not_comparable", reach(|one| matches!(one, Reach::NotComparable { .. }))),
            ("routes_guarded", reach(|one| matches!(one, Reach::Guarded { .. }))),
            ("routes_left_out", reach(|one| *one == Reach::LeftOut)),
            ("routes_unsendable", reach(|one| matches!(one, Reach::Unsendable { .. }))),
        ]
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
    }
}
