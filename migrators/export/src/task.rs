//! A piece of work that goes on, on whatever thread wakes it, until it has to wait again.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::exports::said;
use crate::guest::{Answer, Guest};

/// What a task does.
pub(crate) type Work = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Waits to be woken.
const IDLE: u8 = 0;
/// Some thread works on it.
const AT_WORK: u8 = 1;
/// Some thread works on it and has to look again.
const AGAIN: u8 = 2;
/// Over.
const OVER: u8 = 3;

pub(crate) struct Task {
    guest: Arc<Guest>,
    run: u64,
    state: AtomicU8,
    cancelled: AtomicBool,
    work: Mutex<Option<Work>>,
}

impl Task {
    pub(crate) fn new(guest: Arc<Guest>, run: u64, work: Work) -> Arc<Self> {
        let (state, cancelled) = (AtomicU8::new(IDLE), AtomicBool::new(false));
        Arc::new(Self { guest, run, state, cancelled, work: Mutex::new(Some(work)) })
    }

    /// Works until it has to wait, unless another thread does already: that one looks again then.
    pub(crate) fn go_on(self: &Arc<Self>) {
        let next = |state| match state {
            IDLE => Some(AT_WORK),
            AT_WORK => Some(AGAIN),
            _ => None,
        };
        if self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, next) == Ok(IDLE) {
            self.work();
        }
    }

    /// Gives it up, at once or as soon as the thread that works on it has to wait.
    pub(crate) fn cancel(self: &Arc<Self>) {
        self.cancelled.store(true, Ordering::Release);
        self.go_on();
    }

    fn work(self: &Arc<Self>) {
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        loop {
            if self.cancelled.load(Ordering::Acquire) {
                self.over();
                return self.guest.cancelled(self.run);
            }
            let polled = {
                let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(work) = work.as_mut() else { return };
                catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut context)))
            };
            match polled {
                Ok(Poll::Ready(answer)) => {
                    self.over();
                    return self.guest.complete(self.run, answer);
                }
                Err(panic) => {
                    self.over();
                    return self.guest.panicked(self.run, &said(&*panic));
                }
                Ok(Poll::Pending) => {
                    let rests =
                        self.state.compare_exchange(AT_WORK, IDLE, Ordering::AcqRel, Ordering::Acquire);
                    if rests.is_ok() {
                        return;
                    }
                    self.state.store(AT_WORK, Ordering::Release);
                }
            }
        }
    }

    /// Nothing is left to do; what the work held goes with it.
    fn over(&self) {
        self.state.store(OVER, Ordering::Release);
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(catch_unwind(AssertUnwindSafe(|| drop(work))));
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.go_on();
    }
}
