//! Whatever happens, and whenever: the same end, with the same count of writes.

use std::collections::BTreeSet;

use super::ask::ask_what_is_new;
use super::play::{Played, play};
use super::stories::{Story, all};
use super::{Fault, count, faults, paused, sampled};
use crate::testing::{Blow, Lab};

/// The end of the undisturbed story, and how many moments it has.
pub(crate) async fn undisturbed(lab: &Lab, story: &Story) -> Played {
    let played = play(lab, story, None).await;
    assert!(played.broke.is_empty());
    played
}

/// Whether what broke off was said as what it was.
pub(crate) fn told(fault: Fault, played: &Played) -> bool {
    match fault {
        Fault::Commit(_, Blow::Jump(_)) => played.broke.is_empty(),
        Fault::Commit(_, Blow::Full) => played.broke.iter().all(|code| code == "GS-JOURNAL-FULL"),
        _ => true,
    }
}

#[test]
fn every_story_ends_the_same_whatever_happens_at_whichever_moment() {
    let (mut tried, mut points) = (0, 0);
    for (number, story) in all().iter().enumerate() {
        let (mut expected, mut asked) = (None, BTreeSet::new());
        paused(async {
            let lab = Lab::new();
            expected = Some(undisturbed(&lab, story).await);
            ask_what_is_new(&lab, expected.as_ref().unwrap().run, &mut asked).await;
        });
        let expected = expected.unwrap();
        let every = faults(expected.commits, expected.writes);
        points += every.len();
        for fault in sampled(every, 19, number * 5) {
            tried += 1;
            paused(async {
                let lab = Lab::new();
                let played = play(&lab, story, Some(fault)).await;
                assert_eq!(played.end, expected.end, "{}: {fault:?} ({:?})", story.name, played.broke);
                assert!(told(fault, &played), "{}: {fault:?}: {:?}", story.name, played.broke);
                lab.history(played.run).await;
                ask_what_is_new(&lab, played.run, &mut asked).await;
            });
        }
    }
    count("crashes, full disks, lost words and jumping clocks, in memory", tried, points);
    assert!(points > 2500, "only {points} points");
}
