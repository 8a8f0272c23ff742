//! A write that is refused, at every place: after the way back the other side is as it was before, or the
//! run is stuck and says what is left and which choices there are.

use gateshift_audit::{Circumstances, Owner, Story as Told, explain, render};
use gateshift_journal::history;
use gateshift_model::{RunOutcome, RunStatus, UndoScope};

use super::ask::ask;
use super::crash::undisturbed;
use super::play::{FOREIGN, play};
use super::stories::{Stage, Story, all};
use super::{Fault, count, paused, sampled};
use crate::testing::{Cut, Lab};

/// The story up to its first rest, then all the way back.
fn there_and_back(story: &Story) -> Story {
    let stages = vec![Stage::Drive, Stage::Undo(UndoScope::All)];
    Story { stages, ..story.clone() }
}

#[test]
fn after_a_refusal_the_way_back_leaves_nothing_or_says_what_is_left() {
    let (mut tried, mut points, mut stuck) = (0, 0, 0);
    let stories: Vec<Story> = all().iter().map(there_and_back).collect();
    for (number, story) in stories.iter().enumerate() {
        let mut writes = 0;
        paused(async { writes = undisturbed(&Lab::new(), story).await.writes });
        points += writes;
        for at in sampled((1..=writes).collect(), 3, number) {
            tried += 1;
            paused(async {
                let lab = Lab::new();
                let played = play(&lab, story, Some(Fault::Write(at, Cut::Refused))).await;
                let what = format!("{}: write {at}", story.name);
                let state = lab.state(played.run).await;
                if state.status == RunStatus::Finished(RunOutcome::RolledBack) {
                    assert_eq!(played.end.present.iter().collect::<Vec<_>>(), [FOREIGN], "{what}");
                    return;
                }
                stuck += 1;
                assert_eq!(state.status, RunStatus::Finished(RunOutcome::Stuck), "{what}");
                let reason = state.reason.clone().unwrap();
                assert!(reason.contains("could not be taken back"), "{what}: {reason}");
                let here = Circumstances {
                    run: played.run,
                    now: (lab.clock)(),
                    store: "j.db".into(),
                    owner: Owner::Nobody,
                    not_run: Vec::new(),
                };
                let events = history(&*lab.journal, played.run).await.unwrap();
                let text = render(&explain(&Told::of(&events).unwrap(), &here), here.now);
                for part in ["stuck", "gateshift resume", "gateshift cancel"] {
                    assert!(text.contains(part), "{what}: {text}");
                }
                ask(&lab, played.run).await;
                // Once the cause is put right it goes on to its end.
                lab.world.lock().cut = None;
                lab.world.lock().clicked = 9;
                let (stop, watcher) =
                    (crate::CancellationToken::new(), std::sync::Arc::new(crate::NoWatcher));
                let resumed = lab.successor().resume(played.run, stop, watcher).await.unwrap();
                assert_eq!(resumed.outcome(), Some(RunOutcome::RolledBack), "{what}");
                assert_eq!(lab.world.lock().present.iter().collect::<Vec<_>>(), [FOREIGN], "{what}");
            });
        }
    }
    count("refused writes, then the way back, in memory", tried, points);
    assert!(stuck > 3, "only {stuck} got stuck");
}
