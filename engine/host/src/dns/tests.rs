//! A name server of a few lines on loopback, and what it is asked.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateshift_step_api::{DnsQuestion, ServiceFailure};
use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, NS, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use super::{Resolver, Silent};
use crate::Overrides;

type Zone = BTreeMap<(String, RecordType), Vec<RData>>;

/// How the server misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Fair,
    /// Sends packets with a wrong id and a wrong question first.
    Noisy,
    /// Says over UDP that the answer did not fit.
    Cut,
    Mute,
}

fn answer(bytes: &[u8], zone: &Zone) -> Message {
    let asked = Message::from_vec(bytes).unwrap();
    let question = asked.queries[0].clone();
    let mut message = Message::new(asked.metadata.id, MessageType::Response, OpCode::Query);
    message.metadata.authoritative = !asked.metadata.recursion_desired;
    let name = question.name.to_ascii().to_lowercase();
    match zone.get(&(name, question.query_type)) {
        Some(data) => {
            message.add_answers(
                data.iter().map(|data| Record::from_rdata(question.name.clone(), 60, data.clone())),
            );
        }
        None => message.metadata.response_code = ResponseCode::NXDomain,
    }
    message.add_query(question);
    message
}

/// One port that is free for both protocols.
async fn both() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

async fn serve(zone: Zone, mood: Mood) -> SocketAddr {
    let (udp, tcp) = both().await;
    let address = udp.local_addr().unwrap();
    let zone = Arc::new(zone);
    let of_tcp = Arc::clone(&zone);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = tcp.accept().await.unwrap();
            let length = stream.read_u16().await.unwrap();
            let mut buffer = vec![0; usize::from(length)];
            stream.read_exact(&mut buffer).await.unwrap();
            let bytes = answer(&buffer, &of_tcp).to_vec().unwrap();
            stream.write_u16(u16::try_from(bytes.len()).unwrap()).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
        }
    });
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        loop {
            let (length, from) = udp.recv_from(&mut buffer).await.unwrap();
            let mut message = answer(&buffer[..length], &zone);
            match mood {
                Mood::Mute => continue,
                Mood::Fair => {}
                Mood::Cut => {
                    message.answers.clear();
                    message.metadata.truncation = true;
                }
                Mood::Noisy => {
                    let mut wrong = message.clone();
                    wrong.metadata.id = wrong.metadata.id.wrapping_add(1);
                    udp.send_to(&wrong.to_vec().unwrap(), from).await.unwrap();
                    wrong = message.clone();
                    wrong.queries[0].name = Name::from_ascii("other.example.").unwrap();
                    udp.send_to(&wrong.to_vec().unwrap(), from).await.unwrap();
                    udp.send_to(b"noise", from).await.unwrap();
                }
            }
            udp.send_to(&message.to_vec().unwrap(), from).await.unwrap();
        }
    });
    address
}

fn zone() -> Zone {
    let name = |text: &str| Name::from_ascii(text).unwrap();
    let key = |text: &str, kind| (text.to_owned(), kind);
    BTreeMap::from([
        (
            key("www.example.com.", RecordType::A),
            vec![RData::A(A(Ipv4Addr::new(192, 0, 2, 1))), RData::A(A(Ipv4Addr::new(192, 0, 2, 2)))],
        ),
        (key("c.example.com.", RecordType::CNAME), vec![RData::CNAME(CNAME(name("GW.Example.NET.")))]),
        (
            key("t.example.com.", RecordType::TXT),
            vec![RData::TXT(TXT::new(vec!["Ab".to_owned(), "c".to_owned()]))],
        ),
        (key("example.com.", RecordType::NS), vec![RData::NS(NS(name("ns1.example.com.")))]),
    ])
}

async fn ask(
    overrides: &Overrides,
    name: &str,
    kind: &str,
    server: Option<String>,
) -> Result<String, ServiceFailure> {
    let silent = Silent::default();
    let patience = Duration::from_millis(300);
    let resolver = Resolver { overrides, resolv_conf: Path::new("/nonexistent"), patience, silent: &silent };
    let reply = resolver.ask(&DnsQuestion { name: name.to_owned(), kind: kind.to_owned(), server }).await?;
    let values: Vec<_> = reply
        .answers
        .iter()
        .map(|answer| format!("{} {} {} {}", answer.name, answer.kind, answer.ttl, answer.value))
        .collect();
    Ok(format!("{} {} [{}]", reply.rcode, reply.authoritative, values.join(", ")))
}

#[tokio::test]
async fn questions_and_answers_in_every_mood() {
    for mood in [Mood::Fair, Mood::Noisy, Mood::Cut] {
        let server = serve(zone(), mood).await;
        let overridden = Overrides { dns: Some(server), ..Overrides::default() };
        for (overrides, server) in [(&overridden, None), (&Overrides::default(), Some(server.to_string()))] {
            let cases = [
                (
                    "WWW.example.com",
                    "A",
                    "NOERROR true [www.example.com A 60 192.0.2.1, www.example.com A 60 192.0.2.2]",
                ),
                ("c.example.com.", "CNAME", "NOERROR true [c.example.com CNAME 60 gw.example.net]"),
                ("t.example.com", "TXT", "NOERROR true [t.example.com TXT 60 Abc]"),
                ("none.example.com", "A", "NXDOMAIN true []"),
            ];
            for (name, kind, expected) in cases {
                assert_eq!(ask(overrides, name, kind, server.clone()).await.unwrap(), expected);
            }
        }
    }
}

#[tokio::test]
async fn trouble_is_told() {
    let mute = serve(zone(), Mood::Mute).await.to_string();
    let plain = Overrides::default();
    let failure = ask(&plain, "a.example.com", "A", Some(mute)).await.unwrap_err();
    assert!(
        matches!(&failure, ServiceFailure::Failed { cause, .. } if cause.contains("no answer within 0.3 s")),
        "{failure:?}"
    );
    let failure = ask(&plain, "a.example.com", "A", None).await.unwrap_err();
    assert!(
        matches!(&failure, ServiceFailure::Failed { cause, .. } if cause.contains("/nonexistent")),
        "{failure:?}"
    );
    for (kind, server) in [("MX", "127.0.0.1"), ("A", "dns.example.com")] {
        let failure = ask(&plain, "a", kind, Some(server.to_owned())).await.unwrap_err();
        assert!(
            matches!(&failure, ServiceFailure::Host(error) if error.code == "GS-BAD-REQUEST"),
            "{failure:?}"
        );
    }
    let fast = Overrides { time_scale: 10.0, ..Overrides::default() };
    let failure = ask(&fast, "a", "A", Some("192.0.2.1".to_owned())).await.unwrap_err();
    assert!(matches!(&failure, ServiceFailure::Host(error) if error.code == "GS-TIME-SCALE"), "{failure:?}");
}

#[tokio::test]
async fn delegation_is_followed_to_the_closest_zone() {
    let mut zone = zone();
    zone.insert(("ns1.example.com.".to_owned(), RecordType::A), vec![RData::A(A(Ipv4Addr::LOCALHOST))]);
    let recursive = serve(zone, Mood::Fair).await;
    let folder = tempfile::tempdir().unwrap();
    let resolv_conf = folder.path().join("resolv.conf");
    std::fs::write(&resolv_conf, format!("nameserver {recursive}\n")).unwrap();
    let overrides = Overrides::default();
    let (silent, patience) = (Silent::default(), Duration::from_secs(1));
    let resolver = Resolver { overrides: &overrides, resolv_conf: &resolv_conf, patience, silent: &silent };
    let name = super::message::name("a.b.www.example.com").unwrap();
    let servers = super::authority::servers(&resolver, &name).await.unwrap();
    assert_eq!(servers, [SocketAddr::from(([127, 0, 0, 1], 53))]);
    let name = super::message::name("a.example.org").unwrap();
    assert!(super::authority::servers(&resolver, &name).await.unwrap_err().contains("no zone"));
}
