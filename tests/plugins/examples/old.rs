//! A library of an interface that nobody speaks any more.

use gateshift_export::abi::{HostV1, MISUSE, Magic, PluginV1};

#[allow(non_upper_case_globals, reason = "the name of the symbol")]
#[unsafe(no_mangle)]
static gateshift_magic_v1: Magic = Magic { major: 9, ..Magic::OWN };

#[unsafe(no_mangle)]
extern "C" fn gateshift_open_v1(_: *const HostV1, _: *mut PluginV1) -> i32 {
    MISUSE
}
