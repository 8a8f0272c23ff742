//! Makes a library of a migrator: `export_migrator!(MyMigrator)` is all that its author writes. Behind it stands
//! a small executor: a migrator reaches the world only through its host, so all it ever waits for is a reply of
//! the host, and whoever brings the reply goes on with the work. No runtime, no thread, no timer.

mod answer;
mod exports;
mod guest;
mod remote;
mod task;

pub use exports::{Linked, linked, open};
pub use gateshift_abi as abi;

/// Exports a migrator from a crate of type `cdylib`. Takes an expression that makes it; it is made once.
#[macro_export]
macro_rules! export_migrator {
    ($migrator:expr) => {
        /// What is said before any code runs.
        #[allow(non_upper_case_globals, reason = "the name of the symbol")]
        #[unsafe(no_mangle)]
        pub static gateshift_magic_v1: $crate::abi::Magic = $crate::abi::Magic::OWN;

        /// Opens the library.
        ///
        /// # Safety
        /// As `gateshift.h` says: `host` stays for as long as the process lives, `out` is writable.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn gateshift_open_v1(
            host: *const $crate::abi::HostV1,
            out: *mut $crate::abi::PluginV1,
        ) -> i32 {
            // SAFETY: passed on as it came.
            unsafe { $crate::open(host, out, || ::std::boxed::Box::new($migrator), true) }
        }
    };
}
