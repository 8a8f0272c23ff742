//! Deals policies out to routes: one in three has some, now and then four together.

use super::random::Random;
use crate::scenario::{
    Breaker, Cors, HeaderChange, HeaderOp, Limit, Mirror, PathKind, Refusal, Rewrite, Route, Side,
};

/// Kinds of policy.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Rewrite,
    Headers,
    Cors,
    Mirror,
    RateLimit,
    Concurrency,
    Breaker,
}

const KINDS: [Kind; 7] = [
    Kind::Rewrite,
    Kind::Headers,
    Kind::Cors,
    Kind::Mirror,
    Kind::RateLimit,
    Kind::Concurrency,
    Kind::Breaker,
];

/// So many requests a second that the lab's own traffic does not come near.
const PLENTY: u32 = 5_000;

/// Deals them out to the routes that forward and say nothing of their own yet. The first ones get
/// each kind once, then four of them, then the firewall, so that even a small scenario has all.
pub(super) fn spread(random: &mut Random, routes: &mut [Route]) {
    let ordinary = |route: &&mut Route| {
        let plain = !route.guarded && route.rate_limit.is_none();
        plain
            && route.to.iter().any(|to| to.dubbo.is_none())
            && route.path.starts_with('/')
            && is_open(&route.path)
    };
    for (at, route) in routes.iter_mut().filter(ordinary).enumerate() {
        if at < KINDS.len() {
            put(random, route, KINDS[at]);
        } else if at == KINDS.len() {
            several(random, route, 4);
        } else if at == KINDS.len() + 1 {
            route.waf = true;
        } else if random.below(3) == 0 {
            let count = *random.pick(&[1, 1, 1, 2, 2, 4]);
            several(random, route, count);
        }
    }
}

/// So many on every route that forwards.
pub(super) fn everywhere(random: &mut Random, routes: &mut [Route], count: usize) {
    for route in routes.iter_mut().filter(|route| !route.to.is_empty()) {
        several(random, route, count);
    }
}

/// Not one of the routes that refuse callers.
fn is_open(path: &str) -> bool {
    !["/partner/", "/hooks/", "/secure"].iter().any(|prefix| path.starts_with(prefix))
}

fn several(random: &mut Random, route: &mut Route, count: usize) {
    let mut kinds = KINDS;
    random.shuffle(&mut kinds);
    for kind in kinds.into_iter().take(count) {
        put(random, route, kind);
    }
}

fn put(random: &mut Random, route: &mut Route, kind: Kind) {
    match kind {
        Kind::Rewrite => route.rewrite = Some(rewrite(random, route)),
        Kind::Headers => route.change_headers = headers(random, &route.name),
        Kind::Cors => route.cors = Some(cors(random)),
        Kind::Mirror => {
            let percent = *random.pick(&[1, 5, 20]);
            route.mirror = Some(Mirror { service: "audit-sink".to_owned(), percent, port: 0, off: false });
        }
        Kind::RateLimit => {
            let refuse = refusal(random);
            route.rate_limit = Some(Limit {
                threshold: PLENTY,
                window_ms: 1_000,
                mode: 0,
                refuse,
                off: random.below(8) == 0,
            });
        }
        Kind::Concurrency => {
            let refuse = refusal(random);
            route.concurrency = Some(Limit {
                threshold: PLENTY,
                window_ms: 1_000,
                mode: 0,
                refuse,
                off: random.below(8) == 0,
            });
        }
        Kind::Breaker => {
            route.circuit_breaker = Some(Breaker {
                ratio: *random.pick(&[60, 80]),
                slow_ms: (random.below(2) == 0).then_some(20_000),
                window: 30,
                recovery: 10,
                min_requests: 1_000,
                refuse: refusal(random),
                off: false,
            });
        }
    }
}

fn rewrite(random: &mut Random, route: &Route) -> Rewrite {
    let host = (random.below(3) == 0).then(|| "backend.internal.example.org".to_owned());
    match route.kind {
        PathKind::Exact => {
            Rewrite { path: Some(format!("/backend{}", route.path)), host, ..Rewrite::default() }
        }
        PathKind::Prefix => {
            Rewrite { prefix: Some(format!("/backend{}", route.path)), host, ..Rewrite::default() }
        }
        PathKind::Regex => Rewrite {
            regex: Some("/([^/]+)/(.*)".to_owned()),
            substitution: Some("/backend/\\1/\\2".to_owned()),
            host,
            ..Rewrite::default()
        },
    }
}

fn headers(random: &mut Random, route: &str) -> Vec<HeaderChange> {
    let change = |on: Side, op: HeaderOp, name: &str, value: &str| HeaderChange {
        on,
        op,
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let all = [
        change(Side::Request, HeaderOp::Add, "x-shop-route", route),
        change(Side::Request, HeaderOp::Update, "x-shop-env", "production"),
        change(Side::Request, HeaderOp::Delete, "x-shop-debug", ""),
        change(Side::Response, HeaderOp::Add, "x-shop-served-by", "gateway"),
        change(Side::Response, HeaderOp::Update, "x-frame-options", "DENY"),
    ];
    let count = 1 + random.below(all.len());
    all.into_iter().take(count).collect()
}

fn cors(random: &mut Random) -> Cors {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let open = random.below(3) == 0;
    Cors {
        origins: if open {
            texts(&["*"])
        } else {
            texts(&["https://www.example.com", "https://mobile.example.com"])
        },
        methods: texts(&["GET", "POST", "OPTIONS"]),
        headers: texts(&["content-type", "x-token"]),
        expose: texts(&["x-total"]),
        credentials: !open,
        hours: *random.pick(&[1, 12, 24]),
        off: false,
    }
}

fn refusal(random: &mut Random) -> Refusal {
    match random.below(3) {
        0 => Refusal::default(),
        1 => {
            Refusal { status: 503, body: "{\"error\":\"busy\"}".to_owned(), json: true, ..Refusal::default() }
        }
        _ => Refusal { body: "busy".to_owned(), ..Refusal::default() },
    }
}
