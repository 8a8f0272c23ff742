//! The classes of policies that this version writes: names, where each is attached, and the keys of
//! its configuration.

use gateshift_gateway_model as model;
use serde_json::{Value, json};

use super::{change, limit, route, service};

/// Kind of resource that routes are.
pub const ON_ROUTE: &str = "GatewayRoute";
/// Kind of resource that operations of REST APIs are.
pub const ON_OPERATION: &str = "Operation";
/// Kind of resource that services are.
pub const ON_SERVICE: &str = "GatewayService";
/// Kind of resource that gateways are.
pub const ON_GATEWAY: &str = "Gateway";

/// Classes that this version writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Limit of a request's time.
    Timeout,
    /// Further attempts.
    Retry,
    /// An answer by the gateway.
    DirectResponse,
    /// A redirect.
    Redirect,
    /// Services for when there is no live endpoint.
    Fallback,
    /// How a service's next endpoint is chosen.
    ServiceLb,
    /// TLS towards a service.
    ServiceTls,
    /// Another path or host towards the backend.
    HttpRewrite,
    /// Headers are added, set and removed.
    HeaderModify,
    /// Cross-origin requests.
    Cors,
    /// A copy of the traffic.
    FlowCopy,
    /// Requests in a time.
    RateLimit,
    /// Requests at a time.
    ConcurrencyLimit,
    /// Nothing is sent to a backend that does badly.
    CircuitBreaker,
    /// The web application firewall.
    Waf,
}

/// The classes that come from a route's own settings.
pub const OF_ROUTES: &[Class] = &[
    Class::Timeout,
    Class::Retry,
    Class::DirectResponse,
    Class::Redirect,
    Class::Fallback,
    Class::HttpRewrite,
    Class::HeaderModify,
    Class::Cors,
    Class::FlowCopy,
    Class::RateLimit,
    Class::ConcurrencyLimit,
    Class::CircuitBreaker,
    Class::Waf,
];

impl Class {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Timeout,
        Self::Retry,
        Self::DirectResponse,
        Self::Redirect,
        Self::Fallback,
        Self::ServiceLb,
        Self::ServiceTls,
        Self::HttpRewrite,
        Self::HeaderModify,
        Self::Cors,
        Self::FlowCopy,
        Self::RateLimit,
        Self::ConcurrencyLimit,
        Self::CircuitBreaker,
        Self::Waf,
    ];

    /// Its name at the product.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "Timeout",
            Self::Retry => "Retry",
            Self::DirectResponse => "DirectResponse",
            Self::Redirect => "Redirect",
            Self::Fallback => "Fallback",
            Self::ServiceLb => "ServiceLb",
            Self::ServiceTls => "ServiceTls",
            Self::HttpRewrite => "HttpRewrite",
            Self::HeaderModify => "HeaderModify",
            Self::Cors => "Cors",
            Self::FlowCopy => "FlowCopy",
            Self::RateLimit => "RateLimit",
            Self::ConcurrencyLimit => "ConcurrencyLimit",
            Self::CircuitBreaker => "CircuitBreaker",
            Self::Waf => "Waf",
        }
    }

    /// The class of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// The kind of resource that this version attaches it to.
    #[must_use]
    pub fn attaches_to(self) -> &'static str {
        match self {
            Self::ServiceLb | Self::ServiceTls => ON_SERVICE,
            _ => ON_ROUTE,
        }
    }

    /// Keys that are known and never written: what they hold is not carried over, or what an absent
    /// one means is known.
    #[must_use]
    pub fn unwritten(self) -> &'static [&'static str] {
        match self {
            Self::ServiceTls => &["certId", "caCertId", "caCertContent", "subjectAltNames"],
            _ => self.shown_only(),
        }
    }

    /// Keys that are written only where the target's own example has them: numbers of the source whose
    /// meaning is not documented.
    #[must_use]
    pub fn shown_only(self) -> &'static [&'static str] {
        match self {
            Self::RateLimit => &["limitMode", "statDurationMs"],
            Self::ConcurrencyLimit | Self::CircuitBreaker => &["limitMode"],
            _ => &[],
        }
    }

    /// A configuration with every key this version may write, for comparison with the product's own
    /// example.
    #[must_use]
    pub fn template(self) -> Value {
        match self {
            Self::Timeout => route::timeout(model::Timeout { seconds: 1, explicit: true }),
            Self::Retry => {
                let on = vec!["5xx".to_owned()];
                route::retry(&model::Retry { attempts: 1, on, statuses: vec![503], explicit: true })
            }
            Self::DirectResponse => route::direct_response(200, "x"),
            Self::Redirect => route::redirect(&model::RedirectTo {
                status: 301,
                host: Some("x.example".to_owned()),
                path: Some("/".to_owned()),
            }),
            Self::Fallback => json!({
                "enable": true,
                "serviceConfigs": [{"serviceId": "s", "name": "n", "port": 80, "protocol": "HTTP", "version": "v", "weight": 100}],
            }),
            Self::ServiceLb => service::load_balancing_template(),
            Self::ServiceTls => json!({"enable": true, "mode": "SIMPLE", "sni": "x.example"}),
            Self::HttpRewrite => {
                let texts = ["host", "pathType", "path", "pattern", "substitution"];
                let mut whole = json!({"enable": true});
                texts.iter().for_each(|key| whole[*key] = json!("/"));
                whole
            }
            Self::HeaderModify => change::headers(&[model::HeaderChange {
                direction: model::Direction::Request,
                op: model::HeaderOp::Add,
                name: "x".to_owned(),
                value: "1".to_owned(),
            }]),
            Self::Cors => change::cors(&model::Cors { unit: "h".to_owned(), ..model::Cors::default() }),
            Self::FlowCopy => {
                let mirror = model::Mirror { service: String::new(), port: Some(80), percent: 1 };
                change::mirror(&mirror, "s".to_owned())
            }
            Self::RateLimit | Self::ConcurrencyLimit => limit::limit_template(),
            Self::CircuitBreaker => limit::breaker_template(),
            Self::Waf => route::waf(),
        }
    }
}
