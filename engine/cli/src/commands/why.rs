//! `why`: what a run waits for or why it rests, and what goes on from there; from the journal alone.

use gateshift_audit::{Circumstances, NotRun, Owner, Story, explain, render};
use gateshift_executor::{is_dead, not_run, system_clock};
use gateshift_journal::{Lease, history};
use gateshift_model::{Holder, Timestamp};

use crate::args::Why;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{Store, find_run};

pub(super) async fn run(given: &Why, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let store = Store::of(store, None)?;
    let journal = store.read().await?;
    let run = find_run(&*journal, given.run.as_deref()).await?;
    // The owner first: a run that is given back meanwhile says so in its events.
    let lease = journal.lease(run).await?;
    let story = Story::of(&history(&*journal, run).await?)
        .map_err(|damage| CliError::new(damage.code(), format!("run {run}: {damage}")).hint(damage.hint()))?;
    let now = system_clock()();
    let reasons = not_run(&story.state);
    let here = Circumstances {
        run,
        now,
        store: store.to_string(),
        owner: owner(lease, now, is_dead),
        not_run: reasons.into_iter().map(|one| NotRun { step: one.step, because: one.because }).collect(),
    };
    let answer = explain(&story, &here);
    output.data(&answer, &render(&answer, now));
    Ok(super::drive::exit(&story.state, &super::status::driven(&story.state)))
}

/// Who owns a run, as far as this machine can tell.
fn owner(lease: Lease, now: Timestamp, is_dead: impl Fn(&Holder) -> bool) -> Owner {
    let until = lease.until;
    match lease.holder {
        None => Owner::Nobody,
        Some(holder) if is_dead(&holder) => Owner::Gone { holder, until },
        Some(holder) if until <= now => Owner::Expired { holder, until },
        Some(holder) => Owner::Working { holder, until },
    }
}

#[cfg(test)]
mod tests {
    use gateshift_audit::Owner;
    use gateshift_journal::Lease;
    use gateshift_model::{Holder, Timestamp};

    use super::owner;

    #[test]
    fn the_owner_works_is_gone_or_is_silent() {
        let holder = Holder { host: "box".into(), pid: 1, started: 2 };
        let lease = |holder| Lease { generation: 1, holder, until: Timestamp(100) };
        let of = |now, dead| owner(lease(Some(holder.clone())), Timestamp(now), |_| dead);
        assert!(matches!(of(99, false), Owner::Working { .. }));
        assert!(matches!(of(100, false), Owner::Expired { .. }));
        assert!(matches!(of(99, true), Owner::Gone { .. }));
        assert_eq!(owner(lease(None), Timestamp(0), |_| true), Owner::Nobody);
    }
}
