//! Files that are no migrators are refused with a sentence, before or without their code.

use gateshift_loader::{Image, Library};
use gateshift_plugin_tests::{example, open};
use std::sync::Arc;

use crate::world::bounds;

fn refused(bytes: &[u8]) -> (String, String) {
    let opened = Image::new(bytes).and_then(|image| Library::open(Arc::new(image), bounds()));
    let error = opened.map(|library| library.description().clone()).unwrap_err();
    (error.code, error.message)
}

#[test]
fn what_is_no_library_is_refused() {
    let whole = std::fs::read(example("gateshift_sample")).unwrap();
    for (bytes, message) in [
        (&b"not a library"[..], "no ELF file"),
        (&[][..], "no ELF file"),
        (&whole[..whole.len() / 2], "cut off"),
        (&whole[..whole.len() - 1], "cut off"),
        (b"#!/there/is/no/such/program\n", "does not start"),
    ] {
        let (code, said) = refused(bytes);
        assert_eq!(code, "GS-MIGRATOR-FILE", "{said}");
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn another_library_is_no_migrator() {
    let libc = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6"];
    let file = libc.into_iter().find(|file| std::path::Path::new(file).exists()).unwrap();
    let (code, said) = refused(&std::fs::read(file).unwrap());
    assert_eq!(code, "GS-MIGRATOR-FILE");
    assert!(said.contains("lacks the symbol `gateshift_magic_v1`"), "{said}");
}

#[test]
fn another_version_of_the_interface_is_refused_with_what_to_do() {
    let error = open(&example("gateshift_old"), bounds()).map(drop).unwrap_err();
    assert_eq!(error.code, "GS-MIGRATOR-CONTRACT");
    assert!(error.message.contains("speaks version 9"), "{error}");
    assert!(error.hint.unwrap().contains("build the migrator against"));
}

/// A file with random damage never ends the process that looks at it.
#[test]
fn a_damaged_library_ends_nothing_but_its_own_process() {
    let whole = std::fs::read(example("gateshift_sample")).unwrap();
    let mut seed = 7u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for _ in 0..20 {
        let mut damaged = whole.clone();
        for _ in 0..64 {
            let at = next(4096);
            damaged[at] = next(256) as u8;
        }
        drop(Image::new(&damaged).and_then(|image| Library::open(Arc::new(image), bounds())));
    }
}
