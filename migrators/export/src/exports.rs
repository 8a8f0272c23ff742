//! The functions that the host calls. Each takes what it is lent, and lets no panic out.

use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use gateshift_abi::{HostV1, MISUSE, OK, PANIC, PluginV1, Str};
use gateshift_step_api::Migrator;

use crate::guest::Guest;

thread_local! {
    /// Where the latest panic of this thread was, and what it said.
    static PANICKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Opens a library, or a migrator that is linked in. `alone`: the code has a standard library of its own, whose
/// panics nobody else reports.
///
/// # Safety
/// `host` has to stay valid for as long as the process lives; `out` has to be writable.
pub unsafe fn open(
    host: *const HostV1,
    out: *mut PluginV1,
    make: impl FnOnce() -> Box<dyn Migrator>,
    alone: bool,
) -> i32 {
    if host.is_null() || out.is_null() {
        return MISUSE;
    }
    // SAFETY: the caller vouches for both; they are not null.
    let (host, room): (&'static HostV1, u32) = unsafe { (&*host, (*out).size) };
    if (host.size as usize) < size_of::<HostV1>() || (room as usize) < size_of::<PluginV1>() {
        return MISUSE;
    }
    if alone {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
            PANICKED.set(place);
        }));
    }
    let Ok(guest) = catch_unwind(AssertUnwindSafe(|| Guest::new(make(), host))) else { return PANIC };
    // Never freed: the host may call at any time as long as the process lives.
    let inst = Box::into_raw(Box::new(guest)).cast::<c_void>();
    let plugin =
        PluginV1 { inst, start: Some(start), reply: Some(reply), cancel: Some(cancel), ..PluginV1::EMPTY };
    // SAFETY: the caller vouches that it is writable, and it is as large as this.
    unsafe { out.write(plugin) };
    OK
}

/// What a panic said, and where it was when that is known.
pub(crate) fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text =
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned());
    match PANICKED.take() {
        Some(place) => format!("{text} (at {place})"),
        None => text,
    }
}

/// # Safety
/// `inst` is what [`open`] gave out.
unsafe fn guest(inst: *mut c_void) -> Arc<Guest> {
    // SAFETY: `open` made it from a box of this type that is never freed.
    Arc::clone(unsafe { &*inst.cast::<Arc<Guest>>() })
}

/// # Safety
/// The text is lent for this call.
unsafe fn text(lent: Str) -> Option<String> {
    // SAFETY: the caller lends it for the duration of the call, and it is copied.
    String::from_utf8(unsafe { lent.bytes() }.to_vec()).ok()
}

unsafe extern "C" fn start(inst: *mut c_void, run: u64, request: Str) -> i32 {
    let begun = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the host gives back what it was given, and lends the text for this call.
        let (guest, request) = unsafe { (guest(inst), text(request)) };
        request.map_or(MISUSE, |request| guest.start(run, request))
    }));
    begun.unwrap_or(PANIC)
}

unsafe extern "C" fn reply(inst: *mut c_void, call: u64, status: i32, json: Str) {
    drop(catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as in `start`.
        let (guest, json) = unsafe { (guest(inst), text(json)) };
        guest.reply(call, status, json.unwrap_or_default());
    })));
}

unsafe extern "C" fn cancel(inst: *mut c_void, run: u64) {
    drop(catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as in `start`.
        unsafe { guest(inst) }.cancel(run);
    })));
}

/// A migrator that is linked into the program, for a process that runs nothing else.
pub trait Linked {
    /// Makes it.
    fn make() -> Box<dyn Migrator>;
}

/// What opens a migrator that is linked in, as a library's symbol would.
#[must_use]
pub fn linked<L: Linked>() -> gateshift_abi::Open {
    unsafe extern "C" fn go<L: Linked>(host: *const HostV1, out: *mut PluginV1) -> i32 {
        // SAFETY: passed on as it came.
        unsafe { open(host, out, L::make, false) }
    }
    go::<L>
}
