//! The host of the work that a library does at this moment on this thread: what it asks for at once is answered
//! from here. Set for the time of one call into the library and never longer, so that what it borrows is there.

use std::cell::Cell;

use gateshift_step_api::Host;

thread_local! {
    static PRESENT: Cell<Option<&'static dyn Host>> = const { Cell::new(None) };
}

/// Puts back what was there before, even when `work` panics.
struct Before(Option<&'static dyn Host>);

impl Drop for Before {
    fn drop(&mut self) {
        PRESENT.set(self.0);
    }
}

/// Calls into a library with this host at hand.
pub(crate) fn with<T>(host: &dyn Host, work: impl FnOnce() -> T) -> T {
    // SAFETY: the longer lifetime ends with this function: `Before` takes the reference away before the borrow
    // ends, and `present` lends it only within a call that happens meanwhile, on this thread.
    let host = unsafe { std::mem::transmute::<&dyn Host, &'static dyn Host>(host) };
    let _before = Before(PRESENT.replace(Some(host)));
    work()
}

/// Uses the host at hand, if there is one.
pub(crate) fn present<T>(work: impl FnOnce(&dyn Host) -> T) -> Option<T> {
    PRESENT.get().map(work)
}
