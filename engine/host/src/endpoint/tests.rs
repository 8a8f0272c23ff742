//! Which endpoint a connection gets, and what is no endpoint.

use serde_json::json;

use super::{EndpointRule, Protocol, choose, host_header, is_loopback, parse, place};
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
        let endpoints = [("a/log".to_owned(), lab.to_owned())].into_iter().filter(|(_, url)| !url.is_empty());
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

#[test]
fn name_servers_and_connections_that_lead_nowhere() {
    let at = |rule: EndpointRule, with: serde_json::Value| {
        let kind = testing::kind("a/zones", rule);
        let with = serde_json::from_value(with).unwrap();
        place("c", &kind, &with, &Overrides::default())
            .map(|place| (place.url.to_string(), is_loopback(&place.url)))
            .map_err(|error| error.code)
    };
    let server = || EndpointRule::from_setting("server").speaking(Protocol::Dns);
    for (text, url, local) in [
        ("127.0.0.1", "dns://127.0.0.1:53", true),
        ("192.0.2.1:5353", "dns://192.0.2.1:5353", false),
        ("[::1]:53", "dns://[::1]:53", true),
        ("ns1.example.com", "dns://ns1.example.com:53", false),
    ] {
        assert_eq!(at(server(), json!({"server": text})), Ok((url.to_owned(), local)), "{text}");
    }
    for bad in [json!({}), json!({"server": "http://x"}), json!({"server": "a b"}), json!({"server": "u@x"})]
    {
        assert_eq!(at(server(), bad), Err("GS-ENDPOINT".to_owned()));
    }
    let nowhere = EndpointRule::default().speaking(Protocol::Nothing);
    assert_eq!(at(nowhere, json!({})), Ok(("nowhere:/".to_owned(), true)));
}
