//! The hidden command `plugin-host`, a process for one migrator: limits itself, closes the world, and only then loads what
//! it was handed. It reads a message, works until the migrator has to wait, and reads the next; one thread.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};

use gateshift_abi::{CANCELLED, MISUSE, OK, Open};
use gateshift_model::StepError;
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, recvmsg, send};
use serde::{Deserialize, Serialize};

use crate::bridge::{Plugin, Upward};
use crate::frame::{Frame, Frames, Kind};
use crate::inside::bounded;
use crate::library::load;
use crate::{confine, errors};

/// What a child is told first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// Version of the messages.
    pub(crate) protocol: u32,
    /// Bytes it may use.
    pub(crate) memory: u64,
    /// A migrator that is linked in, instead of the library that comes along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) linked: Option<String>,
    /// What comes along is a script.
    #[serde(default)]
    pub(crate) script: bool,
}

/// The function that opens a migrator which is linked in, by its name.
pub type LinkedIn = fn(&str) -> Option<Open>;

/// The whole life of the process; its standard input is the socket.
#[must_use]
pub fn plugin_host(linked: LinkedIn) -> ExitCode {
    let Ok(socket) = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3) else {
        return ExitCode::FAILURE;
    };
    let wire = Arc::new(Wire { socket, writes: Mutex::new(()) });
    let mut inbox = Inbox::default();
    match begin(&wire, &mut inbox, linked) {
        Ok(plugin) => serve(&plugin, &wire, inbox),
        Err(error) => {
            let error = serde_json::to_string(&error).unwrap_or_default();
            wire.send(&Frame::bytes(Kind::Failed, 0, 0, 0, &[&error]));
            ExitCode::FAILURE
        }
    }
}

/// Takes the first message and does what it says.
fn begin(wire: &Arc<Wire>, inbox: &mut Inbox, linked: LinkedIn) -> Result<Plugin, StepError> {
    let (frame, library) = greeting(wire, inbox).map_err(errors::no_child)?;
    let hello: Hello = serde_json::from_str(&frame.payload).map_err(errors::no_child)?;
    if hello.script {
        return Err(interpret(wire, &hello, library));
    }
    // From here on the standard input is nobody's.
    let nothing = std::fs::File::open("/dev/null").map_err(errors::no_child)?;
    rustix::stdio::dup2_stdin(&nothing).map_err(errors::no_child)?;
    drop(nothing);
    confine::limits(hello.memory)?;
    let confined = confine::close(false);
    let up = Box::new(Up { wire: Arc::clone(wire) });
    let plugin = match (&hello.linked, library) {
        (Some(name), _) => {
            let open = linked(name).ok_or_else(|| errors::no_library(format!("there is no `{name}`")))?;
            // SAFETY: what is linked in was built with the interface of this program.
            unsafe { Plugin::open(open, up) }.map_err(errors::contract)?
        }
        (None, Some(library)) => {
            let path = format!("/proc/self/fd/{}", library.as_raw_fd());
            let plugin = load(&path, up, false)?;
            // The linker knows it by this number for good.
            std::mem::forget(library);
            plugin
        }
        (None, None) => return Err(errors::no_library("no library came along")),
    };
    wire.send(&Frame::bytes(Kind::Ready, 0, 0, 0, &[&ready(&confined)]));
    Ok(plugin)
}

fn ready(confined: &str) -> String {
    serde_json::json!({ "protocol": 1, "confined": confined }).to_string()
}

/// Becomes the interpreter that the script names in its first line, with the socket as its standard input.
fn interpret(wire: &Wire, hello: &Hello, script: Option<OwnedFd>) -> StepError {
    let begun = || -> Result<std::convert::Infallible, StepError> {
        let script = script.ok_or_else(|| errors::no_library("no script came along"))?;
        let path = format!("/proc/self/fd/{}", script.as_raw_fd());
        let text = std::fs::read(&path).map_err(errors::no_library)?;
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        let mut words = line.trim_start_matches("#!").split_whitespace();
        let program =
            words.next().ok_or_else(|| errors::no_library("its first line names no interpreter"))?;
        rustix::io::fcntl_setfd(&script, rustix::io::FdFlags::empty()).map_err(errors::no_child)?;
        confine::limits(hello.memory)?;
        let confined = confine::close(true);
        wire.send(&Frame::bytes(Kind::Ready, 0, 0, 0, &[&ready(&confined)]));
        let mut interpreter = Command::new(program);
        interpreter.args(words).arg(&path).env("PYTHONDONTWRITEBYTECODE", "1");
        // Comes back only when it could not become that program.
        Err(errors::no_library(format!("its interpreter {program} does not start: {}", interpreter.exec())))
    };
    match begun() {
        Err(error) => error,
        Ok(never) => match never {},
    }
}

/// The child's end of the socket.
struct Wire {
    socket: OwnedFd,
    writes: Mutex<()>,
}

impl Wire {
    /// Sends all of it. That nobody listens any more shows where messages are read.
    fn send(&self, bytes: &[u8]) {
        let _alone = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done = 0;
        while done < bytes.len() {
            match send(&self.socket, &bytes[done..], SendFlags::NOSIGNAL) {
                Ok(sent) => done += sent,
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}

/// Messages that have arrived.
#[derive(Default)]
struct Inbox {
    frames: Frames,
    /// Read while something else was waited for.
    early: VecDeque<Frame>,
}

thread_local! {
    /// Where the thread that reads keeps what arrives, while it works for the migrator.
    static INBOX: RefCell<Option<Inbox>> = const { RefCell::new(None) };
}

fn greeting(wire: &Wire, inbox: &mut Inbox) -> Result<(Frame, Option<OwnedFd>), String> {
    let (mut library, mut buffer) = (None, vec![0; 1 << 16]);
    loop {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut carried = RecvAncillaryBuffer::new(&mut room);
        let got =
            recvmsg(&wire.socket, &mut [IoSliceMut::new(&mut buffer)], &mut carried, RecvFlags::CMSG_CLOEXEC)
                .map_err(|error| error.to_string())?;
        for message in carried.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                library = descriptors.last();
            }
        }
        if got.bytes == 0 {
            return Err("nobody said what to do".to_owned());
        }
        inbox.frames.take_in(&buffer[..got.bytes]);
        if let Some(frame) = inbox.frames.next()? {
            return match frame.kind {
                Kind::Hello => Ok((frame, library)),
                other => Err(format!("the first message is {other:?}")),
            };
        }
    }
}

/// The next message that `wanted` takes; the others are kept for later. None when nobody speaks any more.
fn next(wire: &Wire, inbox: &mut Inbox, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
    if let Some(place) = inbox.early.iter().position(&wanted) {
        return inbox.early.remove(place);
    }
    let mut buffer = [0; 1 << 14];
    loop {
        while let Some(frame) = inbox.frames.next().ok()? {
            if wanted(&frame) {
                return Some(frame);
            }
            inbox.early.push_back(frame);
        }
        match rustix::io::read(wire.socket.as_fd(), &mut buffer[..]) {
            Ok(0) => return None,
            Ok(count) => inbox.frames.take_in(&buffer[..count]),
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}

/// Works until nobody speaks any more.
fn serve(plugin: &Plugin, wire: &Wire, inbox: Inbox) -> ExitCode {
    INBOX.set(Some(inbox));
    loop {
        let frame =
            INBOX.with_borrow_mut(|inbox| inbox.as_mut().and_then(|inbox| next(wire, inbox, |_| true)));
        let Some(Frame { kind, status, run, id, payload }) = frame else { return ExitCode::SUCCESS };
        match kind {
            Kind::Start => {
                let begun = plugin.start(run, &payload);
                if begun != OK {
                    wire.send(&Frame::bytes(Kind::Done, begun, run, 0, &["\"the work was not begun\""]));
                }
            }
            Kind::Reply => plugin.reply(id, status, &payload),
            Kind::Cancel => plugin.cancel(run),
            // It came when the work that asked had been cancelled.
            Kind::Answer => {}
            _ => return ExitCode::FAILURE,
        }
    }
}

/// What the library says goes over the wire.
struct Up {
    wire: Arc<Wire>,
}

impl Upward for Up {
    fn emit(&self, run: u64, kind: u32, json: String) {
        self.wire.send(&Frame::bytes(Kind::Emit, 0, run, u64::from(kind), &[&json]));
    }

    fn call(&self, run: u64, call: u64, op: String, json: String) -> i32 {
        let (status, json) = bounded(OK, json);
        if status == OK {
            self.wire.send(&Frame::bytes(Kind::Call, 0, run, call, &[&op, "\n", &json]));
        }
        status
    }

    fn complete(&self, run: u64, status: i32, json: String) {
        let (status, json) = bounded(status, json);
        self.wire.send(&Frame::bytes(Kind::Done, status, run, 0, &[&json]));
    }

    fn ask(&self, run: u64, op: &str, json: &str) -> (i32, String) {
        let nobody = || (MISUSE, "\"asked for from outside `start` and `reply`\"".to_owned());
        INBOX.with(|inbox| {
            let Ok(mut inbox) = inbox.try_borrow_mut() else { return nobody() };
            let Some(inbox) = inbox.as_mut() else { return nobody() };
            self.wire.send(&Frame::bytes(Kind::Ask, 0, run, 0, &[op, "\n", json]));
            // Whoever would answer may have given up meanwhile: then the work is cancelled instead.
            let wanted =
                |frame: &Frame| frame.run == run && matches!(frame.kind, Kind::Answer | Kind::Cancel);
            match next(&self.wire, inbox, wanted) {
                Some(frame) if frame.kind == Kind::Cancel => {
                    inbox.early.push_front(frame);
                    (CANCELLED, "\"nobody waits for this work any more\"".to_owned())
                }
                Some(frame) => (frame.status, frame.payload),
                None => (MISUSE, "\"the host is gone\"".to_owned()),
            }
        })
    }
}
