//! Many questions, as clients would ask them, and their answers counted.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RData, RecordType};

/// Answers by value; a question without an answer counts under its return code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted(pub BTreeMap<String, u32>);

impl Counted {
    /// Share of a value, percent.
    #[must_use]
    pub fn share(&self, value: &str) -> f64 {
        let all: u32 = self.0.values().sum();
        100.0 * f64::from(self.0.get(value).copied().unwrap_or(0)) / f64::from(all.max(1))
    }
}

/// Asks `times` and counts the first value of each answer.
///
/// # Panics
/// When the server falls silent.
#[must_use]
pub fn count(server: SocketAddr, name: &str, kind: RecordType, times: u32) -> Counted {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.connect(server).unwrap();
    let name = Name::from_ascii(format!("{name}.")).unwrap();
    let mut counted = Counted::default();
    for id in 0..times {
        *counted.0.entry(one(&socket, (id % 65_536) as u16, &name, kind)).or_default() += 1;
    }
    counted
}

fn one(socket: &UdpSocket, id: u16, name: &Name, kind: RecordType) -> String {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name.clone(), kind));
    let question = message.to_vec().unwrap();
    let mut buffer = [0; 4096];
    for _ in 0..3 {
        socket.send(&question).unwrap();
        while let Ok(length) = socket.recv(&mut buffer) {
            let answer = Message::from_vec(&buffer[..length]).unwrap();
            if answer.metadata.id != id {
                continue;
            }
            let value = answer.answers.iter().find_map(|record| match &record.data {
                RData::CNAME(target) if kind == RecordType::CNAME => {
                    Some(target.0.to_ascii().trim_end_matches('.').to_owned())
                }
                RData::A(address) => Some(address.to_string()),
                RData::AAAA(address) => Some(address.to_string()),
                _ => None,
            });
            return value.unwrap_or_else(|| answer.metadata.response_code.to_string());
        }
    }
    panic!("{name}: no answer");
}

/// Time until ten answers in a row are this value.
///
/// # Panics
/// When they are not within `patience`.
#[must_use]
pub fn first_after(server: SocketAddr, name: &str, value: &str, patience: Duration) -> Duration {
    let began = Instant::now();
    loop {
        if count(server, name, RecordType::A, 10).share(value) >= 100.0 {
            return began.elapsed();
        }
        assert!(began.elapsed() < patience, "{name} does not become {value}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
