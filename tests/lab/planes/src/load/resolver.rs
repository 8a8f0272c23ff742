//! Asking the name server for the IPv4 addresses of a host: UDP with repeats, TCP when cut.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// Times a question is sent.
const TRIES: u32 = 3;
/// Patience with each.
const PATIENCE: Duration = Duration::from_secs(1);

/// Addresses of a host and how long they hold, lab seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub(crate) list: Vec<IpAddr>,
    pub(crate) ttl: u32,
}

/// Resolves a host.
pub(crate) async fn resolve(server: SocketAddr, host: &str, id: u16) -> Result<Addresses, String> {
    let name = Name::from_ascii(format!("{host}.")).map_err(|error| format!("dns: {error}"))?;
    let mut message = Message::query();
    message.metadata.id = id;
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, RecordType::A));
    let question = message.to_vec().map_err(|error| format!("dns: {error}"))?;
    let mut last = "dns: no answer from the name server".to_owned();
    for _ in 0..TRIES {
        match tokio::time::timeout(PATIENCE, exchange(server, &question, id)).await {
            Ok(Ok(answer)) => return read(host, &answer),
            Ok(Err(error)) => last = format!("dns: {error}"),
            Err(_) => {}
        }
    }
    Err(last)
}

async fn exchange(server: SocketAddr, question: &[u8], id: u16) -> std::io::Result<Message> {
    let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut buffer = [0; 4096];
    loop {
        let length = socket.recv(&mut buffer).await?;
        match Message::from_vec(&buffer[..length]) {
            Ok(answer) if answer.metadata.id == id && answer.metadata.truncation => {
                return exchange_tcp(server, question).await;
            }
            Ok(answer) if answer.metadata.id == id => return Ok(answer),
            _ => {}
        }
    }
}

async fn exchange_tcp(server: SocketAddr, question: &[u8]) -> std::io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], question].concat()).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    Message::from_vec(&answer).map_err(std::io::Error::other)
}

/// The addresses at the end of the chain; the shortest TTL of the chain is that of the whole.
fn read(host: &str, answer: &Message) -> Result<Addresses, String> {
    if answer.metadata.response_code != ResponseCode::NoError {
        return Err(format!("dns: {} for {host}", answer.metadata.response_code));
    }
    let address = |data: &RData| match data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        _ => None,
    };
    let list: Vec<IpAddr> = answer.answers.iter().filter_map(|r| address(&r.data)).collect();
    let ttl = answer.answers.iter().map(|record| record.ttl).min().unwrap_or(0);
    if list.is_empty() {
        return Err(format!("dns: no address for {host}"));
    }
    Ok(Addresses { list, ttl })
}
