//! A request being put together: where it goes in, and the values that fit or break a route's
//! conditions.

use gateshift_gateway_model::{Protocol, RequestFacts, Route, ValueMatch};

use crate::book::{Book, Condition};
use crate::ledger::{Concern, Expect};
use crate::secret::Carried;
use crate::text;
use crate::values::{Value, paths, values};

/// Methods that change nothing.
pub(crate) const SAFE: [&str; 3] = ["GET", "HEAD", "OPTIONS"];
/// First label of hosts that stand for a wildcard.
pub(crate) const LABEL: &str = "gateshift-probe";

/// Where a request goes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Door {
    /// Domain as the route names it.
    pub(crate) domain: String,
    /// A host that it covers.
    pub(crate) host: String,
    /// Over TLS.
    pub(crate) tls: bool,
}

impl Door {
    /// The usual way into a domain: TLS where there is any. `label` makes a host of a wildcard.
    pub(crate) fn new(book: &Book<'_>, domain: &str, label: &str) -> Self {
        let host = match domain.strip_prefix('*') {
            Some("") => format!("{label}.invalid"),
            Some(rest) => format!("{label}{rest}"),
            None => domain.to_owned(),
        };
        let tls = book.domain(domain).is_some_and(|domain| domain.protocol == Protocol::Https);
        Self { domain: domain.to_owned(), host: host.to_ascii_lowercase(), tls }
    }
}

/// Headers or query parameters of a request, with what they show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs {
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) shows: Vec<String>,
}

/// What a request has beyond what the routes' matches look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    /// Credentials.
    pub(crate) carried: Vec<Carried>,
    /// Policies, lists and so on that it shows.
    pub(crate) concerns: Vec<Concern>,
    /// What the source is known to do with it.
    pub(crate) expect: Option<Expect>,
    /// Headers of the answer that count although they are left out otherwise.
    pub(crate) watch: Vec<String>,
}

/// A request before it is known who answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) door: Door,
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) queries: Vec<(String, String)>,
    pub(crate) shows: Vec<String>,
    pub(crate) extras: Extras,
}

impl Draft {
    /// What the matcher sees of it.
    pub(crate) fn facts(&self) -> RequestFacts {
        RequestFacts {
            host: self.door.host.clone(),
            path: text::path(&self.path),
            method: self.method.clone(),
            headers: self.headers.clone(),
            queries: self.queries.clone(),
        }
    }

    /// A plain GET.
    pub(crate) fn get(door: Door, path: &str, shows: &str) -> Self {
        Self {
            door,
            path: path.to_owned(),
            method: "GET".to_owned(),
            headers: Vec::new(),
            queries: Vec::new(),
            shows: vec![shows.to_owned()],
            extras: Extras::default(),
        }
    }

    /// The same request for another purpose.
    pub(crate) fn to_show(&self, shows: impl Into<String>) -> Self {
        let extras = Extras { carried: self.extras.carried.clone(), ..Extras::default() };
        Self { shows: vec![shows.into()], extras, ..self.clone() }
    }

    /// With one more header, in place of one of that name.
    pub(crate) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(one, _)| !one.eq_ignore_ascii_case(name));
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// With one more thing it shows.
    pub(crate) fn about(mut self, concern: Concern) -> Self {
        self.extras.concerns.push(concern);
        self
    }

    /// Whether it changes nothing.
    pub(crate) fn is_safe(&self) -> bool {
        SAFE.contains(&self.method.as_str())
    }
}

/// All values that fit a route, by condition.
pub(crate) struct Axes {
    pub(crate) doors: Vec<Door>,
    paths: Vec<Value>,
    pub(crate) methods: Vec<String>,
    headers: Vec<Pairs>,
    queries: Vec<Pairs>,
}

impl Axes {
    /// The values of the route at a position; an error says which condition nothing fits.
    /// `methods` are those it may be asked with.
    pub(crate) fn new(book: &Book<'_>, at: usize, methods: Vec<String>) -> Result<Self, String> {
        let route = book.route(at);
        let conditions = book.conditions(at);
        let path = &route.matching.path;
        let mut found = paths(path.kind, &path.value, path.ignore_case, &conditions.path);
        found.retain(|one| conditions.path.fits(&text::path(&one.text)));
        if found.is_empty() {
            return Err(format!("no path was found that fits `{}`", path.value));
        }
        let headers = named("header", &route.matching.headers, &conditions.headers, text::is_sendable)?;
        let queries = named("query", &route.matching.queries, &conditions.queries, |_, _| true)?;
        let doors: Vec<Door> = route.domains.iter().map(|domain| Door::new(book, domain, LABEL)).collect();
        if doors.is_empty() {
            return Err("it belongs to no domain".to_owned());
        }
        Ok(Self { doors, paths: found, methods, headers, queries })
    }

    /// Length of the longest axis: in so many rounds every value is used once.
    pub(crate) fn rounds(&self) -> usize {
        let lengths =
            [self.doors.len(), self.paths.len(), self.methods.len(), self.headers.len(), self.queries.len()];
        lengths.into_iter().max().unwrap_or(1)
    }

    /// The request of a round; each axis begins anew when it is through.
    pub(crate) fn round(&self, turn: usize) -> Draft {
        self.pick([turn; 5])
    }

    fn pick(&self, at: [usize; 5]) -> Draft {
        let door = &self.doors[at[0] % self.doors.len()];
        let path = &self.paths[at[1] % self.paths.len()];
        let method = &self.methods[at[2] % self.methods.len()];
        let headers = &self.headers[at[3] % self.headers.len()];
        let queries = &self.queries[at[4] % self.queries.len()];
        let mut shows = vec![
            format!("domain {}", door.domain),
            format!("path {}", path.shows),
            format!("method {method}"),
        ];
        shows.extend(headers.shows.iter().chain(&queries.shows).cloned());
        Draft {
            door: door.clone(),
            path: path.text.clone(),
            method: method.clone(),
            headers: headers.pairs.clone(),
            queries: queries.pairs.clone(),
            shows,
            extras: Extras::default(),
        }
    }

    /// Every combination, at most `limit`, for routes whose first ones others answer.
    pub(crate) fn combinations(&self, limit: usize) -> impl Iterator<Item = Draft> {
        let lengths =
            [self.queries.len(), self.headers.len(), self.methods.len(), self.paths.len(), self.doors.len()];
        let all: usize = lengths.iter().product();
        (0..all.min(limit)).map(move |number| {
            let mut rest = number;
            let mut digit = |length: usize| {
                let at = rest % length;
                rest /= length;
                at
            };
            let [queries, headers, methods, paths, doors] = lengths.map(&mut digit);
            self.pick([doors, paths, methods, headers, queries])
        })
    }

    /// Everything that a request could show, for the account of coverage.
    pub(crate) fn branches(&self) -> Vec<String> {
        let mut all: Vec<String> = (0..self.rounds()).flat_map(|turn| self.round(turn).shows).collect();
        all.sort();
        all.dedup();
        all
    }
}

/// Alternatives for a list of named conditions: the n-th takes the n-th value of each.
fn named(
    what: &str,
    wanted: &[ValueMatch],
    compiled: &[(String, Condition)],
    sendable: fn(&str, &str) -> bool,
) -> Result<Vec<Pairs>, String> {
    let mut lists = Vec::new();
    for (one, (_, condition)) in wanted.iter().zip(compiled) {
        let mut found = values(one.kind, &one.value, condition);
        found.retain(|value| sendable(&one.name, &value.text));
        if found.is_empty() {
            return Err(format!("no request can carry a {what} `{}` that fits `{}`", one.name, one.value));
        }
        lists.push((one.name.as_str(), found));
    }
    let count = lists.iter().map(|(_, found)| found.len()).max().unwrap_or(1);
    let alternative = |turn: usize| {
        let mut pairs = Pairs::default();
        for (name, found) in &lists {
            let value = &found[turn % found.len()];
            pairs.pairs.push(((*name).to_owned(), value.text.clone()));
            pairs.shows.push(format!("{what} {name} {}", value.shows));
        }
        pairs
    };
    Ok((0..count).map(alternative).collect())
}

/// Methods a route may be asked with: the safe ones it takes, or all of its own when allowed.
pub(crate) fn methods(route: &Route, is_unsafe_allowed: bool) -> Vec<String> {
    let own = &route.matching.methods;
    let takes = |method: &str| own.is_empty() || own.iter().any(|one| one.eq_ignore_ascii_case(method));
    let mut found: Vec<String> =
        SAFE.iter().filter(|method| takes(method)).map(|one| (*one).to_owned()).collect();
    if is_unsafe_allowed {
        found.extend(
            own.iter().map(|one| one.to_ascii_uppercase()).filter(|one| !SAFE.contains(&one.as_str())),
        );
    }
    found
}
