//! Where the requests of a connection go: its own `endpoint`, else the operator's override, else the
//! kind's rule with the region put in.

mod address;

use std::collections::BTreeMap;

use gateshift_model::StepError;
use serde_json::Value;
use url::{Host, Url};

pub(crate) use self::address::{host_header, is_loopback, parse};
use self::address::{nowhere, parse_server};
use crate::{ConnectionKind, Overrides};

/// What is spoken at an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP.
    #[default]
    Http,
    /// Messages of the domain name system, to one server.
    Dns,
    /// Nothing: the connection stands for something that people do by hand.
    Nothing,
}

/// How a region makes an endpoint. `{region}` in the templates stands for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointRule {
    /// On the public network; none when every connection has to give its own.
    pub template: Option<String>,
    /// Inside a VPC.
    pub vpc_template: Option<String>,
    /// Regions whose public host differs, to that host.
    pub exceptions: BTreeMap<String, String>,
    /// Setting that holds the URL, besides `endpoint`; `url` for instance.
    pub setting: Option<String>,
    /// Setting whose value is the first label of the host: what a connection speaks to is one of many that
    /// share an endpoint.
    pub label: Option<String>,
    /// What is spoken there.
    pub protocol: Protocol,
}

impl EndpointRule {
    /// A rule with a public and perhaps a VPC template.
    #[must_use]
    pub fn new(template: &str, vpc_template: Option<&str>) -> Self {
        Self {
            template: Some(template.to_owned()),
            vpc_template: vpc_template.map(str::to_owned),
            ..Self::default()
        }
    }

    /// Every connection gives its URL in this setting.
    #[must_use]
    pub fn from_setting(setting: &str) -> Self {
        Self { setting: Some(setting.to_owned()), ..Self::default() }
    }

    /// The same with regions whose public host differs.
    #[must_use]
    pub fn with_exceptions<'a>(mut self, exceptions: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.exceptions =
            exceptions.into_iter().map(|(region, host)| (region.to_owned(), host.to_owned())).collect();
        self
    }

    /// The same with a setting whose value is the first label of the host.
    #[must_use]
    pub fn with_label(mut self, setting: &str) -> Self {
        self.label = Some(setting.to_owned());
        self
    }

    /// The same for an endpoint where something else than HTTP is spoken.
    #[must_use]
    pub fn speaking(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Whether a region has a say.
    pub(crate) fn is_regional(&self) -> bool {
        [&self.template, &self.vpc_template]
            .into_iter()
            .flatten()
            .any(|template| template.contains("{region}"))
    }
}

/// Where requests go, and the host they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) url: Url,
    /// The `host` header: that of the URL, unless a label stands before an address or a local name.
    pub(crate) host: String,
}

/// The endpoint of a connection with its label. A label cannot stand before an address, nor need a local
/// name with one resolve: there the requests go to the endpoint, and name the host with the label.
pub(crate) fn place(
    connection: &str,
    kind: &ConnectionKind,
    with: &BTreeMap<String, Value>,
    overrides: &Overrides,
) -> Result<Place, StepError> {
    let mut url = choose(connection, kind, with, overrides)?;
    let Some(setting) = &kind.endpoint.label else {
        return Ok(Place { host: host_header(&url), url });
    };
    let label = with.get(setting).and_then(Value::as_str).unwrap_or_default();
    let spelt = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if label.is_empty() || label.starts_with('-') || !spelt {
        return Err(refused(connection, format!("`{label}` is no {setting}"))
            .with_hint(format!("give the connection `with: {{ {setting}: ... }}`")));
    }
    if matches!(url.host(), Some(Host::Domain(_))) && !is_loopback(&url) {
        let host = format!("{label}.{}", url.host_str().unwrap_or_default());
        url.set_host(Some(&host))
            .map_err(|error| refused(connection, format!("`{host}` is no host: {error}")))?;
        return Ok(Place { host: host_header(&url), url });
    }
    Ok(Place { host: format!("{label}.{}", host_header(&url)), url })
}

/// The endpoint of a connection.
pub(crate) fn choose(
    connection: &str,
    kind: &ConnectionKind,
    with: &BTreeMap<String, Value>,
    overrides: &Overrides,
) -> Result<Url, StepError> {
    if kind.endpoint.protocol == Protocol::Nothing {
        return nowhere().map_err(|cause| refused(connection, cause));
    }
    let own =
        ["endpoint"].into_iter().chain(kind.endpoint.setting.as_deref()).find_map(|name| with.get(name));
    let text = match (own, overrides.endpoints.get(&kind.name)) {
        (Some(own), _) => own.as_str().unwrap_or_default().to_owned(),
        (None, Some(replaced)) => replaced.clone(),
        (None, None) => by_rule(connection, kind, with)?,
    };
    if kind.endpoint.protocol == Protocol::Dns {
        return parse_server(&text).map_err(|cause| {
            refused(connection, format!("`{text}` is no name server: {cause}"))
                .with_hint("write it as an address or a name, with `:port` where it is not 53")
        });
    }
    parse(&text).map_err(|cause| {
        refused(connection, format!("`{text}` is no endpoint: {cause}"))
            .with_hint("write it as https://host or http://host:port, without key or query")
    })
}

fn by_rule(
    connection: &str,
    kind: &ConnectionKind,
    with: &BTreeMap<String, Value>,
) -> Result<String, StepError> {
    let rule = &kind.endpoint;
    let inside = match with.get("network").and_then(Value::as_str).unwrap_or("public") {
        "public" => false,
        "vpc" => true,
        other => {
            return Err(
                refused(connection, format!("`{other}` is no network")).with_hint("use `public` or `vpc`")
            );
        }
    };
    let Some(template) = (if inside { &rule.vpc_template } else { &rule.template }) else {
        let setting = rule.setting.as_deref().unwrap_or("endpoint");
        return Err(refused(
            connection,
            format!("connections of kind {} have no endpoint by rule", kind.name),
        )
        .with_hint(format!("give the connection `with: {{ {setting}: https://... }}`")));
    };
    if !template.contains("{region}") {
        return Ok(template.clone());
    }
    let region = with.get("region").and_then(Value::as_str).unwrap_or_default();
    let spelt = region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if region.is_empty() || !spelt {
        return Err(refused(connection, format!("`{region}` is no region"))
            .with_hint("give the connection `with: { region: cn-hangzhou }` or an `endpoint`"));
    }
    match rule.exceptions.get(region) {
        Some(host) if !inside => Ok(format!("https://{host}")),
        _ => Ok(template.replace("{region}", region)),
    }
}

fn refused(connection: &str, message: String) -> StepError {
    StepError::needs_operator("GS-ENDPOINT", format!("connection `{connection}`: {message}"))
}

#[cfg(test)]
mod tests;
