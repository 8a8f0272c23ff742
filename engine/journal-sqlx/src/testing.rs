//! A real PostgreSQL server for tests: `tests/postgres.sh`, which ends with the process that started it.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "these functions are for tests")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// Address of a server that `tests/run.sh` has started for all tests.
pub const SERVER: &str = "GATESHIFT_TEST_POSTGRES";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/postgres.sh");

/// A server of one's own, to be stopped and started.
pub struct TestServer {
    child: Child,
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    address: String,
}

impl TestServer {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        let mut command = Command::new(SCRIPT);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let words = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let address = line(&mut answers);
        assert!(
            address.starts_with("postgres://"),
            "no PostgreSQL could be started; tests/run.sh installs it"
        );
        Self { child, words, answers, address }
    }

    /// Its address, with the password of its superuser.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `restart`, `crash`, `stop` or `start`; returns when it is done.
    pub fn order(&mut self, word: &str) {
        writeln!(self.words.as_mut().unwrap(), "{word}").unwrap();
        assert_eq!(line(&mut self.answers), "done", "{word}");
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.words.take());
        let _ = self.child.wait();
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// A server for all tests of this process: the one that is there, else one of its own, which ends with
/// the process because its input does.
#[must_use]
pub fn shared_server() -> &'static str {
    static OWN: OnceLock<(TestServer, String)> = OnceLock::new();
    static GIVEN: OnceLock<Option<String>> = OnceLock::new();
    match GIVEN.get_or_init(|| std::env::var(SERVER).ok()) {
        Some(given) => given,
        None => {
            &OWN.get_or_init(|| {
                let server = TestServer::start();
                let address = server.address.clone();
                (server, address)
            })
            .1
        }
    }
}

/// The address of a new, empty database on a server.
pub async fn new_database(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", uuid::Uuid::now_v7().simple());
    run_sql(server, &format!("CREATE DATABASE {name}")).await;
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

/// Runs SQL on a database as the user in its address.
pub async fn run_sql(address: &str, sql: &str) {
    let options: PgConnectOptions = address.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
