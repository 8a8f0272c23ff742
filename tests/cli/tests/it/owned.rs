//! A run that another process drives.

use std::time::Duration;

use gateshift_scenarios::{Desk, Lab, quickstart, status, wait_for};

#[test]
fn nobody_takes_it_away_from_the_living() {
    let lab = Lab::up(&["--routes", "30", "--speed", "10"]);
    let desk = Desk::new();
    let mut driving = desk.start(&quickstart(&desk, &lab));
    wait_for("the run to begin", Duration::from_secs(20), || {
        driving.stderr().contains("instance: started").then_some(())
    });
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    let ended = desk.run(&["resume", "--endpoints", &endpoints]).expect(6);
    assert!(ended.stderr.contains("error[GS-JOURNAL-OWNED]"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(&format!("process {}", driving.id())),
        "it names the holder: {}",
        ended.stderr
    );
    assert!(!driving.has_ended(), "the owner goes on: {}", driving.stderr());
    // Whoever asks is not kept out.
    assert_eq!(status(&desk).unwrap()["status"], "running");
    // The dead own nothing.
    assert_eq!(driving.kill().code, None);
    let mut next = desk.start(&["resume", "--endpoints", &endpoints]);
    wait_for("the run to be taken over", Duration::from_secs(10), || {
        assert!(!next.has_ended(), "{}", next.stderr());
        next.stderr().contains("instance:").then_some(())
    });
}
