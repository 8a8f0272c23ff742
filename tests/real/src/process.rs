//! A server process in a folder of its own: found, started on a free port, and ended with its owner.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);
/// Ports that are tried: one that was free may be taken meanwhile.
const TRIES: u32 = 5;

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: TempDir,
    /// Where it answers questions.
    pub dns: SocketAddr,
    /// A second port it was given.
    pub second: SocketAddr,
}

impl Server {
    /// Starts a server: `prepare` writes its files into a folder for two ports and gives its arguments.
    ///
    /// # Panics
    /// When the program is not installed, or does not listen in time.
    #[must_use]
    pub fn start(
        program: &str,
        package: &str,
        prepare: impl Fn(&Path, SocketAddr, SocketAddr) -> Vec<String>,
    ) -> Self {
        let path = find(program).unwrap_or_else(|| {
            panic!(
                "`{program}` is not installed: `apt-get install {package}`, or run tests/run.sh, which does"
            )
        });
        let mut said = String::new();
        for _ in 0..TRIES {
            let folder = tempfile::Builder::new().prefix("gateshift-real-").tempdir().unwrap();
            let (dns, second) = (free(), free());
            let arguments = prepare(folder.path(), dns, second);
            let log = File::create(folder.path().join("log")).unwrap();
            let mut command = Command::new(&path);
            command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
            let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
            let mut server = Self { child, folder, dns, second };
            if server.listens() {
                return server;
            }
            said = std::fs::read_to_string(server.folder.path().join("log")).unwrap_or_default();
        }
        panic!("{program} did not listen within {PATIENCE:?}:\n{said}");
    }

    fn listens(&mut self) -> bool {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if TcpStream::connect(self.dns).is_ok() {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its own child and nothing else; ended already, perhaps.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program in the usual folders; those for servers are not on everybody's path.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// A port of loopback that is free for both protocols.
fn free() -> SocketAddr {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = tcp.local_addr().unwrap();
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}
