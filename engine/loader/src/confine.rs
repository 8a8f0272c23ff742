//! What the kernel keeps from a migrator's process, before any of its code is loaded: other files, the network,
//! other programs, more memory than it was given. What a kernel cannot do is left out and said.

use std::collections::BTreeMap;

use gateshift_model::StepError;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    apply_filter,
};

use crate::errors;

/// Where shared libraries are.
const READABLE: [&str; 8] = [
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
];

/// What an interpreter of scripts needs besides.
const OF_SCRIPTS: [&str; 3] = ["/usr", "/bin", "/etc/alternatives"];

/// Descriptors it may have open.
const DESCRIPTORS: u64 = 64;

/// Dies with the thread that started it, gains no rights, leaves no picture of its memory behind, and gets no
/// more than `memory` bytes beyond what it has now.
pub(crate) fn limits(memory: u64) -> Result<(), StepError> {
    let refused = |error: rustix::io::Errno| errors::no_child(format!("its limits cannot be set: {error}"));
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(refused)?;
    rustix::thread::set_no_new_privs(true).map_err(refused)?;
    let limit = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    limit(Resource::Core, 0).map_err(refused)?;
    limit(Resource::Nofile, DESCRIPTORS).map_err(refused)?;
    limit(Resource::As, in_use().saturating_add(memory)).map_err(refused)
}

/// Bytes of address space that this process has.
fn in_use() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').next()?.parse::<u64>().ok()).unwrap_or(0);
    pages.saturating_mul(rustix::param::page_size() as u64)
}

/// Closes the world; says in a few words what holds. A script still has to start its interpreter.
pub(crate) fn close(script: bool) -> String {
    let files = match files(script) {
        Ok(RulesetStatus::FullyEnforced) => "files and network by landlock",
        Ok(RulesetStatus::PartiallyEnforced) => "files by landlock, as far as this kernel knows it",
        Ok(RulesetStatus::NotEnforced) | Err(_) => "files: NOT confined, this kernel has no landlock",
    };
    let calls = match calls(script) {
        Ok(()) if script => "network and processes' memory by seccomp",
        Ok(()) => "network and programs by seccomp",
        Err(_) => "system calls: NOT confined, this kernel has no seccomp",
    };
    format!("{files}; {calls}; memory and descriptors by limits")
}

fn files(script: bool) -> Result<RulesetStatus, landlock::RulesetError> {
    let abi = ABI::V6;
    let more = if script { &OF_SCRIPTS[..] } else { &[] };
    let there = READABLE.iter().chain(more).filter(|path| std::path::Path::new(path).exists());
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(there, AccessFs::from_read(abi)))?
        .restrict_self()?;
    Ok(status.ruleset)
}

fn calls(script: bool) -> Result<(), seccompiler::Error> {
    let mut refused: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    if !script {
        refused.extend([(libc::SYS_execve, Vec::new()), (libc::SYS_execveat, Vec::new())]);
        // Threads are its own business, processes are not.
        let threads = libc::CLONE_THREAD as u64;
        let process = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(threads), 0)?;
        refused.insert(libc::SYS_clone, vec![SeccompRule::new(vec![process])?]);
    }
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let filter = |calls, answer: i32| -> Result<(), seccompiler::Error> {
        let answer = SeccompAction::Errno(answer.unsigned_abs());
        let filter = SeccompFilter::new(calls, SeccompAction::Allow, answer, arch)?;
        let program: seccompiler::BpfProgram = filter.try_into()?;
        apply_filter(&program)
    };
    if !script {
        // Its flags lie in memory, where no filter can look: "not there" makes the C library use `clone`.
        filter(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)?;
    }
    filter(refused, libc::EPERM)
}

/// System calls that no migrator needs: the network, other processes, the machine.
const REFUSED: [i64; 37] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kill,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_swapon,
];
