//! Where the requests of a connection go: its own `endpoint`, else the operator's override, else the
//! kind's rule with the region put in.

use std::collections::BTreeMap;
use std::net::IpAddr;

use gateshift_model::StepError;
use serde_json::Value;
use url::{Host, Url};

use crate::{ConnectionKind, Overrides};

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
    let own =
        ["endpoint"].into_iter().chain(kind.endpoint.setting.as_deref()).find_map(|name| with.get(name));
    let text = match (own, overrides.endpoints.get(&kind.name)) {
        (Some(own), _) => own.as_str().unwrap_or_default().to_owned(),
        (None, Some(replaced)) => replaced.clone(),
        (None, None) => by_rule(connection, kind, with)?,
    };
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

/// Reads an endpoint; without a scheme it is HTTPS, on loopback HTTP.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        Url::parse(&format!("https://{text}"))
            .and_then(|url| if is_loopback(&url) { Url::parse(&format!("http://{text}")) } else { Ok(url) })
    };
    let mut url = url.map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("only http and https are known".to_owned());
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err("it carries more than scheme, host, port and path".to_owned());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether an endpoint is on this machine for sure.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// The `host` header of requests to it: the port is there when it is not the scheme's own.
pub(crate) fn host_header(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{EndpointRule, choose, host_header, is_loopback, parse, place};
    use crate::{Overrides, testing};

    fn chosen(with: serde_json::Value, overrides: &[(&str, &str)]) -> Result<String, String> {
        let rule = EndpointRule::new(
            "https://thing.{region}.example.com",
            Some("https://thing-vpc.{region}.example.com"),
        )
        .with_exceptions([("odd", "thing.example.com")]);
        let kind = testing::kind("a/thing", rule);
        let endpoints = overrides.iter().map(|(kind, url)| ((*kind).to_owned(), (*url).to_owned())).collect();
        let overrides = Overrides { endpoints, ..Overrides::default() };
        let with = serde_json::from_value(with).unwrap();
        choose("c", &kind, &with, &overrides).map(|url| url.to_string()).map_err(|error| error.code)
    }

    #[test]
    fn own_endpoint_then_override_then_rule() {
        let lab = [("a/thing", "http://127.0.0.1:9")];
        let cases = [
            (json!({"region": "r-1"}), &[][..], "https://thing.r-1.example.com/"),
            (json!({"region": "r-1", "network": "vpc"}), &[], "https://thing-vpc.r-1.example.com/"),
            (json!({"region": "odd"}), &[], "https://thing.example.com/"),
            (json!({"region": "odd", "network": "vpc"}), &[], "https://thing-vpc.odd.example.com/"),
            (json!({"region": "r-1"}), &lab, "http://127.0.0.1:9/"),
            (json!({}), &lab, "http://127.0.0.1:9/"),
            (json!({"endpoint": "https://own.example.com"}), &lab, "https://own.example.com/"),
            (json!({"endpoint": "localhost:81"}), &lab, "http://localhost:81/"),
        ];
        for (with, overrides, expected) in cases {
            assert_eq!(chosen(with, overrides).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_label_stands_before_the_host() {
        let rule = EndpointRule::new("https://{region}.log.example.com", None).with_label("project");
        let kind = testing::kind("a/log", rule);
        let at = |with: serde_json::Value, lab: &str| {
            let endpoints =
                [("a/log".to_owned(), lab.to_owned())].into_iter().filter(|(_, url)| !url.is_empty());
            let overrides = Overrides { endpoints: endpoints.collect(), ..Overrides::default() };
            place("c", &kind, &serde_json::from_value(with).unwrap(), &overrides)
                .map(|place| format!("{} {}", place.url, place.host))
                .map_err(|error| error.code)
        };
        let with = json!({"region": "r-1", "project": "p-1"});
        for (lab, expected) in [
            ("", "https://p-1.r-1.log.example.com/ p-1.r-1.log.example.com"),
            ("https://log.example.com:8443/x", "https://p-1.log.example.com:8443/x p-1.log.example.com:8443"),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/ p-1.127.0.0.1:9"),
            ("http://localhost:9", "http://localhost:9/ p-1.localhost:9"),
        ] {
            assert_eq!(at(with.clone(), lab).as_deref(), Ok(expected));
        }
        for bad in [
            json!({"region": "r-1"}),
            json!({"region": "r-1", "project": "a.b"}),
            json!({"region": "r-1", "project": "-a"}),
        ] {
            assert_eq!(at(bad, ""), Err("GS-ENDPOINT".to_owned()));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for with in [
            json!({}),
            json!({"region": "a.evil/"}),
            json!({"region": "r", "network": "moon"}),
            json!({"endpoint": 5}),
            json!({"endpoint": "ftp://x"}),
            json!({"endpoint": "https://u:p@x"}),
            json!({"endpoint": "https://x/?a=b"}),
        ] {
            assert_eq!(chosen(with.clone(), &[]), Err("GS-ENDPOINT".to_owned()), "{with}");
        }
    }

    #[test]
    fn hosts_and_loopback() {
        for (text, host, local) in [
            ("http://127.0.0.1:80", "127.0.0.1", true),
            ("http://127.9.0.1:8080", "127.9.0.1:8080", true),
            ("http://[::1]:8080/x/", "[::1]:8080", true),
            ("https://localhost:443", "localhost", true),
            ("https://localhost.example.com", "localhost.example.com", false),
        ] {
            let url = parse(text).unwrap();
            assert_eq!((host_header(&url).as_str(), is_loopback(&url)), (host, local));
        }
    }
}
