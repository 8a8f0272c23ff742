//! The carrier of a migrator in a process of its own, from the engine's side. One thread starts the process, reads
//! what it says, and buries it; whatever way it ends, everyone who waits for it learns why.

use std::collections::HashMap;
use std::io::{IoSlice, PipeReader, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateshift_abi::CANCELLED;
use gateshift_model::StepError;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sendmsg,
    socketpair,
};

use crate::carrier::{Carrier, Incoming, Sink};
use crate::errors;
use crate::frame::{Frame, Frames, Kind};
use crate::outbox::Outbox;
use crate::plugin_host::Hello;

/// Of what it prints, so much is kept to say why it ended.
const LAST_WORDS: usize = 2048;

/// A child process. It ends when this is dropped.
pub(crate) struct Child {
    shared: Arc<Shared>,
}

struct Shared {
    out: Arc<Outbox>,
    runs: Mutex<Runs>,
    process: Mutex<Option<std::process::Child>>,
    ready: Mutex<Option<String>>,
}

#[derive(Default)]
struct Runs {
    sinks: HashMap<u64, Arc<Sink>>,
    last: u64,
    over: Option<StepError>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Child {
    /// Starts `program plugin-host` and hands it what it is to run.
    pub(crate) fn start(
        program: &Path,
        hello: &Hello,
        library: Option<BorrowedFd<'_>>,
    ) -> Result<Self, StepError> {
        let (own, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .map_err(errors::no_child)?;
        let shared = Arc::new(Shared {
            out: Outbox::new(own),
            runs: Mutex::default(),
            process: Mutex::default(),
            ready: Mutex::default(),
        });
        let (started, start) = channel();
        let (keeper, program) = (Arc::clone(&shared), program.to_owned());
        // The thread that starts a process has to outlive it: the child asks to die with its parent's thread.
        std::thread::Builder::new()
            .name("migrator".to_owned())
            .spawn(move || keeper.keep(&program, theirs, &started))
            .map_err(errors::no_child)?;
        let child = Self { shared };
        start.recv().map_err(errors::no_child)?.map_err(errors::no_child)?;
        let hello = serde_json::to_string(hello).map_err(errors::no_child)?;
        greet(child.shared.out.socket.as_fd(), &hello, library).map_err(errors::no_child)?;
        Ok(child)
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        lock(&self.shared.runs).over.is_some()
    }

    /// How the kernel confines it, once it has said so.
    pub(crate) fn confinement(&self) -> Option<String> {
        lock(&self.shared.ready).clone()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.shared.end(errors::lost("was ended because nobody needed it any more"));
    }
}

/// The first message, with the library.
fn greet(socket: BorrowedFd<'_>, hello: &str, library: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    let bytes = Frame::bytes(Kind::Hello, 0, 0, 0, &[hello]);
    let descriptors: Vec<BorrowedFd<'_>> = library.into_iter().collect();
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut carried = SendAncillaryBuffer::new(&mut room);
    if !descriptors.is_empty() {
        carried.push(SendAncillaryMessage::ScmRights(&descriptors));
    }
    sendmsg(socket, &[IoSlice::new(&bytes)], &mut carried, SendFlags::NOSIGNAL).map(drop)
}

impl Shared {
    /// Starts the process, listens until it has nothing more to say, and buries it.
    fn keep(&self, program: &Path, theirs: OwnedFd, started: &Sender<std::io::Result<()>>) {
        let words = match self.launch(program, theirs) {
            Ok(words) => words,
            Err(error) => {
                drop(started.send(Err(error)));
                return;
            }
        };
        if started.send(Ok(())).is_err() {
            return;
        }
        let (broken, said) = self.listen(words);
        let mut process = lock(&self.process);
        let status = process.take().map(|mut process| {
            // It may live on without its socket.
            drop(process.kill());
            process.wait()
        });
        drop(process);
        self.over(broken.unwrap_or_else(|| errors::lost(ended(status, &said))));
    }

    fn launch(&self, program: &Path, theirs: OwnedFd) -> std::io::Result<PipeReader> {
        let (words, pen) = std::io::pipe()?;
        let process = Command::new(program)
            .arg("plugin-host")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::from(pen.try_clone()?))
            .stderr(Stdio::from(pen))
            .spawn()?;
        *lock(&self.process) = Some(process);
        Ok(words)
    }

    /// Reads both what it says and what it prints until the first ends. Gives what was wrong with it, and its last words.
    fn listen(&self, mut words: PipeReader) -> (Option<StepError>, Vec<u8>) {
        let (mut frames, mut last, mut buffer) = (Frames::default(), Vec::new(), vec![0; 1 << 16]);
        let mut printing = true;
        loop {
            let socket = self.out.socket.as_fd();
            let both = [PollFd::new(&socket, PollFlags::IN), PollFd::new(&words, PollFlags::IN)];
            let mut watched = both;
            let watched = if printing { &mut watched[..] } else { &mut watched[..1] };
            match poll(watched, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return (Some(errors::lost(error)), last),
            }
            let (speaks, prints) =
                (!watched[0].revents().is_empty(), printing && !watched[1].revents().is_empty());
            if prints {
                printing = print(&mut words, &mut buffer, &mut last);
            }
            if speaks {
                match rustix::io::read(socket, buffer.as_mut_slice()) {
                    Ok(0) | Err(Errno::CONNRESET) => {
                        while printing && is_there(&words) {
                            printing = print(&mut words, &mut buffer, &mut last);
                        }
                        return (None, last);
                    }
                    Ok(count) => frames.take_in(&buffer[..count]),
                    Err(Errno::INTR) => {}
                    Err(error) => return (Some(errors::lost(error)), last),
                }
                loop {
                    match frames.next() {
                        Ok(None) => break,
                        Ok(Some(frame)) => {
                            if let Err(error) = self.take(frame) {
                                return (Some(error), last);
                            }
                        }
                        Err(cause) => return (Some(errors::garbage(cause)), last),
                    }
                }
            }
        }
    }

    /// Passes a message on to whoever waits for it.
    fn take(&self, frame: Frame) -> Result<(), StepError> {
        let Frame { kind, status, run, id, payload } = frame;
        let said = match kind {
            Kind::Call => {
                let (op, json) = named(payload)?;
                Incoming::Call { call: id, op, json }
            }
            Kind::Ask => {
                let (op, json) = named(payload)?;
                Incoming::Ask { ask: id, op, json }
            }
            Kind::Emit => Incoming::Emit { kind: u32::try_from(id).unwrap_or(u32::MAX), json: payload },
            Kind::Done => Incoming::Complete { status, json: payload },
            Kind::Ready => {
                *lock(&self.ready) = Some(payload);
                return Ok(());
            }
            Kind::Failed => {
                return Err(serde_json::from_str(&payload).unwrap_or_else(|_| errors::garbage(payload)));
            }
            other => return Err(errors::garbage(format!("it sent {other:?}, which is not its to send"))),
        };
        let sink = lock(&self.runs).sinks.get(&run).cloned();
        match (sink, said) {
            (Some(sink), said) => sink(said),
            // It waits for the answer, and nobody waits for it.
            (None, Incoming::Ask { ask, .. }) => {
                let gone = "\"nobody waits for this work any more\"";
                self.out.send(Frame::bytes(Kind::Answer, CANCELLED, run, ask, &[gone]));
            }
            (None, _) => {}
        }
        Ok(())
    }

    /// Ends the process; the thread that keeps it tells everyone.
    fn end(&self, why: StepError) {
        lock(&self.runs).over.get_or_insert(why);
        if let Some(process) = lock(&self.process).as_mut() {
            drop(process.kill());
        }
    }

    /// It has ended: everyone who waits learns why.
    fn over(&self, why: StepError) {
        let (why, waiting) = {
            let mut runs = lock(&self.runs);
            let why = runs.over.get_or_insert(why).clone();
            (why, std::mem::take(&mut runs.sinks))
        };
        for sink in waiting.into_values() {
            sink(Incoming::Lost(why.clone()));
        }
    }
}

fn named(payload: String) -> Result<(String, String), StepError> {
    let (op, json) =
        payload.split_once('\n').ok_or_else(|| errors::garbage("it asked for a service without its name"))?;
    Ok((op.to_owned(), json.to_owned()))
}

fn is_there(words: &PipeReader) -> bool {
    let mut one = [PollFd::new(words, PollFlags::IN)];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    matches!(poll(&mut one, Some(&now)), Ok(1))
}

/// Takes in what it prints; false at the end of it.
fn print(words: &mut PipeReader, buffer: &mut [u8], last: &mut Vec<u8>) -> bool {
    let Ok(count @ 1..) = words.read(buffer) else { return false };
    tracing::debug!(text = %String::from_utf8_lossy(&buffer[..count]), "printed by a migrator");
    last.extend_from_slice(&buffer[..count]);
    let more = last.len().saturating_sub(LAST_WORDS);
    last.drain(..more);
    true
}

/// How a process ended, in words.
fn ended(status: Option<std::io::Result<ExitStatus>>, said: &[u8]) -> String {
    let how = match status {
        Some(Ok(status)) => match (status.signal(), status.code()) {
            (Some(signal), _) => format!("was ended by signal {signal}{}", name(signal)),
            (None, Some(code)) => format!("ended by itself with status {code}"),
            (None, None) => "ended".to_owned(),
        },
        Some(Err(error)) => format!("is gone: {error}"),
        None => "is gone".to_owned(),
    };
    let text = String::from_utf8_lossy(said);
    let words: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("note: ")).collect();
    match words.last() {
        Some(last) => format!("{how}; its last words: {}", last.chars().take(300).collect::<String>()),
        None => how,
    }
}

fn name(signal: i32) -> &'static str {
    match signal {
        4 => " (illegal instruction)",
        6 => " (abort)",
        7 => " (bus error)",
        8 => " (arithmetic error)",
        9 => " (killed)",
        11 => " (segmentation fault)",
        24 => " (out of processor time)",
        31 => " (a system call that is not allowed)",
        _ => "",
    }
}

impl Carrier for Child {
    fn begin(&self, sink: Sink) -> Result<u64, StepError> {
        let mut runs = lock(&self.shared.runs);
        if let Some(over) = &runs.over {
            return Err(over.clone());
        }
        runs.last += 1;
        let run = runs.last;
        runs.sinks.insert(run, Arc::new(sink));
        Ok(run)
    }

    fn start(&self, run: u64, request: &str) {
        self.shared.out.send(Frame::bytes(Kind::Start, 0, run, 0, &[request]));
    }

    fn reply(&self, run: u64, call: u64, status: i32, json: &str) {
        self.shared.out.send(Frame::bytes(Kind::Reply, status, run, call, &[json]));
    }

    fn answer(&self, run: u64, ask: u64, status: i32, json: &str) {
        self.shared.out.send(Frame::bytes(Kind::Answer, status, run, ask, &[json]));
    }

    fn end(&self, run: u64) {
        let mut runs = lock(&self.shared.runs);
        if runs.sinks.remove(&run).is_some() && runs.over.is_none() {
            drop(runs);
            self.shared.out.send(Frame::bytes(Kind::Cancel, 0, run, 0, &[]));
        }
    }

    fn stop(&self, why: &StepError) {
        self.shared.end(why.clone());
    }
}
