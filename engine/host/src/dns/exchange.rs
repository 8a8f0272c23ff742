//! One question and its answer on the wire.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::Message;
use hickory_proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::message::{answer, question};
use crate::entropy;

/// Tries over UDP, where a packet may get lost.
const TRIES: u32 = 2;

/// Asks over UDP, then over TCP when the answer was cut off.
pub(super) async fn ask(
    server: SocketAddr,
    name: &Name,
    kind: RecordType,
    recurse: bool,
    patience: Duration,
) -> Result<Message, String> {
    let late = || format!("no answer within {} s", patience.as_secs_f64());
    let mut trouble = late();
    for _ in 0..TRIES {
        match timeout(patience, over_udp(server, name, kind, recurse)).await {
            Ok(Ok(message)) if message.metadata.truncation => {
                return timeout(patience, over_tcp(server, name, kind, recurse))
                    .await
                    .unwrap_or_else(|_| Err(late()));
            }
            Ok(Ok(message)) => return Ok(message),
            Ok(Err(cause)) => trouble = cause,
            Err(_) => trouble = late(),
        }
    }
    Err(trouble)
}

async fn over_udp(
    server: SocketAddr,
    name: &Name,
    kind: RecordType,
    recurse: bool,
) -> Result<Message, String> {
    let id = entropy::bits16();
    let question = question(id, name, kind, recurse)?;
    let any: SocketAddr =
        if server.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let text = |error: io::Error| error.to_string();
    let socket = UdpSocket::bind(any).await.map_err(text)?;
    // Connected, so that only this server's packets arrive.
    socket.connect(server).await.map_err(text)?;
    socket.send(&question).await.map_err(text)?;
    let mut buffer = vec![0; 4096];
    loop {
        let length = socket.recv(&mut buffer).await.map_err(text)?;
        // Late and forged packets are passed over; the time limit is the caller's.
        if let Some(message) = answer(&buffer[..length], id, name, kind) {
            return Ok(message);
        }
    }
}

async fn over_tcp(
    server: SocketAddr,
    name: &Name,
    kind: RecordType,
    recurse: bool,
) -> Result<Message, String> {
    let id = entropy::bits16();
    let question = question(id, name, kind, recurse)?;
    let text = |error: io::Error| error.to_string();
    let mut stream = TcpStream::connect(server).await.map_err(text)?;
    let length = u16::try_from(question.len()).map_err(|error| error.to_string())?;
    stream.write_all(&[&length.to_be_bytes()[..], &question].concat()).await.map_err(text)?;
    let length = stream.read_u16().await.map_err(text)?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await.map_err(text)?;
    answer(&buffer, id, name, kind).ok_or_else(|| "the answer is to another question".to_owned())
}
