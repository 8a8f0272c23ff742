//! Probes against servers on loopback, plain and with TLS.

use std::time::Duration;

use gateshift_step_api::{ProbeFailure, ProbeReply, ProbeRequest, ProbeTls};

use super::{KEPT, send};
use crate::testing::{Reply, Server, secure};

fn request(port: u16, target: &str) -> ProbeRequest {
    ProbeRequest {
        address: "127.0.0.1".parse().unwrap(),
        port,
        tls: None,
        method: "GET".to_owned(),
        host: "www.example.com".to_owned(),
        target: target.to_owned(),
        headers: vec![("x-a".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())],
        body: Vec::new(),
        timeout: Duration::from_secs(5),
    }
}

async fn probe(request: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
    send((request.address, request.port).into(), request).await
}

#[tokio::test]
async fn goes_out_as_it_is_written() {
    let server = Server::start(|_| Reply::Answer {
        status: 418,
        headers: vec![("X-B", "c".to_owned())],
        body: "tea".to_owned(),
    })
    .await;
    let mut asked = request(server.address.port(), "/a%2Fb/../c?x=%20&y");
    (asked.method, asked.body) = ("PATCH".to_owned(), b"body".to_vec());
    let reply = probe(asked).await.unwrap();
    assert_eq!(
        (reply.status, reply.body.as_slice(), reply.truncated, reply.tls),
        (418, &b"tea"[..], false, None)
    );
    assert!(reply.headers.contains(&("x-b".to_owned(), "c".to_owned())));
    let seen = server.seen().remove(0);
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str(), seen.body.as_str()),
        ("PATCH", "/a%2Fb/../c?x=%20&y", "body")
    );
    assert_eq!((seen.headers["host"].as_str(), seen.headers["x-a"].as_str()), ("www.example.com", "2"));
}

#[tokio::test]
async fn long_bodies_are_cut_and_trouble_is_told_apart() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/long" => Reply::Answer { status: 200, headers: vec![], body: "x".repeat(KEPT + 1) },
        "/slow" => Reply::Late(Duration::from_secs(9), Box::new(Reply::Drop)),
        _ => Reply::Drop,
    })
    .await;
    let port = server.address.port();
    let reply = probe(request(port, "/long")).await.unwrap();
    assert!(reply.truncated && reply.body.len() == KEPT);
    let slow = ProbeRequest { timeout: Duration::from_millis(50), ..request(port, "/slow") };
    assert!(
        matches!(probe(slow).await, Err(ProbeFailure::Exchange { cause, .. }) if cause == "not within 0.05 s")
    );
    assert!(matches!(probe(request(port, "/drop")).await, Err(ProbeFailure::Exchange { .. })));
    let tls = Some(ProbeTls { sni: "www.example.com".to_owned(), alpn: vec![] });
    assert!(matches!(probe(ProbeRequest { tls, ..request(port, "/") }).await, Err(ProbeFailure::Tls { .. })));
    let closed = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    assert!(matches!(probe(request(closed.port(), "/")).await, Err(ProbeFailure::Connect { .. })));
    assert!(
        matches!(probe(request(port, "no target")).await, Err(ProbeFailure::Host(error)) if error.code == "GS-BAD-REQUEST")
    );
}

#[tokio::test]
async fn tls_is_reported_and_not_judged() {
    let (port, certificate, _) = secure().await;
    for (alpn, chosen, version) in [
        (&["h2", "http/1.1"][..], Some("h2"), "HTTP/2.0"),
        (&["http/1.1"], Some("http/1.1"), "HTTP/1.1"),
        (&[], None, "HTTP/1.1"),
    ] {
        let tls = ProbeTls {
            sni: "sni.example.com".to_owned(),
            alpn: alpn.iter().map(|name| (*name).to_owned()).collect(),
        };
        let reply = probe(ProbeRequest { tls: Some(tls), ..request(port, "/p") }).await.unwrap();
        assert_eq!(
            String::from_utf8(reply.body).unwrap(),
            format!("{version} www.example.com /p sni.example.com")
        );
        let peer = reply.tls.unwrap();
        assert_eq!((peer.version.as_str(), peer.alpn.as_deref()), ("TLSv1.3", chosen));
        assert_eq!(peer.certificate, gateshift_model::digest_bytes(&certificate).as_str());
    }
}
