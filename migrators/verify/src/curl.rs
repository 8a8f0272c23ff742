//! A request as a command line, so that a person can send it by hand to either gateway.

use crate::case::Case;
use crate::entry::Gateway;

/// The request to one gateway.
pub(crate) fn line(case: &Case, gateway: &Gateway) -> String {
    let port = gateway.port(case.tls);
    let (scheme, usual) = if case.tls { ("https", 443) } else { ("http", 80) };
    let authority = if port == usual { case.host.clone() } else { format!("{}:{port}", case.host) };
    let address = match gateway.address {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("[{address}]"),
    };
    let mut parts = vec!["curl -sSik --path-as-is".to_owned()];
    parts.push(format!("--resolve {}", quoted(&format!("{}:{port}:{address}", case.host))));
    match case.method.as_str() {
        "GET" => {}
        "HEAD" => parts.push("-I".to_owned()),
        method => parts.push(format!("-X {}", quoted(method))),
    }
    if port != usual {
        parts.push(format!("-H {}", quoted(&format!("Host: {}", case.host))));
    }
    for (name, value) in &case.headers {
        // An empty value needs the semicolon, or curl leaves the header out.
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        parts.push(format!("-H {}", quoted(&header)));
    }
    let mut target = case.target.clone();
    for one in &case.carried {
        let placeholder = format!("<{}>", one.label);
        if one.query {
            let joint = if target.contains('?') { '&' } else { '?' };
            target.push_str(&format!("{joint}{}={placeholder}", one.name));
        } else {
            parts.push(format!("-H {}", quoted(&format!("{}: {placeholder}", one.name))));
        }
    }
    parts.push(quoted(&format!("{scheme}://{authority}{target}")));
    parts.join(" ")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::case::{Case, Kind};
    use crate::entry::Gateway;

    #[test]
    fn lines_can_be_pasted() {
        let mut case = Case {
            kind: Kind::Positive,
            route: None,
            shows: Vec::new(),
            also: Vec::new(),
            winner: None,
            next: None,
            own_answer: false,
            domain: "a.example".into(),
            tls: true,
            method: "GET".into(),
            host: "a.example".into(),
            target: "/it's?q=1".into(),
            headers: vec![("x-a".into(), "v 1".into()), ("x-b".into(), String::new())],
            spread: None,
            carried: Vec::new(),
            concerns: Vec::new(),
            expect: None,
            watch: Vec::new(),
            burst: None,
        };
        let gateway = Gateway { address: "192.0.2.1".parse().unwrap(), http: 8080, https: 443 };
        assert_eq!(
            line(&case, &gateway),
            r"curl -sSik --path-as-is --resolve 'a.example:443:192.0.2.1' -H 'x-a: v 1' -H 'x-b;' 'https://a.example/it'\''s?q=1'"
        );
        case = Case { tls: false, method: "HEAD".into(), headers: Vec::new(), ..case };
        let gateway = Gateway { address: "2001:db8::1".parse().unwrap(), ..gateway };
        assert_eq!(
            line(&case, &gateway),
            r"curl -sSik --path-as-is --resolve 'a.example:8080:[2001:db8::1]' -I -H 'Host: a.example' 'http://a.example:8080/it'\''s?q=1'"
        );
    }
}
