//! The library's side: the migrator, the host it was given, the work under way and the calls that wait.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use gateshift_abi::{CANCELLED, HostV1, MISUSE, OK, PANIC, Str};
use gateshift_step_api::Migrator;
use gateshift_step_api::wire::Start;

use crate::answer::answer;
use crate::remote::RemoteHost;
use crate::task::{Task, Work};

/// A migrator and its host.
pub(crate) struct Guest {
    pub(crate) migrator: Box<dyn Migrator>,
    host: &'static HostV1,
    tasks: Mutex<HashMap<u64, Arc<Task>>>,
    calls: Mutex<HashMap<u64, Waiting>>,
    next: AtomicU64,
}

/// A call of the host, and who waits for it.
#[derive(Default)]
struct Waiting {
    answer: Option<(i32, String)>,
    waker: Option<Waker>,
}

/// What a service, or a run, came to.
pub(crate) type Answer = (i32, String);

impl Guest {
    pub(crate) fn new(migrator: Box<dyn Migrator>, host: &'static HostV1) -> Arc<Self> {
        Arc::new(Self {
            migrator,
            host,
            tasks: Mutex::default(),
            calls: Mutex::default(),
            next: AtomicU64::new(1),
        })
    }

    pub(crate) fn start(self: &Arc<Self>, run: u64, request: String) -> i32 {
        let guest = Arc::clone(self);
        let work: Work = Box::pin(async move {
            // The request lives as long as the work: what it holds is borrowed, not copied again.
            match serde_json::from_str::<Start<'_>>(&request) {
                Ok(start) => {
                    let host = RemoteHost { guest: Arc::clone(&guest), run, scale: start.scale };
                    answer(&*guest.migrator, &host, start.ask).await
                }
                Err(error) => (MISUSE, said(&format!("the request cannot be read: {error}"))),
            }
        });
        let task = Task::new(Arc::clone(self), run, work);
        if lock(&self.tasks).insert(run, Arc::clone(&task)).is_some() {
            return MISUSE;
        }
        task.go_on();
        OK
    }

    /// Brings the answer of a call to whoever waits, and goes on with it.
    pub(crate) fn reply(&self, call: u64, status: i32, json: String) {
        let waker = {
            let mut calls = lock(&self.calls);
            let Some(waiting) = calls.get_mut(&call) else { return };
            waiting.answer = Some((status, json));
            waiting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn cancel(&self, run: u64) {
        let task = lock(&self.tasks).get(&run).cloned();
        if let Some(task) = task {
            task.cancel();
        }
    }

    /// A run came to its end.
    pub(crate) fn complete(&self, run: u64, (status, json): Answer) {
        lock(&self.tasks).remove(&run);
        // SAFETY: the host keeps its struct and what `ctx` points to for as long as the process lives.
        unsafe { (self.host.complete)(self.host.ctx, run, status, Str::of(&json)) };
    }

    pub(crate) fn panicked(&self, run: u64, message: &str) {
        self.complete(run, (PANIC, said(message)));
    }

    pub(crate) fn cancelled(&self, run: u64) {
        self.complete(run, (CANCELLED, "null".to_owned()));
    }

    pub(crate) fn emit(&self, run: u64, kind: u32, json: &str) {
        // SAFETY: as in `complete`.
        unsafe { (self.host.emit)(self.host.ctx, run, kind, Str::of(json)) };
    }

    /// A service that answers later.
    pub(crate) async fn call(&self, run: u64, op: &str, json: &str) -> Answer {
        let call = Call { guest: self, number: self.next.fetch_add(1, Ordering::Relaxed) };
        lock(&self.calls).insert(call.number, Waiting::default());
        // SAFETY: as in `complete`; the texts are lent for the call.
        let asked = unsafe { (self.host.call)(self.host.ctx, run, call.number, Str::of(op), Str::of(json)) };
        if asked != OK {
            return (MISUSE, said("the host does not take the call"));
        }
        std::future::poll_fn(|context| {
            let mut calls = lock(&self.calls);
            let Some(waiting) = calls.get_mut(&call.number) else {
                return Poll::Ready((MISUSE, said("the call is not known any more")));
            };
            match waiting.answer.take() {
                Some(answer) => Poll::Ready(answer),
                None => {
                    waiting.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// A service that answers at once.
    pub(crate) fn ask(&self, run: u64, op: &str, json: &str) -> Answer {
        let mut answer = String::new();
        let to = (&raw mut answer).cast();
        // SAFETY: as in `call`; `answer` lives until the call returns, and `take` is called within it.
        let status = unsafe { (self.host.ask)(self.host.ctx, run, Str::of(op), Str::of(json), to, take) };
        (status, answer)
    }
}

unsafe extern "C" fn take(to: *mut std::ffi::c_void, json: Str) {
    // SAFETY: `to` is the text that `ask` passed; the answer is lent for this call.
    let (to, bytes) = unsafe { (&mut *to.cast::<String>(), json.bytes()) };
    *to = String::from_utf8_lossy(bytes).into_owned();
}

/// A call that is forgotten when nobody waits for it any more.
struct Call<'g> {
    guest: &'g Guest,
    number: u64,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        lock(&self.guest.calls).remove(&self.number);
    }
}

/// A message as JSON.
pub(crate) fn said(message: &str) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
