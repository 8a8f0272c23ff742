//! Writing to a child that may not read: whoever writes never waits. What the socket takes at once goes at once;
//! the rest is for a thread that comes when it is needed and goes when nothing is left.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::net::{SendFlags, send};

/// The engine's end of the socket.
pub(crate) struct Outbox {
    pub(crate) socket: OwnedFd,
    rest: Mutex<Rest>,
}

#[derive(Default)]
struct Rest {
    parts: VecDeque<Vec<u8>>,
    /// A thread works on it.
    attended: bool,
}

impl Outbox {
    pub(crate) fn new(socket: OwnedFd) -> Arc<Self> {
        Arc::new(Self { socket, rest: Mutex::default() })
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message. That the other side is gone shows where its answers are read.
    pub(crate) fn send(self: &Arc<Self>, bytes: Vec<u8>) {
        let mut rest = self.rest();
        let mut done = 0;
        while rest.parts.is_empty() && !rest.attended && done < bytes.len() {
            match send(&self.socket, &bytes[done..], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(sent) => done += sent,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(_) => return,
            }
        }
        if done == bytes.len() {
            return;
        }
        rest.parts.push_back(bytes[done..].to_vec());
        if !rest.attended {
            let outbox = Arc::clone(self);
            let thread = std::thread::Builder::new().name("migrator-out".to_owned());
            rest.attended = thread.spawn(move || outbox.attend()).is_ok();
        }
    }

    fn attend(&self) {
        loop {
            let part = {
                let mut rest = self.rest();
                match rest.parts.pop_front() {
                    Some(part) => part,
                    None => {
                        rest.attended = false;
                        return;
                    }
                }
            };
            let mut done = 0;
            while done < part.len() {
                match send(self.socket.as_fd(), &part[done..], SendFlags::NOSIGNAL) {
                    Ok(sent) => done += sent,
                    Err(Errno::INTR) => {}
                    // It is gone: so is the need for the rest.
                    Err(_) => {
                        let mut rest = self.rest();
                        rest.parts.clear();
                        rest.attended = false;
                        return;
                    }
                }
            }
        }
    }
}
