//! The two listeners of one address, and the connections they accept.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener as Probe};
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::Plane;
use super::serve::{Connection, handle};

/// How long a handshake may take, and how long a shutdown waits for requests under way.
const PATIENCE: Duration = Duration::from_secs(5);

/// The ports that every gateway of a lab uses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) http: u16,
    pub(crate) https: u16,
}

impl Ports {
    /// Two ports that nobody uses on any address. They lie below the range that systems take for
    /// outgoing connections, so that no client of ours can occupy them before a gateway appears.
    pub(crate) fn choose(seed: u64) -> io::Result<Self> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut free = (0..1000)
            .map(|_| random.random_range(20_000..32_000))
            .filter(|port| Probe::bind(SocketAddr::from(([0, 0, 0, 0], *port))).is_ok());
        let none = || io::Error::new(io::ErrorKind::AddrInUse, "no free port between 20000 and 32000");
        let http = free.next().ok_or_else(none)?;
        let https = free.find(|port| *port != http).ok_or_else(none)?;
        Ok(Self { http, https })
    }
}

/// The open listeners of one address. Dropping them closes them and every connection at once.
#[derive(Debug)]
pub(crate) struct Listeners {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Listeners {
    /// Binds both ports of the address, or neither.
    pub(crate) fn open(plane: &Arc<Plane>, address: IpAddr) -> io::Result<Self> {
        let ports = plane.common.ports;
        let plain = bind(SocketAddr::new(address, ports.http))?;
        let secure = bind(SocketAddr::new(address, ports.https))?;
        let stop = CancellationToken::new();
        let acceptor = TlsAcceptor::from(Arc::clone(&plane.tls));
        let tasks = vec![
            tokio::spawn(accept(Arc::clone(plane), plain, None, stop.clone())),
            tokio::spawn(accept(Arc::clone(plane), secure, Some(acceptor), stop.clone())),
        ];
        Ok(Self { stop, tasks })
    }

    /// Stops accepting and waits for the requests under way, within reason.
    pub(crate) async fn finish(mut self) {
        self.stop.cancel();
        for mut task in std::mem::take(&mut self.tasks) {
            if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// Accepts until stopped, then lets the open connections end.
async fn accept(
    plane: Arc<Plane>,
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, remote)) if plane.admits(remote.ip()) => {
                    let task = connect(Arc::clone(&plane), stream, remote, acceptor.clone(), stop.clone());
                    connections.spawn(task);
                }
                Ok((_, remote)) => tracing::debug!(gateway = plane.id, %remote, "peer is on a black list"),
                Err(error) => {
                    tracing::warn!(gateway = plane.id, %error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connect(
    plane: Arc<Plane>,
    stream: TcpStream,
    remote: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    stop: CancellationToken,
) {
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let _ = stream.set_nodelay(true);
    let connection = Connection { remote, local, server_name: None, secure: acceptor.is_some() };
    let Some(acceptor) = acceptor else {
        return serve(plane, stream, connection, stop).await;
    };
    match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let server_name = stream.get_ref().1.server_name().map(str::to_owned);
            serve(plane, stream, Connection { server_name, ..connection }, stop).await;
        }
        Ok(Err(error)) => tracing::debug!(gateway = plane.id, %error, "handshake failed"),
        Err(_) => tracing::debug!(gateway = plane.id, "handshake took too long"),
    }
}

async fn serve(
    plane: Arc<Plane>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connection: Connection,
    stop: CancellationToken,
) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let connection = Arc::new(connection);
    let service = service_fn(move |request| handle(Arc::clone(&plane), Arc::clone(&connection), request));
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}
