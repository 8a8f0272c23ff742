//! Groups of routes as they grow in a shop. A group is what belongs together: most groups hold
//! routes that match the same request, so that one particular rule of the matching order decides.

use super::catalogue::DOWN;
use super::random::Random;
use crate::scenario::{
    Compare, Condition, Destination, Mock, PathKind, Redirect, Retry, Route, RouteStatus, Scenario, Service,
    ServiceType, Serving,
};

/// Kinds of group; each makes the routes its comment names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// One path by exact, regular and prefix condition: the kind decides.
    Kinds,
    /// The same path with none, one and two header conditions: their number decides.
    Headers,
    /// The same path with and without a query condition: their number decides.
    Queries,
    /// Two routes that only their age tells apart.
    Age,
    /// The same path on an exact and on a wildcard domain: the longer name decides.
    Domains,
    /// A prefix within a prefix: the longer one decides.
    Nested,
    /// Shares of two or three services.
    Weighted,
    /// Shares of two versions of one service.
    Versions,
    /// An answer by the gateway.
    Mock,
    /// A redirect.
    Redirect,
    /// A service that is down, with a fallback.
    Fallback,
    /// A path in any case.
    AnyCase,
    /// Never published.
    Unpublished,
    /// Edited since it was published.
    Edited,
    /// Taken offline.
    Offline,
    /// Not taken in by the gateway.
    Unavailable,
    /// Nothing special.
    Plain,
}

/// What a group is made from.
pub(super) struct Maker<'a> {
    pub(super) random: &'a mut Random,
    pub(super) scenario: &'a Scenario,
    /// Services that answer.
    pub(super) alive: Vec<&'a str>,
    /// Services with versions.
    pub(super) versioned: Vec<&'a str>,
}

impl Maker<'_> {
    /// The routes of one group, all below `base`, with names that begin with `name`.
    pub(super) fn make(&mut self, group: Group, name: &str, base: &str) -> Vec<Route> {
        let domain = self.domain();
        let plain = |suffix: &str, path: &str| Route::new(&format!("{name}{suffix}"), &domain, path);
        match group {
            Group::Kinds => vec![
                self.served(Route {
                    kind: PathKind::Exact,
                    methods: methods(&["GET"]),
                    ..plain("-latest", &format!("{base}/latest"))
                }),
                self.served(Route {
                    kind: PathKind::Regex,
                    methods: methods(&["GET", "HEAD"]),
                    ..plain("-item", &format!("{base}/[0-9a-z]+"))
                }),
                self.served(plain("", base)),
            ],
            Group::Headers => {
                let canary = header("x-canary", Compare::Exact, "true");
                let tenant = header("x-tenant", Compare::Prefix, "vip-");
                vec![
                    self.served(plain("", base)),
                    self.served(Route { headers: vec![canary.clone()], ..plain("-canary", base) }),
                    self.served(Route { headers: vec![canary, tenant], ..plain("-canary-vip", base) }),
                ]
            }
            Group::Queries => {
                let preview = header("preview", Compare::Regex, "1|true");
                vec![
                    self.served(Route {
                        kind: PathKind::Exact,
                        query: vec![preview],
                        ..plain("-preview", base)
                    }),
                    self.served(Route { kind: PathKind::Exact, ..plain("", base) }),
                ]
            }
            Group::Age => vec![
                self.served(Route {
                    headers: vec![header("x-channel", Compare::Exact, "app")],
                    ..plain("-app", base)
                }),
                self.served(Route {
                    headers: vec![header("x-region", Compare::Exact, "east")],
                    ..plain("-east", base)
                }),
            ],
            Group::Domains => {
                let (exact, wildcard) = *self.random.pick(&[
                    ("api.example.com", "*.example.com"),
                    ("search.example.com", "*.example.com"),
                    ("open.example.net", "*.example.net"),
                ]);
                vec![
                    self.served(Route::new(&format!("{name}-any"), wildcard, base)),
                    self.served(Route::new(name, exact, base)),
                ]
            }
            Group::Nested => {
                vec![self.served(plain("-sale", &format!("{base}/sale"))), self.served(plain("", base))]
            }
            _ => vec![self.single(group, plain("", base))],
        }
    }

    fn single(&mut self, group: Group, route: Route) -> Route {
        match group {
            Group::Weighted => self.weighted(route),
            Group::Versions => self.versions(route),
            Group::Mock => {
                let (status, body) = *self.random.pick(&[
                    (200, "{\"status\":\"ok\"}"),
                    (403, "forbidden"),
                    (503, "{\"error\":\"under maintenance\"}"),
                ]);
                Route { kind: PathKind::Exact, mock: Some(Mock { status, body: body.to_owned() }), ..route }
            }
            Group::Redirect => {
                let status = *self.random.pick(&[301, 302, 307, 308]);
                let host = (self.random.below(2) == 0).then(|| "www.example.com".to_owned());
                let path = Some(format!("{}-new", route.path));
                Route { redirect: Some(Redirect { status, host, path }), ..route }
            }
            Group::Fallback => Route {
                to: vec![Destination::all(DOWN)],
                fallback: vec![Destination::all("recommend")],
                ..route
            },
            Group::AnyCase => self.served(Route { ignore_case: true, ..route }),
            Group::Unpublished => self.served(Route { status: RouteStatus::Unpublished, ..route }),
            Group::Offline => self.served(Route { status: RouteStatus::Offline, ..route }),
            Group::Unavailable => self.served(Route { status: RouteStatus::Unavailable, ..route }),
            Group::Edited => {
                let edited = self.served(Route { status: RouteStatus::Edited, timeout: Some(20), ..route });
                Route { serving: Some(Serving { timeout: Some(45), ..Serving::default() }), ..edited }
            }
            // An order number only where nothing overlaps, because it does not decide.
            _ => self.served(Route { order: 10, ..route }),
        }
    }

    /// Forwards to some service, now and then with a timeout, retries, methods or a second domain.
    fn served(&mut self, mut route: Route) -> Route {
        let service: &str = self.random.pick::<&str>(&self.alive);
        route.to = vec![self.destination(service, None)];
        if route.timeout.is_none() && self.random.below(4) == 0 {
            route.timeout = Some(*self.random.pick(&[5, 10, 30]));
        }
        if self.random.below(5) == 0 {
            let attempts = self.random.below(4) as u32;
            let on = ["connect-failure", "refused-stream"].map(str::to_owned).to_vec();
            route.retry = Some(Retry { attempts, on, codes: Vec::new() });
        }
        if self.random.below(8) == 0 {
            route.description = "owned by the shop team".to_owned();
        }
        route
    }

    fn weighted(&mut self, route: Route) -> Route {
        let shares: &[u32] = self.random.pick::<&[u32]>(&[&[90, 10], &[50, 50], &[70, 20, 10]]);
        let mut services = self.alive.clone();
        self.random.shuffle(&mut services);
        let to =
            services.iter().zip(shares).map(|(service, weight)| self.destination(service, Some(*weight)));
        Route { to: to.collect(), ..route }
    }

    fn versions(&mut self, route: Route) -> Route {
        let service = *self.random.pick(&self.versioned);
        let weight = *self.random.pick(&[5, 20, 50]);
        let part = |version: &str, weight: u32| Destination {
            version: version.to_owned(),
            ..self.destination(service, Some(weight))
        };
        Route { to: vec![part("v1", 100 - weight), part("v2", weight)], ..route }
    }

    /// A service as a destination; of a cluster's service the port is named too.
    fn destination(&self, service: &str, weight: Option<u32>) -> Destination {
        let of_cluster = |known: &&Service| known.name == service && known.kind == ServiceType::K8s;
        let port = self.scenario.services.iter().find(of_cluster).map_or(0, |service| service.port);
        Destination { port, weight, ..Destination::all(service) }
    }

    fn domain(&mut self) -> String {
        self.random.pick(&self.scenario.domains).name.clone()
    }
}

fn methods(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn header(name: &str, kind: Compare, value: &str) -> Condition {
    Condition { name: name.to_owned(), kind, value: value.to_owned() }
}
