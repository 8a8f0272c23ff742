//! A question to the name server, as a resolver would ask it.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use hickory_proto::op::{Message, Query};
use hickory_proto::rr::{Name, RData, RecordType};

/// The IPv4 addresses of a host; none when the server says that there are none.
///
/// # Panics
/// When the server does not answer.
#[must_use]
pub fn resolve(server: SocketAddr, host: &str) -> Vec<IpAddr> {
    let mut message = Message::query();
    message.add_query(Query::query(Name::from_ascii(format!("{host}.")).unwrap(), RecordType::A));
    let question = message.to_vec().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    socket.connect(server).unwrap();
    let mut buffer = [0; 4096];
    for _ in 0..5 {
        socket.send(&question).unwrap();
        let Ok(length) = socket.recv(&mut buffer) else { continue };
        let answer = Message::from_vec(&buffer[..length]).unwrap();
        let addresses = answer.answers.iter().filter_map(|record| match &record.data {
            RData::A(address) => Some(IpAddr::V4(address.0)),
            _ => None,
        });
        return addresses.collect();
    }
    panic!("the name server did not answer for {host}");
}
