//! From an inventory to the requests that show each of its published routes. Pure and deterministic:
//! the same inventory and settings always give the same requests in the same order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use gateshift_gateway_model::{
    Destination, Inventory, MatchKind, PublishState, Route, TargetRoutes, precedence,
};

use crate::access::{Access, Admission, Skip, Vault};
use crate::book::{Book, Winner};
use crate::case::{Also, Case, FORMAT, Kind, Reach, Requests, RouteNote, Spread};
use crate::draft::{Axes, Door, Draft, LABEL, SAFE, methods};
use crate::ledger::{Expect, Ledger};
use crate::near::near_misses;
use crate::opened::Opened;
use crate::secret::Carried;
use crate::settings::Settings;
use crate::show;
use crate::text;

/// Domains of a route that each get a request of their own.
const DOMAINS: usize = 6;
/// Combinations tried for a route whose plain requests others answer.
const COMBINATIONS: usize = 400;
/// A host and a path that nobody has.
const NO_HOST: &str = "gateshift-nobody.invalid";
const NO_PATH: &str = "/gateshift-probe/no-such-path";

/// The requests for an inventory whose routes became `target`.
pub(crate) fn requests(
    inventory: &Inventory,
    target: &TargetRoutes,
    settings: &Settings,
    opened: &Opened,
) -> Requests {
    let book = Book::new(inventory);
    let is_published = |at: &usize| inventory.routes[*at].state == PublishState::Published;
    let published: Vec<usize> = (0..inventory.routes.len()).filter(is_published).collect();
    let left_out = if settings.skip_left_out {
        published.iter().copied().filter(|at| !target.has(&inventory.routes[*at].id)).collect()
    } else {
        HashSet::new()
    };
    let mut maker = Maker {
        live: live(inventory, &left_out),
        near_limit: settings.near_limit(published.len()),
        published: published.clone(),
        book: &book,
        settings,
        left_out,
        seen: HashMap::new(),
        spread: HashSet::new(),
        shown: BTreeMap::new(),
        answered: BTreeMap::new(),
        cases: Vec::new(),
        not_comparable: 0,
        access: Access::new(inventory, opened),
        vault: Vault::default(),
        ledger: Ledger::default(),
        expressions: show::Expressions::default(),
        effects: HashMap::new(),
        over: 0,
        made_effects: 0,
    };
    let mut routes = Vec::new();
    for at in published {
        let route = &inventory.routes[at];
        let (reach, branches) = maker.route(routes.len(), at);
        let made = target.has(&route.id);
        routes.push(RouteNote { id: route.id.clone(), name: route.name.clone(), reach, made, branches });
    }
    maker.contests(inventory);
    maker.unserved(inventory);
    maker.domains(inventory);
    for base in maker.bases() {
        show::route(&mut maker, &base);
    }
    show::gateway(&mut maker);
    let idle = inventory.domains.iter().map(|domain| &domain.name).filter(|name| !maker.live.contains(*name));
    let idle_domains = idle.cloned().collect();
    Requests {
        format: FORMAT,
        routes,
        cases: maker.cases,
        not_comparable: maker.not_comparable,
        idle_domains,
        subjects: maker.ledger.into_subjects(),
        secrets: maker.vault.into_secrets(),
        over: maker.over,
    }
}

/// Domains that the target serves: it presents a certificate, and redirects to HTTPS, only where a
/// deployed route brings a domain to the gateway. The source does so for every domain it knows, so
/// nothing can be compared on a domain without a route that serves.
fn live(inventory: &Inventory, left_out: &HashSet<usize>) -> BTreeSet<String> {
    let serves = |state| matches!(state, PublishState::Published | PublishState::Edited);
    let routes = inventory.routes.iter().enumerate();
    let serving = routes.filter(|(at, route)| serves(route.state) && !left_out.contains(at));
    serving.flat_map(|(_, route)| route.domains.iter().cloned()).collect()
}

/// All that goes on the wire.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Wire {
    tls: bool,
    method: String,
    host: String,
    target: String,
    headers: Vec<(String, String)>,
    carried: Vec<Carried>,
    is_burst: bool,
}

/// Requests while they are made.
pub(crate) struct Maker<'a> {
    pub(crate) book: &'a Book<'a>,
    /// Positions of the published routes.
    pub(crate) published: Vec<usize>,
    pub(crate) settings: &'a Settings,
    near_limit: usize,
    left_out: HashSet<usize>,
    /// Domains that the target serves.
    pub(crate) live: BTreeSet<String>,
    /// Requests made already, with their positions.
    seen: HashMap<Wire, usize>,
    /// Weighted routes that have their request with all answers.
    spread: HashSet<usize>,
    /// A request that a route answers, by domain, with the route's positions among the notes and routes.
    shown: BTreeMap<String, (usize, usize, Draft)>,
    /// A request that each route answers, without credentials, with the route's position among the notes.
    pub(crate) answered: BTreeMap<usize, (usize, Draft)>,
    cases: Vec<Case>,
    not_comparable: u64,
    /// Who may ask what.
    pub(crate) access: Access<'a>,
    /// Credentials of the requests.
    pub(crate) vault: Vault,
    /// What requests shall show beside routes.
    pub(crate) ledger: Ledger,
    /// Expressions of rewrites.
    pub(crate) expressions: show::Expressions,
    /// Requests about policies and the like, by route.
    pub(crate) effects: HashMap<usize, usize>,
    /// Those of all routes.
    pub(crate) made_effects: usize,
    /// Those that were too many.
    pub(crate) over: u64,
}

impl<'a> Maker<'a> {
    /// Requests for one published route, and what that makes of it.
    fn route(&mut self, note: usize, at: usize) -> (Reach, Vec<String>) {
        if self.left_out.contains(&at) {
            return (Reach::LeftOut, Vec::new());
        }
        let route = self.book.route(at);
        let allowed = methods(route, self.settings.unsafe_routes.contains(&route.name));
        let is_unsafe_only = allowed.is_empty();
        let allowed = if is_unsafe_only { route.matching.methods.clone() } else { allowed };
        let axes = match Axes::new(self.book, at, allowed) {
            Ok(axes) => axes,
            Err(why) => return (Reach::Unsendable { why }, Vec::new()),
        };
        let mut branches = axes.branches();
        let limit = self.settings.per_route.max(axes.doors.len().min(DOMAINS));
        let mut good: Vec<Draft> = (0..axes.rounds().min(limit)).map(|turn| axes.round(turn)).collect();
        good.retain(|draft| self.answers(at, draft));
        if good.is_empty() {
            good.extend(self.search(at, &axes));
        }
        let mut refused = None;
        let Some(first) = good.first().cloned() else {
            return (self.who_instead(&axes), branches);
        };
        if !is_unsafe_only {
            self.answered.insert(at, (note, first.clone()));
            for draft in good {
                refused = self.positive(note, at, draft).refused.or(refused);
            }
            if refused.is_none() {
                self.shown.entry(first.door.domain.clone()).or_insert_with(|| (note, at, first.clone()));
            }
        }
        let mut first = first;
        self.admit(at, &mut first);
        let near = near_misses(self.book, at, &first);
        branches.extend(near.iter().flat_map(|draft| draft.shows.clone()));
        for draft in near.into_iter().take(self.near_limit) {
            self.add(Kind::NearMiss, Some(note), draft);
        }
        let reach = match refused {
            _ if is_unsafe_only => Reach::UnsafeOnly,
            Some(why) => Reach::Guarded { why },
            None => Reach::Compared,
        };
        (reach, branches)
    }

    fn answers(&self, at: usize, draft: &Draft) -> bool {
        self.book.winner(&draft.facts(), draft.door.tls) == Winner::Route(at)
    }

    /// A request that the route answers, where the plain ones are answered by others.
    fn search(&self, at: usize, axes: &Axes) -> Option<Draft> {
        let found = axes.combinations(COMBINATIONS).find(|draft| self.answers(at, draft));
        found.or_else(|| {
            axes.combinations(COMBINATIONS).find_map(|mut draft| {
                draft.door = Door::new(self.book, &draft.door.domain, "gateshift-other-probe");
                self.answers(at, &draft).then_some(draft)
            })
        })
    }

    /// Who answers in place of a route that no request reaches.
    fn who_instead(&self, axes: &Axes) -> Reach {
        let draft = axes.round(0);
        match self.book.winner(&draft.facts(), draft.door.tls) {
            Winner::Route(other) => {
                let by = self.book.route(other).name.clone();
                if self.book.route(other).state == PublishState::Published {
                    Reach::Shadowed { by }
                } else {
                    Reach::NotComparable { by }
                }
            }
            Winner::Secure => Reach::Unsendable {
                why: format!("domain `{}` is plain and sends to HTTPS", draft.door.domain),
            },
            Winner::Missing => {
                Reach::Unsendable { why: "no route answers the request that was made for it".to_owned() }
            }
        }
    }

    /// Requests that fit two routes with the same path, so that their order shows.
    fn contests(&mut self, inventory: &Inventory) {
        let mut groups: BTreeMap<(&str, MatchKind, &str), Vec<usize>> = BTreeMap::new();
        for at in self.answered.keys() {
            let route = &inventory.routes[*at];
            let path = &route.matching.path;
            for domain in &route.domains {
                groups.entry((domain.as_str(), path.kind, path.value.as_str())).or_default().push(*at);
            }
        }
        for ((domain, _, _), mut routes) in groups {
            routes.sort_by_key(|at| precedence(&inventory.routes[*at], domain));
            for two in routes.windows(2) {
                if let Some((note, draft)) = self.contest(domain, two[0], two[1]) {
                    self.positive(note, two[0], draft);
                }
            }
        }
    }

    /// A request of the better route that fits the other one, too.
    fn contest(&self, domain: &str, better: usize, other: usize) -> Option<(usize, Draft)> {
        let (note, draft) = self.answered.get(&better)?;
        let (_, add) = self.answered.get(&other)?;
        let mut both = draft.clone();
        both.door = Door::new(self.book, domain, LABEL);
        for (name, value) in &add.headers {
            if !both.headers.iter().any(|(one, _)| one.eq_ignore_ascii_case(name)) {
                both.headers.push((name.clone(), value.clone()));
            }
        }
        for (name, value) in &add.queries {
            if !both.queries.iter().any(|(one, _)| one == name) {
                both.queries.push((name.clone(), value.clone()));
            }
        }
        both.shows = vec![format!("comes before {}", self.book.route(other).name)];
        SAFE.iter().find_map(|method| {
            let draft = Draft { method: (*method).to_owned(), ..both.clone() };
            let fits = self.book.fitting(&draft.facts(), draft.door.tls) == [better, other];
            fits.then_some((*note, draft))
        })
    }

    /// A request for each route that serves nothing: it must serve nothing on the target, too.
    fn unserved(&mut self, inventory: &Inventory) {
        for (at, route) in inventory.routes.iter().enumerate() {
            let is_silent = matches!(route.state, PublishState::Unpublished | PublishState::Unavailable);
            let allowed = methods(route, false);
            if !is_silent || allowed.is_empty() {
                continue;
            }
            if let Ok(axes) = Axes::new(self.book, at, allowed) {
                let shows = vec![format!("route {} is not published", route.name)];
                self.add(Kind::Negative, None, Draft { shows, ..axes.round(0) });
            }
        }
    }

    /// What concerns domains: unknown paths, the plain side of TLS domains, an unknown host.
    fn domains(&mut self, inventory: &Inventory) {
        let served = inventory.routes.iter().filter(|route| route.state == PublishState::Published);
        let names: BTreeSet<String> = served.flat_map(|route| route.domains.iter().cloned()).collect();
        for name in names {
            let door = Door::new(self.book, &name, LABEL);
            self.add(Kind::Negative, None, Draft::get(door.clone(), NO_PATH, "unknown path"));
            if !door.tls {
                continue;
            }
            let plain = Door { tls: false, ..door };
            if self.book.forces_https(&plain.host) {
                self.add(
                    Kind::Redirect,
                    None,
                    Draft::get(plain.clone(), NO_PATH, "plain to HTTPS, unknown path"),
                );
            }
            if let Some((note, at, draft)) = self.shown.get(&name).cloned() {
                let plain = Door { tls: false, ..draft.door.clone() };
                let is_forced = self.book.forces_https(&plain.host);
                let (kind, shows) =
                    if is_forced { (Kind::Redirect, "plain to HTTPS") } else { (Kind::Positive, "plain") };
                let draft = Draft { door: plain, shows: vec![shows.to_owned()], ..draft };
                if is_forced {
                    self.add(kind, Some(note), draft);
                } else {
                    self.positive(note, at, draft);
                }
            }
        }
        let door = Door { domain: NO_HOST.to_owned(), host: NO_HOST.to_owned(), tls: false };
        self.add(Kind::Negative, None, Draft::get(door, "/", "unknown host"));
    }

    /// A request that a route answers, with what the source asks of callers.
    fn positive(&mut self, note: usize, at: usize, mut draft: Draft) -> Admission {
        let admission = self.admit(at, &mut draft);
        let kind = if admission.refused.is_some() {
            draft.extras.expect = Some(Expect::Refused);
            Kind::Effect
        } else {
            show::attach(self, at, &mut draft);
            draft.extras.expect = admission.guarded.then_some(Expect::Passed);
            Kind::Positive
        };
        self.add(kind, Some(note), draft);
        admission
    }

    fn admit(&mut self, at: usize, draft: &mut Draft) -> Admission {
        self.access.admit(&mut self.vault, Some(&self.book.route(at).id), draft, Skip::Nothing)
    }

    /// Takes a request unless it was made before or cannot be compared.
    fn add(&mut self, kind: Kind, note: Option<usize>, draft: Draft) -> bool {
        self.add_times(kind, note, draft, None)
    }

    /// Takes it to be sent many times at once.
    pub(crate) fn add_times(
        &mut self,
        kind: Kind,
        note: Option<usize>,
        draft: Draft,
        burst: Option<u32>,
    ) -> bool {
        if draft.door.domain != NO_HOST && !self.live.contains(&draft.door.domain) {
            self.not_comparable += 1;
            return false;
        }
        let facts = draft.facts();
        let tls = draft.door.tls;
        let is_secured = !tls && self.book.forces_https(&facts.host);
        let fitting = if is_secured { Vec::new() } else { self.book.fitting(&facts, tls) };
        let winner = fitting.first().copied();
        if winner.is_some_and(|at| self.book.route(at).state != PublishState::Published) {
            self.not_comparable += 1;
            return false;
        }
        if winner.is_some_and(|at| self.left_out.contains(&at)) {
            return false;
        }
        let target = text::target(&facts.path, &draft.queries);
        let wire = Wire {
            tls,
            method: draft.method.clone(),
            host: facts.host,
            target: target.clone(),
            headers: draft.headers.clone(),
            carried: draft.extras.carried.clone(),
            is_burst: burst.is_some(),
        };
        let spread = winner.and_then(|at| {
            let is_full = kind == Kind::Positive && draft.method == "GET" && self.spread.insert(at);
            spread(self.book.route(at), is_full)
        });
        if let Some(at) = self.seen.get(&wire) {
            let case = &mut self.cases[*at];
            if kind != Kind::Effect {
                case.also.extend(note.map(|route| Also { route, kind, shows: draft.shows }));
            }
            for concern in draft.extras.concerns {
                if !case.concerns.contains(&concern) {
                    case.concerns.push(concern);
                }
            }
            case.expect = case.expect.or(draft.extras.expect);
            case.watch.extend(draft.extras.watch);
            if spread.is_some_and(|spread| spread.full) {
                case.spread = spread;
            }
            return false;
        }
        self.seen.insert(wire, self.cases.len());
        let route = winner.map(|at| self.book.route(at));
        self.cases.push(Case {
            kind,
            route: note,
            shows: draft.shows,
            also: Vec::new(),
            winner: route.map(|route| route.name.clone()),
            next: fitting.get(1).map(|at| self.book.route(*at).name.clone()),
            own_answer: route.is_some_and(|route| {
                matches!(route.destination, Destination::Mock { .. } | Destination::Redirect { .. })
            }),
            domain: draft.door.domain,
            tls,
            method: draft.method,
            host: draft.door.host,
            target,
            headers: draft.headers,
            spread,
            carried: draft.extras.carried,
            concerns: draft.extras.concerns,
            expect: draft.extras.expect,
            watch: draft.extras.watch,
            burst,
        });
        true
    }
}

/// How the answers of a route spread over services, when they do.
fn spread(route: &Route, full: bool) -> Option<Spread> {
    let (Destination::Weighted { targets } | Destination::Versions { targets }) = &route.destination else {
        return None;
    };
    let weights: Vec<u32> = targets.iter().map(|target| target.weight).filter(|weight| *weight > 0).collect();
    let sum: u32 = weights.iter().sum();
    let least = weights.iter().min().filter(|_| weights.len() > 1)?;
    Some(Spread { answers: weights.len(), least: f64::from(*least) / f64::from(sum), full })
}
