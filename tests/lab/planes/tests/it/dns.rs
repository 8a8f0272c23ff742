//! The name server, asked over real sockets.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{cloud, fill_zone, record};
use gateshift_lab_kernel::RecordType::{A, Cname, Txt};
use gateshift_lab_planes::NameServer;
use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

fn question(name: &str, kind: RecordType, payload: Option<u16>) -> Vec<u8> {
    let mut message = Message::query();
    message.metadata.id = 77;
    message.add_query(Query::query(Name::from_ascii(name).expect("name"), kind));
    if let Some(payload) = payload {
        let mut edns = Edns::new();
        edns.set_max_payload(payload);
        message.set_edns(edns);
    }
    message.to_vec().expect("bytes")
}

async fn ask(socket: &UdpSocket, name: &str, kind: RecordType) -> Message {
    ask_with(socket, &question(name, kind, None)).await
}

async fn ask_with(socket: &UdpSocket, question: &[u8]) -> Message {
    socket.send(question).await.expect("sent");
    let mut buffer = [0; 4096];
    let length = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut buffer));
    let length = length.await.expect("in time").expect("received");
    Message::from_vec(&buffer[..length]).expect("message")
}

async fn ask_tcp(server: SocketAddr, question: &[u8]) -> Message {
    let mut stream = TcpStream::connect(server).await.expect("connected");
    let length = (question.len() as u16).to_be_bytes();
    stream.write_all(&[&length[..], question].concat()).await.expect("sent");
    let length = stream.read_u16().await.expect("length");
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await.expect("received");
    Message::from_vec(&bytes).expect("message")
}

fn addresses(message: &Message) -> Vec<String> {
    let address = |data: &RData| match data {
        RData::A(address) => Some(address.0.to_string()),
        _ => None,
    };
    message.answers.iter().filter_map(|record| address(&record.data)).collect()
}

async fn client(server: &NameServer) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("socket");
    socket.connect(server.addr()).await.expect("connected");
    socket
}

#[tokio::test]
async fn weights_come_out_in_proportion() {
    let cloud = cloud(1.0);
    let share =
        |name: &str, value: &str, weight| record(&format!("{name}{value}"), name, A, value, 300, weight);
    fill_zone(
        &cloud,
        "example.com",
        vec![
            share("low", "127.0.0.1", 99),
            share("low", "127.0.0.2", 1),
            share("mid", "127.0.0.1", 60),
            share("mid", "127.0.0.2", 40),
            share("end", "127.0.0.1", 0),
            share("end", "127.0.0.2", 100),
            share("off", "127.0.0.1", 99),
            share("off", "127.0.0.2", 1),
        ],
        &["low", "mid", "end"],
    );
    let server = NameServer::start(Arc::clone(&cloud)).await.expect("server");
    let socket = client(&server).await;
    // Bounds are five standard deviations of the binomial distribution.
    for (name, questions, low, high) in
        [("low", 4000, 9, 72), ("mid", 2000, 691, 909), ("end", 500, 500, 500), ("off", 200, 200, 200)]
    {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        let mut firsts = 0;
        for _ in 0..questions {
            let answer = ask(&socket, &format!("{name}.example.com."), RecordType::A).await;
            assert!(answer.metadata.authoritative);
            assert_eq!(answer.answers[0].ttl, 300);
            let given = addresses(&answer);
            firsts += u32::from(given[0] == "127.0.0.2");
            assert_eq!(given.len(), if name == "off" { 2 } else { 1 }, "{name}");
            for address in given {
                *counts.entry(address).or_default() += 1;
            }
        }
        let target = counts.get("127.0.0.2").copied().unwrap_or_default();
        assert!((low..=high).contains(&target), "{name}: {target} of {questions}");
        if name == "off" {
            // Turned at random, so that both come first about equally often.
            assert!((65..=135).contains(&firsts), "{firsts} of 200 first");
        }
        let key = (format!("{name}.example.com"), "127.0.0.2".to_owned());
        assert_eq!(server.answered()[&key], u64::from(target));
        assert_eq!(server.answered_since(0)[&key], u64::from(target));
    }
    let later = cloud.clock.now_ms() + 1000;
    assert!(server.answered_since(later).is_empty());
    server.shutdown().await;
}

#[tokio::test]
async fn aliases_negatives_and_foreign_names_follow_the_rules() {
    let cloud = cloud(1.0);
    fill_zone(
        &cloud,
        "example.com",
        vec![record("1", "www", Cname, "nlb-7.aliyuncs.com", 600, 1), record("2", "t", Txt, "v=1", 60, 1)],
        &[],
    );
    cloud.hosts.lock().insert("nlb-7.aliyuncs.com".to_owned(), vec![IpAddr::from([127, 9, 9, 9])]);
    let server = NameServer::start(cloud).await.expect("server");
    let socket = client(&server).await;

    let answer = ask(&socket, "WWW.example.com.", RecordType::A).await;
    assert_eq!(addresses(&answer), ["127.9.9.9"]);
    assert_eq!(answer.answers.iter().map(|record| record.ttl).collect::<Vec<_>>(), [600, 60]);
    assert_eq!(answer.answers[0].name.to_ascii(), "WWW.example.com.");
    let answered = server.answered();
    assert_eq!(answered[&("www.example.com".to_owned(), "nlb-7.aliyuncs.com".to_owned())], 1);

    for (name, kind, code, start) in [
        ("t.example.com.", RecordType::A, ResponseCode::NoError, true),
        ("none.example.com.", RecordType::A, ResponseCode::NXDomain, true),
        ("example.org.", RecordType::A, ResponseCode::Refused, false),
        ("t.example.com.", RecordType::MX, ResponseCode::NoError, true),
    ] {
        let answer = ask(&socket, name, kind).await;
        assert_eq!(answer.metadata.response_code, code, "{name} {kind}");
        assert!(answer.answers.is_empty(), "{name} {kind}");
        let starts = answer.authorities.iter().any(|r| matches!(r.data, RData::SOA(_)) && r.ttl == 60);
        assert_eq!(starts, start, "{name} {kind}");
    }
    let answer = ask(&socket, "t.example.com.", RecordType::TXT).await;
    assert_eq!(answer.answers[0].data.to_string(), "v=1");
    // Noise is not answered and does not stop the server.
    socket.send(b"noise").await.expect("sent");
    assert_eq!(ask(&socket, "example.com.", RecordType::SOA).await.answers.len(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn long_answers_are_cut_over_udp_and_whole_over_tcp() {
    let cloud = cloud(1.0);
    let many = (1..=50).map(|n| record(&n.to_string(), "many", A, &format!("127.0.0.{n}"), 60, 1));
    fill_zone(&cloud, "example.com", many.collect(), &[]);
    let server = NameServer::start(cloud).await.expect("server");
    let socket = client(&server).await;
    let short = ask(&socket, "many.example.com.", RecordType::A).await;
    assert!(short.metadata.truncation && short.answers.is_empty());
    assert!(server.answered().is_empty(), "what was cut was not given");
    let large = question("many.example.com.", RecordType::A, Some(1232));
    let whole = ask_with(&socket, &large).await;
    assert!(!whole.metadata.truncation);
    assert_eq!(whole.answers.len(), 50);
    let tcp = ask_tcp(server.addr(), &question("many.example.com.", RecordType::A, None)).await;
    assert_eq!(tcp.answers.len(), 50);
    server.shutdown().await;
}

#[tokio::test]
async fn a_late_server_answers_late_and_in_lab_time() {
    let cloud = cloud(10.0);
    fill_zone(&cloud, "example.com", vec![record("1", "a", A, "127.0.0.1", 60, 1)], &[]);
    let server = NameServer::start(cloud).await.expect("server");
    let socket = client(&server).await;
    server.slow(2000);
    let began = Instant::now();
    ask(&socket, "a.example.com.", RecordType::A).await;
    let took = began.elapsed();
    assert!((200..1000).contains(&took.as_millis()), "{took:?}");
    server.shutdown().await;
}
