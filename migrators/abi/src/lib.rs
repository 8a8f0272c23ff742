//! The C interface between the engine and a migrator in a library of its own: two symbols, four structs, JSON
//! in and out. `include/gateshift.h` says the same in C. No Rust type crosses and no allocation changes its
//! owner, so both sides may be built by whatever compiler they like.
//!
//! Frozen: structs grow only at their end, and `size` says how much of one is there. What would break a library
//! that is out there gets a new symbol, `gateshift_open_v2`.

#![no_std]

use core::ffi::c_void;

/// How every library of this interface begins to introduce itself.
pub const MAGIC: [u8; 8] = *b"GATESHF\x01";
/// A library of another major version is refused.
pub const MAJOR: u16 = 1;
/// Grows with what is added at the ends of structs.
pub const MINOR: u16 = 0;
/// Symbol of the static [`Magic`].
pub const MAGIC_SYMBOL: &[u8] = b"gateshift_magic_v1\0";
/// Symbol of the function [`Open`].
pub const OPEN_SYMBOL: &[u8] = b"gateshift_open_v1\0";

/// All went well; the text is the answer.
pub const OK: i32 = 0;
/// The step, or the service, failed; the text is the failure.
pub const ERROR: i32 = 1;
/// The migrator's code broke off; the text is a JSON string that says where.
pub const PANIC: i32 = 2;
/// The work was cancelled.
pub const CANCELLED: i32 = 3;
/// The other side does not keep to this interface; the text is a JSON string that says how.
pub const MISUSE: i32 = 4;

/// Kind of [`HostV1::emit`]: a line for the log.
pub const EMIT_LOG: u32 = 1;
/// Kind of [`HostV1::emit`]: how far the step is.
pub const EMIT_PROGRESS: u32 = 2;

/// Text in UTF-8, lent for the duration of the call that passes it: the receiver copies what it keeps.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Str {
    /// First byte; may be anything when `len` is 0.
    pub ptr: *const u8,
    /// Bytes.
    pub len: usize,
}

impl Str {
    /// Lends a text.
    #[must_use]
    pub const fn of(text: &str) -> Self {
        Self { ptr: text.as_ptr(), len: text.len() }
    }

    /// The bytes that are lent.
    ///
    /// # Safety
    /// `ptr` must be readable for `len` bytes for as long as the result is used.
    #[must_use]
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.len == 0 || self.ptr.is_null() {
            return &[];
        }
        // SAFETY: the caller vouches for pointer and length.
        unsafe { core::slice::from_raw_parts(self.ptr, self.len) }
    }
}

/// What a library says before any of its code is called; a static, not a function.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Magic {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// Size of this struct.
    pub size: u32,
    /// [`MAJOR`].
    pub major: u16,
    /// [`MINOR`].
    pub minor: u16,
    /// Bytes of a pointer.
    pub pointer: u8,
    /// 1 on a little-endian machine.
    pub little_endian: u8,
    /// 1 when a panic ends the process: such a library runs only in a process of its own.
    pub panic_aborts: u8,
    /// Zero.
    pub reserved: u8,
    /// What it was built with, for messages.
    pub built_with: Str,
}

// SAFETY: it is only read, and the text it points to is a constant of the library, which is never unloaded.
unsafe impl Sync for Magic {}

impl Magic {
    /// What a library built with this crate says.
    pub const OWN: Self = Self {
        magic: MAGIC,
        size: size_of::<Self>() as u32,
        major: MAJOR,
        minor: MINOR,
        pointer: size_of::<usize>() as u8,
        little_endian: cfg!(target_endian = "little") as u8,
        panic_aborts: cfg!(panic = "abort") as u8,
        reserved: 0,
        built_with: Str::of("rust"),
    };
}

/// Takes the answer of [`HostV1::ask`], within that call.
pub type Sink = unsafe extern "C" fn(to: *mut c_void, json: Str);

/// What the host offers. `ctx` goes first into each; functions may be called from any thread, and never block,
/// but for `ask`. The host keeps the struct for as long as the process lives.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HostV1 {
    /// Size of this struct.
    pub size: u32,
    /// [`MINOR`].
    pub minor: u16,
    /// Zero.
    pub reserved: u16,
    /// The host's own.
    pub ctx: *const c_void,
    /// Something to be shown to whoever watches ([`EMIT_LOG`], [`EMIT_PROGRESS`]).
    pub emit: unsafe extern "C" fn(ctx: *const c_void, run: u64, kind: u32, json: Str),
    /// Asks for a service that answers later, through [`PluginV1::reply`] with the same `call`, a number that
    /// the library chooses and uses once. Anything but [`OK`] says that no reply will come.
    pub call: unsafe extern "C" fn(ctx: *const c_void, run: u64, call: u64, op: Str, json: Str) -> i32,
    /// The answer of a run; exactly once for each that was started.
    pub complete: unsafe extern "C" fn(ctx: *const c_void, run: u64, status: i32, json: Str),
    /// Asks for a service that answers at once: `sink` is called with the answer before `ask` returns. Only
    /// from within `start` and `reply`, on the thread that called them.
    pub ask: unsafe extern "C" fn(
        ctx: *const c_void,
        run: u64,
        op: Str,
        json: Str,
        to: *mut c_void,
        sink: Sink,
    ) -> i32,
}

// SAFETY: functions that may be called from any thread, and a pointer that only they look behind.
unsafe impl Send for HostV1 {}
// SAFETY: as above.
unsafe impl Sync for HostV1 {}

/// What a library offers. `inst` goes first into each. A function that is missing is a feature that is absent;
/// `start` and `reply` have to be there.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PluginV1 {
    /// Size of this struct.
    pub size: u32,
    /// [`MINOR`].
    pub minor: u16,
    /// Zero.
    pub reserved: u16,
    /// The library's own.
    pub inst: *mut c_void,
    /// Begins a piece of work under a number that the host chooses. It may work on the calling thread until it
    /// has to wait for the host, and it may complete before it returns. Anything but [`OK`] says that it was not begun.
    pub start: Option<unsafe extern "C" fn(inst: *mut c_void, run: u64, request: Str) -> i32>,
    /// The answer of a service that was asked for with [`HostV1::call`]. Goes on with the work, as `start`.
    pub reply: Option<unsafe extern "C" fn(inst: *mut c_void, call: u64, status: i32, json: Str)>,
    /// Nobody waits for this run any more. It still completes, or is forgotten.
    pub cancel: Option<unsafe extern "C" fn(inst: *mut c_void, run: u64)>,
}

// SAFETY: functions that may be called from any thread, and a pointer that only they look behind.
unsafe impl Send for PluginV1 {}
// SAFETY: as above.
unsafe impl Sync for PluginV1 {}

impl PluginV1 {
    /// As the host hands it to [`Open`].
    pub const EMPTY: Self = Self {
        size: size_of::<Self>() as u32,
        minor: MINOR,
        reserved: 0,
        inst: core::ptr::null_mut(),
        start: None,
        reply: None,
        cancel: None,
    };
}

/// Opens the library: it keeps `host` and fills `out`, of which `size` says how much is there.
pub type Open = unsafe extern "C" fn(host: *const HostV1, out: *mut PluginV1) -> i32;

#[cfg(test)]
mod tests {
    use core::mem::offset_of;

    use super::{HostV1, Magic, PluginV1, Str};

    /// Libraries that are out there were built with these numbers.
    #[test]
    fn sizes_and_places_are_frozen() {
        assert_eq!((size_of::<Str>(), size_of::<Magic>()), (16, 40));
        assert_eq!((offset_of!(Magic, size), offset_of!(Magic, major)), (8, 12));
        assert_eq!((offset_of!(Magic, pointer), offset_of!(Magic, built_with)), (16, 24));
        assert_eq!((size_of::<HostV1>(), offset_of!(HostV1, ctx)), (48, 8));
        assert_eq!((offset_of!(HostV1, emit), offset_of!(HostV1, call)), (16, 24));
        assert_eq!((offset_of!(HostV1, complete), offset_of!(HostV1, ask)), (32, 40));
        assert_eq!((size_of::<PluginV1>(), offset_of!(PluginV1, inst)), (40, 8));
        assert_eq!((offset_of!(PluginV1, start), offset_of!(PluginV1, reply)), (16, 24));
        assert_eq!(offset_of!(PluginV1, cancel), 32);
    }
}
