//! The name server's sockets.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gateshift_lab_kernel::{Cloud, Shared};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::{JoinHandle, JoinSet};

use super::counts::{Counts, Given};
use super::lookup::Lookup;
use super::wire;
use crate::random::Random;

/// A connection over TCP that says nothing for this long is closed.
const IDLE: Duration = Duration::from_secs(10);

/// The authoritative server of the account's zones, over UDP and TCP on one port of 127.0.0.1.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    inner: Arc<Inner>,
    tasks: Shared<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Inner {
    cloud: Arc<Cloud>,
    random: Random,
    counts: Shared<Counts>,
    late_ms: AtomicU64,
}

impl NameServer {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When no port can be had for both protocols.
    pub async fn start(cloud: Arc<Cloud>) -> io::Result<Self> {
        let (udp, tcp) = bind().await?;
        let address = udp.local_addr()?;
        let inner = Arc::new(Inner {
            cloud,
            random: Random::unpredictable(),
            counts: Shared::default(),
            late_ms: AtomicU64::new(0),
        });
        let tasks = vec![
            tokio::spawn(serve_udp(Arc::clone(&inner), Arc::new(udp))),
            tokio::spawn(serve_tcp(Arc::clone(&inner), tcp)),
        ];
        Ok(Self { address, inner, tasks: Shared::new(tasks) })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// How often each value was given for each name, since the start. Names inside a chain of
    /// aliases count one by one.
    #[must_use]
    pub fn answered(&self) -> BTreeMap<(String, String), u64> {
        self.inner.counts.lock().totals()
    }

    /// The same since a lab moment, as far as the newest half million answers reach back.
    #[must_use]
    pub fn answered_since(&self, lab_ms: i64) -> Given {
        self.inner.counts.lock().since(lab_ms)
    }

    /// Makes every answer come this much later, lab milliseconds; 0 ends it.
    pub fn slow(&self, lab_ms: u64) {
        self.inner.late_ms.store(lab_ms, Ordering::Relaxed);
    }

    /// Closes the sockets. A second call does nothing.
    pub async fn shutdown(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock());
        for task in tasks {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.tasks.lock().iter().for_each(JoinHandle::abort);
    }
}

/// Both sockets on one port: the system chooses for TCP, UDP follows.
async fn bind() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = io::Error::other("not tried");
    for _ in 0..20 {
        let tcp = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Inner {
    /// The answer to a message, counted, after the delay that is in force.
    async fn answer(&self, message: &[u8], udp: bool) -> Option<Vec<u8>> {
        let late = Duration::from_millis(self.late_ms.load(Ordering::Relaxed));
        if !late.is_zero() {
            tokio::time::sleep(self.cloud.clock.wall(late)).await;
        }
        let answer = {
            let draw = |bound| self.random.below(bound);
            let zones = self.cloud.zones.lock();
            let hosts = self.cloud.hosts.lock();
            wire::reply(message, &Lookup { zones: &zones, hosts: &hosts, draw: &draw }, udp)?
        };
        self.counts.lock().add(self.cloud.clock.now_ms(), answer.given);
        Some(answer.bytes)
    }
}

async fn serve_udp(inner: Arc<Inner>, socket: Arc<UdpSocket>) {
    let mut late = JoinSet::new();
    let mut buffer = vec![0; 4096];
    loop {
        while late.try_join_next().is_some() {}
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            // A client that went away shows as an error of the next receive.
            continue;
        };
        if inner.late_ms.load(Ordering::Relaxed) == 0 {
            answer_udp(&inner, &socket, &buffer[..length], from).await;
            continue;
        }
        let (inner, socket) = (Arc::clone(&inner), Arc::clone(&socket));
        let message = buffer[..length].to_vec();
        late.spawn(async move { answer_udp(&inner, &socket, &message, from).await });
    }
}

async fn answer_udp(inner: &Inner, socket: &UdpSocket, message: &[u8], to: SocketAddr) {
    if let Some(answer) = inner.answer(message, true).await
        && let Err(error) = socket.send_to(&answer, to).await
    {
        tracing::debug!(%error, "answer could not be sent");
    }
}

async fn serve_tcp(inner: Arc<Inner>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(Arc::clone(&inner), stream));
                }
                Err(error) => {
                    tracing::warn!(%error, "name server could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
}

/// Answers the messages of one connection until it is silent, closed or broken.
async fn converse(inner: Arc<Inner>, mut stream: TcpStream) {
    while let Ok(Ok(length)) = tokio::time::timeout(IDLE, stream.read_u16()).await {
        let mut message = vec![0; usize::from(length)];
        if stream.read_exact(&mut message).await.is_err() {
            return;
        }
        let Some(answer) = inner.answer(&message, false).await else {
            return;
        };
        let Ok(length) = u16::try_from(answer.len()) else {
            return;
        };
        let framed = [&length.to_be_bytes()[..], &answer].concat();
        if stream.write_all(&framed).await.is_err() {
            return;
        }
    }
}
