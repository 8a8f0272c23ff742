//! Policies of routes and services: the configuration of each class.

mod service;

use gateshift_gateway_model::{Destination, Fallback, RedirectTo, Retry, Route, Timeout};
use serde_json::{Value, json};

use super::compact;
use crate::wire::PolicyView;

pub use service::{limits, of_service, service_difference};

/// Kind of resource that routes are.
pub const ON_ROUTE: &str = "GatewayRoute";
/// Kind of resource that services are.
pub const ON_SERVICE: &str = "GatewayService";

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
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Timeout,
        Self::Retry,
        Self::DirectResponse,
        Self::Redirect,
        Self::Fallback,
        Self::ServiceLb,
        Self::ServiceTls,
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
        }
    }

    /// The kind of resource that this version attaches it to.
    #[must_use]
    pub fn attaches_to(self) -> &'static str {
        match self {
            Self::Timeout | Self::Retry | Self::DirectResponse | Self::Redirect | Self::Fallback => ON_ROUTE,
            Self::ServiceLb | Self::ServiceTls => ON_SERVICE,
        }
    }

    /// Keys that are known and never written: what they hold is not carried over, or what an absent
    /// one means is known.
    #[must_use]
    pub fn unwritten(self) -> &'static [&'static str] {
        match self {
            Self::ServiceTls => &["certId", "caCertId", "caCertContent", "subjectAltNames"],
            _ => &[],
        }
    }

    /// A configuration with every key this version may write, for comparison with the product's own
    /// example.
    #[must_use]
    pub fn template(self) -> Value {
        match self {
            Self::Timeout => timeout(Timeout { seconds: 1, explicit: true }),
            Self::Retry => {
                let on = vec!["5xx".to_owned()];
                retry(&Retry { attempts: 1, on, statuses: vec![503], explicit: true })
            }
            Self::DirectResponse => direct_response(200, "x"),
            Self::Redirect => redirect(&RedirectTo {
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
        }
    }
}

/// The policies a route needs, in the order in which they are attached. Timeout and retries are said
/// even where the source leaves them to its defaults, since the target's may be others; a route that
/// forwards nothing needs neither.
#[must_use]
pub fn of_route(route: &Route, service: &dyn Fn(&str) -> String) -> Vec<(Class, Value)> {
    match &route.destination {
        Destination::Mock { status, body } => vec![(Class::DirectResponse, direct_response(*status, body))],
        Destination::Redirect { to } => vec![(Class::Redirect, redirect(to))],
        _ => {
            let mut found =
                vec![(Class::Timeout, timeout(route.timeout)), (Class::Retry, retry(&route.retry))];
            found.extend(route.fallback.as_ref().map(|one| (Class::Fallback, fallback(one, service))));
            found
        }
    }
}

fn timeout(timeout: Timeout) -> Value {
    json!({"enable": true, "unitNum": timeout.seconds, "timeUnit": "s"})
}

fn retry(retry: &Retry) -> Value {
    let statuses: Vec<String> = retry.statuses.iter().map(u16::to_string).collect();
    json!({"enable": true, "attempts": retry.attempts, "retryOn": retry.on, "httpCodes": statuses})
}

fn direct_response(status: u16, body: &str) -> Value {
    json!({"enable": true, "code": status, "body": body})
}

fn redirect(to: &RedirectTo) -> Value {
    compact(json!({"enable": true, "code": to.status, "host": to.host, "path": to.path}))
}

fn fallback(fallback: &Fallback, service: &dyn Fn(&str) -> String) -> Value {
    let services: Vec<Value> = fallback
        .targets
        .iter()
        .map(|one| {
            compact(json!({
                "serviceId": service(&one.service),
                "name": one.name,
                "port": one.port,
                "protocol": one.protocol,
                "version": one.version,
                "weight": one.weight,
            }))
        })
        .collect();
    json!({"enable": true, "serviceConfigs": services})
}

/// What the configuration of a policy that is there differs in. A key that the product dropped is a
/// difference.
#[must_use]
pub fn difference(wanted: &Value, view: &PolicyView) -> Option<String> {
    match serde_json::from_str::<Value>(&view.config) {
        Ok(found) => crate::compare::difference(wanted, &found),
        Err(_) => Some("its configuration is no JSON".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, difference};
    use crate::wire::PolicyView;

    #[test]
    fn every_class_writes_an_enabled_object_that_equals_itself() {
        for class in Class::ALL {
            let config = class.template();
            assert_eq!(config["enable"], true, "{}", class.name());
            let view = PolicyView { config: config.to_string(), ..PolicyView::default() };
            assert_eq!(difference(&config, &view), None);
            for key in config.as_object().unwrap().keys() {
                let mut less = config.clone();
                less.as_object_mut().unwrap().remove(key);
                let view = PolicyView { config: less.to_string(), ..PolicyView::default() };
                assert!(difference(&config, &view).is_some(), "{}.{key}", class.name());
            }
        }
        assert!(difference(&Class::Timeout.template(), &PolicyView::default()).is_some());
    }
}
