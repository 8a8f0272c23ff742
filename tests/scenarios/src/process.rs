//! A child process with its output caught, that is killed when its test forgets it.

use std::io::Read;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How a process ended, and what it said.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Finished {
    /// Standard output as one JSON document.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON document: {error}\n{self:#?}"))
    }

    /// Both outputs behind each other, for a search over all that was said.
    #[must_use]
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The same, having ended with that code.
    ///
    /// # Panics
    /// When it ended otherwise.
    #[must_use]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "wrong exit code\nstdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// Bytes that a thread goes on to collect.
#[derive(Debug, Clone, Default)]
struct Caught(Arc<Mutex<Vec<u8>>>);

impl Caught {
    fn from(mut source: impl Read + Send + 'static) -> (Self, JoinHandle<()>) {
        let caught = Self::default();
        let bytes = caught.0.clone();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = source.read(&mut buffer) {
                bytes.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        (caught, reader)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// A process that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Caught,
    stderr: Caught,
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Starts a command.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (stdout, first) = Caught::from(child.stdout.take().unwrap());
        let (stderr, second) = Caught::from(child.stderr.take().unwrap());
        Self { stdin: child.stdin.take(), child, stdout, stderr, readers: vec![first, second] }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has said on standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Ends its standard input.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Whether it has ended.
    ///
    /// # Panics
    /// When the system does not tell.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Sends it a signal by name, `TERM` or `INT`.
    ///
    /// # Panics
    /// When there is no such process any more.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status().unwrap();
        assert!(sent.success(), "process {} took no signal {name}", self.id());
    }

    /// Kills it at once, without a word.
    ///
    /// # Panics
    /// When the system refuses.
    #[must_use]
    pub fn kill(mut self) -> Finished {
        self.child.kill().unwrap();
        self.finished()
    }

    /// Waits until it ends.
    ///
    /// # Panics
    /// When it takes longer than that; it is killed then.
    #[must_use]
    pub fn wait(mut self, patience: Duration) -> Finished {
        let began = Instant::now();
        while !self.has_ended() {
            if began.elapsed() > patience {
                let _ = self.child.kill();
                let said = self.finished();
                panic!(
                    "it did not end within {patience:?}\nstdout:\n{}\nstderr:\n{}",
                    said.stdout, said.stderr
                );
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.finished()
    }

    fn finished(&mut self) -> Finished {
        let status = self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        Finished { code: status.code(), stdout: self.stdout.text(), stderr: self.stderr.text() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already, most of the time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
