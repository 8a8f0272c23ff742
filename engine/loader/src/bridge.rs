//! Through the C interface: the table of functions that a library gets, and calls through the table it gives.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gateshift_abi::{HostV1, MINOR, MISUSE, OK, Open, PluginV1, Sink, Str};

/// Where goes what a library says.
pub(crate) trait Upward: Send + Sync {
    fn emit(&self, run: u64, kind: u32, json: String);
    fn call(&self, run: u64, call: u64, op: String, json: String) -> i32;
    fn complete(&self, run: u64, status: i32, json: String);
    fn ask(&self, run: u64, op: &str, json: &str) -> (i32, String);
}

/// What `ctx` points to.
struct Leaked(Box<dyn Upward>);

/// An open library. It stays so for as long as the process lives.
pub(crate) struct Plugin {
    inst: *mut c_void,
    start: unsafe extern "C" fn(*mut c_void, u64, Str) -> i32,
    reply: unsafe extern "C" fn(*mut c_void, u64, i32, Str),
    cancel: Option<unsafe extern "C" fn(*mut c_void, u64)>,
}

// SAFETY: the interface says that its functions may be called from any thread.
unsafe impl Send for Plugin {}
// SAFETY: as above.
unsafe impl Sync for Plugin {}

impl Plugin {
    /// Opens a library. What `up` and the table hold is leaked: the library may use it at any time.
    ///
    /// # Safety
    /// `open` has to be a function that keeps to `gateshift.h`.
    pub(crate) unsafe fn open(open: Open, up: Box<dyn Upward>) -> Result<Self, String> {
        let ctx: &'static Leaked = Box::leak(Box::new(Leaked(up)));
        let host: &'static HostV1 = Box::leak(Box::new(HostV1 {
            size: size_of::<HostV1>() as u32,
            minor: MINOR,
            reserved: 0,
            ctx: std::ptr::from_ref(ctx).cast(),
            emit,
            call,
            complete,
            ask,
        }));
        let mut table = PluginV1::EMPTY;
        // SAFETY: the caller vouches for the function; the table is writable and the host stays.
        let opened = unsafe { open(host, &raw mut table) };
        match (opened, table.start, table.reply) {
            (OK, Some(start), Some(reply)) => {
                Ok(Self { inst: table.inst, start, reply, cancel: table.cancel })
            }
            (OK, ..) => Err("it offers no `start` or no `reply`".to_owned()),
            (status, ..) => Err(format!("it does not open: status {status}")),
        }
    }

    pub(crate) fn start(&self, run: u64, request: &str) -> i32 {
        // SAFETY: the library gave both; the text is lent for the call.
        unsafe { (self.start)(self.inst, run, Str::of(request)) }
    }

    pub(crate) fn reply(&self, call: u64, status: i32, json: &str) {
        // SAFETY: as in `start`.
        unsafe { (self.reply)(self.inst, call, status, Str::of(json)) };
    }

    pub(crate) fn cancel(&self, run: u64) {
        if let Some(cancel) = self.cancel {
            // SAFETY: as in `start`.
            unsafe { cancel(self.inst, run) };
        }
    }
}

/// # Safety
/// `ctx` is what [`Plugin::open`] put into the table.
unsafe fn up(ctx: *const c_void) -> &'static dyn Upward {
    // SAFETY: it points to a box that was leaked.
    unsafe { &*(*ctx.cast::<Leaked>()).0 }
}

/// # Safety
/// The text is lent for the call.
unsafe fn text(lent: Str) -> Option<String> {
    // SAFETY: the library lends it for the duration of the call, and it is copied.
    String::from_utf8(unsafe { lent.bytes() }.to_vec()).ok()
}

unsafe extern "C" fn emit(ctx: *const c_void, run: u64, kind: u32, json: Str) {
    drop(catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the library gives back what it was given, and lends the text.
        let (up, json) = unsafe { (up(ctx), text(json)) };
        if let Some(json) = json {
            up.emit(run, kind, json);
        }
    })));
}

unsafe extern "C" fn call(ctx: *const c_void, run: u64, call: u64, op: Str, json: Str) -> i32 {
    let taken = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as in `emit`.
        let (up, op, json) = unsafe { (up(ctx), text(op), text(json)) };
        op.zip(json).map_or(MISUSE, |(op, json)| up.call(run, call, op, json))
    }));
    taken.unwrap_or(MISUSE)
}

unsafe extern "C" fn complete(ctx: *const c_void, run: u64, status: i32, json: Str) {
    drop(catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as in `emit`.
        let (up, json) = unsafe { (up(ctx), text(json)) };
        match json {
            Some(json) => up.complete(run, status, json),
            None => up.complete(run, MISUSE, "\"the answer is no text in UTF-8\"".to_owned()),
        }
    })));
}

unsafe extern "C" fn ask(
    ctx: *const c_void,
    run: u64,
    op: Str,
    json: Str,
    to: *mut c_void,
    sink: Sink,
) -> i32 {
    let answered = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as in `emit`.
        let (up, op, json) = unsafe { (up(ctx), text(op), text(json)) };
        op.zip(json).map(|(op, json)| up.ask(run, &op, &json))
    }));
    let Ok(Some((status, answer))) = answered else { return MISUSE };
    // SAFETY: the library passed both for this call; the text is lent for it.
    unsafe { sink(to, Str::of(&answer)) };
    status
}
