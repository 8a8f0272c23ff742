//! Processes of this machine: how a lease names one, and whether one still lives.

use gateshift_model::Holder;

/// This process.
#[must_use]
pub fn this_process() -> Holder {
    let pid = std::process::id();
    Holder { host: host_name(), pid, started: started(pid).unwrap_or(0) }
}

/// Whether the holder was a process of this machine that lives no more. A process of another machine,
/// or a machine that does not tell, is never called dead: its lease has to run out.
#[must_use]
pub fn is_dead(holder: &Holder) -> bool {
    if holder.host != host_name() || holder.started == 0 || started(std::process::id()).is_none() {
        return false;
    }
    started(holder.pid) != Some(holder.started)
}

fn host_name() -> String {
    let read = |path| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    read("/proc/sys/kernel/hostname")
        .or_else(|| read("/etc/hostname"))
        .or_else(|| std::env::var("HOSTNAME").ok())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

/// Start of a process in clock ticks since boot: field 22 of its `stat`, counted behind the command's
/// name, which may itself hold blanks and brackets. A zombie has ended, whatever its entry says.
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?;
    let started = fields.nth(18)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(started)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use gateshift_model::Holder;

    use super::{is_dead, started, this_process};

    #[test]
    fn the_living_and_the_dead_are_told_apart() {
        let me = this_process();
        assert!(me.started > 0);
        assert!(!is_dead(&me));
        assert!(
            is_dead(&Holder { started: me.started + 1, ..me.clone() }),
            "a reused pid is another process"
        );
        assert!(!is_dead(&Holder { host: "elsewhere".into(), pid: 1, started: 1 }));
        assert!(!is_dead(&Holder { started: 0, ..me.clone() }), "an unknown start proves nothing");

        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let holder = Holder { host: me.host, pid: child.id(), started: started(child.id()).unwrap() };
        assert!(!is_dead(&holder));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_dead(&holder));
    }
}
