//! Addresses of endpoints, and what can be told from one.

use std::net::IpAddr;

use url::{Host, Url};

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
        // Of protocols that the standard of URLs does not know every host is a name.
        Some(Host::Domain(name)) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        None => url.scheme() == NOWHERE,
    }
}

/// The `host` header of requests to it: the port is there when it is not the scheme's own.
pub(crate) fn host_header(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Scheme of a connection that leads nowhere: somebody works there by hand.
const NOWHERE: &str = "nowhere";

/// The endpoint of a connection that leads nowhere.
pub(super) fn nowhere() -> Result<Url, String> {
    Url::parse(&format!("{NOWHERE}:/")).map_err(|error| error.to_string())
}

/// Reads the address of a name server: host and perhaps a port.
pub(super) fn parse_server(text: &str) -> Result<Url, String> {
    if text.contains("://") || text.contains(|letter: char| letter.is_whitespace() || "@/?#".contains(letter))
    {
        return Err("give a host, or a host and a port".to_owned());
    }
    let mut url = Url::parse(&format!("dns://{text}")).map_err(|error| error.to_string())?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it names no host".to_owned());
    }
    let port = url.port().unwrap_or(53);
    url.set_port(Some(port)).map_err(|()| "it takes no port".to_owned())?;
    Ok(url)
}
