//! What a route does with a request: services it forwards to, answers of its own, redirects, retries.

use std::fmt;

use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Serialize};

use super::{Dubbo, is_default};

/// A service a route forwards to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Service.
    pub service: String,
    /// Version of the service.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Port, for services that have several.
    #[serde(skip_serializing_if = "is_default")]
    pub port: u16,
    /// Percent; may be left out when there is only one.
    #[serde(skip_serializing_if = "is_default")]
    pub weight: Option<u32>,
    /// Requests become calls of a Dubbo service.
    #[serde(skip_serializing_if = "is_default")]
    pub dubbo: Option<Dubbo>,
}

impl Destination {
    /// All of a service.
    #[must_use]
    pub fn all(service: &str) -> Self {
        Self { service: service.to_owned(), version: String::new(), port: 0, weight: None, dubbo: None }
    }

    /// A share of a service.
    #[must_use]
    pub fn share(service: &str, weight: u32) -> Self {
        Self { weight: Some(weight), ..Self::all(service) }
    }
}

impl<'de> Deserialize<'de> for Destination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Whole {
            service: String,
            #[serde(default)]
            version: String,
            #[serde(default)]
            port: u16,
            #[serde(default)]
            weight: Option<u32>,
            #[serde(default)]
            dubbo: Option<Dubbo>,
        }
        struct NameOrMap;
        impl<'de> Visitor<'de> for NameOrMap {
            type Value = Destination;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a service, or { service, version, port, weight, dubbo }")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Destination, E> {
                Ok(Destination::all(name))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Destination, A::Error> {
                let Whole { service, version, port, weight, dubbo } =
                    Whole::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Destination { service, version, port, weight, dubbo })
            }
        }
        deserializer.deserialize_any(NameOrMap)
    }
}

/// An answer given by the gateway itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mock {
    /// HTTP status.
    pub status: u16,
    /// Body.
    #[serde(default)]
    pub body: String,
}

/// A redirect; what is left out is taken from the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// HTTP status.
    pub status: u16,
    /// New host.
    #[serde(default, skip_serializing_if = "is_default")]
    pub host: Option<String>,
    /// New path.
    #[serde(default, skip_serializing_if = "is_default")]
    pub path: Option<String>,
}

/// Retries of failed attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Further attempts; 0 = none.
    pub attempts: u32,
    /// Conditions, `5xx`, `connect-failure` ...
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// Statuses that count as failures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<u16>,
}
